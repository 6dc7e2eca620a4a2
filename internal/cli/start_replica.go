package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *App) startReplica() *cobra.Command {
	return &cobra.Command{
		Use:   "start_replica",
		Short: "Follow a source's binary log, as a daemon or with --debug in the foreground",
		RunE: a.onWork("the replica of source %s runs", func(ctx context.Context, e Engine, source string, ready func()) error {
			return e.StartReplica(ctx, source, ready)
		}),
	}
}
