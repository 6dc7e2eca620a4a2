package catalogue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// targets are the servers on which the whole suite runs.
var targets = []string{"postgres-15", "postgres-18"}

// onEach runs a test in a fresh database of each server.
func onEach(t *testing.T, do func(t *testing.T, p place)) {
	for _, name := range targets {
		t.Run(name, func(t *testing.T) { do(t, newPlace(t, name)) })
	}
}

// place is a database with a session.
type place struct {
	server *testserver.Server
	config dial.Config
	conn   *dial.Conn
}

func newPlace(t *testing.T, name string) place {
	t.Helper()
	return newPlaceOn(t, testserver.Shared(t, name))
}

func newPlaceOn(t *testing.T, server *testserver.Server) place {
	t.Helper()
	p := place{server: server, config: dial.Config{
		Host: server.Host, Port: uint16(server.Port), User: server.User, Database: server.Database(t, "catalogue"), SSLMode: "disable",
	}}
	p.conn = p.session(t)
	return p
}

func (p place) session(t *testing.T) *dial.Conn {
	t.Helper()
	conn, err := dial.Connect(t.Context(), p.config)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// source makes the catalogue with one source.
func (p place) source(t *testing.T) *Source {
	t.Helper()
	_, err := Create(t.Context(), p.conn)
	must(t, err)
	source, err := AddSource(t.Context(), p.conn, "shop", "mysql", map[string]string{"shop": "sch_shop"})
	must(t, err)
	return source
}

func (p place) query(t *testing.T, sql string) [][]string {
	t.Helper()
	return p.server.Query(t, p.config.Database, sql)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses checks the kind of an error and that its text says what is meant.
func refuses(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one about %q", text)
	}
	if fault.KindOf(err) != kind || !strings.Contains(err.Error(), text) {
		t.Fatalf("the error is %q (%v), want %v about %q", err, fault.KindOf(err), kind, text)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %q", err)
	}
}

func at(offset uint64) event.Position {
	return event.Position{Flavor: event.MariaDB, Server: "1", File: "bin.000001", Offset: offset, GTIDs: "0-1-7"}
}

// waitFor waits for a condition that another session brings about.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the condition did not come true within 20 s")
		}
	}
}

func TestPositionsAndEpochs(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		if !source.Applied.IsZero() || source.Epoch != 0 {
			t.Fatalf("a new source has position %v and epoch %d", source.Applied, source.Epoch)
		}
		when := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
		err := dial.InTx(ctx, p.conn, func(tx dial.Tx) error {
			return SaveApplied(ctx, tx, source.ID, 0, at(77), when, Counters{Transactions: 2, Inserted: 5, Missing: 1, DDL: 1})
		})
		must(t, err)
		must(t, SaveApplied(ctx, p.conn, source.ID, 0, at(99), time.Time{}, Counters{Inserted: 3, Updated: 1, Deleted: 1, Skipped: 9}))
		if err := SaveApplied(ctx, p.conn, source.ID, 1, at(1), time.Time{}, Counters{}); !errors.Is(err, ErrFenced) {
			t.Fatalf("a wrong epoch gives %v", err)
		}
		must(t, Beat(ctx, p.conn, source.ID, 0, Heartbeat{Read: at(120), At: when.Add(time.Minute), Note: "reading"}))
		if err := Beat(ctx, p.conn, source.ID, 4, Heartbeat{}); !errors.Is(err, ErrFenced) {
			t.Fatalf("a beat of a wrong epoch gives %v", err)
		}

		summaries, err := Summaries(ctx, p.conn)
		must(t, err)
		s := summaries[0]
		want := Counters{Transactions: 2, Inserted: 8, Updated: 1, Deleted: 1, Missing: 1, DDL: 1, Skipped: 9}
		if s.Applied != at(99) || !s.LastReplayed.Equal(when) || s.Counters != want || s.Read != at(120) {
			t.Errorf("the summary is %+v", s)
		}
		if s.ReplayLag != time.Minute || s.ReadLag < time.Hour || s.Note != "reading" || !s.Consistent {
			t.Errorf("the summary is %+v", s)
		}
		rows := p.query(t, "SELECT t_binlog_name, i_binlog_position, t_gtid_set, i_read_binlog_position, b_consistent FROM sch_chameleon.v_sources")
		if got := strings.Join(rows[0], " "); got != "bin.000001 99 0-1-7 120 t" {
			t.Errorf("v_sources shows %s", got)
		}

		must(t, ResetSource(ctx, p.conn, source.ID, 0))
		if source, err = Find(ctx, p.conn, "shop"); err != nil || !source.Applied.IsZero() {
			t.Errorf("after the reset the position is %v, %v", source.Applied, err)
		}
		if err := ResetSource(ctx, p.conn, source.ID, 3); !errors.Is(err, ErrFenced) {
			t.Errorf("a reset with a wrong epoch gives %v", err)
		}
	})
}

// The apply row is written by every batch: it must be updated in its page.
func TestSavingThePositionIsHot(t *testing.T) {
	for _, name := range targets {
		t.Run(name, func(t *testing.T) {
			// On a server of its own: a transaction of anybody, in any database, may keep old rows for a while.
			p := newPlaceOn(t, testserver.Private(t, name))
			source := p.source(t)
			for i := range 200 {
				must(t, SaveApplied(t.Context(), p.conn, source.ID, 0, at(uint64(i)), time.Now(), Counters{Transactions: 1}))
			}
			_ = p.conn.Close(context.Background()) // its statistics are written by then
			waitFor(t, func() bool {
				rows := p.query(t, "SELECT n_tup_upd >= 200 FROM pg_stat_user_tables WHERE relname = 't_last_replayed'")
				return rows[0][0] == "t"
			})
			rows := p.query(t, "SELECT n_tup_hot_upd = n_tup_upd AND pg_relation_size(relid) <= 2 * 8192, n_tup_hot_upd, n_tup_upd, pg_relation_size(relid) FROM pg_stat_user_tables WHERE relname = 't_last_replayed'")
			if rows[0][0] != "t" {
				t.Errorf("hot updates, of all, bytes of the table: %v", rows[0][1:])
			}
		})
	}
}

func TestSources(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		if source.Status != Ready || source.Schemas["shop"] != "sch_shop" || source.Type != "mysql" {
			t.Fatalf("the source is %+v", source)
		}
		_, err := AddSource(ctx, p.conn, "shop", "mysql", map[string]string{"a": "b"})
		refuses(t, err, fault.State, `"shop" is registered already`)
		_, err = AddSource(ctx, p.conn, "other", "mysql", map[string]string{"a": "sch_shop"})
		refuses(t, err, fault.Config, `belongs to schema "shop" of source "shop"`)
		_, err = AddSource(ctx, p.conn, "other", "mysql", map[string]string{"a": "x", "b": "x"})
		refuses(t, err, fault.Config, `belongs to schema "a" of this source`)
		_, err = AddSource(ctx, p.conn, "other", "mysql", map[string]string{"a": "sch_chameleon"})
		refuses(t, err, fault.Config, "the catalogue itself")
		_, err = AddSource(ctx, p.conn, "other", "mysql", map[string]string{"a": "pg_catalog"})
		refuses(t, err, fault.Config, "no table can be")
		_, err = Find(ctx, p.conn, "nobody")
		refuses(t, err, fault.State, `"nobody" is not registered`)
		if hint := fault.HintOf(err); !strings.Contains(hint, "add_source --source nobody") {
			t.Errorf("the hint is %q", hint)
		}

		for _, status := range []Status{Initialising, Initialised, Syncing, Synced, Stopped, Running, Error, Ready} {
			must(t, SetStatus(ctx, p.conn, source.ID, status))
			if source, err = Find(ctx, p.conn, "shop"); err != nil || source.Status != status {
				t.Fatalf("status %s became %v, %v", status, source, err)
			}
		}
		must(t, Enable(ctx, p.conn, source.ID))
		if source, err = Find(ctx, p.conn, "shop"); err != nil || source.Status != Stopped {
			t.Errorf("an enabled source is %v, %v", source, err)
		}
		must(t, DropSource(ctx, p.conn, "shop"))
		refuses(t, DropSource(ctx, p.conn, "shop"), fault.State, "not registered")
		if sources, err := Sources(ctx, p.conn); err != nil || len(sources) != 0 {
			t.Errorf("after the drop there is %v, %v", sources, err)
		}
	})
}

func tracked(list []Definition, fold bool) *schema.Set {
	tables := make([]*schema.Table, len(list))
	for i, d := range list {
		tables[i] = d.Table
	}
	return schema.NewSet(fold, tables...)
}

func TestTrackedSchema(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		srid := uint32(4326)
		a := &schema.Table{Name: schema.Name{Schema: "shop", Table: `we"ird täble 🙂`}, Columns: []schema.Column{
			{Name: "id", Type: schema.Type{Name: "int", Unsigned: true, Text: "int(10) unsigned"}, NotNull: true, AutoIncrement: true},
			{Name: "g", Type: schema.Type{Name: "point", SRID: &srid}, Default: &schema.Default{Null: true}, Comment: "a\tb\\c'"},
		}, Indexes: []schema.Index{{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: "id"}}}}, AutoIncrement: 1<<64 - 1}
		b := &schema.Table{Name: schema.Name{Schema: "shop", Table: "b"}}
		must(t, PutDefinitions(ctx, p.conn, source.ID, Definition{a, map[string]string{"id": "bigint"}}, Definition{Table: b}))
		list, err := TrackedSchema(ctx, p.conn, source.ID)
		must(t, err)
		set := tracked(list, false)
		if got := set.Get(a.Name); set.Len() != 2 || got == nil || got.AutoIncrement != a.AutoIncrement || *got.Columns[1].Type.SRID != 4326 ||
			got.Columns[1].Comment != "a\tb\\c'" || len(got.Key()) != 1 {
			t.Fatalf("the table came back as %+v", got)
		}
		changed := b.Clone()
		changed.Comment = "second"
		must(t, PutDefinitions(ctx, p.conn, source.ID, Definition{Table: changed}))
		must(t, DropDefinitions(ctx, p.conn, source.ID, a.Name, schema.Name{Schema: "not", Table: "there"}))
		list, err = TrackedSchema(ctx, p.conn, source.ID)
		must(t, err)
		set = tracked(list, true)
		if got := set.Get(schema.Name{Schema: "SHOP", Table: "B"}); set.Len() != 1 || got == nil || got.Comment != "second" {
			t.Fatalf("the table came back as %+v", got)
		}
	})
}
