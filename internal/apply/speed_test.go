package apply_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

const sysbench = `create table %s (id int primary key, k int not null, c char(120) not null, pad char(60) not null);
insert into %[1]s select i, (random() * 500000)::int, lpad(i::text, 119, '0123456789-'), lpad(i::text, 59, '9876543210-') from generate_series(1, 500000) i;
create index on %[1]s (k);
`

// BenchmarkBacklog applies 50,000 transactions as sysbench oltp_write_only
// makes them (an update of an indexed column, one of another, a delete and an
// insert of the same id), 2,500 to a batch.
func BenchmarkBacklog(b *testing.B) {
	for _, lanes := range []int{0, 2, 3, 4} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) { backlog(b, lanes) })
	}
}

func backlog(b *testing.B, lanes int) {
	l := newLab(b, fmt.Sprintf(sysbench, "sbtest1")+fmt.Sprintf(sysbench, "sbtest2"), apply.Options{})
	l.sql("vacuum analyze")
	l.sql("checkpoint")
	l.sql("create table position (at bigint); insert into position values (0)")
	tables := []*change.Table{
		table("sbtest1", []int{0}, "id integer", "k integer", "c character(120)", "pad character(60)"),
		table("sbtest2", []int{0}, "id integer", "k integer", "c character(120)", "pad character(60)"),
	}
	const transactions, batch = 50_000, 2_500
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		digits := make([]byte, n)
		for i := range digits {
			digits[i] = '0' + byte(random.IntN(10))
		}
		return string(digits)
	}
	state := map[[2]int][3]string{}
	load := func(t, id int) [3]string {
		s, ok := state[[2]int{t, id}]
		if !ok {
			s = [3]string{"1", strings.Repeat("x", 119), strings.Repeat("y", 59)}
		}
		return s
	}
	line := func(id int, s [3]string) change.Row { return row(id, s[0], s[1], s[2]) }
	for b.Loop() {
		b.StopTimer()
		var all []*change.Rows
		for range transactions {
			t := random.IntN(2)
			for step := range 3 {
				id := 1 + random.IntN(500_000)
				old := load(t, id)
				now := old
				switch step {
				case 0:
					now[0] = fmt.Sprint(random.IntN(500_000))
				case 1:
					now[1] = text(119)
				default:
					now = [3]string{fmt.Sprint(random.IntN(500_000)), text(119), text(59)}
				}
				state[[2]int{t, id}] = now
				if step < 2 {
					all = append(all, update(tables[t], line(id, old), line(id, now)))
					continue
				}
				all = append(all, remove(tables[t], line(id, old)), insert(tables[t], line(id, now)))
			}
		}
		profile := os.Getenv("APPLY_PROFILE")
		if profile != "" {
			f, err := os.Create(profile)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			_ = pprof.StartCPUProfile(f)
		}
		b.StartTimer()
		start := time.Now()
		side := l.lanes(lanes)
		for from := 0; from < len(all); from += batch * 4 {
			if lanes > 0 {
				f, err := side.Board(l.ctx, all[from:from+batch*4])
				if err != nil {
					b.Fatal(err)
				}
				side.Depart(l.ctx, f, func(ctx context.Context, tx pgx.Tx, _ map[string]apply.Count) error {
					_, err := tx.Exec(ctx, "update position set at = $1", from)
					return err
				}, func() {})
				continue
			}
			l.begin(all[from : from+batch*4]...)
			if err := l.Commit(l.ctx, func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "update position set at = $1", from)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		if err := side.Wait(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(all))/time.Since(start).Seconds(), "changes/s")
		pprof.StopCPUProfile()
	}
}

// BenchmarkLatency applies transactions of one row, one at a time.
func BenchmarkLatency(b *testing.B) {
	l := newLab(b, "create table t (id int primary key, v text); insert into t select i, i from generate_series(1, 1000) i; create table position (at bigint); insert into position values (0)", apply.Options{})
	t := table("t", []int{0}, "id integer", "v text")
	n := 0
	for b.Loop() {
		n++
		l.begin(update(t, row(n%1000+1, "x"), row(n%1000+1, n)))
		if err := l.Commit(l.ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "update position set at = $1", n)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKinds applies batches of 10,000 changes of one kind to tables of
// 100,000 rows.
func BenchmarkKinds(b *testing.B) {
	const size, batch = 100_000, 10_000
	pad := strings.Repeat("x", 100)
	line := func(id, n int) change.Row { return row(id, n, pad) }
	kinds := []struct {
		name string
		key  []int
		make func(t *change.Table, turn, i int) *change.Rows
	}{
		{"insert", []int{0}, func(t *change.Table, turn, i int) *change.Rows { return insert(t, line(size+1+turn*batch+i, i)) }},
		{"delete and insert", []int{0}, func(t *change.Table, turn, i int) *change.Rows {
			if i%2 == 0 {
				return remove(t, line(1+i%size, turn))
			}
			return insert(t, line(1+(i-1)%size, turn))
		}},
		{"update indexed", []int{0}, func(t *change.Table, turn, i int) *change.Rows {
			return update(t, line(1+i*7%size, turn), line(1+i*7%size, turn+1))
		}},
		{"hot row", []int{0}, func(t *change.Table, turn, i int) *change.Rows { return update(t, line(1, i), line(1, i+1)) }},
		{"without a key", nil, func(t *change.Table, turn, i int) *change.Rows {
			return update(t, line(1+i, turn), line(1+i, turn+1))
		}},
	}
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			t := table("t", kind.key, "id integer", "n integer", "v text")
			l := newLab(b, create(t)+fmt.Sprintf("insert into t select i, 0, '%s' from generate_series(1, %d) i; create index on t (n)", pad, size), apply.Options{})
			l.sql("vacuum analyze t")
			turn := 0
			for b.Loop() {
				b.StopTimer()
				all := make([]*change.Rows, batch)
				for i := range all {
					all[i] = kind.make(t, turn, i)
				}
				turn++
				b.StartTimer()
				for _, c := range l.batch(all...) {
					if c.Missing > 0 {
						b.Fatalf("%d rows missing", c.Missing)
					}
				}
			}
			b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}
