// Package demo owns the demonstration: two private real servers, a sample shop
// with live traffic, the built program replicating it, and the proof that both
// sides are equal. It does not own any part of the replication: it uses the
// program by its commands alone.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/demo/sample"
	"pgchameleon/internal/testserver/launch"
)

// Options say how the demo runs.
type Options struct {
	Out     io.Writer
	Bin     string        // the built program
	Source  string        // name of the MySQL or MariaDB server
	Target  string        // name of the PostgreSQL server; "" takes the newest that can be had
	Follow  time.Duration // how long the traffic is followed
	Keep    bool          // leave everything up
	Clients int
	Rate    int // transactions a second of each client
}

// ErrDiffers says that the proof has failed.
var ErrDiffers = errors.New("the two sides differ")

// demo is one run.
type demo struct {
	Options
	began   time.Time
	home    *launch.Home
	source  *launch.Server
	target  *launch.Server
	program *program.Program
}

// Run runs the demo from the servers' start to their end. Whatever it made is
// removed when it returns, unless it kept everything on request.
func Run(ctx context.Context, options Options) (err error) {
	home, err := launch.NewHome()
	if err != nil {
		return err
	}
	d := &demo{Options: options, began: time.Now(), home: home}
	defer func() {
		if d.Keep && (err == nil || errors.Is(err, ErrDiffers)) {
			err = errors.Join(err, d.keep())
			return
		}
		err = errors.Join(err, d.clean(context.WithoutCancel(ctx)))
	}()
	for _, step := range []func(context.Context) error{d.startServers, d.loadSample, d.prepare, d.replicate} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// say announces a step.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.Out, "\n[%5.1f s] %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// note tells a fact below the step.
func (d *demo) note(format string, args ...any) {
	fmt.Fprintf(d.Out, "          %s\n", fmt.Sprintf(format, args...))
}

func (d *demo) startServers(ctx context.Context) error {
	d.say("Two private servers, real ones, in %s", d.home.Dir)
	if err := launch.Install(ctx, d.Source); err != nil {
		return err
	}
	targets := []string{d.Target}
	if d.Target == "" {
		targets = []string{"postgres-18", "postgres-15"}
	}
	var err error
	for _, name := range targets {
		if err = launch.Install(ctx, name); err == nil {
			d.Target = name
			break
		}
	}
	if err != nil {
		return err
	}
	if d.source, err = d.home.Start(ctx, d.Source); err != nil {
		return err
	}
	if d.target, err = d.home.Start(ctx, d.Target); err != nil {
		return err
	}
	for _, server := range []*launch.Server{d.source, d.target} {
		version, err := d.ask(ctx, server, "SELECT version()")
		if err != nil {
			return err
		}
		version, _, _ = strings.Cut(version, " on ")
		d.note("port %d: %s", server.Port, version)
	}
	return nil
}

func (d *demo) loadSample(ctx context.Context) error {
	d.say("A sample database: a small shop")
	conn, err := d.source.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := sample.Load(ctx, conn); err != nil {
		return err
	}
	tables, err := conn.Query(ctx, "SELECT COUNT(*), ROUND(SUM(data_length + index_length) / 1048576) FROM information_schema.tables WHERE table_schema = 'shop'")
	if err != nil {
		return err
	}
	d.note("%s tables, %s MB: decimals, dates, JSON, sets, blobs, emoji; foreign keys with", tables[0][0], tables[0][1])
	d.note("cascades; a table without a key; a table named Odd \"name\" ✓")
	return conn.Exec(ctx, "CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'fol low\"it'",
		"GRANT SELECT ON shop.* TO replica@'127.0.0.1'",
		"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO replica@'127.0.0.1'")
}

// prepare makes the target's role and database, the program's configuration,
// its catalogue and its source.
func (d *demo) prepare(ctx context.Context) error {
	d.say("What a user does once: configuration, catalogue, source")
	conn, err := d.target.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE ROLE replica LOGIN PASSWORD 'write it'", "CREATE DATABASE warehouse",
		"GRANT CREATE, TEMPORARY ON DATABASE warehouse TO replica"); err != nil {
		return err
	}
	home := filepath.Join(d.home.Dir, "chameleon")
	d.program, err = program.New(ctx, d.Bin, home, program.Settings{
		Source: d.source, SourceUser: "replica", SourcePassword: `fol low"it`, FromDatabase: sample.Database,
		Target: d.target, TargetUser: "replica", TargetPassword: "write it", TargetDatabase: "warehouse", ToSchema: "shop",
	})
	if err != nil {
		return err
	}
	// The watchdog of the servers ends the daemon too, should we be killed.
	atEnd := fmt.Sprintf("CHAMELEON_HOME=%q %q stop_all_replicas\n", home, d.Bin)
	if err := os.WriteFile(filepath.Join(d.home.Dir, launch.AtEnd), []byte(atEnd), 0o600); err != nil {
		return fmt.Errorf("leaving word to the watchdog: %w", err)
	}
	for _, args := range [][]string{{"create_replica_schema"}, {"add_source", "--source", program.Source}} {
		d.command(args...)
		if err := d.program.Show(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// command shows a command as the user would type it.
func (d *demo) command(args ...string) {
	fmt.Fprint(d.Out, "          $ chameleon")
	for _, arg := range args {
		fmt.Fprint(d.Out, " "+arg)
	}
	fmt.Fprintln(d.Out)
}

// ask runs one query that gives one value.
func (d *demo) ask(ctx context.Context, server *launch.Server, query string) (string, error) {
	conn, err := server.Connect(ctx, "")
	if err != nil {
		return "", err
	}
	defer conn.Close()
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return "", err
	}
	return rows[0][0], nil
}
