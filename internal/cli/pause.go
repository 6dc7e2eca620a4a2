package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/status"
)

func (a *App) pauseReplay() *cobra.Command {
	return &cobra.Command{
		Use:   "pause_replay",
		Short: "Let the replica of a source rest, while its binary log goes on being read",
		Long: "Nothing is applied from between two transactions of the source on, until resume_replay; a stop and a start change\n" +
			"nothing about it. With relay: postgres what is read is kept in log tables, up to relay_max_disk; with relay: memory\n" +
			"reading stops when the memory for it is full, and the source's own binary log has the rest. Tables that are being\n" +
			"filled with sync_tables go on being filled, and come in after the pause.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			done, err := e.PauseReplay(cmd.Context(), a.flags.source)
			if err != nil {
				return err
			}
			switch {
			case !done.Running:
				fmt.Fprintf(a.Out, "source %s is not followed now; when it is started, it is read and nothing is replayed\n", a.flags.source)
			case !done.Resting:
				fmt.Fprintf(a.Out, "replay of source %s pauses as soon as the transaction in hand is done; see show_status\n", a.flags.source)
			default:
				fmt.Fprintf(a.Out, "replay of source %s is paused at %s; reading goes on (relay: %s)\n", a.flags.source, done.Position, done.Relay.Form)
			}
			return nil
		}),
	}
}

func (a *App) resumeReplay() *cobra.Command {
	return &cobra.Command{
		Use:   "resume_replay",
		Short: "Let the replica of a source go on after pause_replay",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			done, err := e.ResumeReplay(cmd.Context(), a.flags.source)
			if err != nil {
				return err
			}
			if done.Running {
				fmt.Fprintf(a.Out, "replay of source %s goes on from %s\n", a.flags.source, done.Position)
			} else {
				fmt.Fprintf(a.Out, "source %s is not followed now; when it is started, it is replayed\n", a.flags.source)
			}
			return nil
		}),
	}
}

// relayText tells what waits between the reading and the applying.
func relayText(s *status.Source) string {
	r := s.Relay
	switch {
	case r.Form == "":
		return "N/A"
	case r.Full:
		return fmt.Sprintf("%s, full: %s of %s; reading waits for the replay of %s transactions", r.Form, size(r.Bytes), size(r.Limit), count(r.Transactions))
	}
	return fmt.Sprintf("%s, %s of %s, %s transactions wait", r.Form, size(r.Bytes), size(r.Limit), count(r.Transactions))
}
