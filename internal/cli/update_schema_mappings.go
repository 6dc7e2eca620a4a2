package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
)

func (a *App) updateSchemaMappings() *cobra.Command {
	return &cobra.Command{
		Use:   "update_schema_mappings",
		Short: "Carry a change of schema_mappings over to a source that is replicated",
		Long: "The source is replicated by the mappings that it had when it was added or copied, until this command is run. A database\n" +
			"that has come in is copied while the others are followed; one that has gone is forgotten, and its tables stay as they\n" +
			"are; where a database has another schema, PostgreSQL's schema is renamed. The process that follows the source does it\n" +
			"between two batches; without one it is done at once, and new databases are filled after start_replica.",
		RunE: a.onSource(func(cmd *cobra.Command, c *config.Config, e Engine) error {
			done, err := e.UpdateSchemaMappings(cmd.Context(), a.flags.source, func() { a.rouse(c, a.flags.source) })
			if err != nil {
				return err
			}
			for _, from := range slices.Sorted(maps.Keys(done.Renamed)) {
				fmt.Fprintf(a.Out, "the schema %s was renamed to %s\n", from, done.Renamed[from])
			}
			if len(done.Removed) > 0 {
				fmt.Fprintf(a.Out, "no longer replicated: %s; the tables stay\n", strings.Join(done.Removed, ", "))
			}
			switch {
			case len(done.Added) > 0 && done.Running:
				fmt.Fprintf(a.Out, "%s: the running replica copies the tables; watch it with: chameleon show_status --source %s --watch\n", strings.Join(done.Added, ", "), a.flags.source)
			case len(done.Added) > 0:
				fmt.Fprintf(a.Out, "%s: the tables are copied after: chameleon start_replica --source %s\n", strings.Join(done.Added, ", "), a.flags.source)
			case len(done.Removed)+len(done.Renamed) == 0:
				fmt.Fprintf(a.Out, "the mappings of source %s are as in the configuration\n", a.flags.source)
			}
			return nil
		}),
	}
}
