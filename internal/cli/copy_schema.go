package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
)

func (a *App) copySchema() *cobra.Command {
	return &cobra.Command{
		Use:   "copy_schema",
		Short: "Make a source's tables in the target without their rows",
		Long: "Makes the sequences and tables of a source that has not been copied, with their indexes, defaults and comments.\n" +
			"Run it again after a change on the source: tables that it has made are replaced as long as they are empty. init_replica\n" +
			"replaces them by full ones; with keep_existing_schema it fills them where they stand, and copy_schema makes only those\n" +
			"that are not there. Foreign keys are made by detach_replica: they would be in the way of the copy and of the stream.",
		RunE: a.onSourceTelling(told{done: notify.InitComplete, failed: notify.InitFailed, message: "copy_schema is complete"}, func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			if a.flags.tables != all || a.flags.schema != all {
				return fault.New(fault.Config, "leave --tables and --schema out; limit_tables in the configuration limits what is made", "copy_schema works on all tables of a source")
			}
			made, err := e.CopySchema(cmd.Context(), a.flags.source)
			if err != nil && made == 0 {
				return err
			}
			fmt.Fprintf(a.Out, "%d tables were made without rows; fill them with: chameleon init_replica --source %s\n", made, a.flags.source)
			return err
		}),
	}
}
