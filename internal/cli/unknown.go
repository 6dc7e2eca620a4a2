package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
)

// help shows the page of a command, or the list of all.
func help(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the page of a command, or the list of all",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range documented(root) {
				if !c.Hidden && len(args) == 0 {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return root.Help()
			}
			c, _, err := root.Find(args[:1])
			if err != nil || c == root {
				return unknown(root, args[0])
			}
			return c.Help()
		},
	}
}

// unknown is the error that there is no such command.
func unknown(root *cobra.Command, typed string) error {
	name := strings.ReplaceAll(typed, "-", "_")
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	slices.Sort(names)
	hint := "chameleon help lists the commands"
	if near := config.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return fault.New(fault.Config, hint, "there is no command %q", typed)
}
