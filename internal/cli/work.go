package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
)

// work is a long-running command: how it is named, and what it does once it has
// its surroundings.
type work struct {
	task     string // the command
	started  string // what is said of a daemon that runs, with the source's name
	replaces string // a task that is stopped for this one; "": none is
	told     told
	reloads  bool // SIGHUP lets it go on with the configuration as it is then
	do       func(ctx context.Context, j job) error
}

// job is what a running task has.
type job struct {
	engine Engine
	source string
	pgsql  bool // it is PostgreSQL itself
	log    *slog.Logger
	screen *screen // nil: not on a terminal
	ready  func()  // to be called when the work has begun for good
}

// onWork wraps a long-running command: as a daemon of its own, or in the
// foreground with --debug or log_dest: stdout.
func (a *App) onWork(w work) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, s, err := a.named()
		if err != nil {
			return err
		}
		if a.flags.tables != all || a.flags.schema != all {
			return fault.New(fault.Config, "leave --tables and --schema out; limit_tables in the configuration limits what is replicated",
				"%s works on all tables of a source", cmd.Name())
		}
		if err := folders(c); err != nil {
			return err
		}
		if daemon.Started() {
			return a.workHere(cmd.Context(), c, s.Name, w)
		}
		if err := a.makeRoom(cmd.Context(), c, s.Name, w.replaces); err != nil {
			return err
		}
		if a.foreground(c) {
			return a.workHere(cmd.Context(), c, s.Name, w)
		}
		return a.workApart(cmd.Context(), c, s.Name, w.started)
	}
}

func (a *App) foreground(c *config.Config) bool { return a.flags.debug || c.LogDest == "stdout" }

// makeRoom stops a process that works on the source, if it does the task that may
// be stopped; any other is an error.
func (a *App) makeRoom(ctx context.Context, c *config.Config, source, task string) error {
	process, err := daemon.Running(pidFile(c, source))
	switch {
	case err != nil || !process.Running():
		return err
	case process.Task != task:
		return daemon.Busy(pidFile(c, source), process)
	}
	return a.stop(ctx, c, source)
}

// workApart starts this command line again as a daemon.
func (a *App) workApart(ctx context.Context, c *config.Config, source, started string) error {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	pid, err := daemon.Start(ctx, a.args, logFile(c, source))
	if ctx.Err() != nil {
		return fmt.Errorf("%w while the daemon started; it has ended too", errInterrupted)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, started+" (process %d, log %s)\n", source, pid, logFile(c, source))
	return nil
}

// workHere holds the pid file, and works until it is done or told to stop.
func (a *App) workHere(ctx context.Context, c *config.Config, source string, w work) error {
	held, err := daemon.Hold(pidFile(c, source), w.task)
	if err != nil {
		return err
	}
	defer held.Release()
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	defer context.AfterFunc(ctx, release)() // a second signal ends the program at once
	return a.work(ctx, c, source, w)
}

// work sends the log where it belongs, and works until it is done or ctx ends.
func (a *App) work(ctx context.Context, c *config.Config, source string, w work) error {
	began := false
	s, err := c.Source(source)
	if err != nil {
		return err
	}
	j := job{source: source, pgsql: s.PgSQL(), ready: func() { began = true; daemon.Ready() }}
	apart := daemon.Started()
	log, screen, closing, err := a.logger(c, source)
	if err != nil {
		return err
	}
	defer func() { _ = closing() }()
	sender, err := a.messages(ctx, c, source, log)
	if err != nil {
		return err
	}
	defer sender.Close()
	if j.log, j.screen = log, screen; sender != nil {
		j.log = slog.New(notify.NewHandler(log.Handler(), sender))
	}
	defer telling(j.log, source)()
	if j.engine, err = a.Engine(c, source, j.log); err != nil {
		return err
	}
	err = a.doing(ctx, j, w)
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = fmt.Errorf("%w: %s of source %s %s when it is started again", errInterrupted, w.task, source, continued(c, source))
		if apart {
			j.log.Info("stopped before it was done")
		}
	case apart || c.LogDest == "stdout":
		j.log.Error("ended with an error", "source", source, "error", err, "hint", fault.HintOf(err))
	}
	w.told.tell(sender, w.task, began, err)
	if err != nil && apart {
		return errLogged{err}
	}
	return err
}

// errLogged is an error of which the log, where a daemon's output goes too, has all.
type errLogged struct{ error }

func (e errLogged) Unwrap() error { return e.error }

// continued says how interrupted work continues.
func continued(c *config.Config, source string) string {
	if s, err := c.Source(source); err == nil && s.PgSQL() {
		return "begins anew" // its snapshot is gone
	}
	return "goes on where it was"
}
