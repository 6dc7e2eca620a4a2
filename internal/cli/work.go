package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
)

// work is what a long-running command does once it has its surroundings.
type work func(ctx context.Context, e Engine, source string, ready func()) error

// onWork wraps a long-running command: as a daemon of its own, or in the
// foreground with --debug or log_dest: stdout.
func (a *App) onWork(started string, do work) func(*cobra.Command, []string) error {
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
		if a.foreground(c) || daemon.Started() {
			return a.workHere(cmd.Context(), c, s.Name, do)
		}
		return a.workApart(cmd.Context(), c, s.Name, started)
	}
}

func (a *App) foreground(c *config.Config) bool { return a.flags.debug || c.LogDest == "stdout" }

// workApart starts this command line again as a daemon.
func (a *App) workApart(ctx context.Context, c *config.Config, source, started string) error {
	if pid, err := daemon.Running(pidFile(c, source)); err != nil || pid != 0 {
		if err != nil {
			return err
		}
		return fault.New(fault.State, "stop it first: chameleon stop_replica --source "+source, "process %d is at work on source %s already", pid, source)
	}
	pid, err := daemon.Start(ctx, os.Args[1:], logFile(c, source))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%s (process %d, log %s)\n", fmt.Sprintf(started, source), pid, logFile(c, source))
	return nil
}

// workHere holds the pid file, sends the log where it belongs, and works until
// it is done or told to stop.
func (a *App) workHere(ctx context.Context, c *config.Config, source string, do work) error {
	held, err := daemon.Hold(pidFile(c, source))
	if err != nil {
		return err
	}
	defer held.Release()
	log, closeLog, err := a.logger(c, source)
	if err != nil {
		return err
	}
	defer closeLog()
	e, err := a.Engine(c, source, log)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err = do(ctx, e, source, daemon.Ready)
	if err != nil {
		log.Error("ended with an error", "source", source, "error", err)
	}
	return err
}

// logger gives the log of a process that works on a source.
func (a *App) logger(c *config.Config, source string) (*slog.Logger, func(), error) {
	options := &slog.HandlerOptions{Level: level(c.LogLevel)}
	if a.flags.debug {
		options.Level = slog.LevelDebug
	}
	out, closing := a.Err, func() {}
	if !a.foreground(c) {
		file, err := daemon.OpenLog(logFile(c, source), c.LogDaysKeep, time.Now)
		if err != nil {
			return nil, nil, err
		}
		out, closing = file, func() { _ = file.Close() }
	} else if c.LogDest == "stdout" {
		out = a.Out
	}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options)), closing, nil
	}
	return slog.New(slog.NewTextHandler(out, options)), closing, nil
}

func level(name string) slog.Level {
	switch strings.ToLower(name) {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
