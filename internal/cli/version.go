package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *App) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", RunE: func(*cobra.Command, []string) error {
		_, err := fmt.Fprintln(a.Out, "chameleon", a.Version)
		return err
	}}
}

// version is what the bare program prints: its help.
func (a *App) version(cmd *cobra.Command) error { return cmd.Help() }
