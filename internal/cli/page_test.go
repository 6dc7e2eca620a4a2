package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// page prints with a program that has no flags but these.
func page(flags flags, print func(a *App)) string {
	var out strings.Builder
	if flags.schema == "" {
		flags.schema = all
	}
	if flags.tables == "" {
		flags.tables = all
	}
	print(&App{Out: &out, flags: flags})
	return out.String()
}

func detail() *status.Detail {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return &status.Detail{
		Source: status.Source{
			ID: 1, Name: "mysql", Type: "mysql", Status: "running", Alive: true, ReadPosition: "mysql-bin.000007:1234", ReplayPosition: "mysql-bin.000007:1000",
			LastRead: at, ReadLag: 12 * time.Millisecond, LastReplay: at.Add(-time.Minute), ReplayLag: 83 * time.Second,
			Tables: map[string]int64{"replicating": 2, "excluded": 1, "copying": 1}, Errors: 3, Discarded: 1,
			Counters: status.Counters{Transactions: 1234, Inserted: 1000, Updated: 500, Deleted: 67},
		},
		Mappings: map[string]string{"zoo": "animals", "garden": "plants"},
		Replicas: []status.Replica{
			{Source: "zoo.cages", Target: "animals.cages", State: "replicating", Since: at},
			{Source: "garden.moss", Target: "plants.moss", State: "replicating", Since: at},
			{Source: "zoo.logs", Target: "animals.logs", State: "excluded", Since: at, ExcludedAt: "mysql-bin.000006:99", Reason: "insert of a row: " + strings.Repeat("very ", 30) + "long"},
			{Source: "zoo.visits", Target: "animals.visits", State: "copying", Since: at, CopiedRows: 123456, EstimatedRows: 1000000, CopiedBytes: 7654321},
		},
		Rules: []status.Applied{{Table: "zoo.cages", Column: "built", Rule: "zero date", Count: 17}},
	}
}

func TestTheStatusHasTheColumnsOfPgChameleon(t *testing.T) {
	waiting := status.Source{ID: 2, Name: "maria", Type: "mysql", Status: "running", Note: "trying again: the connection to MySQL was lost", Consistent: true}
	got := page(flags{}, func(a *App) { a.showSummaries([]status.Source{detail().Source, waiting}) })
	want := `
┌───────────┬─────────────┬───────┬─────────────────────────────────────────────────────────────────────┬────────────┬──────────┬─────────────────────┬────────────┬─────────────────────┐
│ Source id │ Source name │ Type  │ Status                                                              │ Consistent │ Read lag │ Last read           │ Replay lag │ Last replay         │
├───────────┼─────────────┼───────┼─────────────────────────────────────────────────────────────────────┼────────────┼──────────┼─────────────────────┼────────────┼─────────────────────┤
│         1 │ mysql       │ mysql │ running                                                             │ No         │ 12ms     │ 2030-01-02 03:04:05 │ 1m23s      │ 2030-01-02 03:03:05 │
│         2 │ maria       │ mysql │ running (no process): trying again: the connection to MySQL was lost │ Yes        │ N/A      │ N/A                 │ N/A        │ N/A                 │
└───────────┴─────────────┴───────┴─────────────────────────────────────────────────────────────────────┴────────────┴──────────┴─────────────────────┴────────────┴─────────────────────┘
`
	squeeze := func(s string) string {
		return regexp.MustCompile(` +|─+`).ReplaceAllString(strings.TrimSpace(s), " ")
	}
	if diff := cmp.Diff(squeeze(want), squeeze(got)); diff != "" {
		t.Error(diff)
	}
	if none := page(flags{}, func(a *App) { a.showSummaries(nil) }); !strings.Contains(none, "chameleon add_source") {
		t.Errorf("without sources: %s", none)
	}
}

func TestTheDetailNamesWhatNeedsAttention(t *testing.T) {
	got := page(flags{}, func(a *App) { a.showDetail(detail(), 432.1) })
	for _, want := range []string{
		"zoo +│ animals", "Tables not replicated +│ 1", "Tables replicated +│ 3", "All tables +│ 4", "Replayed rows +│ 1,567", "Rows per second +│ 432",
		"== Tables with replica disabled ==", "zoo.logs +│ animals.logs +│ excluded .* mysql-bin.000006:99 +│ insert of a row: very .*…",
		"== Tables being copied or catching up ==", "zoo.visits +│ animals.visits +│ copying +│ 123,456 +│ 1,000,000 +│ 12 % +│ 7.7 MB",
		"zoo.cages +│ built +│ zero date +│ 17",
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "garden.moss") {
		t.Error("a table that simply replicates is listed without --full")
	}
	full := page(flags{full: true}, func(a *App) { a.showDetail(detail(), -1) })
	if !strings.Contains(full, "garden.moss") || !strings.Contains(full, "very long") || strings.Contains(full, "per second") {
		t.Errorf("with --full:\n%s", full)
	}
}

func TestTablesThatAreNotFollowedAreListedInFull(t *testing.T) {
	d := detail()
	d.Replicas = []status.Replica{{Source: "old.things", Target: "new.things", State: "copied", CopiedRows: 7, EstimatedRows: 9}}
	if got := page(flags{}, func(a *App) { a.showDetail(d, -1) }); strings.Contains(got, "old.things") {
		t.Errorf("a table that is copied is listed without --full:\n%s", got)
	}
	if got := page(flags{full: true}, func(a *App) { a.showDetail(d, -1) }); !regexp.MustCompile("not followed ==\n(.*\n)+.*old.things +│ new.things +│ copied +│ 7 +│ 9 +│ 100 %").MatchString(got) {
		t.Errorf("with --full:\n%s", got)
	}
}

func TestSchemaAndTablesChoose(t *testing.T) {
	for _, c := range []struct {
		flags flags
		want  int
	}{
		{flags{}, 4}, {flags{schema: "zoo"}, 3}, {flags{schema: "plants"}, 1}, {flags{tables: "zoo.cages, plants.moss"}, 2}, {flags{schema: "garden", tables: "zoo.cages"}, 0},
	} {
		page(c.flags, func(a *App) {
			if got := a.chosen(detail().Replicas); len(got) != c.want {
				t.Errorf("%+v chooses %d tables, want %d", c.flags, len(got), c.want)
			}
		})
	}
}

func TestErrorsAreListedAndShownWhole(t *testing.T) {
	list := []status.Failure{
		{ID: 7, Source: "mysql", Table: "bad", Schema: "animals", Position: "mysql-bin.000006:99", Message: "a check\nfailed"},
		{ID: 6, Source: "mysql", Table: "other", Schema: "animals", Message: "x"},
	}
	show := func(f flags) string {
		return page(f, func(a *App) {
			if err := a.showFailures(list); err != nil {
				t.Fatal(err)
			}
		})
	}
	if got := show(flags{tables: "animals.bad"}); !strings.Contains(got, "a check failed") || strings.Contains(got, "other") {
		t.Errorf("the list is\n%s", got)
	}
	var back []status.Failure
	if err := json.Unmarshal([]byte(show(flags{json: true})), &back); err != nil || len(back) != 2 || back[0].ID != 7 {
		t.Errorf("as JSON: %v, %v", back, err)
	}
	if got := strings.TrimSpace(show(flags{json: true, schema: "none"})); got != "[]" {
		t.Errorf("no errors as JSON are %s", got)
	}
	one := page(flags{}, func(a *App) {
		if err := a.showFailure(&list[0]); err != nil {
			t.Fatal(err)
		}
	})
	if !strings.Contains(one, "a check") || !strings.Contains(one, "failed") {
		t.Errorf("one is\n%s", one)
	}
}

func TestPace(t *testing.T) {
	var none *pace
	if none.rows(status.Counters{Inserted: 5}, time.Now()) >= 0 {
		t.Error("a single look has a pace")
	}
	p, at := &pace{}, time.Now()
	p.rows(status.Counters{Inserted: 100}, at)
	if got := p.rows(status.Counters{Inserted: 100, Updated: 50}, at.Add(500*time.Millisecond)); got != 100 {
		t.Errorf("the pace is %v", got)
	}
	if p.rows(status.Counters{}, at.Add(time.Second)) >= 0 {
		t.Error("a replica that began anew has a pace")
	}
}

// The list in docs/exit-codes.md is the program's.
func TestExitCodesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for k := fault.Bug; k <= fault.State; k++ {
		if row := fmt.Sprintf("| %d | %s |", k.ExitCode(), k); !strings.Contains(string(text), row) {
			t.Errorf("docs/exit-codes.md lacks %q", row)
		}
	}
	if !strings.Contains(string(text), fmt.Sprintf("| %d |", interrupted)) || errors.Is(errInterrupted, errNo) {
		t.Error("docs/exit-codes.md lacks the code of an interruption")
	}
}
