package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
)

// pipes is how many tables the clients copy at once.
const pipes = 2

// pipe copies a set's tables, two at once, each by `mariadb -qNB | psql \copy`, and
// then builds the same indexes. It tells the clients' processor time, and the memory of the largest that may run at once.
func (b *bench) pipe(ctx context.Context, set load.Set) (time.Duration, meter.Usage, error) {
	const database = "pipe"
	var total, largest meter.Usage
	if err := b.admin(ctx, "DROP DATABASE IF EXISTS "+database, "CREATE DATABASE "+database); err != nil {
		return 0, total, err
	}
	if err := b.calm(ctx, b.source); err != nil {
		return 0, total, err
	}
	began := time.Now()
	var mu sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(pipes)
	for _, table := range set.Tables {
		group.Go(func() error {
			usage, err := b.pipeTable(within, database, set, table)
			mu.Lock()
			defer mu.Unlock()
			total.CPU += usage.CPU
			largest.Memory = max(largest.Memory, usage.Memory)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, total, err
	}
	took := time.Since(began)
	total.Memory = largest.Memory * int64(min(pipes, len(set.Tables)))
	return took, total, b.admin(ctx, "DROP DATABASE "+database+" WITH (FORCE)", "CHECKPOINT")
}

func (b *bench) pipeTable(ctx context.Context, database string, set load.Set, table load.Table) (meter.Usage, error) {
	conn, err := b.target.Connect(ctx, database)
	if err != nil {
		return meter.Usage{}, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, table.Bare()); err != nil {
		return meter.Usage{}, err
	}
	usage, err := b.clients(ctx, database, set, table)
	if err != nil {
		return usage, err
	}
	return usage, conn.Exec(ctx, table.Keys()...)
}

func (b *bench) clients(ctx context.Context, database string, set load.Set, table load.Table) (meter.Usage, error) {
	from := exec.CommandContext(ctx, filepath.Join(b.source.Bin, "mariadb"), "--no-defaults", "--default-character-set=utf8mb4", "-qNB", "-S", b.source.Socket,
		"-u", b.source.User, set.Database(), "-e", table.Read()) // #nosec G204 -- our own servers
	into := exec.CommandContext(ctx, filepath.Join(b.target.Bin, "psql"), "-qX", "-h", b.target.Host, "-p", fmt.Sprint(b.target.Port),
		"-U", b.target.User, database, "-c", `\copy `+table.Name+" FROM STDIN") // #nosec G204 -- our own servers
	var complaints bytes.Buffer
	pipe, err := from.StdoutPipe()
	if err != nil {
		return meter.Usage{}, fmt.Errorf("making a pipe: %w", err)
	}
	into.Stdin, into.Stderr = pipe, &complaints
	reader, err := meter.Start(from)
	if err != nil {
		return meter.Usage{}, fmt.Errorf("starting mariadb: %w", err)
	}
	writer, err := meter.Start(into)
	_ = pipe.Close() // psql has its own end now; without it, mariadb ends
	if err != nil {
		_, _ = reader.Wait()
		return meter.Usage{}, fmt.Errorf("starting psql: %w", err)
	}
	written, err := writer.Wait()
	if err != nil {
		err = fmt.Errorf("running psql: %w: %s", err, complaints.String())
	}
	read, failed := reader.Wait()
	if failed != nil && err == nil {
		err = fmt.Errorf("running mariadb: %w", failed)
	}
	return read.Plus(written), err
}
