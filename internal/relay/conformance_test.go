package relay

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

var (
	errEnd    = errors.New("the end")
	errFenced = errors.New("another process has taken over")
)

// queue is what both forms are to those who use them.
type queue interface {
	Append(ctx context.Context, t *event.Transaction) error
	Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error)
	Acknowledge(at event.Position)
	Close(cause error)
	Waiting() Waiting
}

// forms lists the constructors of both forms, of so many bytes of memory and disk.
var forms = map[Form]func(t *testing.T, memory int, disk int64) queue{
	InMemory:   func(_ *testing.T, memory int, _ int64) queue { return NewMemory(memory) },
	InPostgres: func(t *testing.T, memory int, disk int64) queue { return newLog(t).running(t, memory, disk) },
}

// onBoth runs a test on both forms of the relay.
func onBoth(t *testing.T, memory int, disk int64, do func(t *testing.T, q queue)) {
	for form, open := range forms {
		t.Run(string(form), func(t *testing.T) { do(t, open(t, memory, disk)) })
	}
}

// log is a database with the catalogue, in which a source's log is.
type log struct {
	server *testserver.Server
	config dial.Config
	conn   *dial.Conn
	source int64
	epoch  int64
	out    bytes.Buffer // what was logged; only of one that has ended
}

func newLog(t *testing.T) *log {
	t.Helper()
	server := testserver.Shared(t, testserver.Target)
	l := &log{server: server, config: dial.Config{
		Host: server.Host, Port: uint16(server.Port), User: server.User, Database: server.Database(t, "relay"), SSLMode: "disable",
	}}
	var err error
	l.conn, err = dial.Connect(t.Context(), l.config)
	must(t, err)
	t.Cleanup(func() { _ = l.conn.Close(context.Background()) })
	_, err = catalogue.Create(t.Context(), l.conn)
	must(t, err)
	source, err := catalogue.AddSource(t.Context(), l.conn, "shop", "mysql", map[string]string{"shop": "shop"})
	must(t, err)
	l.source = source.ID
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is a position in the log of the tests' source.
func place(n int) event.Position {
	return event.Position{Flavor: event.MariaDB, Server: "1", File: "binlog.000001", Offset: uint64(n)}
}

// options are those of a process that has taken the lease anew.
func (l *log) options(memory int, disk int64, applied int) Options {
	l.epoch++
	return Options{
		Target: l.config, Source: l.source, Epoch: l.epoch, Applied: place(applied), Keeps: "shop", Widened: func(string) bool { return true }, Disk: disk, Memory: memory,
		Seal:   func(plain []byte) []byte { return append([]byte{7}, plain...) },
		Unseal: func(sealed []byte) ([]byte, error) { return sealed[1:], nil },
		Track:  func(from event.Position) (Tracker, error) { return binlog.NewTracker(from) },
		Stored: func(*event.Transaction, event.Position) {}, Fenced: errFenced, Log: slog.New(slog.NewTextHandler(&l.out, nil)),
	}
}

// run opens the log and lets it work until the function that it gives is called.
func (l *log) run(t *testing.T, o Options) (*Postgres, func() error) {
	t.Helper()
	p, err := Open(t.Context(), o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	group.Go(func() error { return p.Run(ctx) })
	ended := false
	stop := func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		err := group.Wait()
		p.Disconnect(context.Background())
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the relay ended with: %v", err)
		}
	})
	return p, stop
}

func (l *log) running(t *testing.T, memory int, disk int64) *Postgres {
	t.Helper()
	p, _ := l.run(t, l.options(memory, disk, 0))
	return p
}

func (l *log) tables(t *testing.T) int {
	t.Helper()
	rows := l.server.Query(t, l.config.Database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'sch_chameleon' AND tablename LIKE 't\\_relay\\_%\\_%' AND tablename <> 't_relay_segments'")
	n, err := strconv.Atoi(rows[0][0])
	must(t, err)
	return n
}

// transaction is the n-th of the tests' source; it ends at the offset n.
func transaction(n, size int) *event.Transaction {
	m := &event.TableMap{ID: 1, Schema: "shop", Table: "t", Types: []byte{3}}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(rand.Uint32()) // nothing to be compressed
	}
	return &event.Transaction{
		GTID: "0-1-" + strconv.Itoa(n), Server: "1", File: "binlog.000001", Start: uint64(n - 1), End: uint64(n), First: true, Final: true, Size: size,
		Time: time.UnixMicro(int64(n)), Events: []event.Event{&event.Rows{Action: event.Insert, Map: m, Data: data}},
	}
}

// take takes until n transactions or pieces have come, and checks that they end where they
// should, from the offset first on.
func take(t *testing.T, q queue, first, n, maxBytes int) {
	t.Helper()
	for seen := 0; seen < n; {
		seen += some(t, q, first+seen, maxBytes)
	}
}

// some takes what comes next, and tells how many those are.
func some(t *testing.T, q queue, first, maxBytes int) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	list, err := q.Next(ctx, maxBytes)
	must(t, err)
	for _, one := range list {
		if one.Idle != nil {
			continue
		}
		if one.End != uint64(first+n) {
			t.Fatalf("the transaction that ends at %d came, not at %d", one.End, first+n)
		}
		n++
	}
	return n
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute: %s", what)
		}
	}
}

func TestOrderIsKeptAndTheEndComesLast(t *testing.T) {
	onBoth(t, 10*1000, 1<<30, func(t *testing.T, q queue) {
		const n = 1000
		var group errgroup.Group
		group.Go(func() error {
			for i := range n {
				if err := q.Append(context.Background(), transaction(i+1, 100)); err != nil {
					return err
				}
			}
			q.Close(errEnd)
			return nil
		})
		take(t, q, 1, n, 3000)
		if _, err := q.Next(t.Context(), 3000); !errors.Is(err, errEnd) {
			t.Errorf("after the last transaction: %v", err)
		}
		must(t, group.Wait())
		if err := q.Append(t.Context(), transaction(n+1, 1)); !errors.Is(err, errEnd) {
			t.Errorf("after its end the relay took a transaction: %v", err)
		}
	})
}

func TestTransactionsComeBackWhole(t *testing.T) {
	onBoth(t, 1<<20, 1<<30, func(t *testing.T, q queue) {
		sent := transaction(1, 50)
		sent.XA, sent.Sessions = &event.XA{Phase: "prepare", XID: "X'61',X'',1"}, event.SessionsEnded
		sent.Events = append(sent.Events, &event.Statement{Schema: "shop", SQL: "CREATE TABLE x (i int)", Thread: 4})
		must(t, q.Append(t.Context(), sent))
		got, err := q.Next(t.Context(), 1)
		must(t, err)
		if len(got) != 1 || !bytes.Equal(encode(nil, got), encode(nil, []*event.Transaction{sent})) {
			t.Errorf("%+v came back as %+v", sent, got)
		}
	})
}

// An idle source is told once all before it was taken, and only then.
func TestIdleComesLast(t *testing.T) {
	onBoth(t, 1<<20, 1<<30, func(t *testing.T, q queue) {
		here := place(7)
		for n := 1; n <= 5; n++ {
			must(t, q.Append(t.Context(), transaction(n, 10)))
		}
		must(t, q.Append(t.Context(), &event.Transaction{First: true, Final: true, Idle: &here}))
		seen := 0
		for {
			list, err := q.Next(t.Context(), 15)
			must(t, err)
			for _, one := range list {
				if one.Idle == nil {
					seen++
				} else if *one.Idle != here || seen != 5 {
					t.Fatalf("the source was idle at %v after %d transactions", one.Idle, seen)
				} else {
					return
				}
			}
		}
	})
}

func TestANextThatIsInterruptedLosesNothing(t *testing.T) {
	onBoth(t, 1<<20, 1<<30, func(t *testing.T, q queue) {
		ctx, cancel := context.WithCancel(t.Context())
		var group errgroup.Group
		group.Go(func() error { _, err := q.Next(ctx, 100); return err })
		cancel()
		if err := group.Wait(); !errors.Is(err, context.Canceled) {
			t.Fatalf("a reader that waits ended with %v", err)
		}
		must(t, q.Append(t.Context(), transaction(1, 10)))
		take(t, q, 1, 1, 100)
	})
}

func TestAFullRelayHoldsTheReaderBack(t *testing.T) {
	const size, disk = 3000, 1 << 20
	onBoth(t, 100*size, disk, func(t *testing.T, q queue) {
		var group errgroup.Group
		const n = 1000
		group.Go(func() error {
			for i := range n {
				if err := q.Append(context.Background(), transaction(i+1, size)); err != nil {
					return err
				}
			}
			return nil
		})
		until(t, "the relay is not full", func() bool { return q.Waiting().Full })
		w := q.Waiting()
		if w.Transactions == 0 || w.Transactions >= n || w.Bytes > w.Limit*3/2 {
			t.Errorf("%+v", w)
		}
		for seen := 0; seen < n; {
			seen += some(t, q, seen+1, 1)
			q.Acknowledge(place(seen))
		}
		must(t, group.Wait())
		until(t, "the relay is full for ever", func() bool { w := q.Waiting(); return !w.Full && w.Transactions == 0 && w.Bytes < w.Limit })
	})
}

// A transaction in pieces that is larger than all that the relay may hold is let through.
func TestATransactionLargerThanTheLimitPasses(t *testing.T) {
	const size, pieces, disk = 60 << 10, 40, 400 << 10
	onBoth(t, 4*size, disk, func(t *testing.T, q queue) {
		var group errgroup.Group
		group.Go(func() error {
			for i := range pieces {
				one := transaction(i+1, size)
				one.First, one.Final = i == 0, i == pieces-1
				if err := q.Append(context.Background(), one); err != nil {
					return err
				}
			}
			return nil
		})
		take(t, q, 1, pieces, 1)
		q.Acknowledge(place(pieces))
		must(t, group.Wait())
		until(t, "the relay is full for ever", func() bool { w := q.Waiting(); return !w.Full && w.Bytes < w.Limit })
	})
}

func TestWaitingTellsWhatWaits(t *testing.T) {
	onBoth(t, 1<<20, 1<<30, func(t *testing.T, q queue) {
		for n := 1; n <= 3; n++ {
			must(t, q.Append(t.Context(), transaction(n, 100)))
		}
		if w := q.Waiting(); w.Transactions != 3 || w.Limit == 0 || w.Full {
			t.Errorf("%+v", w)
		}
		take(t, q, 1, 3, 1)
		if w := q.Waiting(); w.Transactions != 0 {
			t.Errorf("%+v", w)
		}
	})
}

// A source that is idle for long, while nothing is taken, fills nothing.
func TestIdleTakesNoRoom(t *testing.T) {
	onBoth(t, 10*1000, 1<<30, func(t *testing.T, q queue) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		must(t, q.Append(ctx, transaction(1, 100)))
		for n := range 1000 {
			at := place(n + 2)
			must(t, q.Append(ctx, &event.Transaction{First: true, Final: true, Idle: &at}))
		}
		if w := q.Waiting(); w.Transactions != 1 || w.Full {
			t.Errorf("%+v", w)
		}
		take(t, q, 1, 1, 1)
	})
}
