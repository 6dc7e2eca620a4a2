package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pgchameleon/internal/fault"
)

// root makes the command tree. Each command is spelt with underscores, as
// pg_chameleon has it, and with dashes.
func (a *App) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "chameleon",
		Short: "Brings MySQL and MariaDB databases to PostgreSQL and keeps them there, live",
		Long: "Brings MySQL and MariaDB databases to PostgreSQL and keeps them there, live. Begin with set_configuration_files, edit\n" +
			"default.yml, then create_replica_schema, add_source, init_replica and start_replica. chameleon help COMMAND shows a\n" +
			"command's page, with examples.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, args[0])
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.version(cmd) },
		Version:           a.Version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetIn(a.In)
	root.SetVersionTemplate("chameleon {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fault.New(fault.Config, cmd.CommandPath()+" --help lists the flags", "%w", err)
	})
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	f := root.PersistentFlags()
	f.StringVar(&a.flags.config, "config", "default", "configuration: a name below the configuration folder, or a path")
	f.StringVar(&a.flags.source, "source", all, "source in the configuration")
	f.StringVar(&a.flags.schema, "schema", all, "schema on the source")
	f.StringVar(&a.flags.tables, "tables", all, "tables as schema.table, separated by commas")
	f.BoolVar(&a.flags.debug, "debug", false, "stay in the foreground and log everything to the terminal")
	f.Int64Var(&a.flags.logid, "logid", 0, "line of the error log, for show_errors")
	f.BoolVar(&a.flags.full, "full", false, "show messages uncut, and the tables that simply replicate; of run_maintenance: write tables anew")
	f.StringVar(&a.flags.rollbarLevel, "rollbar-level", "info", "least grave events that are sent to Rollbar: critical, error, warning or info")
	for _, command := range []*cobra.Command{
		a.setConfigurationFiles(), a.showConfig(), a.showSources(), a.createReplicaSchema(), a.upgradeReplicaSchema(), a.dropReplicaSchema(),
		a.addSource(), a.dropSource(), a.copySchema(), a.initReplica(), a.startReplica(), a.startAllReplicas(), a.stopReplica(), a.stopAllReplicas(),
		a.syncTables(), a.refreshSchema(), a.updateSchemaMappings(), a.pauseReplay(), a.resumeReplay(), a.runMaintenance(),
		a.showStatus(), a.showErrors(), a.translateDDL(), a.enableReplica(), a.detachReplica(),
		a.applyHeld(), a.skipHeld(), a.skipTransaction(), a.completion(), a.man(), a.versionCommand(),
	} {
		if name := command.Name(); strings.Contains(name, "_") {
			command.Aliases = append(command.Aliases, strings.ReplaceAll(name, "_", "-"))
		}
		if command.Args == nil {
			command.Args = noArguments
		}
		root.AddCommand(command)
	}
	root.SetHelpCommand(help(root))
	a.completions(root)
	whole := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			whole(c, args)
			return
		}
		pageOf(c).write(a.Out)
	})
	return root
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fault.New(fault.Config, cmd.CommandPath()+" --help lists what it takes", "%s takes no argument %q", cmd.Name(), args[0])
	}
	return nil
}
