package cli

import (
	"bytes"
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// watchEvery is how often show_status --watch redraws.
const watchEvery = time.Second

func (a *App) showStatus() *cobra.Command {
	command := &cobra.Command{
		Use:   "show_status",
		Short: "Show how all sources are, or one in detail with --source",
		Long: "Lists all sources, or shows one with its tables. --schema and --tables choose tables, --full shows those\n" +
			"too that simply replicate.",
		RunE: a.onTarget(func(cmd *cobra.Command, e Engine) error {
			if a.flags.watch {
				return a.watch(cmd.Context(), e)
			}
			return a.showOnce(cmd.Context(), e, nil)
		}),
	}
	command.Flags().BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	command.Flags().BoolVar(&a.flags.watch, "watch", false, "show it again every second until Ctrl-C")
	return command
}

// watch shows the status again and again until it is interrupted. A target that is
// away for a while does not end it.
func (a *App) watch(ctx context.Context, e Engine) error {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	pace := &pace{}
	for {
		var page bytes.Buffer
		drawn := *a
		drawn.Out = &page
		err := drawn.showOnce(ctx, e, pace)
		switch {
		case ctx.Err() != nil:
			return nil
		case fault.KindOf(err) == fault.Retry:
			fmt.Fprintf(&page, "%v\ntrying again until Ctrl-C\n", err)
		case err != nil:
			return err
		}
		if terminal(a.Out) {
			fmt.Fprint(a.Out, "\x1b[H\x1b[2J") // in one go with the page, so that it does not flicker
		}
		if _, err := a.Out.Write(page.Bytes()); err != nil {
			return nil // whoever read it is gone
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// showOnce shows the status; pace, if there is one, tells how fast it goes.
func (a *App) showOnce(ctx context.Context, e Engine, pace *pace) error {
	if a.flags.source == all {
		list, err := e.Sources(ctx)
		if err != nil {
			return err
		}
		if a.flags.json {
			return a.printJSON(append([]status.Source{}, list...)) // no sources are [], not null
		}
		a.showSummaries(list)
		return nil
	}
	d, err := e.Detail(ctx, a.flags.source)
	if err != nil {
		return err
	}
	if c, err := a.load(); err == nil {
		d.NextMaintenance = nextMaintenance(c, a.flags.source, d.LastMaintenance, time.Now())
	}
	d.Replicas = a.chosen(d.Replicas)
	d.Refills = a.chosenRefills(d.Refills)
	if a.flags.json {
		d.Rules = append([]status.Applied{}, d.Rules...)
		d.Held, d.Skips = append([]status.Held{}, d.Held...), append([]status.Skip{}, d.Skips...)
		return a.printJSON(d)
	}
	a.showDetail(d, pace.rows(d.Counters, time.Now()))
	return nil
}

// chosen leaves the tables that --schema and --tables name.
func (a *App) chosen(replicas []status.Replica) []status.Replica {
	list := []status.Replica{}
	for _, r := range replicas {
		if a.wanted(r.Source) || a.wanted(r.Target) {
			list = append(list, r)
		}
	}
	return list
}

// pace tells how fast rows are applied, from one look to the next.
type pace struct {
	at   time.Time
	last int64
}

// rows gives the rows a second since the last look, negative if there was none.
func (p *pace) rows(c status.Counters, now time.Time) float64 {
	if p == nil {
		return -1
	}
	sum, before := c.Inserted+c.Updated+c.Deleted, *p
	p.at, p.last = now, sum
	if before.at.IsZero() || !now.After(before.at) || sum < before.last {
		return -1
	}
	return float64(sum-before.last) / now.Sub(before.at).Seconds()
}
