package binlog_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/testserver"
)

// fill puts n rows of about 100 bytes into a table in one statement.
func fill(n int) []string {
	return []string{
		"CREATE TABLE digit (d int)", "INSERT INTO digit VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
		"CREATE TABLE t (id int PRIMARY KEY, v varchar(200))",
		fmt.Sprintf("INSERT INTO t SELECT n, CONCAT(n, REPEAT('x', 80)) FROM (SELECT a.d + 10*b.d + 100*c.d + 1000*d.d + 10000*e.d + 100000*f.d n "+
			"FROM digit a, digit b, digit c, digit d, digit e, digit f) s WHERE n < %d", n),
	}
}

// A transaction of 300,000 rows comes in pieces, in bounded memory.
func TestLargeTransactionsComeInPieces(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7", "mysql-9.7 compressed"} {
		t.Run(name, func(t *testing.T) {
			server, compressed, _ := strings.Cut(name, " ")
			s := newSource(t, testserver.Shared(t, server))
			statements := fill(300_000)
			from := s.position(t)
			if compressed != "" {
				statements = append([]string{"SET binlog_transaction_compression = ON"}, statements...)
			}
			s.exec(t, statements...)
			to := s.position(t)
			const piece = 256 << 10
			options := s.options()
			options.PieceBytes = piece
			tracker, err := binlog.NewTracker(from)
			if err != nil {
				t.Fatal(err)
			}
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			pieces, bytes, largest, open := 0, 0, uint64(0), ""
			err = binlog.New(options).Run(t.Context(), from, func(_ context.Context, tx *event.Transaction) error {
				if (open == "") != tx.First || open != "" && open != tx.GTID {
					t.Errorf("piece of %s while %q is open, first %t", tx.GTID, open, tx.First)
				}
				open = tx.GTID
				if tx.Final {
					open = ""
				} else if tx.Size < piece || tx.Size > piece+64<<10 {
					t.Errorf("a piece of %d bytes", tx.Size)
				}
				for _, e := range tx.Events {
					if rows, is := e.(*event.Rows); is && rows.Map.Table == "t" {
						pieces++
						bytes += len(rows.Data)
					}
				}
				if pieces%500 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					largest = max(largest, now.HeapAlloc)
				}
				if err := tracker.Add(tx); err != nil {
					return err
				}
				if reached, err := tracker.Reached(to); reached || err != nil {
					return errEnough
				}
				return nil
			}, nil)
			if !errors.Is(err, errEnough) {
				t.Fatal(err)
			}
			if bytes < 300_000*85 {
				t.Errorf("%d bytes of rows", bytes)
			}
			if used := int64(largest) - int64(before.HeapAlloc); used > 12<<20 {
				t.Errorf("%d MB of memory", used>>20)
			}
		})
	}
}

// A large transaction that goes back to a savepoint is read again in one go.
func TestLargeTransactionGoesBackToASavepoint(t *testing.T) {
	s := newSource(t, testserver.Shared(t, testserver.Source))
	s.exec(t, fill(10)[:3]...)
	s.exec(t, "CREATE TABLE m (id int) ENGINE=MyISAM")
	from := s.position(t)
	s.exec(t, "BEGIN", "INSERT INTO t VALUES (-1, 'kept')", "SAVEPOINT s", strings.Replace(fill(5000)[3], "INSERT INTO t", "INSERT INTO t", 1),
		"INSERT INTO m VALUES (1)", "ROLLBACK TO s", "COMMIT")
	options := s.options()
	options.PieceBytes = 64 << 10
	stream := binlog.New(options)
	var first error
	var got []*event.Transaction
	for try := range 2 {
		got = nil
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := stream.Run(ctx, from, func(_ context.Context, tx *event.Transaction) error {
			if s.concerns(tx) {
				got = append(got, tx)
			}
			return nil
		}, func(event.Position, time.Time) { cancel() })
		cancel()
		if try == 0 {
			first = err
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if fault.KindOf(first) != fault.Retry {
		t.Errorf("the first try ended with %v", first)
	}
	if story := s.story(got); story != "insert m\ninsert t\n" {
		t.Error(story)
	}
}

// A row of 64 MB comes whole, in several packets.
func TestLargeRow(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		s.exec(t, "CREATE TABLE t (a longtext)")
		from := s.position(t)
		s.exec(t, "INSERT INTO t VALUES (REPEAT('x', 64 << 20))")
		got := s.collect(t, s.options(), from, s.position(t))
		if len(got) == 0 || len(got[0].Events) != 1 || len(got[0].Events[0].(*event.Rows).Data) < 64<<20 {
			t.Error(s.story(got))
		}
	})
}
