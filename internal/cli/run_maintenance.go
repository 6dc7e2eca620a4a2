package cli

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/status"
)

func (a *App) runMaintenance() *cobra.Command {
	return &cobra.Command{
		Use:   "run_maintenance",
		Short: "Vacuum and analyse a source's tables in PostgreSQL, and the catalogue's",
		Long: "VACUUM (ANALYZE) of each table, one after the other, while the replica runs: readers and writers of a table go on (the\n" +
			"lock is SHARE UPDATE EXCLUSIVE). With --full it is VACUUM FULL, which writes a table anew and gives room back to the\n" +
			"system: nobody else can read or write that table meanwhile (ACCESS EXCLUSIVE), and the replica waits when it comes to\n" +
			"it; it needs room for a second copy of the largest table. A table that others hold is waited for 2 seconds at a time,\n" +
			"so that nobody queues up behind it, for lock_timeout in all. auto_maintenance in the configuration has it done without --full.",
		RunE: a.onSource(func(cmd *cobra.Command, c *config.Config, e Engine) error {
			sender, err := a.messages(cmd.Context(), c, a.flags.source, newLogger(a.Err, c.LogFormat, slog.LevelWarn))
			if err != nil {
				return err
			}
			defer sender.Close()
			tables, freed := 0, int64(0)
			err = e.RunMaintenance(cmd.Context(), a.flags.source, a.flags.full, func(m status.Maintained) {
				if m.Err != nil {
					fmt.Fprintf(a.Err, "%s: %v\n", m.Table, m.Err)
					return
				}
				tables++
				freed += m.Before - m.After
				if a.flags.full {
					fmt.Fprintf(a.Out, "%s: %s → %s\n", m.Table, size(m.Before), size(m.After))
				}
			})
			if a.flags.full {
				fmt.Fprintf(a.Out, "%d tables were written anew; %s are free\n", tables, size(max(0, freed)))
			} else {
				fmt.Fprintf(a.Out, "%d tables were vacuumed and analysed\n", tables)
			}
			if err == nil {
				sender.Tell(notify.Event{Name: notify.MaintenanceComplete, Message: "run_maintenance is complete", Time: time.Now(), Details: []slog.Attr{slog.Int("tables", tables)}})
			}
			return err
		}),
	}
}

// nextMaintenance is when auto_maintenance comes to a source next; zero: never.
func nextMaintenance(c *config.Config, source string, last, now time.Time) time.Time {
	s, err := c.Source(source)
	if err != nil || s.AutoMaintenance == 0 {
		return time.Time{}
	}
	if next := last.Add(time.Duration(s.AutoMaintenance)); next.After(now) {
		return next
	}
	return now
}
