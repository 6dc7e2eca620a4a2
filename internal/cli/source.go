package cli

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/notify"
)

func (a *App) addSource() *cobra.Command {
	return &cobra.Command{
		Use:   "add_source",
		Short: "Register a source of the configuration in the catalogue",
		RunE: a.onSource(func(cmd *cobra.Command, c *config.Config, e Engine) error {
			if err := e.AddSource(cmd.Context(), a.flags.source); err != nil {
				return err
			}
			notes(a.Err, c) // once is enough; show_config repeats them
			fmt.Fprintf(a.Out, "source %s was added\n", a.flags.source)
			return nil
		}),
	}
}

func (a *App) dropSource() *cobra.Command {
	command := &cobra.Command{
		Use:   "drop_source",
		Short: "Forget a source; its replicated tables stay",
		RunE: a.onSource(func(cmd *cobra.Command, c *config.Config, e Engine) error {
			if process, err := daemon.Running(pidFile(c, a.flags.source)); err != nil {
				return err
			} else if process.Running() {
				return daemon.Busy(pidFile(c, a.flags.source), process)
			}
			if err := a.ask("This forgets the source " + a.flags.source + " with its position. It can only be replicated again by a new copy."); err != nil {
				return err
			}
			if err := e.DropSource(cmd.Context(), a.flags.source); err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "source %s was dropped; its tables stay\n", a.flags.source)
			return nil
		}),
	}
	command.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	return command
}

func (a *App) enableReplica() *cobra.Command {
	return &cobra.Command{
		Use:   "enable_replica",
		Short: "Let a source that stopped with an error be started again",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			running, err := e.EnableReplica(cmd.Context(), a.flags.source)
			if err != nil {
				return err
			}
			if running {
				fmt.Fprintf(a.Out, "source %s is followed already\n", a.flags.source)
				return nil
			}
			fmt.Fprintf(a.Out, "source %s is enabled; start it with: chameleon start_replica --source %s\n", a.flags.source, a.flags.source)
			return nil
		}),
	}
}

// onSource wraps a command about one source of the configuration.
func (a *App) onSource(do func(cmd *cobra.Command, c *config.Config, e Engine) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, s, err := a.named()
		if err != nil {
			return err
		}
		e, err := a.engine(c, s.Name)
		if err != nil {
			return err
		}
		return do(cmd, c, e)
	}
}

// onSourceTelling is onSource for a command whose events, and whose end, people elsewhere are to hear of.
func (a *App) onSourceTelling(t told, do func(cmd *cobra.Command, c *config.Config, e Engine) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, s, err := a.named()
		if err != nil {
			return err
		}
		log := a.console()
		sender, err := a.messages(cmd.Context(), c, s.Name, log)
		if err != nil {
			return err
		}
		defer sender.Close()
		if sender != nil {
			log = slog.New(notify.NewHandler(log.Handler(), sender))
		}
		e, err := a.Engine(c, s.Name, log)
		if err != nil {
			return err
		}
		err = do(cmd, c, e)
		t.tell(sender, cmd.Name(), false, err)
		return err
	}
}
