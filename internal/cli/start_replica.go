package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
)

// startedReplica is what is said of a daemon that follows a source.
const startedReplica = "the replica of source %s runs"

func (a *App) startReplica() *cobra.Command {
	follow := a.onWork(a.follow())
	return &cobra.Command{
		Use:   "start_replica",
		Short: "Follow a source's binary log, as a daemon or with --debug in the foreground",
		RunE: func(cmd *cobra.Command, args []string) error {
			if c, s, err := a.named(); err == nil && s.PgSQL() {
				return a.subscribe(cmd.Context(), c, s.Name)
			}
			return follow(cmd, args)
		},
	}
}

func (a *App) follow() work {
	return work{
		task: "start_replica", reloads: true,
		started: startedReplica,
		told:    told{failed: notify.ReplicaCrashed},
		do: func(ctx context.Context, j job) error {
			return j.engine.StartReplica(ctx, j.source, j.ready)
		},
	}
}

// subscribe prints how a source that is PostgreSQL is followed, and gives the error that we do not do it.
func (a *App) subscribe(ctx context.Context, c *config.Config, source string) error {
	e, err := a.engine(c, source)
	if err != nil {
		return err
	}
	if err := a.showSubscription(ctx, e, source); err != nil {
		return err
	}
	return fault.New(fault.Config, "run the commands above", "source %s is PostgreSQL, which is followed by its own logical replication and not by this program", source)
}

// showSubscription prints the commands of PostgreSQL's own logical replication.
func (a *App) showSubscription(ctx context.Context, e Engine, source string) error {
	s, err := e.Subscription(ctx, source)
	if err != nil {
		return err
	}
	for _, step := range s.Steps {
		fmt.Fprintf(a.Out, "-- %s:\n", step.Where)
		for _, line := range step.Lines {
			fmt.Fprintln(a.Out, line)
		}
		fmt.Fprintln(a.Out)
	}
	return nil
}
