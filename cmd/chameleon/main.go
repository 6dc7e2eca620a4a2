// Command chameleon brings MySQL and MariaDB databases to PostgreSQL and keeps
// them there, live.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"pgchameleon/internal/cli"
)

// version is set when the program is built.
var version = "dev"

// memory is what the garbage collector tries to stay below. It is no limit for a row:
// one of 64 MB takes what it takes.
const memory = 96 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	app := &cli.App{Version: version, Out: os.Stdout, Err: os.Stderr, In: os.Stdin, Env: os.Getenv, Engine: engine}
	os.Exit(app.Run(context.Background(), os.Args[1:]))
}
