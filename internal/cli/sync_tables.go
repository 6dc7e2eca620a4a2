package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// disabledTables is what --tables says for all that are excluded, as in pg_chameleon.
const disabledTables = "disabled"

func (a *App) syncTables() *cobra.Command {
	return &cobra.Command{
		Use:   "sync_tables",
		Short: "Fill tables again from the source while the others are followed",
		Long: "Asks for tables to be copied again, or for the first time: --tables schema.table,schema.table, or --tables disabled\n" +
			"for all that are excluded. The process that follows the source does it, while it goes on for all other tables;\n" +
			"without one it is done at the next start_replica. Until a table is swapped in, the old one can be read. show_status\n" +
			"tells how far it is.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			if a.flags.tables == all || a.flags.tables == "" {
				return fault.New(fault.Config, "add --tables with schema.table,… or with disabled for all tables that are excluded", "sync_tables needs tables")
			}
			if a.flags.schema != all {
				return fault.New(fault.Config, "leave --schema out and name the tables as schema.table", "sync_tables works on tables")
			}
			var names []string
			if a.flags.tables != disabledTables {
				names = strings.Split(a.flags.tables, ",")
			}
			done, err := e.SyncTables(cmd.Context(), a.flags.source, names)
			if err != nil {
				return err
			}
			if names == nil || len(done.Missing) == 0 {
				a.showSync(done)
				return nil
			}
			missing := strings.Join(done.Missing, ", ")
			if done.Missing = nil; len(done.Tables) > 0 {
				a.showSync(done)
			}
			return fault.New(fault.Config, "name them as schema.table, as the source has them", "the source does not have: %s", missing)
		}),
	}
}

func (a *App) showSync(done *status.Sync) {
	if len(done.Missing) > 0 {
		fmt.Fprintf(a.Out, "the source does not have: %s\n", strings.Join(done.Missing, ", "))
	}
	switch {
	case len(done.Tables) == 0:
		fmt.Fprintf(a.Out, "there is no table to fill\n")
	case done.Running:
		fmt.Fprintf(a.Out, "%s: the running replica fills them; watch it with: chameleon show_status --source %s --watch\n", strings.Join(done.Tables, ", "), a.flags.source)
	default:
		fmt.Fprintf(a.Out, "%s: no replica runs; they are filled after: chameleon start_replica --source %s\n", strings.Join(done.Tables, ", "), a.flags.source)
	}
}

// chosenRefills leaves the tables that --schema and --tables name.
func (a *App) chosenRefills(refills []status.Refill) []status.Refill {
	list := []status.Refill{}
	for _, r := range refills {
		if a.wanted(r.Source) || a.wanted(r.Target) {
			list = append(list, r)
		}
	}
	return list
}

// showRefills lists the tables that are filled again while the others are followed.
func (a *App) showRefills(refills []status.Refill) {
	t := a.table("Table", "To be read as of", "Step", "Rows copied", "Of about", "Applied up to", "Lag", "Reason", "Last failure")
	for _, r := range refills {
		asOf, behind := r.AsOf, ""
		if asOf == "" {
			asOf = "now"
		}
		if r.Step == "catching_up" {
			behind = lag(r.Lag, time.Now())
		}
		t.AppendRow(table.Row{r.Source, asOf, r.Step, count(r.CopiedRows), count(r.EstimatedRows), r.Position, behind, a.cut(r.Reason, 100), a.cut(r.Note, 100)})
	}
	a.titled("Tables being filled from the source", t)
}
