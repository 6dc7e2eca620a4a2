package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/fault"
)

func (a *App) createReplicaSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "create_replica_schema",
		Short: "Make the catalogue (schema sch_chameleon) in the target, or bring it up to date",
		RunE: a.onTarget(func(cmd *cobra.Command, e Engine) error {
			made, err := e.CreateReplicaSchema(cmd.Context())
			if err != nil {
				return err
			}
			if made {
				fmt.Fprintln(a.Out, "the catalogue sch_chameleon was made")
			} else {
				fmt.Fprintln(a.Out, "the catalogue sch_chameleon was there already and is up to date")
			}
			return nil
		}),
	}
}

func (a *App) dropReplicaSchema() *cobra.Command {
	command := &cobra.Command{
		Use:   "drop_replica_schema",
		Short: "Remove the catalogue with all positions and logs; replicated tables stay",
		RunE: a.onTarget(func(cmd *cobra.Command, e Engine) error {
			if err := a.ask("This removes the catalogue with the positions of all sources. They can only be replicated again by a new copy."); err != nil {
				return err
			}
			dropped, err := e.DropReplicaSchema(cmd.Context())
			if err != nil {
				return err
			}
			if dropped {
				fmt.Fprintln(a.Out, "the catalogue sch_chameleon was removed")
			} else {
				fmt.Fprintln(a.Out, "there is no catalogue sch_chameleon")
			}
			return nil
		}),
	}
	command.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	return command
}

// onTarget wraps a command that needs the target and no source.
func (a *App) onTarget(do func(cmd *cobra.Command, e Engine) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, err := a.load()
		if err != nil {
			return err
		}
		e, err := a.engine(c, "")
		if err != nil {
			return err
		}
		return do(cmd, e)
	}
}

// ask wants YES typed, unless --yes was given.
func (a *App) ask(what string) error {
	if a.flags.yes {
		return nil
	}
	fmt.Fprintf(a.Out, "%s\nType YES to go on: ", what)
	answer, _ := bufio.NewReader(a.In).ReadString('\n')
	if strings.TrimSpace(answer) != "YES" {
		fmt.Fprintln(a.Out)
		return fault.New(fault.State, "type YES in capitals, or give --yes", "%w", errNo)
	}
	return nil
}
