package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pgchameleon/internal/notify"
	"pgchameleon/internal/status"
)

func (a *App) initReplica() *cobra.Command {
	work := work{
		task:     "init_replica",
		started:  "copying source %s has begun; watch it with show_status --watch",
		replaces: "start_replica",
		told:     told{done: notify.InitComplete, failed: notify.InitFailed, message: "init_replica is complete"},
		do: func(ctx context.Context, j job) error {
			board := &status.Board{}
			err := j.showing(ctx, board, func() error {
				return j.engine.InitReplica(ctx, j.source, board, a.flags.restart, j.ready)
			})
			if err != nil {
				return err
			}
			return a.copied(ctx, j)
		},
	}
	command := &cobra.Command{
		Use:   "init_replica",
		Short: "Copy a source's tables into the target",
		Long: "Copies the tables of a source's mapped schemas, without locks and several at once. A copy that was\n" +
			"interrupted goes on where it was; --restart begins anew. A replica of the source that runs is stopped.",
		RunE: a.onWork(work),
	}
	command.Flags().BoolVar(&a.flags.restart, "restart", false, "forget what was copied and begin anew")
	return command
}

// copied says what comes after a copy.
func (a *App) copied(ctx context.Context, j job) error {
	switch {
	case j.pgsql && (j.screen != nil || a.flags.debug):
		fmt.Fprintf(a.Out, "source %s is copied; what is written to it from here on is carried over by PostgreSQL's own logical replication:\n\n", j.source)
		return a.showSubscription(ctx, j.engine, j.source)
	case j.pgsql:
		j.log.Info("a source that is PostgreSQL is followed by its own logical replication: start_replica prints the commands", "source", j.source)
	case j.screen != nil:
		fmt.Fprintf(a.Out, "source %s is copied; follow it with: chameleon start_replica --source %s\n", j.source, j.source)
	}
	return nil
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) // #nosec G115 -- a descriptor is small
}
