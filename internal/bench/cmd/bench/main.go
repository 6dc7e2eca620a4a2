// Command bench measures the built program on private servers and writes
// docs/benchmarks.md; make bench builds and runs it.
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
	flag.IntVar(&options.Rows, "rows", 500000, "rows of each of the two tables")
	flag.IntVar(&options.Transactions, "transactions", 50000, "transactions of a backlog")
	flag.IntVar(&options.Rounds, "rounds", 3, "rounds of each measurement")
	flag.IntVar(&options.Rate, "rate", 500, "transactions a second when the lag is measured")
	flag.DurationVar(&options.Steady, "steady", 20*time.Second, "how long the lag is measured in each round")
	flag.StringVar(&options.Only, "only", "", "measure only decode, copy, backlog, relay or lag; the report is then printed")
	flag.StringVar(&options.Source, "from", "mariadb-10.11", "the MariaDB `server` to replicate")
	flag.StringVar(&options.Target, "to", "postgres-18", "the PostgreSQL `server`")
	report := flag.String("report", filepath.Join("docs", "benchmarks.md"), "where the report goes, from the module's folder")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	root, err := launch.Root()
	if err == nil {
		options.Bin = filepath.Join(root, "bin", "chameleon")
		options.Report = filepath.Join(root, *report)
		err = bench.Run(ctx, options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
