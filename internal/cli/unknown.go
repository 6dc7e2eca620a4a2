package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
)

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
