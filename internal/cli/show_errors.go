package cli

import (
	"encoding/json"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/status"
)

func (a *App) showErrors() *cobra.Command {
	command := &cobra.Command{
		Use:   "show_errors",
		Short: "List the error log, or one line of it in full with --logid",
		Long: "Lists the newest errors first: of all sources, or of one with --source, and of the tables (by their names in\n" +
			"PostgreSQL) that --schema and --tables choose. --full shows the messages uncut.",
		RunE: a.onTarget(func(cmd *cobra.Command, e Engine) error {
			if a.flags.logid > 0 {
				f, err := e.Failure(cmd.Context(), a.flags.logid)
				if err != nil {
					return err
				}
				return a.showFailure(f)
			}
			source := a.flags.source
			if source == all {
				source = ""
			}
			list, err := e.Failures(cmd.Context(), source)
			if err != nil {
				return err
			}
			return a.showFailures(list)
		}),
	}
	command.Flags().BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	return command
}

func (a *App) showFailures(all []status.Failure) error {
	list := []status.Failure{}
	for _, f := range all {
		if a.wanted(f.Schema + "." + f.Table) {
			list = append(list, f)
		}
	}
	if a.flags.json {
		return a.printJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.Out, "There are no errors in the log")
		return nil
	}
	t := a.table("Log id", "Source name", "Position", "Table", "Schema", "Error timestamp", "Message")
	for _, f := range list {
		t.AppendRow(table.Row{f.ID, f.Source, f.Position, f.Table, f.Schema, moment(f.Time), a.cut(f.Message, 100)})
	}
	t.Render()
	return nil
}

func (a *App) showFailure(f *status.Failure) error {
	if a.flags.json {
		return a.printJSON(f)
	}
	t := a.table()
	t.AppendRows([]table.Row{
		{"Log id", f.ID}, {"Source name", f.Source}, {"Position", f.Position}, {"Table", f.Table}, {"Schema", f.Schema},
		{"Error timestamp", moment(f.Time)}, {"SQL executed", f.SQL}, {"Error message", f.Message},
	})
	t.Render()
	return nil
}

func (a *App) printJSON(value any) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
