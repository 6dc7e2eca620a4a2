// Command demo shows the whole program at work on private servers; make demo
// builds and runs it. Its exit code is 1 if the two sides differ.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"pgchameleon/internal/demo"
	"pgchameleon/internal/testserver/launch"
)

func main() {
	options := demo.Options{Out: os.Stdout}
	flag.StringVar(&options.Source, "from", "mariadb-10.11", "the `server` to replicate (scripts/servers.sh list)")
	flag.StringVar(&options.Target, "to", "", "the PostgreSQL `server` (default: 18, or else 15)")
	flag.DurationVar(&options.Follow, "follow", 9*time.Second, "how long the traffic is followed")
	flag.IntVar(&options.Clients, "clients", 4, "clients that make traffic")
	flag.IntVar(&options.Rate, "rate", 25, "transactions a second of each client")
	flag.BoolVar(&options.Keep, "keep", os.Getenv("KEEP") == "1", "leave everything up (or KEEP=1)")
	stop := flag.String("stop", "", "end what was kept in this `folder`")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	err := run(ctx, options, *stop)
	if ctx.Err() != nil {
		fmt.Fprintln(os.Stderr, "interrupted")
		os.Exit(130)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options demo.Options, stop string) error {
	if stop != "" {
		return demo.Stop(stop)
	}
	root, err := launch.Root()
	if err != nil {
		return err
	}
	options.Bin = filepath.Join(root, "bin", "chameleon")
	return demo.Run(ctx, options)
}
