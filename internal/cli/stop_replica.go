package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
)

// stopWithin is how long a process may take to end: it finishes what it has in
// hand within 8 s.
const stopWithin = 30 * time.Second

func (a *App) stopReplica() *cobra.Command {
	return &cobra.Command{
		Use:   "stop_replica",
		Short: "Stop the process that copies or follows a source",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, err := a.named()
			if err != nil {
				return err
			}
			if process, err := daemon.Running(pidFile(c, s.Name)); err == nil && process.Task == together {
				return fault.New(fault.State, "chameleon stop_all_replicas stops it, with all of them", "process %d follows all sources", process.PID)
			}
			return a.stop(cmd.Context(), c, s.Name)
		},
	}
}

func (a *App) stopAllReplicas() *cobra.Command {
	return &cobra.Command{
		Use:   "stop_all_replicas",
		Short: "Stop the processes of all sources of the configuration",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			var failed error
			for _, s := range c.Sources {
				failed = errors.Join(failed, a.stop(cmd.Context(), c, s.Name))
			}
			return failed
		},
	}
}

func (a *App) stop(ctx context.Context, c *config.Config, source string) error {
	stopped, err := daemon.Stop(ctx, pidFile(c, source), stopWithin)
	switch {
	case err != nil:
		return fmt.Errorf("stopping the replica of source %s: %w", source, err)
	case stopped:
		fmt.Fprintf(a.Out, "the replica of source %s was stopped\n", source)
	default:
		fmt.Fprintf(a.Out, "the replica of source %s was not running\n", source)
	}
	return nil
}
