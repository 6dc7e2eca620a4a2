package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/status"
)

func (a *App) upgradeReplicaSchema() *cobra.Command {
	command := &cobra.Command{
		Use:   "upgrade_replica_schema",
		Short: "Bring the catalogue up to date, or take a replica of pg_chameleon's over",
		Long: "An older catalogue of this program is brought up to date. One of pg_chameleon (1.8 or 2.0) is taken over, with all\n" +
			"of its sources: their tables, keys, exclusions and positions. pg_chameleon's processes must be stopped, and what they\n" +
			"have read must be replayed. The catalogue is kept under another name, and start_replica goes on from its position,\n" +
			"without a copy. Tables whose values pg_chameleon may have damaged are named and left out, until sync_tables fills\n" +
			"them. Nothing is changed before the plan is shown and agreed to, and all in one transaction; --dry-run shows it only.\n" +
			"For the plan the rows of all tables are read in PostgreSQL, and some on the source: it tells which it is looking at.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			e, err := a.engine(c, AllSources)
			if err != nil {
				return err
			}
			return a.upgrade(cmd, c, e)
		},
	}
	command.Flags().BoolVar(&a.flags.dryRun, "dry-run", false, "show what would be done, and do nothing")
	command.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	command.Flags().BoolVar(&a.flags.json, "json", false, "print the plan as JSON, for programs")
	return command
}

func (a *App) upgrade(cmd *cobra.Command, c *config.Config, e Engine) error {
	var plan *status.Adoption
	tell := func(text string) { fmt.Fprintln(a.Err, text) }
	if a.flags.json {
		tell = func(string) {}
	}
	err := e.UpgradeReplicaSchema(cmd.Context(), tell, func(p *status.Adoption) (bool, error) {
		plan = p
		return a.agreed(c, p)
	})
	if err != nil || a.flags.dryRun || a.flags.json {
		return err
	}
	if plan.Own {
		fmt.Fprintf(a.Out, "It is up to date now: version %d.\n", plan.Version)
		return nil
	}
	fmt.Fprintf(a.Out, "The replica was taken over; pg_chameleon's catalogue is kept as %s.\n", plan.Kept)
	for _, s := range plan.Sources {
		if s.Position != "" {
			fmt.Fprintf(a.Out, "Follow it with: chameleon start_replica --source %s\n", s.Name)
		}
	}
	return nil
}

// agreed shows a plan, and says whether it is to be carried out.
func (a *App) agreed(c *config.Config, p *status.Adoption) (bool, error) {
	for _, s := range c.Sources {
		if p.Own {
			break
		}
		if process, err := daemon.Running(pidFile(c, s.Name)); err != nil {
			return false, err
		} else if process.Running() {
			return false, daemon.Busy(pidFile(c, s.Name), process)
		}
	}
	if a.flags.json {
		if err := a.printJSON(p); err != nil {
			return false, err
		}
	} else {
		fmt.Fprintf(a.Out, "The catalogue sch_chameleon is %s.\n", p.Found)
		a.showAdoption(p)
	}
	switch {
	case a.flags.dryRun && !a.flags.json:
		fmt.Fprintln(a.Out, "Nothing was changed (--dry-run).")
		return false, nil
	case a.flags.dryRun || p.Own:
		return !a.flags.dryRun, nil
	}
	return true, a.ask("This program takes the replica over; pg_chameleon can no longer follow it.")
}

// showAdoption shows what becomes of each source and its tables.
func (a *App) showAdoption(p *status.Adoption) {
	for _, left := range p.Left {
		fmt.Fprintf(a.Out, "Not taken over: %s.\n", left)
	}
	for _, s := range p.Sources {
		if s.Position != "" {
			fmt.Fprintf(a.Out, "Source %s goes on from %s.\n", s.Name, s.Position)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(a.Out, "Source %s: %s.\n", s.Name, note)
		}
		a.showAdopted(s)
	}
}

func (a *App) showAdopted(s status.AdoptedSource) {
	followed, left := a.table("Table", "In PostgreSQL", "Columns that keep another type"), a.table("Table", "In PostgreSQL", "Why it is not followed")
	var refill []string
	statements := 0
	for _, t := range s.Tables {
		if t.Followed {
			followed.AppendRow(table.Row{t.Source, t.Target, strings.Join(t.Kept, ", ")})
			statements += len(t.Statements)
			continue
		}
		left.AppendRow(table.Row{t.Source, t.Target, a.cut(strings.Join(t.Reasons, "; "), 300)})
		if !t.Gone {
			refill = append(refill, t.Source)
		}
	}
	a.titled("Tables that are followed from there on", followed)
	if followed.Length() > 0 && a.flags.full {
		for _, t := range s.Tables {
			for _, sql := range t.Statements {
				fmt.Fprintf(a.Out, "  %s;\n", sql)
			}
		}
	} else if statements > 0 {
		fmt.Fprintf(a.Out, "%d statements give them the names, defaults and comments of this program's (--full shows them).\n", statements)
	}
	a.titled("Tables that are not followed, because what is in PostgreSQL cannot be trusted", left)
	if len(refill) > 0 {
		fmt.Fprintf(a.Out, "After the take-over this fills them from the source, while the others are followed:\n  chameleon sync_tables --source %s --tables %s\n", s.Name, strings.Join(refill, ","))
	}
}
