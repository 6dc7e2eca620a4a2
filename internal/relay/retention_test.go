package relay

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// keeping are options of a log of which what was replayed stays for an hour.
func (l *log) keeping(disk int64, applied int) Options {
	o := l.options(1<<20, disk, applied)
	o.Retention = time.Hour
	return o
}

// replayed counts the segments of which it is noted since when they are replayed.
func (l *log) replayed(t *testing.T) (n int) {
	t.Helper()
	must(t, l.conn.QueryRow(t.Context(), "SELECT count(ts_replayed) FROM sch_chameleon.t_relay_segments").Scan(&n))
	return n
}

// has tells whether a segment is there.
func (l *log) has(t *testing.T, segment int64) (is bool) {
	t.Helper()
	must(t, l.conn.QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", segmentTable(l.source, segment)).Scan(&is))
	return is
}

// What was replayed stays for as long as it is to be kept, over restarts.
func TestWhatWasReplayedIsKeptForAWhile(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.keeping(4<<20, 0))
	stored(t, p, 1, 250, 9000)
	n := l.tables(t)
	if n < 3 {
		t.Fatalf("the log has %d segments", n)
	}
	take(t, p, 1, 250, 1<<20)
	p.Acknowledge(place(120))
	until(t, "it is not noted what was replayed", func() bool { return l.replayed(t) > 0 })
	p.Acknowledge(place(250))
	until(t, "it is not noted that all was replayed", func() bool { return l.replayed(t) == n-1 })
	_ = stop()
	if left := l.tables(t); left != n {
		t.Errorf("of %d segments %d are left", n, left)
	}

	_, err := l.conn.Exec(t.Context(), "UPDATE sch_chameleon.t_relay_segments SET ts_replayed = now() - interval '2 hours' WHERE i_segment = 1")
	must(t, err)
	p, stop = l.run(t, l.keeping(4<<20, 250))
	stored(t, p, 251, 253, 9000)
	take(t, p, 251, 3, 1<<20)
	until(t, "what was replayed two hours ago is there", func() bool { return !l.has(t, 1) })
	_ = stop()
	if !l.has(t, 2) {
		t.Error("what was replayed just now is gone")
	}

	p, stop = l.run(t, l.options(1<<20, 4<<20, 253)) // nothing is to be kept any more
	p.Acknowledge(place(253))
	until(t, "segments are left", func() bool { return l.tables(t) == 1 })
	_ = stop()
	if strings.Contains(l.out.String(), "batch_retention") {
		t.Errorf("there was room for all: %s", l.out.String())
	}
}

// An empty segment at the end goes at a restart, and the one before it is written to again, though it was
// replayed.
func TestAReplayedSegmentIsWrittenToAgain(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.keeping(4<<20, 0))
	stored(t, p, 1, 250, 9000)
	take(t, p, 1, 250, 1<<20)
	p.Acknowledge(place(250))
	until(t, "it is not noted that all was replayed", func() bool { return l.replayed(t) == l.tables(t)-1 })
	_ = stop()
	var last int
	must(t, l.conn.QueryRow(t.Context(), "SELECT max(i_segment) FROM sch_chameleon.t_relay_segments").Scan(&last))
	for _, sql := range []string{"UPDATE sch_chameleon.t_relay_segments SET ts_replayed = now()", "UPDATE sch_chameleon.t_relay_segments SET i_row = 1000000 WHERE i_segment = $1"} {
		_, err := l.conn.Exec(t.Context(), sql, []any{last}[:strings.Count(sql, "$1")]...)
		must(t, err)
	}
	_, err := l.conn.Exec(t.Context(), "UPDATE sch_chameleon.t_relays SET i_row = (SELECT max(i_row) FROM "+segmentTable(l.source, int64(last-1))+")")
	must(t, err)

	p, _ = l.run(t, l.keeping(4<<20, 250))
	until(t, "the last segment is not written to again", func() bool { return !l.has(t, int64(last)) && l.replayed(t) == last-2 })
	stored(t, p, 251, 450, 9000)
	take(t, p, 251, 200, 1<<20)
	p.Acknowledge(place(450))
	until(t, "it is not noted that all was replayed", func() bool { n := l.tables(t); return n >= last && l.replayed(t) == n-1 })
}

// What is kept takes no room that the reading needs.
func TestWhatIsKeptMakesRoom(t *testing.T) {
	const size, n, disk = 9000, 1000, 4 << 20
	l := newLog(t)
	p, stop := l.run(t, l.keeping(disk, 0))
	var group errgroup.Group
	group.Go(func() error {
		for i := range n {
			if err := p.Append(context.Background(), transaction(i+1, size)); err != nil {
				return err
			}
		}
		return nil
	})
	for seen := 0; seen < n; {
		seen += some(t, p, seen+1, 1)
		p.Acknowledge(place(seen))
		if w := p.Waiting(); w.Bytes > disk*5/4 {
			t.Fatalf("it takes %d bytes", w.Bytes)
		}
	}
	must(t, group.Wait())
	until(t, "there is no room", func() bool { return p.Waiting().Bytes <= disk*3/4 })
	_ = stop()
	if tables := l.tables(t); tables < 2 { // room for two more is made, of the four that the limit lets be
		t.Errorf("%d segments are left where there was room for more", tables)
	}
	if said := strings.Count(l.out.String(), "before batch_retention is over"); said != 1 {
		t.Errorf("that there is no room was said %d times: %s", said, l.out.String())
	}
}

// Of a log that is given up nothing is kept.
func TestALogThatIsBegunAnewKeepsNothing(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.keeping(4<<20, 0))
	stored(t, p, 1, 200, 9000)
	take(t, p, 1, 200, 1<<20)
	p.Acknowledge(place(200))
	until(t, "it is not noted what was replayed", func() bool { return l.replayed(t) > 0 })
	_ = stop()
	o := l.keeping(4<<20, 200)
	o.Keeps = "shop, more"
	p, _ = l.run(t, o)
	stored(t, p, 201, 202, 10)
	until(t, "the former segments are there", func() bool { return l.tables(t) == 1 })
}
