package apply_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/write"
)

// lanes gives the lab's applier lanes with connections of their own.
func (l *lab) lanes(n int) *apply.Lanes {
	return apply.NewLanes(l.Applier, n, func(ctx context.Context) (apply.Writer, error) {
		conn, err := pgx.ConnectConfig(ctx, l.conn.Config())
		if err != nil {
			return nil, err
		}
		l.t.Cleanup(func() { conn.Close(context.WithoutCancel(ctx)) })
		return write.NewChanges(ctx, conn)
	})
}

// flies sends a batch off that nothing is wrong with.
func (l *lab) flies(t fataler, lanes *apply.Lanes, landed func(counts map[string]apply.Count), changes ...*change.Rows) {
	f, err := lanes.Board(l.ctx, changes)
	if err != nil || f == nil {
		t.Fatalf("boarding: %v, %v", f, err)
	}
	var counts map[string]apply.Count
	lanes.Depart(l.ctx, f, func(_ context.Context, _ pgx.Tx, c map[string]apply.Count) error {
		counts = c
		return nil
	}, func() { landed(counts) })
}

// until waits until a query says yes.
func (l *lab) until(query string) {
	l.t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for yes := false; !yes; <-tick.C {
		l.sql("select pg_stat_clear_snapshot()") // which a transaction keeps
		if err := l.other.QueryRow(l.ctx, query).Scan(&yes); err != nil {
			l.t.Fatal(err)
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("it did not come to this: %s", query)
		}
	}
}

type fataler interface{ Fatalf(string, ...any) }

// TestLanesShowEachStateInItsOrder lets random batches fly side by side. Whenever
// one has landed, what others see is what the source had after just that batch.
func TestLanesShowEachStateInItsOrder(t *testing.T) {
	l := newLab(t, moods, apply.Options{})
	lanes := l.lanes(3)
	made := 0
	rapid.Check(t, func(r *rapid.T) {
		made++
		worlds, drop := l.worlds(r, made, rapid.Bool().Draw(r, "wide"))
		defer drop()
		var wrong []string // written by one landing after the other
		for n := range rapid.IntRange(2, 8).Draw(r, "batches") {
			var changes []*change.Rows
			for range rapid.IntRange(1, 60).Draw(r, "changes") {
				if c := rapid.SampledFrom(worlds).Draw(r, "table").change(r); c != nil {
					changes = append(changes, c)
				}
			}
			var want [][]string
			for _, w := range worlds {
				var rows []string
				for _, values := range w.target {
					rows = append(rows, show(values))
				}
				slices.Sort(rows)
				want = append(want, rows)
			}
			l.flies(r, lanes, func(counts map[string]apply.Count) {
				for i, w := range worlds {
					if got := l.rows(w.table.Name); !slices.Equal(got, want[i]) {
						wrong = append(wrong, fmt.Sprintf("after batch %d table %+v has\n%q\nnot\n%q", n, w.table, got, want[i]))
					}
					if missing := counts[w.table.Source].Missing; missing > 0 {
						wrong = append(wrong, fmt.Sprintf("in batch %d of table %+v %d rows were missing", n, w.table, missing))
					}
				}
			}, changes...)
		}
		if err := lanes.Wait(); err != nil {
			r.Fatalf("flying: %v", err)
		}
		if len(wrong) > 0 {
			r.Fatalf("%s", strings.Join(wrong, "\n"))
		}
	})
}

// TestABatchIsWrittenWhileAnotherWaits holds a row of the first batch: the second
// is written meanwhile, but for what both change, and is not to be seen before it.
func TestABatchIsWrittenWhileAnotherWaits(t *testing.T) {
	tab := table("t", []int{0}, "id integer", "v text")
	l := newLab(t, create(tab)+"insert into t select i, 'old' from generate_series(1, 4) i", apply.Options{})
	lanes := l.lanes(2)
	l.sql("begin; select from t where id = 1 for update")
	var order []string
	land := func(name string) func(map[string]apply.Count) {
		return func(map[string]apply.Count) { order = append(order, name) }
	}
	l.flies(t, lanes, land("first"), update(tab, row(1, "old"), row(1, "first")), update(tab, row(2, "old"), row(2, "first")))
	l.flies(t, lanes, land("second"), update(tab, row(1, "first"), row(1, "second")), update(tab, row(3, "old"), row(3, "second")), insert(tab, row(5, "second")))
	l.until(`select count(*) filter (where wait_event_type = 'Lock') = 1 and count(*) filter (where state = 'idle in transaction') = 1
		from pg_stat_activity where datname = current_database()`)
	if lanes.Flying() != 2 || len(order) > 0 {
		t.Errorf("landed are %v", order)
	}
	l.expect("t", "1 old", "2 old", "3 old", "4 old")
	l.sql("commit")
	if err := lanes.Wait(); err != nil {
		t.Fatal(err)
	}
	l.expect("t", "1 second", "2 first", "3 second", "4 old", "5 second")
	if !slices.Equal(order, []string{"first", "second"}) {
		t.Errorf("landed are %v", order)
	}
}

// TestNothingLandsAfterAFailure refuses a change of the first of three batches.
func TestNothingLandsAfterAFailure(t *testing.T) {
	tab := table("t", []int{0}, "id integer", "v text")
	l := newLab(t, create(tab)+"insert into t select i, 'old' from generate_series(1, 4) i; alter table t add check (v <> 'bad')", apply.Options{})
	lanes := l.lanes(2)
	landed := func(map[string]apply.Count) { t.Error("a batch has landed") }
	l.flies(t, lanes, landed, update(tab, row(1, "old"), row(1, "bad")))
	for id := 2; id < 4; id++ {
		f, err := lanes.Board(l.ctx, []*change.Rows{update(tab, row(id, "old"), row(id, "new"))})
		if err != nil {
			break // it is told already
		}
		lanes.Depart(l.ctx, f, func(context.Context, pgx.Tx, map[string]apply.Count) error { return nil }, func() { landed(nil) })
	}
	if err := lanes.Wait(); fault.KindOf(err) != fault.Data {
		t.Errorf("the failure is %v", err)
	}
	<-lanes.Failed()
	if _, err := lanes.Board(l.ctx, []*change.Rows{update(tab, row(4, "old"), row(4, "new"))}); err == nil {
		t.Error("a batch may board after a failure")
	}
	l.expect("t", "1 old", "2 old", "3 old", "4 old")
}
