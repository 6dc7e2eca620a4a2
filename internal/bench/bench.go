// Package bench owns the measurements: the decoding of row images, the copy
// against a pipe of the two clients, a backlog against a real MariaDB replica and through
// both forms of the relay, and the lag under a steady load, all in one run on one machine, and the report
// on them. It does not own the load's shape, nor any part of the replication:
// all but the decoding uses the built program by its commands.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// Options say what is measured, and how often.
type Options struct {
	Out          io.Writer // progress
	Bin          string    // the built program
	Report       string    // file that the report is written to; "" writes it to Out
	Rows         int       // of each table
	Transactions int       // of a backlog
	Rounds       int       // of each measurement; medians count
	Rate         int       // transactions a second of the steady load
	Steady       time.Duration
	Only         string // "decode", "copy", "backlog", "relay" or "lag"; "" measures all
	Source       string // servers
	Target       string
}

// Options of the servers: those that a small server of its own would have, the
// same memory on both sides. Durability is the servers' default where not
// stated otherwise; the source is not what is measured.
var (
	sourceOptions = []string{"--innodb-buffer-pool-size=512M", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=2", "--max-connections=200"}
	mirrorOptions = []string{"--slave-parallel-threads=2", "--slave-parallel-mode=optimistic"}
	targetOptions = []string{"-c", "track_commit_timestamp=on"}
)

// bench is one run.
type bench struct {
	Options
	home    *launch.Home
	source  *launch.Server
	target  *launch.Server
	homes   int   // programs made
	marks   int64 // the marker's last value
	results results
}

// Run measures and writes the report.
func Run(ctx context.Context, options Options) (err error) {
	home, err := launch.NewHome()
	if err != nil {
		return err
	}
	b := &bench{Options: options, home: home}
	defer func() { err = errors.Join(err, home.Close()) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, measurement := range []struct {
		name string
		run  func(context.Context) error
	}{{"decode", b.measureDecode}, {"copy", b.measureCopy}, {"backlog", b.measureBacklog}, {"relay", b.measureRelay}, {"lag", b.measureLag}} {
		if b.Only != "" && b.Only != measurement.name {
			continue
		}
		if err := measurement.run(ctx); err != nil {
			return fmt.Errorf("measuring the %s: %w", measurement.name, err)
		}
	}
	return b.report(ctx)
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Out, format+"\n", args...) }

func (b *bench) prepare(ctx context.Context) error {
	for _, name := range []string{b.Source, b.Target} {
		if err := launch.Install(ctx, name); err != nil {
			return err
		}
	}
	var err error
	if b.source, err = b.home.Start(ctx, b.Source, sourceOptions...); err != nil {
		return err
	}
	if b.target, err = b.home.Start(ctx, b.Target, targetOptions...); err != nil {
		return err
	}
	b.say("making %d tables of %d rows", load.Tables, b.Rows)
	return load.Create(ctx, b.source, b.Rows)
}

// fresh gives the program with an empty target database and a new home; extra is further keys
// of its source.
func (b *bench) fresh(ctx context.Context, extra string) (*program.Program, error) {
	b.homes++
	database := fmt.Sprintf("bench%d", b.homes)
	conn, err := b.target.Connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE DATABASE "+database); err != nil {
		return nil, err
	}
	home := filepath.Join(b.home.Dir, database)
	p, err := program.New(ctx, b.Bin, home, program.Settings{
		Source: b.source, SourceUser: b.source.User, FromDatabase: load.Database,
		Target: b.target, TargetUser: b.target.User, TargetDatabase: database, ToSchema: load.Database, Extra: extra,
	})
	if err != nil {
		return nil, err
	}
	// The watchdog of the servers ends the daemon too, should we be killed.
	atEnd := fmt.Sprintf("CHAMELEON_HOME=%q %q stop_all_replicas\n", home, b.Bin)
	if err := os.WriteFile(filepath.Join(b.home.Dir, launch.AtEnd), []byte(atEnd), 0o600); err != nil {
		return nil, fmt.Errorf("leaving word to the watchdog: %w", err)
	}
	if _, err := p.Run(ctx, "create_replica_schema"); err != nil {
		return nil, err
	}
	_, err = p.Run(ctx, "add_source", "--source", program.Source)
	return p, err
}

// drop removes a program's database.
func (b *bench) drop(ctx context.Context, p *program.Program) error {
	conn, err := b.target.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, "DROP DATABASE "+p.Settings.TargetDatabase+" WITH (FORCE)", "CHECKPOINT")
}

// mark sets the marker on the source and gives its value.
func (b *bench) mark(ctx context.Context) (int64, error) {
	b.marks++
	return b.marks, load.Mark(ctx, b.source, b.marks)
}

// arrived waits until a server shows the marker's value: all before it is there.
func (b *bench) arrived(ctx context.Context, server *launch.Server, database, schema string, n int64) error {
	conn, err := server.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close()
	limited, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("it has not arrived after ten minutes"))
	defer cancel()
	return program.Wait(limited, conn, "SELECT n FROM "+schema+".marker", fmt.Sprint(n))
}
