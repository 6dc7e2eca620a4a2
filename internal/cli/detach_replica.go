package cli

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// detachTask is how the command stands in a pid file.
const detachTask = "detach_replica"

func (a *App) detachReplica() *cobra.Command {
	var wish status.DetachWish
	command := &cobra.Command{
		Use:   detachTask,
		Short: "Turn a replica into a database that stands by itself, and forget the source",
		Long: "Applies all that the source has, compares both sides, then gives PostgreSQL what the source did until now: sequences\n" +
			"beyond the greatest values, generated columns, ON UPDATE CURRENT_TIMESTAMP, CHECK constraints, foreign keys and views. What\n" +
			"cannot be carried over is listed. At last the source is removed from the catalogue. Stop what writes to the source first.\n" +
			"A replica that runs on this machine is stopped. --dry-run shows every statement and does nothing. A detachment that was\n" +
			"interrupted goes on when it is run again; after one that is over, what had failed is tried again.",
		RunE: a.onSourceTelling(told{}, func(cmd *cobra.Command, c *config.Config, e Engine) error {
			if a.flags.tables != all || a.flags.schema != all {
				return fault.New(fault.Config, "leave --tables and --schema out", "detach_replica works on all tables of a source")
			}
			if wish.DryRun {
				done, err := e.DetachReplica(cmd.Context(), a.flags.source, wish, actor(), func(string) {})
				if err != nil {
					return err
				}
				return a.showDetachment(done)
			}
			done, err := a.detach(cmd.Context(), c, e, wish)
			if err != nil {
				return err
			}
			if err := a.showDetachment(done); err != nil {
				return err
			}
			if n := done.Count("failed") + done.Count("waiting"); n > 0 {
				return fault.New(fault.Data, "mend the causes and run detach_replica again: it does what is left",
					"%d of %d steps could not be done", n, len(done.Steps)-done.Count("left_out"))
			}
			return nil
		}),
	}
	f := command.Flags()
	f.BoolVar(&wish.DryRun, "dry-run", false, "show what would be done, with every statement, and do nothing")
	f.BoolVar(&wish.SkipVerify, "skip-verify", false, "do not compare both sides")
	f.BoolVar(&wish.Force, "force", false, "go on where tables are not up to date, both sides differ, or the source is still written to")
	f.BoolVar(&a.flags.yes, "yes", false, "do not ask")
	f.BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	return command
}

// detach asks, takes over from a replica that runs, and does it.
func (a *App) detach(ctx context.Context, c *config.Config, e Engine, wish status.DetachWish) (*status.Detachment, error) {
	if a.flags.json { // what is told meanwhile is not for programs
		out := a.Out
		a.Out = a.Err
		defer func() { a.Out = out }()
	}
	source := a.flags.source
	if err := a.ask("Detaching the replica removes any reference to the source " + source + ", which can then only be replicated again by a new copy.\n" +
		"What the source commits from now on is not carried over. Are you sure?"); err != nil {
		return nil, err
	}
	if err := folders(c); err != nil {
		return nil, err
	}
	if err := a.makeRoom(ctx, c, source, "start_replica"); err != nil {
		return nil, err
	}
	held, err := daemon.Hold(pidFile(c, source), detachTask)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	done, err := e.DetachReplica(ctx, source, wish, actor(), func(text string) { fmt.Fprintln(a.Out, text) })
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%w: detach_replica of source %s goes on where it was when it is started again", errInterrupted, source)
	}
	return done, err
}

func (a *App) showDetachment(done *status.Detachment) error {
	if a.flags.json {
		return a.printJSON(done)
	}
	if done.Planned {
		a.showDetachPlan(done)
	}
	t := a.table("Step", "Kind", "Object", "Why it is not done")
	for _, s := range done.Steps {
		if s.State == "failed" || s.State == "waiting" && !done.Planned {
			t.AppendRow(table.Row{s.Number, s.Kind, s.Object, a.cut(s.Note, 200)})
		}
	}
	a.titled("What could not be done", t)
	t = a.table("Step", "Kind", "Object", "What is not the same as on the source")
	for _, s := range done.Steps {
		if s.Note != "" && (s.State == "done" || s.State == "waiting" && done.Planned) {
			t.AppendRow(table.Row{s.Number, s.Kind, s.Object, a.cut(s.Note, 200)})
		}
	}
	a.titled("What is carried over, but not quite the same", t)
	t = a.table("Kind", "Object", "Why")
	for _, s := range done.Steps {
		if s.State == "left_out" {
			t.AppendRow(table.Row{s.Kind, s.Object, a.cut(s.Note, 200)})
		}
	}
	a.titled("What is not carried over", t)
	for _, w := range done.Warnings {
		fmt.Fprintf(a.Out, "WARNING: %s\n", w)
	}
	if done.Compared != "" {
		fmt.Fprintf(a.Out, "comparison: %s\n", done.Compared)
	}
	if done.Detached {
		fmt.Fprintf(a.Out, "source %s is detached at %s: %d steps done, %d failed, %d things not carried over\n",
			done.Source, done.Position, done.Count("done"), done.Count("failed")+done.Count("waiting"), done.Count("left_out"))
	}
	return nil
}

// showDetachPlan prints the statements as a script.
func (a *App) showDetachPlan(done *status.Detachment) {
	fmt.Fprintf(a.Out, "-- Nothing was done. Worked out on the tables as of the applied position %s\n", done.Position)
	for _, s := range done.Steps {
		if s.State != "waiting" && s.State != "failed" {
			continue
		}
		fmt.Fprintf(a.Out, "\n-- step %d: %s %s\nBEGIN;\n", s.Number, s.Kind, strings.ReplaceAll(s.Object, "\n", " "))
		for _, sql := range s.Statements {
			fmt.Fprintf(a.Out, "%s;\n", sql)
		}
		fmt.Fprintln(a.Out, "COMMIT;")
	}
	fmt.Fprintln(a.Out)
}
