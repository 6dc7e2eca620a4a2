package cli

import (
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
)

func (a *App) refreshSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "refresh_schema",
		Short: "Fill all tables of a schema again from the source while the others are followed",
		Long: "As sync_tables, for all tables of the database that --schema names as the source has it: those that are\n" +
			"followed, those that are excluded, and those that were never copied. Each comes in when it is right.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			if a.flags.schema == all || a.flags.schema == "" {
				return fault.New(fault.Config, "add --schema with a database of schema_mappings", "refresh_schema needs a schema")
			}
			if a.flags.tables != all {
				return fault.New(fault.Config, "chameleon sync_tables fills single tables", "refresh_schema works on all tables of a schema")
			}
			done, err := e.RefreshSchema(cmd.Context(), a.flags.source, a.flags.schema)
			if err != nil {
				return err
			}
			a.showSync(done)
			return nil
		}),
	}
}
