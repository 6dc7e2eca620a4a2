package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
)

// stored appends transactions first to last and waits until they are stored.
func stored(t *testing.T, p *Postgres, first, last, size int) {
	t.Helper()
	for n := first; n <= last; n++ {
		must(t, p.Append(t.Context(), transaction(n, size)))
	}
	until(t, "they are not stored", func() bool { return p.Position().Offset == uint64(last) })
}

// What was read and not applied is there after a restart, from the applied position on, and
// the reading goes on behind it.
func TestALogGoesOnAfterARestart(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.options(1<<20, 1<<20, 0))
	stored(t, p, 1, 60, 9000)
	_ = stop()
	if n := l.tables(t); n < 3 {
		t.Fatalf("the log has %d segments", n)
	}
	for _, applied := range []int{0, 1, 17, 18, 59} {
		p, stop = l.run(t, l.options(1<<20, 1<<20, applied))
		if at := p.Position(); at != place(60) {
			t.Errorf("the reading goes on at %s", at)
		}
		if w := p.Waiting(); w.Transactions < int64(60-applied) {
			t.Errorf("%d wait with %d applied", w.Transactions, applied)
		}
		take(t, p, applied+1, 60-applied, 20000)
		p.Acknowledge(place(applied))
		_ = stop()
	}
	p, stop = l.run(t, l.options(1<<20, 1<<20, 60))
	stored(t, p, 61, 62, 10)
	take(t, p, 61, 2, 1)
	p.Acknowledge(place(62))
	until(t, "segments are left", func() bool { return l.tables(t) == 1 })
	_ = stop()
}

// What was stored of a transaction that was not read to its end is read again.
func TestPiecesOfATransactionThatWasNotReadToItsEndAreCutOff(t *testing.T) {
	for _, pieces := range []int{1, 30} {
		l := newLog(t)
		p, stop := l.run(t, l.options(1<<20, 1<<20, 0))
		stored(t, p, 1, 3, 100)
		for i := range pieces {
			one := transaction(4+i, 9000)
			one.First, one.Final = i == 0, false
			must(t, p.Append(t.Context(), one))
		}
		until(t, "the pieces are not stored", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.last > p.whole && len(p.pending) == 0 && !p.busy
		})
		if at := p.Position(); at != place(3) {
			t.Errorf("the position is %s within a transaction", at)
		}
		_ = stop()
		p, stop = l.run(t, l.options(1<<20, 1<<20, 2))
		if at := p.Position(); at != place(3) {
			t.Errorf("the reading goes on at %s", at)
		}
		stored(t, p, 4, 5, 100)
		take(t, p, 3, 3, 1<<20)
		_ = stop()
	}
}

// Stopped at any moment, and begun again at any position that was applied: every transaction
// comes once, in order.
func TestRestartsAtRandomMoments(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	l := newLog(t)
	const n = 2000
	for applied := 0; applied < n; {
		p, stop := l.run(t, l.options(40_000, 1<<20, applied))
		ctx, cancel := context.WithCancel(t.Context())
		appended := make(chan struct{})
		go func(from int) {
			defer close(appended)
			for i := from + 1; i <= n; i++ {
				here := place(i)
				if p.Append(ctx, transaction(i, (i*7919)%4000)) != nil || i%7 == 0 && p.Append(ctx, &event.Transaction{First: true, Final: true, Idle: &here}) != nil {
					return
				}
			}
		}(int(p.Position().Offset))
		for upTo := min(n, applied+random.IntN(300)); applied < upTo; {
			list, err := p.Next(t.Context(), 1+random.IntN(30_000))
			must(t, err)
			for _, one := range list {
				if one.Idle != nil {
					continue
				}
				if applied++; one.End != uint64(applied) {
					t.Fatalf("the transaction that ends at %d came, not at %d", one.End, applied)
				}
			}
			p.Acknowledge(place(applied))
		}
		cancel()
		_ = stop()
		<-appended
	}
}

// A log that does not join on to the applied position is given up, and so is one that lacks
// rows; it is not dropped before the new one has something.
func TestALogThatDoesNotFitIsBegunAnew(t *testing.T) {
	for story, c := range map[string]struct {
		applied int
		change  func(o *Options)
		reason  string
	}{
		"behind":   {50, func(*Options) {}, "before what is applied"},
		"wider":    {5, func(o *Options) { o.Keeps = "shop, more" }, "lacks rows"},
		"narrower": {5, func(o *Options) { o.Keeps, o.Widened = "", func(string) bool { return false } }, ""},
	} {
		t.Run(story, func(t *testing.T) {
			l := newLog(t)
			p, stop := l.run(t, l.options(1<<20, 1<<20, 0))
			stored(t, p, 1, 30, 5000)
			_ = stop()
			o := l.options(1<<20, 1<<20, c.applied)
			c.change(&o)
			p, stop = l.run(t, o)
			if c.reason == "" {
				take(t, p, c.applied+1, 30-c.applied, 1<<20)
				_ = stop()
				return
			}
			if at := p.Position(); at != place(c.applied) {
				t.Errorf("the reading goes on at %s", at)
			}
			if rows := l.server.Query(t, l.config.Database, "SELECT to_regclass('"+p.table(1)+"') IS NULL"); rows[0][0] != "f" {
				t.Errorf("segments are dropped before the new log has anything")
			}
			stored(t, p, c.applied+1, c.applied+2, 10)
			take(t, p, c.applied+1, 2, 1)
			until(t, "the former segments are there", func() bool { return l.tables(t) == 1 })
			_ = stop()
			if !strings.Contains(l.out.String(), c.reason) {
				t.Errorf("it was said: %s", l.out.String())
			}
		})
	}
}

// One who has lost the lease cannot append, drop or begin a segment.
func TestTheFormerLeaderIsFenced(t *testing.T) {
	l := newLog(t)
	old, err := Open(t.Context(), l.options(1<<20, 1<<20, 0))
	must(t, err)
	defer old.Disconnect(context.Background())
	p, _ := l.run(t, l.options(1<<20, 1<<20, 0))
	stored(t, p, 1, 2, 10)
	must(t, old.Append(t.Context(), transaction(1, 10)))
	if err := old.Run(t.Context()); !errors.Is(err, errFenced) {
		t.Errorf("the former leader ended with %v", err)
	}
	o := l.options(1<<20, 1<<20, 0)
	o.Epoch = 1
	if _, err := Open(t.Context(), o); !errors.Is(err, errFenced) {
		t.Errorf("the former leader could open the log: %v", err)
	}
	take(t, p, 1, 2, 1)
}

// A block that is larger than a row may be comes back from several.
func TestABlockOfManyRows(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.options(1<<20, 1<<30, 0))
	stored(t, p, 1, 1, 100)
	stored(t, p, 2, 2, 3*rowBytes+5)
	stored(t, p, 3, 3, 100)
	_ = stop()
	p, _ = l.run(t, l.options(1<<20, 1<<30, 0))
	take(t, p, 1, 3, 1<<20)
}

// A segment that somebody reads is dropped once he is done.
func TestASegmentInUseIsDroppedLater(t *testing.T) {
	l := newLog(t)
	p, _ := l.run(t, l.options(1<<20, 1<<20, 0))
	stored(t, p, 1, 30, 5000)
	err := dial.InTx(t.Context(), l.conn, func(tx dial.Tx) error {
		_, err := tx.Exec(t.Context(), "LOCK TABLE "+p.table(1)+" IN ACCESS SHARE MODE")
		must(t, err)
		take(t, p, 1, 30, 1<<20)
		p.Acknowledge(place(30))
		stored(t, p, 31, 31, 10)
		return nil
	})
	must(t, err)
	until(t, "segments are left", func() bool { return l.tables(t) == 1 })
}

// A log whose rows were left out of a dump is noticed, and nothing is passed over.
func TestALogThatWasRestoredWithoutItsRows(t *testing.T) {
	for story, sql := range map[string]string{
		"rows":     "TRUNCATE %s",
		"segments": "DELETE FROM sch_chameleon.t_relay_segments; ALTER TABLE %s RENAME TO t_relay_1_2",
		"tables":   "DROP TABLE %s",
	} {
		t.Run(story, func(t *testing.T) {
			l := newLog(t)
			p, stop := l.run(t, l.options(1<<20, 1<<30, 0))
			stored(t, p, 1, 9, 100)
			_ = stop()
			for one := range strings.SplitSeq(fmt.Sprintf(sql, p.table(1)), ";") {
				_, err := l.conn.Exec(t.Context(), one)
				must(t, err)
			}
			p, _ = l.run(t, l.options(1<<20, 1<<30, 4))
			if at := p.Position(); at != place(4) {
				t.Errorf("the reading goes on at %s", at)
			}
			stored(t, p, 5, 9, 100)
			take(t, p, 5, 5, 1<<20)
			until(t, "the former segments are there", func() bool { return l.tables(t) == 1 })
		})
	}
}

// The position of an idle source is stored, so that its old files may be purged.
func TestAnIdleSourceMovesThePosition(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.options(1<<20, 1<<20, 0))
	here := event.Position{Flavor: event.MariaDB, Server: "1", File: "binlog.000002", Offset: 4}
	must(t, p.Append(t.Context(), &event.Transaction{First: true, Final: true, Idle: &here}))
	until(t, "it is not stored", func() bool { return p.Position() == here })
	for range 2 {
		_ = stop()
		p, stop = l.run(t, l.options(1<<20, 1<<20, 0))
		if at := p.Position(); at != here {
			t.Errorf("the reading goes on at %s", at)
		}
	}
}

func TestDropLeavesNothing(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.options(1<<20, 1<<20, 0))
	stored(t, p, 1, 30, 5000)
	_ = stop()
	if there, err := Exists(t.Context(), l.conn, l.source); err != nil || !there {
		t.Fatal(there, err)
	}
	other, err := dial.Connect(t.Context(), l.config)
	must(t, err)
	defer func() { _ = other.Close(context.Background()) }()
	must(t, dial.InTx(t.Context(), other, func(tx dial.Tx) error {
		_, err := tx.Exec(t.Context(), "LOCK TABLE "+p.table(1)+" IN ACCESS SHARE MODE")
		must(t, err)
		if err := Drop(t.Context(), l.conn, l.source); !InUse(err) {
			t.Errorf("a log that is read was dropped: %v", err)
		}
		return nil
	}))
	must(t, Drop(t.Context(), l.conn, l.source))
	if there, err := Exists(t.Context(), l.conn, l.source); err != nil || there || l.tables(t) != 0 {
		t.Errorf("%v %v, %d tables", there, err, l.tables(t))
	}
}

// A full log that is of no use makes room for the new one.
func TestAFullLogThatIsBegunAnew(t *testing.T) {
	l := newLog(t)
	p, stop := l.run(t, l.options(100_000, 1<<20, 0))
	ctx, cancel := context.WithCancel(t.Context())
	appended := make(chan struct{})
	go func() {
		defer close(appended)
		for n := 1; p.Append(ctx, transaction(n, 9000)) == nil; n++ {
			continue
		}
	}()
	until(t, "the relay is not full", func() bool { return p.Waiting().Full })
	cancel()
	<-appended
	_ = stop()
	o := l.options(100_000, 1<<20, 5)
	o.Keeps = "shop, more"
	p, _ = l.run(t, o)
	stored(t, p, 6, 20, 9000)
	take(t, p, 6, 15, 1<<20)
	until(t, "the former segments are there", func() bool { return p.Waiting().Bytes < 1<<20 })
}

// Where an idle source stands counts only once all before it is stored.
func TestTheIdlePositionDoesNotOvertake(t *testing.T) {
	p := &Postgres{o: Options{Disk: 800, Memory: 10_000}, fed: make(chan struct{}, 1)}
	for n := 1; n <= 3; n++ {
		must(t, p.Append(t.Context(), transaction(n, 90)))
	}
	here := place(3)
	must(t, p.Append(t.Context(), &event.Transaction{First: true, Final: true, Idle: &here}))
	for n := 1; n <= 3; n++ {
		if list, idle := p.collect(); len(list) != 1 || list[0].End != uint64(n) || (idle != nil) != (n == 3) {
			t.Errorf("number %d: %d transactions, idle %v", n, len(list), idle)
		}
	}
}
