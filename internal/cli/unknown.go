package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
)

// elsewhere gives advice on the commands of pg_chameleon that are not here.
func elsewhere(name string) string {
	switch name {
	case "upgrade_replica_schema":
		return "chameleon create_replica_schema brings the catalogue up to date"
	case "detach_replica":
		return "chameleon stop_replica, then drop_source: the tables stay"
	}
	return ""
}

// unknown is the error that there is no such command.
func unknown(root *cobra.Command, typed string) error {
	name := strings.ReplaceAll(typed, "-", "_")
	if advice := elsewhere(name); advice != "" {
		return fault.New(fault.Config, advice, "pg_chameleon's command %s is not in this version", name)
	}
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
