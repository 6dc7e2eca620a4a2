// Package bench owns the measurements: the decoding of row images, the copy of tables of
// several shapes against a pipe of the two clients (and pgloader), backlogs of several shapes against a real MariaDB
// replica, PostgreSQL alone and through both forms of the relay, the lag under a steady load, what an idle replica costs,
// and growth, all on one machine, and the reports on them. It does not own the loads, nor any part of the
// replication: all but the decoding uses the built program by its commands.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// Options say what is measured, and how often.
type Options struct {
	Out    io.Writer     // progress
	Bin    string        // the built program
	Docs   string        // folder that the reports are written to; "" writes them to Out
	Cases  string        // names of cases, or what they begin with, separated by commas; "" is all
	Scale  float64       // of rows, transactions and times; 1 is what the report is for
	Rounds int           // of each measurement; medians count
	Growth bool          // measure the growth, and nothing else
	Soak   time.Duration // how long the growth's steady load lasts
	Source string        // servers
	Target string
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
	home   *launch.Home
	source *launch.Server
	target *launch.Server
	mirror *launch.Server // once a case has asked for it
	sbtest load.Set       // the standard set; it has a name once a case has asked for it
	homes  int            // programs made
	marks  int64          // the marker's last value
	began  time.Time
}

// Run measures and writes the report.
func Run(ctx context.Context, options Options) (err error) {
	home, err := launch.NewHome()
	if err != nil {
		return err
	}
	b := &bench{Options: options, home: home, began: time.Now()}
	defer func() { err = errors.Join(err, home.Close()) }()
	chosen, err := b.chosen()
	if err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	return b.measure(ctx, chosen)
}

// measure runs the cases one after the other. One that fails is told of in the report, and at the end.
func (b *bench) measure(ctx context.Context, chosen []testCase) error {
	var sheets []*sheet
	var failed []error
	for _, c := range chosen {
		s := &sheet{name: c.name}
		b.say("%s (%s)", c.name, time.Since(b.began).Round(time.Second))
		if s.failed = b.limited(ctx, c, s); s.failed != nil {
			b.say("%s: %v", c.name, s.failed)
			failed = append(failed, fmt.Errorf("measuring %s: %w", c.name, s.failed))
		}
		if ctx.Err() != nil {
			break
		}
		sheets = append(sheets, s)
		if b.Cases == "" { // what is there stays, should the run be cut off
			if err := b.report(ctx, sheets, len(chosen)); err != nil {
				return err
			}
		}
	}
	if b.Cases != "" {
		failed = append(failed, b.report(ctx, sheets, len(chosen)))
	}
	return errors.Join(failed...)
}

// limited runs a case, but not for ever: the others are to have their turn.
func (b *bench) limited(ctx context.Context, c testCase, s *sheet) error {
	if b.Growth {
		return c.run(ctx, s)
	}
	limit := 15 * time.Minute * time.Duration(max(1, b.Scale))
	within, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it was not finished after %s", limit))
	defer cancel()
	if err := c.run(within, s); err != nil {
		return errors.Join(err, context.Cause(within))
	}
	return nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Out, format+"\n", args...) }

// finish tells the round that a case has just added.
func (b *bench) finish(s *sheet) { b.say("  %s", s.line()) }

// fewer is how often a case is measured that takes long, or is one of many of its sort.
func (b *bench) fewer() int { return (b.Rounds + 1) / 2 }

// scaled makes a time shorter or longer.
func (b *bench) scaled(d time.Duration) time.Duration {
	return max(time.Second, time.Duration(float64(d)*b.Scale))
}

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
	b.target, err = b.home.Start(ctx, b.Target, targetOptions...)
	return err
}

// standard gives the standard set, made when it is first asked for.
func (b *bench) standard(ctx context.Context) (load.Set, error) {
	if b.sbtest.Name != "" {
		return b.sbtest, nil
	}
	set := load.Sysbench(b.Scale)
	if err := set.Create(ctx, b.source); err != nil {
		return set, err
	}
	b.sbtest = set
	return set, nil
}

// fresh gives the program with an empty target database and a new home, for a set of a source; extra is
// further keys of its configuration for the source.
func (b *bench) fresh(ctx context.Context, source *launch.Server, set load.Set, extra string) (*program.Program, error) {
	b.homes++
	database := fmt.Sprintf("bench%d", b.homes)
	if err := b.admin(ctx, "CREATE DATABASE "+database); err != nil {
		return nil, err
	}
	home := filepath.Join(b.home.Dir, database)
	p, err := program.New(ctx, b.Bin, home, program.Settings{
		Source: source, SourceUser: source.User, FromDatabase: set.Database(),
		Target: b.target, TargetUser: b.target.User, TargetDatabase: database, ToSchema: set.Database(), Extra: extra,
	})
	if err != nil {
		return nil, err
	}
	// The watchdog of the servers ends the daemons too, should we be killed.
	atEnd, err := os.OpenFile(filepath.Join(b.home.Dir, launch.AtEnd), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("leaving word to the watchdog: %w", err)
	}
	_, err = fmt.Fprintf(atEnd, "[ -z \"$(ls %q 2>/dev/null)\" ] || CHAMELEON_HOME=%q %q stop_all_replicas\n", p.Settings.PIDDir, home, b.Bin)
	if err := errors.Join(err, atEnd.Close()); err != nil {
		return nil, fmt.Errorf("leaving word to the watchdog: %w", err)
	}
	if _, err := p.Run(ctx, "create_replica_schema"); err != nil {
		return nil, err
	}
	_, err = p.Run(ctx, "add_source", "--source", program.Source)
	return p, err
}

// admin runs statements on the target's own database.
func (b *bench) admin(ctx context.Context, statements ...string) error {
	return onServer(ctx, b.target, statements...)
}

// onServer runs statements on a server.
func onServer(ctx context.Context, server *launch.Server, statements ...string) error {
	conn, err := server.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, statements...)
}

// drop ends a program that still runs, as one does whose case has failed, and removes its database.
func (b *bench) drop(ctx context.Context, p *program.Program) error {
	if _, err := p.PID(); err == nil {
		if _, err := p.Run(ctx, "stop_replica", "--source", program.Source); err != nil {
			return err
		}
	}
	return b.admin(ctx, "DROP DATABASE "+p.Settings.TargetDatabase+" WITH (FORCE)", "CHECKPOINT")
}

// mark sets the marker on the source and gives its value.
func (b *bench) mark(ctx context.Context, source *launch.Server, set load.Set) (int64, error) {
	b.marks++
	return b.marks, set.Mark(ctx, source, b.marks)
}

// arrived waits until a server shows the marker's value: all before it is there.
func (b *bench) arrived(ctx context.Context, server *launch.Server, database string, set load.Set, n int64) error {
	conn, err := server.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close()
	const patience = 15 * time.Minute
	limited, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it has not arrived after %s", patience))
	defer cancel()
	return program.Wait(limited, conn, "SELECT n FROM "+set.Database()+".marker", fmt.Sprint(n))
}

// chosen are the cases that the options name.
func (b *bench) chosen() ([]testCase, error) {
	all := b.cases()
	if b.Growth {
		all = b.growth()
	}
	if b.Cases == "" {
		return all, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(b.Cases, ",") {
		found := false
		for _, c := range all {
			if name = strings.TrimSpace(name); c.name == name || strings.HasPrefix(c.name, name+"/") {
				wanted[c.name], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no case %q; there are: %s", name, names(all))
		}
	}
	var chosen []testCase
	for _, c := range all {
		if wanted[c.name] {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func names(cases []testCase) string {
	var all []string
	for _, c := range cases {
		all = append(all, c.name)
	}
	return strings.Join(all, ", ")
}
