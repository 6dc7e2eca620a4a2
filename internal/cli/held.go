package cli

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

func (a *App) applyHeld() *cobra.Command {
	return a.decide("apply_held", "Carry out a statement that ddl_policy holds; its tables go on",
		"What the statement does in PostgreSQL is done now, as the stream would have done it. Its tables go on from\nthe position where they wait, while the replica runs.",
		"was carried out", func(e Engine) decider { return e.ApplyHeld })
}

func (a *App) skipHeld() *cobra.Command {
	return a.decide("skip_held", "Leave PostgreSQL as it is in spite of a statement that ddl_policy holds; its tables go on",
		"The statement is handled as one that ddl_policy ignores. Its tables go on from the position where they wait,\nwhile the replica runs; a table that the source has dropped or renamed stays as it is.",
		"was skipped", func(e Engine) decider { return e.SkipHeld })
}

// decider decides on held statements.
type decider func(ctx context.Context, name string, choice status.Choice, by status.Actor) ([]status.Held, error)

func (a *App) decide(name, short, long, done string, by func(Engine) decider) *cobra.Command {
	var id int64
	command := &cobra.Command{
		Use:   name,
		Short: short,
		Long:  long + "\n--id names the statement, as show_status lists it, or --tables the tables that wait, on either side.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			if id == 0 && a.flags.tables == all {
				return fault.New(fault.Config, "chameleon show_status --source "+a.flags.source+" lists what is held", "%s needs --id or --tables", name)
			}
			choice := status.Choice{ID: id, Table: func(source, target string) bool { return a.wanted(source) || a.wanted(target) }}
			list, err := by(e)(cmd.Context(), a.flags.source, choice, actor())
			for _, h := range list {
				fmt.Fprintf(a.Out, "statement %d about %s %s\n", h.ID, strings.Join(h.Tables, ", "), done)
			}
			return err
		}),
	}
	command.Flags().Int64Var(&id, "id", 0, "the held statement")
	return command
}

// actor is who runs this process.
func actor() status.Actor {
	by := status.Actor{User: "unknown", Host: "an unknown machine"}
	if u, err := user.Current(); err == nil {
		by.User = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		by.Host = host
	}
	return by
}

// showOpen lists what waits for somebody, or for the stream to come to it.
func (a *App) showOpen(d *status.Detail) {
	t := a.table("Id", "Tables", "Class", "Statement", "At position", "Since")
	for _, h := range d.Held {
		t.AppendRow(table.Row{h.ID, strings.Join(h.Tables, ", "), h.Class, a.cut(h.Statement, 80), h.Position, moment(h.Since)})
	}
	a.titled("Statements that are held: apply_held or skip_held, with --id", t)
	t = a.table("Id", "Transaction", "Reason", "Asked by", "Asked at")
	for _, s := range d.Skips {
		t.AppendRow(table.Row{s.ID, s.Transaction, a.cut(s.Reason, 80), s.AskedBy, moment(s.Asked)})
	}
	a.titled("Transactions to be passed over", t)
}
