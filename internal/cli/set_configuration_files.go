package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
)

func (a *App) setConfigurationFiles() *cobra.Command {
	return &cobra.Command{
		Use:   "set_configuration_files",
		Short: "Make the configuration folder with an example, and default.yml to start from",
		RunE: func(*cobra.Command, []string) error {
			home, err := a.home()
			if err != nil {
				return err
			}
			written, err := config.WriteExample(home)
			if err != nil {
				return err
			}
			for _, path := range written {
				fmt.Fprintln(a.Out, "wrote", path)
			}
			return nil
		},
	}
}
