package binlog_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

var sources = []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"}

// source is a server and a database of the test's own on it.
type source struct {
	*testserver.Server
	database string
	facts    *inspect.Server
	conn     *client.Conn
}

func newSource(t *testing.T, s *testserver.Server) *source {
	t.Helper()
	conn, err := dial.Connect(t.Context(), config(s), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	facts, err := inspect.Facts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return &source{s, s.Database(t, "binlog"), facts, conn}
}

func config(s *testserver.Server) dial.Config {
	return dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User}
}

func each(t *testing.T, test func(t *testing.T, s *source)) {
	for _, name := range sources {
		t.Run(name, func(t *testing.T) { test(t, newSource(t, testserver.Shared(t, name))) })
	}
}

func (s *source) exec(t *testing.T, statements ...string) {
	t.Helper()
	s.Exec(t, s.database, statements...)
}

func (s *source) position(t *testing.T) event.Position {
	t.Helper()
	p, err := inspect.Position(t.Context(), s.conn, s.facts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// options read everything of the test's database.
func (s *source) options() binlog.Options {
	return binlog.Options{
		Dial: config(s.Server), Server: s.facts,
		Keep: func(n schema.Name) bool { return n.Schema == s.database },
	}
}

var errEnough = errors.New("enough")

// collect reads from one position to another, and gives what concerns the
// test's database. Shared servers have other traffic too.
func (s *source) collect(t *testing.T, options binlog.Options, from, to event.Position) []*event.Transaction {
	t.Helper()
	all := s.collectAll(t, options, from, to)
	var mine []*event.Transaction
	for _, tx := range all {
		if s.concerns(tx) {
			mine = append(mine, tx)
		}
	}
	return mine
}

func (s *source) concerns(tx *event.Transaction) bool {
	for _, e := range tx.Events {
		switch e := e.(type) {
		case *event.Rows:
			return true
		case *event.Statement:
			if e.Schema == s.database {
				return true
			}
		}
	}
	if tx.XA != nil { // tests name theirs by their database
		return strings.Contains(tx.XA.XID, strings.ToUpper(hex.EncodeToString([]byte(s.database)))) ||
			strings.Contains(tx.XA.XID, hex.EncodeToString([]byte(s.database)))
	}
	return tx.Undone || !tx.Final
}

func (s *source) collectAll(t *testing.T, options binlog.Options, from, to event.Position) []*event.Transaction {
	t.Helper()
	tracker, err := binlog.NewTracker(from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []*event.Transaction
	there := func() error {
		reached, err := tracker.Reached(to)
		if err != nil {
			return err
		}
		if reached {
			return errEnough
		}
		return nil
	}
	err = binlog.New(options).Run(ctx, from, func(_ context.Context, tx *event.Transaction) error {
		all = append(all, tx)
		if err := tracker.Add(tx); err != nil {
			return err
		}
		return there()
	}, func(p event.Position, _ time.Time) {
		tracker.Idle(p)
		if there() != nil {
			cancel()
		}
	})
	if err != nil && !errors.Is(err, errEnough) {
		t.Fatalf("from %s: %v", from, err)
	}
	if there() != errEnough {
		t.Fatalf("the stream ended at %s, before %s", tracker.Position(), to)
	}
	return all
}

// story tells transactions in short words, one line each.
func (s *source) story(all []*event.Transaction) string {
	var out strings.Builder
	for _, tx := range all {
		var words []string
		if tx.XA != nil {
			words = append(words, fmt.Sprintf("xa %s %s:", tx.XA.Phase, tx.XA.XID))
		}
		for _, e := range tx.Events {
			switch e := e.(type) {
			case *event.Rows:
				words = append(words, fmt.Sprintf("%s %s", e.Action, e.Map.Table))
				if e.NoChecks {
					words = append(words, "unchecked")
				}
			case *event.Statement:
				words = append(words, "["+strings.ReplaceAll(e.SQL, s.database, "DB")+"]")
			}
		}
		if tx.Undone {
			words = append(words, "undone")
		}
		if !tx.First || !tx.Final {
			words = append(words, fmt.Sprintf("first %t final %t", tx.First, tx.Final))
		}
		out.WriteString(strings.Join(words, " ") + "\n")
	}
	return out.String()
}
