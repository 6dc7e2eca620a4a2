package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *App) startReplica() *cobra.Command {
	return &cobra.Command{
		Use:   "start_replica",
		Short: "Follow a source's binary log, as a daemon or with --debug in the foreground",
		RunE: a.onWork(work{
			task: "start_replica", reloads: true,
			started: "the replica of source %s runs",
			do: func(ctx context.Context, j job) error {
				return j.engine.StartReplica(ctx, j.source, j.ready)
			},
		}),
	}
}
