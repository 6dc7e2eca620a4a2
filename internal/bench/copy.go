package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// copied is one round of the copy.
type copied struct {
	pipe, program time.Duration
	memory        int64 // most bytes the program held
}

// measureCopy copies the tables by the pipe of the clients and by the program,
// turn by turn.
func (b *bench) measureCopy(ctx context.Context) error {
	for round := range b.Rounds {
		var result copied
		var err error
		if result.pipe, err = b.pipe(ctx); err != nil {
			return err
		}
		if result.program, result.memory, err = b.copyOnce(ctx); err != nil {
			return err
		}
		b.say("copy %d: pipe %.2f s, chameleon %.2f s (× %.2f), %d MB", round+1, result.pipe.Seconds(), result.program.Seconds(),
			result.program.Seconds()/result.pipe.Seconds(), result.memory>>20)
		b.results.copies = append(b.results.copies, result)
	}
	return nil
}

// pipe copies both tables at once, each by `mariadb -qNB | psql \copy`, and
// then builds the same indexes.
func (b *bench) pipe(ctx context.Context) (time.Duration, error) {
	const database = "pipe"
	conn, err := b.target.Connect(ctx, "")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+database, "CREATE DATABASE "+database); err != nil {
		return 0, err
	}
	began := time.Now()
	group, within := errgroup.WithContext(ctx)
	for number := range load.Tables {
		group.Go(func() error { return b.pipeTable(within, database, number+1) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, conn.Exec(ctx, "DROP DATABASE "+database+" WITH (FORCE)", "CHECKPOINT")
}

func (b *bench) pipeTable(ctx context.Context, database string, number int) error {
	conn, err := b.target.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close()
	table := load.Table(number)
	if err := conn.Exec(ctx, "CREATE TABLE "+table+" (id int NOT NULL, k int NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL)"); err != nil {
		return err
	}
	if err := b.clients(ctx, database, table); err != nil {
		return err
	}
	return conn.Exec(ctx, "ALTER TABLE "+table+" ADD PRIMARY KEY (id)", fmt.Sprintf("CREATE INDEX k_%d ON %s (k)", number, table))
}

func (b *bench) clients(ctx context.Context, database, table string) error {
	from := exec.CommandContext(ctx, filepath.Join(b.source.Bin, "mariadb"), "--no-defaults", "-qNB", "-S", b.source.Socket, "-u", b.source.User,
		load.Database, "-e", "SELECT * FROM "+table) // #nosec G204 -- our own servers
	into := exec.CommandContext(ctx, filepath.Join(b.target.Bin, "psql"), "-qX", "-h", b.target.Host, "-p", fmt.Sprint(b.target.Port),
		"-U", b.target.User, database, "-c", `\copy `+table+" FROM STDIN") // #nosec G204 -- our own servers
	var complaints bytes.Buffer
	pipe, err := from.StdoutPipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	into.Stdin, into.Stderr = pipe, &complaints
	if err := from.Start(); err != nil {
		return fmt.Errorf("starting mariadb: %w", err)
	}
	if err := into.Run(); err != nil {
		return fmt.Errorf("running psql: %w: %s", err, complaints.String())
	}
	return from.Wait()
}

// copyOnce runs init_replica into an empty database.
func (b *bench) copyOnce(ctx context.Context) (time.Duration, int64, error) {
	p, err := b.fresh(ctx, "")
	if err != nil {
		return 0, 0, err
	}
	took, memory, err := initialise(ctx, p)
	if err != nil {
		return 0, 0, err
	}
	if err := b.countRows(ctx, p.Settings.TargetDatabase); err != nil {
		return 0, 0, err
	}
	return took, memory, b.drop(ctx, p)
}

// initialise runs init_replica in the foreground and watches its memory.
func initialise(ctx context.Context, p *program.Program) (time.Duration, int64, error) {
	var out bytes.Buffer
	cmd := p.Command(ctx, "init_replica", "--source", program.Source, "--debug")
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("starting init_replica: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var memory int64
	for {
		select {
		case err := <-ended:
			if err != nil {
				err = fmt.Errorf("running init_replica: %w\n%s", err, out.String())
			}
			return time.Since(began), memory, err
		case <-tick.C:
			if now, err := program.PeakMemory(cmd.Process.Pid); err == nil {
				memory = now // it only grows; the process may have ended just now
			}
		}
	}
}

// countRows checks that the copy is one.
func (b *bench) countRows(ctx context.Context, database string) error {
	counts := map[*launch.Server]string{}
	for _, side := range []struct {
		server   *launch.Server
		database string
	}{{b.source, load.Database}, {b.target, database}} {
		conn, err := side.server.Connect(ctx, side.database)
		if err != nil {
			return err
		}
		for number := range load.Tables {
			rows, err := conn.Query(ctx, fmt.Sprintf("SELECT COUNT(*), SUM(k), SUM(id), SUM(LENGTH(c)) FROM %s.%s", load.Database, load.Table(number+1)))
			if err != nil {
				_ = conn.Close()
				return err
			}
			counts[side.server] += fmt.Sprint(rows[0])
		}
		_ = conn.Close()
	}
	if counts[b.source] != counts[b.target] {
		return fmt.Errorf("the source holds %s, the target %s (rows, sums of k and id, bytes of c)", counts[b.source], counts[b.target])
	}
	return nil
}
