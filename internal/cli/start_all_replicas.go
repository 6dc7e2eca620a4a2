package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
)

// together is the task of a process that follows all sources.
const together = "start_all_replicas"

func (a *App) startAllReplicas() *cobra.Command {
	return &cobra.Command{
		Use:   together,
		Short: "Follow all sources of the configuration, each as a daemon or with --debug in one process",
		Long: "As start_replica for each source: a daemon for each. Those that run already stay as they are, and one that cannot be\n" +
			"started keeps no other from it. With --debug, or log_dest: stdout, one process in the foreground follows them all, for\n" +
			"systemd and containers: a source that stops with an error, or that another process works on, is told and the others go\n" +
			"on, and start_replica can take it up again; SIGTERM stops all, SIGHUP has the configuration of each read again. It ends\n" +
			"when all have ended.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.flags.source != all || a.flags.tables != all || a.flags.schema != all {
				return fault.New(fault.Config, "leave --source, --tables and --schema out; start_replica starts one", together+" works on all sources")
			}
			c, err := a.load()
			if err != nil {
				return err
			}
			if err := folders(c); err != nil {
				return err
			}
			names := a.followable(c)
			if a.foreground(c) {
				return a.followTogether(cmd.Context(), c, names)
			}
			return a.startEach(cmd.Context(), c, names)
		},
	}
}

// followable lists the sources that can be followed.
func (a *App) followable(c *config.Config) []string {
	var names []string
	for _, s := range c.Sources {
		if s.Type != "mysql" {
			fmt.Fprintf(a.Err, "source %s is left out: it is of type %s, which is not followed\n", s.Name, s.Type)
			continue
		}
		if _, err := c.Source(s.Name); err != nil {
			fmt.Fprintf(a.Err, "source %s is left out: %v\n", s.Name, err)
			continue
		}
		names = append(names, s.Name)
	}
	return names
}

// startEach starts a daemon for each source that has none.
func (a *App) startEach(ctx context.Context, c *config.Config, names []string) error {
	var failed error
	for _, name := range names {
		process, err := daemon.Running(pidFile(c, name))
		if err == nil && process.Running() {
			fmt.Fprintf(a.Out, "source %s: process %d (%s) runs already\n", name, process.PID, process.Task)
			continue
		}
		if err == nil {
			one := *a
			one.args = []string{"start_replica", "--config", a.flags.config, "--source", name}
			err = one.workApart(ctx, c, name, startedReplica)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("starting source %s: %w", name, err))
		}
	}
	return failed
}

// followTogether follows all sources in this process until they have ended.
func (a *App) followTogether(ctx context.Context, c *config.Config, names []string) error {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	defer context.AfterFunc(ctx, release)() // a second signal ends the program at once
	failed := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() {
			err := a.followOne(ctx, c, name)
			if err != nil && ctx.Err() == nil {
				failed[i] = fmt.Errorf("source %s: %w", name, err)
				fmt.Fprintf(a.Err, "ERROR: source %s has ended: %v\n", name, err)
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

// followOne follows one of them, which is free for another process when it has ended.
func (a *App) followOne(ctx context.Context, c *config.Config, name string) error {
	held, err := daemon.Hold(pidFile(c, name), together)
	if err != nil {
		return err
	}
	defer held.Release()
	return a.work(ctx, c, name, a.follow())
}
