package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// startedReplica is what is said of a daemon that follows a source.
const startedReplica = "the replica of source %s runs"

func (a *App) startReplica() *cobra.Command {
	return &cobra.Command{
		Use:   "start_replica",
		Short: "Follow a source's binary log, as a daemon or with --debug in the foreground",
		RunE:  a.onWork(a.follow()),
	}
}

func (a *App) follow() work {
	return work{
		task: "start_replica", reloads: true,
		started: startedReplica,
		do: func(ctx context.Context, j job) error {
			return j.engine.StartReplica(ctx, j.source, j.ready)
		},
	}
}
