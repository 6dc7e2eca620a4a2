package cli

import (
	"context"
	"fmt"
	"maps"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/status"
)

// watchEvery is how often show_status --watch redraws.
const watchEvery = time.Second

func (a *App) showStatus() *cobra.Command {
	command := &cobra.Command{
		Use:   "show_status",
		Short: "Show how all sources are, or one in detail with --source",
		RunE: a.onTarget(func(cmd *cobra.Command, e Engine) error {
			if !a.flags.watch {
				return a.showOnce(cmd.Context(), e)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			tick := time.NewTicker(watchEvery)
			defer tick.Stop()
			for {
				if terminal(a.Out) {
					fmt.Fprint(a.Out, "\x1b[H\x1b[2J")
				}
				if err := a.showOnce(ctx, e); err != nil && ctx.Err() == nil {
					return err
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					return nil
				}
			}
		}),
	}
	command.Flags().BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	command.Flags().BoolVar(&a.flags.watch, "watch", false, "show it again every second until Ctrl-C")
	return command
}

func (a *App) showOnce(ctx context.Context, e Engine) error {
	if a.flags.source == all {
		list, err := e.Sources(ctx)
		if err != nil {
			return err
		}
		if a.flags.json {
			return a.printJSON(list)
		}
		a.showSummaries(list)
		return nil
	}
	d, err := e.Detail(ctx, a.flags.source)
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.printJSON(d)
	}
	a.showDetail(d)
	return nil
}

func (a *App) showSummaries(list []status.Source) {
	t := a.table("Source id", "Source name", "Type", "Status", "Consistent", "Read lag", "Last read", "Replay lag", "Last replay")
	for _, s := range list {
		t.AppendRow(table.Row{s.ID, s.Name, s.Type, statusText(&s), yes(s.Consistent), span(s.ReadLag), moment(s.LastRead), span(s.ReplayLag), moment(s.LastReplay)})
	}
	t.Render()
}

func statusText(s *status.Source) string {
	text := s.Status
	if (text == "running" || text == "initialising") && !s.Alive {
		text += " (no process)"
	}
	if s.Note != "" {
		text += ": " + shorten(s.Note, 60)
	}
	return text
}

func (a *App) showDetail(d *status.Detail) {
	a.showSummaries([]status.Source{d.Source})
	fmt.Fprintln(a.Out, "\n== Schema mappings ==")
	t := a.table("Origin schema", "Destination schema")
	for _, origin := range slices.Sorted(maps.Keys(d.Mappings)) {
		t.AppendRow(table.Row{origin, d.Mappings[origin]})
	}
	t.Render()
	fmt.Fprintln(a.Out, "\n== Replica status ==")
	parked := d.Tables["excluded"] + d.Tables["failed"]
	t = a.table("", "")
	t.AppendRows([]table.Row{
		{"Read position", d.ReadPosition},
		{"Replay position", d.ReplayPosition},
		{"Tables not replicated", parked},
		{"Tables replicated", int64(len(d.Replicas)) - parked},
		{"All tables", len(d.Replicas)},
		{"Replayed transactions", count(d.Counters.Transactions)},
		{"Replayed rows", count(d.Counters.Inserted + d.Counters.Updated + d.Counters.Deleted)},
		{"Replayed DDL", count(d.Counters.DDL)},
		{"Skipped statements", count(d.Counters.Skipped)},
		{"Rows that were missing", count(d.Counters.Missing)},
		{"Discarded rows", count(d.Discarded)},
		{"Errors in the log", count(d.Errors)},
	})
	t.Render()
	a.showTables(d)
	a.showRules(d)
}

// showTables lists the tables that need attention or are on their way; those
// that simply replicate are only counted.
func (a *App) showTables(d *status.Detail) {
	t := a.table("Table", "In PostgreSQL", "State", "Rows copied", "Of about", "Bytes", "Since", "Reason")
	for _, r := range d.Replicas {
		if r.State == "replicating" {
			continue
		}
		t.AppendRow(table.Row{r.Source, r.Target, r.State, count(r.CopiedRows), count(r.EstimatedRows), size(r.CopiedBytes), moment(r.Since), shorten(r.Reason, 100)})
	}
	if t.Length() == 0 {
		return
	}
	fmt.Fprintln(a.Out, "\n== Tables that are not replicating yet, or no more ==")
	t.Render()
}

func (a *App) showRules(d *status.Detail) {
	if len(d.Rules) == 0 {
		return
	}
	fmt.Fprintln(a.Out, "\n== Values changed by a rule ==")
	t := a.table("Table", "Column", "Rule", "Values")
	for _, r := range d.Rules {
		t.AppendRow(table.Row{r.Table, r.Column, r.Rule, count(r.Count)})
	}
	t.Render()
}

func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

// moment writes a time of day in UTC, "N/A" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return "N/A"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// span writes a lag; below a second in milliseconds.
func span(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
