// Command chameleon brings MySQL and MariaDB databases to PostgreSQL and keeps
// them there, live.
package main

import (
	"context"
	"os"

	"pgchameleon/internal/cli"
)

// version is set when the program is built.
var version = "dev"

func main() {
	limitMemory()
	app := &cli.App{Version: version, Out: os.Stdout, Err: os.Stderr, In: os.Stdin, Env: os.Getenv, Engine: engine}
	os.Exit(app.Run(context.Background(), os.Args[1:]))
}
