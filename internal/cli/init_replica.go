package cli

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pgchameleon/internal/daemon"
	"pgchameleon/internal/status"
)

func (a *App) initReplica() *cobra.Command {
	command := &cobra.Command{
		Use:   "init_replica",
		Short: "Copy a source's tables into the target",
		Long: "Copies the tables of a source's mapped schemas, without locks and several at once. A copy that was\n" +
			"interrupted goes on where it was; --restart begins anew.",
		RunE: a.onWork("copying source %s has begun; watch it with show_status --watch",
			func(ctx context.Context, e Engine, source string, ready func()) error {
				board := &status.Board{}
				stop := a.bars(board)
				err := e.InitReplica(ctx, source, board, a.flags.restart, ready)
				stop()
				return err
			}),
	}
	command.Flags().BoolVar(&a.flags.restart, "restart", false, "forget what was copied and begin anew")
	return command
}

// bars shows the board's progress on the terminal, if there is one, until the
// function it gives is called.
func (a *App) bars(board *status.Board) (stop func()) {
	if daemon.Started() || !terminal(a.Out) {
		return func() {}
	}
	return drawBars(a.Out, board)
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) // #nosec G115 -- a descriptor is small
}
