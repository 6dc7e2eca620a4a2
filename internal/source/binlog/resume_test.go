package binlog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/testserver"
)

// From each position between two transactions the stream gives exactly the
// rest: by GTID, and by file and offset.
func TestResumeGivesTheRest(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		s.exec(t, "CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE m (id int) ENGINE=MyISAM")
		from := s.position(t)
		s.exec(t, "INSERT INTO t VALUES (1)", "INSERT INTO m VALUES (1)", "ALTER TABLE t ADD v int", "BEGIN", "INSERT INTO t VALUES (2, 2)",
			"DELETE FROM t WHERE id = 1", "COMMIT", "CREATE TABLE u (x int)", "FLUSH LOGS", "INSERT INTO t VALUES (3, 3)", "DROP TABLE u, m", "FLUSH LOGS",
			"TRUNCATE TABLE t", "INSERT INTO t VALUES (4, 4)")
		to := s.position(t)
		for _, mode := range []string{"gtid", "file"} {
			start := from
			if mode == "file" {
				start.GTIDs = ""
			}
			all := s.collectAll(t, s.options(), start, to)
			tracker, err := binlog.NewTracker(start)
			if err != nil {
				t.Fatal(err)
			}
			for i, tx := range all {
				if err := tracker.Add(tx); err != nil {
					t.Fatal(err)
				}
				p, err := event.DecodePosition(tracker.Position().Encode())
				if err != nil {
					t.Fatal(err)
				}
				if i == len(all)-1 {
					break // what others do on the server comes next, if anything
				}
				rest := s.collectAll(t, s.options(), p, to)
				if diff := cmp.Diff(outline(all[i+1:]), outline(rest)); diff != "" {
					t.Errorf("%s: after transaction %d, at %s: %s", mode, i, p, diff)
				}
			}
			if n := len(strings.Split(s.story(all), "\n")); n < 10 {
				t.Errorf("%s: only %d transactions", mode, n)
			}
		}
	})
}

// outline names transactions and how much is in them.
func outline(all []*event.Transaction) []string {
	var out []string
	for _, tx := range all {
		out = append(out, fmt.Sprintf("%s %s:%d-%d %d", tx.GTID, tx.File, tx.Start, tx.End, len(tx.Events)))
	}
	return out
}

// A server that is restarted, or dies, ends the stream with an error that says
// that it can be begun again; nothing is lost or doubled.
func TestServerRestarts(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, testserver.Private(t, name))
			s.exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
			from := s.position(t)
			tracker, err := binlog.NewTracker(from)
			if err != nil {
				t.Fatal(err)
			}
			stream := binlog.New(s.options())
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			seen := map[string]int{}
			end := make(chan error, 1)
			got := make(chan struct{}, 100)
			run := func() {
				end <- stream.Run(ctx, tracker.Position(), func(_ context.Context, tx *event.Transaction) error {
					for range tx.Events {
						seen[tx.GTID]++
						got <- struct{}{}
					}
					return tracker.Add(tx)
				}, nil)
			}
			insert := func(id int) {
				s.exec(t, fmt.Sprintf("INSERT INTO t VALUES (%d)", id))
				select {
				case <-got:
				case err := <-end:
					t.Fatalf("the stream ended: %v", err)
				case <-ctx.Done():
					t.Fatal("the row does not come")
				}
			}
			for round, stop := range []func(testing.TB){s.Stop, s.Kill} {
				go run()
				if round > 0 {
					<-got // what was written while nobody read
				}
				insert(round * 10)
				insert(round*10 + 1)
				stop(t)
				if err := <-end; fault.KindOf(err) != fault.Retry || fault.HintOf(err) == "" {
					t.Fatalf("round %d: %v", round, err)
				}
				s.Start(t)
				s.exec(t, fmt.Sprintf("INSERT INTO t VALUES (%d)", round*10+2))
			}
			go run()
			<-got
			insert(30)
			cancel()
			if err := <-end; err != nil {
				t.Error(err)
			}
			if len(seen) != 7 {
				t.Errorf("%d transactions: %v", len(seen), seen)
			}
			for gtid, n := range seen {
				if n != 1 {
					t.Errorf("%s came %d times", gtid, n)
				}
			}
		})
	}
}

func TestPurgedLogsSayWhatToDo(t *testing.T) {
	for _, name := range sources {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, testserver.Private(t, name))
			s.exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
			from := s.position(t)
			s.exec(t, "INSERT INTO t VALUES (1)", "FLUSH LOGS", "INSERT INTO t VALUES (2)", "FLUSH LOGS")
			to := s.position(t)
			for s.Query(t, "", "SHOW BINARY LOGS")[0][0] != to.File { // MariaDB keeps a file until its last commits are checkpointed
				s.exec(t, "PURGE BINARY LOGS TO '"+to.File+"'")
			}
			byFile := from
			byFile.GTIDs = ""
			for _, p := range []event.Position{from, byFile} {
				err := s.refused(t, p)
				if fault.KindOf(err) != fault.Environment || !strings.Contains(fault.HintOf(err), "init_replica") {
					t.Errorf("%s: %v, hint %q", p, err, fault.HintOf(err))
				}
			}
			reset := "RESET MASTER"
			if s.Name == "mysql-9.7" {
				reset = "RESET BINARY LOGS AND GTIDS"
			}
			s.exec(t, reset)
			toFile := to
			toFile.GTIDs = ""
			for _, p := range []event.Position{to, toFile} {
				err := s.refused(t, p)
				if fault.KindOf(err) != fault.Environment || !strings.Contains(fault.HintOf(err), "init_replica") {
					t.Errorf("after a reset, %s: %v, hint %q", p, err, fault.HintOf(err))
				}
			}
		})
	}
}

// refused runs a stream that must not give anything.
func (s *source) refused(t *testing.T, from event.Position) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return binlog.New(s.options()).Run(ctx, from, func(_ context.Context, tx *event.Transaction) error {
		return fmt.Errorf("a transaction was given, %s", tx.GTID)
	}, nil)
}

func TestPositionsOfOthersAreRefused(t *testing.T) {
	s := newSource(t, testserver.Shared(t, testserver.Source))
	here := s.position(t)
	there := here
	there.Server, there.GTIDs = "1", ""
	mysql := here
	mysql.Flavor = event.MySQL
	for what, p := range map[string]event.Position{"another server's": there, "another flavor's": mysql, "no": {}} {
		err := binlog.New(s.options()).Run(t.Context(), p, nil, nil)
		if err == nil || fault.KindOf(err) == fault.Retry || fault.KindOf(err) == fault.Bug || fault.HintOf(err) == "" {
			t.Errorf("%s position: %v", what, err)
		}
	}
}

func TestServerIDs(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		from := s.position(t)
		options := s.options()
		options.ServerID = 4_000_000_001
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		connected := make(chan struct{}, 100)
		go func() {
			end <- binlog.New(options).Run(ctx, from, func(context.Context, *event.Transaction) error { return nil },
				func(event.Position, time.Time) { connected <- struct{}{} })
		}()
		<-connected
		err := binlog.New(options).Run(t.Context(), from, nil, nil)
		if fault.KindOf(err) != fault.Retry || !strings.Contains(err.Error(), "4000000001") {
			t.Errorf("a second stream with one server_id: %v", err)
		}
		options.ServerID = s.facts.ServerID
		if err := binlog.New(options).Run(t.Context(), from, nil, nil); err == nil || !strings.Contains(err.Error(), "the source itself") {
			t.Errorf("the source's own server_id: %v", err)
		}
		cancel()
		if err := <-end; err != nil {
			t.Errorf("a cancelled stream ended with %v", err)
		}
	})
}

func TestEmitsErrorEndsTheStream(t *testing.T) {
	s := newSource(t, testserver.Shared(t, testserver.Source))
	from := s.position(t)
	s.exec(t, "CREATE TABLE t (x int)")
	failed := errors.New("failed")
	err := binlog.New(s.options()).Run(t.Context(), from, func(context.Context, *event.Transaction) error { return failed }, nil)
	if !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}
