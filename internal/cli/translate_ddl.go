package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

func (a *App) translateDDL() *cobra.Command {
	statement := ""
	command := &cobra.Command{
		Use:   "translate_ddl",
		Short: "Show what a statement of the source would do to the replica, without doing it",
		Long: "Takes statements from --statement, or from standard input, separated by semicolons; each builds on those before it.\n" +
			"For each it tells what becomes of the tables, the statements for PostgreSQL, the lock that each takes on a table that\n" +
			"is there, and whether it rewrites or scans the table. It works on the tables as of the applied position, or before\n" +
			"init_replica on those that the source has now. --schema is the session's database, which a source with one schema\n" +
			"need not be told.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			text := statement
			if text == "" {
				read, err := io.ReadAll(a.In)
				if err != nil {
					return fmt.Errorf("reading the statements: %w", err)
				}
				text = string(read)
			}
			if strings.TrimSpace(text) == "" {
				return fault.New(fault.Config, "add --statement 'ALTER TABLE …', or send statements to standard input", "translate_ddl needs a statement")
			}
			database := a.flags.schema
			if database == all {
				database = ""
			}
			done, err := e.Translate(cmd.Context(), a.flags.source, database, text)
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(done)
			}
			a.showTranslation(done)
			return nil
		}),
	}
	command.Flags().StringVar(&statement, "statement", "", "statements of the source; without it they are read from standard input")
	command.Flags().BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	return command
}

func (a *App) showTranslation(done *status.Translation) {
	fmt.Fprintf(a.Out, "Worked out on %s\n", done.On)
	for _, s := range done.Statements {
		fmt.Fprintf(a.Out, "\n%s\n", s.SQL)
		if s.Ignored {
			fmt.Fprintln(a.Out, "  ignored: it does nothing to what is replicated")
		}
		for _, group := range []struct {
			what   string
			tables []string
		}{{"created", s.Created}, {"dropped", s.Dropped}, {"changed", s.Changed}, {"held by the policy", s.Held}} {
			for _, name := range group.tables {
				fmt.Fprintf(a.Out, "  %s is %s\n", name, group.what)
			}
		}
		for _, pair := range s.Renamed {
			fmt.Fprintf(a.Out, "  %s is renamed to %s\n", pair[0], pair[1])
		}
		for _, x := range s.Refilled {
			fmt.Fprintf(a.Out, "  %s is filled again from the source: %s\n", x.Table, x.Reason)
		}
		for _, x := range s.Excluded {
			fmt.Fprintf(a.Out, "  %s is excluded: %s\n", x.Table, x.Reason)
		}
		for _, p := range s.PostgreSQL {
			fmt.Fprintf(a.Out, "  %s;\n    -- %s\n", p.SQL, cost(p))
		}
	}
}

// cost says what a statement costs those who use the table.
func cost(p status.TranslatedForward) string {
	if p.Lock == "" {
		return "no lock on a table that is there"
	}
	text := p.Lock + " on " + p.Table
	switch {
	case p.Rewrites:
		text += ", rewrites the table"
	case p.Scans:
		text += ", reads all its rows"
	}
	return text
}
