// Command bench measures the built program on private servers and writes
// docs/benchmarks.md or docs/benchmarks-growth.md; make bench and make bench-growth build and run it.
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

	"pgchameleon/internal/bench"
	"pgchameleon/internal/testserver/launch"
)

func main() {
	options := bench.Options{Out: os.Stdout}
	flag.StringVar(&options.Cases, "cases", "", "measure only these `cases`, or those whose names begin so; the report is then printed")
	flag.Float64Var(&options.Scale, "scale", 1, "how much of the rows, transactions and times")
	flag.IntVar(&options.Rounds, "rounds", 3, "rounds of each measurement; half as many of the long ones")
	flag.BoolVar(&options.Growth, "growth", false, "measure what grows, and nothing else")
	flag.DurationVar(&options.Soak, "duration", time.Hour, "how long the load lasts under which growth is looked for")
	flag.StringVar(&options.Source, "from", "mariadb-10.11", "the MariaDB `server` to replicate")
	flag.StringVar(&options.Target, "to", "postgres-18", "the PostgreSQL `server`")
	docs := flag.String("docs", "docs", "`folder` that the report goes to, from the module's folder")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	root, err := launch.Root()
	if err == nil {
		options.Bin = filepath.Join(root, "bin", "chameleon")
		if options.Docs = *docs; !filepath.IsAbs(*docs) {
			options.Docs = filepath.Join(root, *docs)
		}
		err = bench.Run(ctx, options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
