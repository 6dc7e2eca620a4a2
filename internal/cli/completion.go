package cli

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
)

// completesWithin is how long a shell is kept waiting for names from the catalogue.
const completesWithin = 3 * time.Second

func (a *App) completion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Write the script by which a shell completes commands, flags and names",
		Long: "Names of sources and databases come from the configuration, names of tables from the catalogue, if the target\n" +
			"answers at once. In bash the package bash-completion must be there.",
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return fault.New(fault.Config, "name one of: "+strings.Join(shells, ", "), "%s takes the name of a shell", cmd.Name())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
		},
	}
}

// completed gives the values of a flag that begin as typed.
type completed = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completions has the flags of every command completed by names.
func (a *App) completions(root *cobra.Command) {
	for flag, complete := range map[string]completed{"config": a.completeConfig, "source": a.completeSource, "schema": a.completeSchema, "tables": a.completeTables} {
		if err := root.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is there
		}
	}
}

func beginning(names []string, typed string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !strings.HasPrefix(name, typed) })
}

// completeConfig gives the names below the configuration folder; a path is completed by the shell.
func (a *App) completeConfig(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if strings.ContainsRune(typed, filepath.Separator) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	home, err := config.Home(a.Env)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	entries, err := os.ReadDir(filepath.Dir(firstOf(config.Find(home, "default"))))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), ".yml"); is {
			names = append(names, name)
		}
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func firstOf(path, _ string) string { return path }

func (a *App) completeSource(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	c, err := a.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, s := range c.Sources {
		names = append(names, s.Name)
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func (a *App) completeSchema(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	c, err := a.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, s := range c.Sources {
		if a.flags.source != all && a.flags.source != s.Name {
			continue
		}
		for _, pair := range s.Mappings {
			names = append(names, pair.From)
		}
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeTables completes the last table of a list.
func (a *App) completeTables(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	at := strings.LastIndexByte(typed, ',') + 1
	before, typed := typed[:at], typed[at:]
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), completesWithin)
	defer cancel()
	names, err := a.tableNames(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	if before == "" && cmd.Name() == "sync_tables" {
		names = append(names, disabledTables)
	}
	names = beginning(names, typed)
	for i := range names {
		names[i] = before + names[i]
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// tableNames lists the tables that the catalogue knows of the source, or of all.
func (a *App) tableNames(ctx context.Context) ([]string, error) {
	c, err := a.load()
	if err != nil {
		return nil, err
	}
	e, err := a.Engine(c, "", slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return nil, err
	}
	sources := []string{a.flags.source}
	if a.flags.source == all {
		sources = nil
		list, err := e.Sources(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			sources = append(sources, s.Name)
		}
	}
	names := map[string]bool{}
	for _, source := range sources {
		d, err := e.Detail(ctx, source)
		if err != nil {
			return nil, err
		}
		for _, r := range d.Replicas {
			if a.flags.schema == all || strings.HasPrefix(r.Source, a.flags.schema+".") {
				names[r.Source] = true
			}
		}
	}
	return slices.Collect(maps.Keys(names)), nil
}
