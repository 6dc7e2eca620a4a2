package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"pgchameleon/internal/status"
)

func (a *App) showSummaries(list []status.Source) {
	if len(list) == 0 {
		fmt.Fprintln(a.Out, "There are no sources yet; add one with: chameleon add_source --source NAME")
		return
	}
	t := a.table("Source id", "Source name", "Type", "Status", "Consistent", "Read lag", "Last read", "Replay lag", "Last replay")
	for _, s := range list {
		t.AppendRow(table.Row{s.ID, s.Name, s.Type, statusText(&s), yes(s.Consistent),
			lag(s.ReadLag, s.LastRead), moment(s.LastRead), lag(s.ReplayLag, s.LastReplay), moment(s.LastReplay)})
	}
	t.Render()
}

func statusText(s *status.Source) string {
	text := s.Status
	if (text == "running" || text == "initialising") && !s.Alive {
		text += " (no process)"
	}
	switch {
	case s.Resting && s.Alive:
		text += ", replay paused"
	case s.Paused:
		text += ", replay to be paused"
	}
	if s.Relay.Full && s.Alive {
		text += ", relay full"
	}
	if s.Note != "" {
		text += ": " + shorten(s.Note, 60)
	}
	return text
}

// showDetail shows one source; rate is the rows a second, if it is not negative.
func (a *App) showDetail(d *status.Detail, rate float64) {
	a.showSummaries([]status.Source{d.Source})
	fmt.Fprintln(a.Out, "\n== Schema mappings ==")
	t := a.table("Origin schema", "Destination schema")
	for _, origin := range slices.Sorted(maps.Keys(d.Mappings)) {
		t.AppendRow(table.Row{origin, d.Mappings[origin]})
	}
	t.Render()
	t = a.table("Origin schema", "Destination schema")
	for _, origin := range slices.Sorted(maps.Keys(d.Wanted)) {
		t.AppendRow(table.Row{origin, d.Wanted[origin]})
	}
	a.titled("Schema mappings that take their place when no table is on its way", t)
	fmt.Fprintln(a.Out, "\n== Replica status ==")
	var known int64
	for _, n := range d.Tables {
		known += n
	}
	parked := d.Tables["excluded"] + d.Tables["failed"]
	t = a.table()
	t.AppendRows([]table.Row{
		{"Tables not replicated", parked},
		{"Tables replicated", known - parked},
		{"All tables", known},
		{"Last maintenance", moment(d.LastMaintenance)},
		{"Next maintenance", moment(d.NextMaintenance)},
		{"Replayed rows", count(d.Counters.Inserted + d.Counters.Updated + d.Counters.Deleted)},
		{"Replayed DDL", count(d.Counters.DDL)},
		{"Skipped statements", count(d.Counters.Skipped)},
		{"Replayed transactions", count(d.Counters.Transactions)},
		{"Rows that were missing", count(d.Counters.Missing)},
		{"Discarded rows", count(d.Discarded)},
		{"Errors in the log", count(d.Errors)},
		{"Read position", d.ReadPosition},
		{"Replay position", d.ReplayPosition},
		{"Relay", relayText(&d.Source)},
	})
	if rate >= 0 {
		t.AppendRow(table.Row{"Rows per second", count(int64(rate))})
	}
	t.Render()
	a.showDisabled(d.Replicas)
	a.showOpen(d)
	a.showCopying(d.Replicas)
	a.showRefills(d.Refills)
	if a.flags.full {
		a.showReplicating(d.Replicas)
	}
	a.showRules(d)
}

func disabled(r status.Replica) bool { return r.State == "excluded" || r.State == "failed" }

func (a *App) showDisabled(replicas []status.Replica) {
	t := a.table("Table", "In PostgreSQL", "State", "Since", "From position", "Reason")
	for _, r := range replicas {
		if disabled(r) {
			t.AppendRow(table.Row{r.Source, r.Target, r.State, moment(r.Since), r.ExcludedAt, a.cut(r.Reason, 100)})
		}
	}
	a.titled("Tables with replica disabled", t)
}

// showCopying lists the tables that are on their way.
func (a *App) showCopying(replicas []status.Replica) {
	a.showCopies("Tables being copied or catching up", replicas, func(r status.Replica) bool {
		return !disabled(r) && r.State != "replicating" && r.State != copied
	})
}

// copied is the state of tables of a source that is copied and not followed.
const copied = "copied"

func (a *App) showCopies(title string, replicas []status.Replica, wanted func(status.Replica) bool) {
	t := a.table("Table", "In PostgreSQL", "State", "Rows copied", "Of about", "Done", "Bytes", "Discarded rows", "Since")
	for _, r := range replicas {
		if wanted(r) {
			t.AppendRow(table.Row{r.Source, r.Target, r.State, count(r.CopiedRows), count(r.EstimatedRows), share(r), size(r.CopiedBytes), count(r.Discarded), moment(r.Since)})
		}
	}
	a.titled(title, t)
}

func (a *App) showReplicating(replicas []status.Replica) {
	t := a.table("Table", "In PostgreSQL", "Since", "Discarded rows")
	for _, r := range replicas {
		if r.State == "replicating" {
			t.AppendRow(table.Row{r.Source, r.Target, moment(r.Since), count(r.Discarded)})
		}
	}
	a.titled("Tables that replicate", t)
	a.showCopies("Tables that are copied, and not followed", replicas, func(r status.Replica) bool { return r.State == copied })
}

// share tells how much of a table is copied; the estimate may be off by half.
func share(r status.Replica) string {
	switch {
	case r.State != "copying":
		return "100 %"
	case r.EstimatedRows <= 0:
		return ""
	}
	return fmt.Sprintf("%d %%", min(99, 100*r.CopiedRows/r.EstimatedRows))
}

func (a *App) showRules(d *status.Detail) {
	t := a.table("Table", "Column", "Rule", "Values", "Originals kept")
	for _, r := range d.Rules {
		if a.wanted(r.Table) {
			t.AppendRow(table.Row{r.Table, r.Column, r.Rule, count(r.Count), count(r.Originals)})
		}
	}
	a.titled("Values changed by a rule", t)
}

// titled prints a table that has rows, with a title.
func (a *App) titled(title string, t table.Writer) {
	if t.Length() > 0 {
		fmt.Fprintf(a.Out, "\n== %s ==\n", title)
		t.Render()
	}
}

// wanted says whether --schema and --tables let a table (schema.table) through.
func (a *App) wanted(name string) bool {
	if a.flags.schema != all && !strings.HasPrefix(name, a.flags.schema+".") {
		return false
	}
	if a.flags.tables == all {
		return true
	}
	for table := range strings.SplitSeq(a.flags.tables, ",") {
		if strings.TrimSpace(table) == name {
			return true
		}
	}
	return false
}

// cut shortens a long text, unless --full was given.
func (a *App) cut(text string, limit int) string {
	if a.flags.full {
		return text
	}
	return shorten(text, limit)
}

func shorten(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	letters := []rune(text)
	if len(letters) <= limit {
		return text
	}
	return string(letters[:limit-1]) + "…"
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

// lag writes a lag, "N/A" before there was anything to lag behind; below a second in
// milliseconds.
func lag(d time.Duration, last time.Time) string {
	switch {
	case last.IsZero():
		return "N/A"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
