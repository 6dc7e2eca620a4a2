package binlog_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/testserver"
)

func (s *source) marks(t *testing.T, table schema.Name) (low, high event.Position) {
	t.Helper()
	low, err := inspect.LowMark(t.Context(), s.conn, s.facts, table)
	if err != nil {
		t.Fatal(err)
	}
	if high, err = inspect.HighMark(t.Context(), s.conn, s.facts, table); err != nil {
		t.Fatal(err)
	}
	return low, high
}

// look is one look at a table under load: what a SELECT saw, and the marks
// before and after it.
type look struct {
	low, high, exact event.Position
	seen, frozen     map[int]bool
}

// While others write, a SELECT sees all that is at or before the low mark
// taken before it and nothing that is after the high mark taken after it; a
// snapshot sees exactly what is at or before its position.
func TestMarksUnderLoad(t *testing.T) {
	off := []string{"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--binlog-order-commits=OFF"}
	for _, server := range []struct {
		name   string
		engine string
		args   []string
	}{
		{"mariadb-10.11", "InnoDB", nil}, {"mariadb-11.8", "InnoDB", nil}, {"mysql-9.7", "InnoDB", nil}, {"mysql-5.6", "InnoDB", nil},
		{"mysql-9.7", "InnoDB", off}, {"mysql-5.6", "InnoDB", off}, {"mariadb-10.11", "MyISAM", nil}, {"mysql-5.6", "MyISAM", nil},
	} {
		t.Run(fmt.Sprint(server.name, server.engine, len(server.args)), func(t *testing.T) {
			var s *source
			if server.args == nil {
				s = newSource(t, testserver.Shared(t, server.name))
			} else {
				s = newSource(t, testserver.Private(t, server.name, server.args...))
			}
			s.exec(t, "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, x int) ENGINE="+server.engine)
			start := s.position(t)
			looks := s.underLoad(t, 8, 15)
			all := s.collect(t, s.options(), start, s.position(t))
			tracker, err := binlog.NewTracker(start)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) < 50 {
				t.Errorf("only %d transactions", len(all))
			}
			for i, l := range looks {
				reachedLow, reachedHigh := 0, false
				for _, tx := range all {
					id := s.id(tx)
					if covered, err := tracker.Covers(l.low, tx); err != nil {
						t.Fatal(err)
					} else if covered {
						reachedLow++
						if !l.seen[id] {
							t.Errorf("look %d: row %d of %s is at or before the low mark %s, and was not seen", i, id, tx.GTID, l.low)
						}
					}
					if reachedHigh && l.seen[id] {
						t.Errorf("look %d: row %d of %s is after the high mark %s, and was seen", i, id, tx.GTID, l.high)
					}
					if exact, err := tracker.Covers(l.exact, tx); err != nil || exact != l.frozen[id] {
						t.Errorf("look %d: row %d of %s: at or before the snapshot %s is %t, in it is %t, %v", i, id, tx.GTID, l.exact, exact, l.frozen[id], err)
					}
					at := event.Position{Flavor: s.facts.Flavor, Server: tx.Server, File: tx.File, Offset: tx.End}
					passed, err := binlog.NewTracker(at)
					if err == nil {
						reachedHigh, err = passed.Reached(l.high)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if i > 0 && reachedLow == 0 {
					t.Errorf("look %d: nothing is at or before the low mark %s", i, l.low)
				}
			}
		})
	}
}

// underLoad looks at the table n times while writers insert.
func (s *source) underLoad(t *testing.T, writers, n int) []look {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range writers {
		conn, err := dial.Connect(t.Context(), config(s.Server), s.database)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			defer conn.Close()
			for ctx.Err() == nil {
				if _, err := conn.Execute("INSERT INTO t (x) VALUES (1)"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer group.Wait()
	defer cancel()
	second, err := dial.Connect(t.Context(), config(s.Server), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	table := schema.Name{Schema: s.database, Table: "t"}
	var looks []look
	for range n {
		var l look
		if l.low, err = inspect.LowMark(t.Context(), s.conn, s.facts, table); err != nil {
			t.Fatal(err)
		}
		l.seen = s.rows(t)
		if l.high, err = inspect.HighMark(t.Context(), s.conn, s.facts, table); err != nil {
			t.Fatal(err)
		}
		if l.exact, err = inspect.Snapshot(t.Context(), s.conn, second, s.facts, table); err != nil {
			t.Fatal(err)
		}
		l.frozen = s.rows(t)
		if err := inspect.Release(t.Context(), s.conn); err != nil {
			t.Fatal(err)
		}
		looks = append(looks, l)
	}
	return looks
}

func (s *source) rows(t *testing.T) map[int]bool {
	t.Helper()
	rows, err := dial.Text(t.Context(), s.conn, "SELECT id FROM `"+s.database+"`.t")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, row := range rows {
		id, _ := strconv.Atoi(row[0])
		seen[id] = true
	}
	return seen
}

// id reads the key of the one row that a transaction inserts: after the byte
// of NULL bits, four bytes.
func (s *source) id(tx *event.Transaction) int {
	data := tx.Events[0].(*event.Rows).Data
	return int(data[1]) | int(data[2])<<8 | int(data[3])<<16
}
