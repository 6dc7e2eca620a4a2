package apply_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// lab is an applier on a real PostgreSQL, and a second session that looks on.
type lab struct {
	*apply.Applier
	writer   *write.Changes
	t        testing.TB
	ctx      context.Context
	conn     *pgx.Conn
	other    *pgx.Conn
	failures []apply.Failure
}

func newLab(t testing.TB, setup string, o apply.Options) *lab {
	t.Helper()
	return newLabOn(t, testserver.Target, setup, o)
}

func newLabOn(t testing.TB, server, setup string, o apply.Options) *lab {
	t.Helper()
	s := testserver.Shared(t, server)
	database := s.Database(t, "apply")
	l := &lab{t: t, ctx: context.Background()}
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(l.ctx, fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable timezone=UTC", s.Host, s.Port, s.User, database))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(l.ctx) })
		return conn
	}
	l.conn, l.other = connect(), connect()
	l.sql(setup)
	w, err := write.NewChanges(l.ctx, l.conn)
	if err != nil {
		t.Fatal(err)
	}
	if o.Isolate == nil {
		o.Isolate = func(_ context.Context, _ pgx.Tx, f apply.Failure) error {
			l.failures = append(l.failures, f)
			return nil
		}
	}
	l.writer, l.Applier = w, apply.New(w, o)
	return l
}

// sql runs statements beside the applier.
func (l *lab) sql(sql string) {
	l.t.Helper()
	if _, err := l.other.PgConn().Exec(l.ctx, sql).ReadAll(); err != nil {
		l.t.Fatalf("%s: %v", sql, err)
	}
}

// table makes a table's description: columns as "name type".
func table(name string, key []int, columns ...string) *change.Table {
	t := &change.Table{Source: "src." + name, Schema: "public", Name: name, Key: key}
	for _, column := range columns {
		name, typ, _ := strings.Cut(column, " ")
		t.Columns = append(t.Columns, change.Column{Name: name, Type: typ})
	}
	return t
}

// create gives the SQL that makes tables, with their keys.
func create(tables ...*change.Table) string {
	var sql strings.Builder
	for _, t := range tables {
		var parts []string
		for _, c := range t.Columns {
			parts = append(parts, mapping.Quote(c.Name)+" "+c.Type)
		}
		for i, key := range append([][]int{t.Key}, t.Uniques...) {
			if len(key) == 0 {
				continue
			}
			var names []string
			for _, at := range key {
				names = append(names, mapping.Quote(t.Columns[at].Name))
			}
			kind := "unique"
			if i == 0 {
				kind = "primary key"
			}
			parts = append(parts, kind+" ("+strings.Join(names, ", ")+")")
		}
		fmt.Fprintf(&sql, "create table %s (%s);\n", mapping.Quote(t.Name), strings.Join(parts, ", "))
	}
	return sql.String()
}

// row makes a row of values without anything to escape, "NULL" for NULL.
func row(values ...any) change.Row {
	parts := make([]string, len(values))
	for i, v := range values {
		if parts[i] = fmt.Sprint(v); parts[i] == "NULL" {
			parts[i] = change.Null
		}
	}
	return change.Row(strings.Join(parts, "\t"))
}

func insert(t *change.Table, rows ...change.Row) *change.Rows {
	return &change.Rows{Table: t, Action: event.Insert, After: rows}
}

func remove(t *change.Table, rows ...change.Row) *change.Rows {
	return &change.Rows{Table: t, Action: event.Delete, Before: rows}
}

// update takes before, after, before, after …
func update(t *change.Table, rows ...change.Row) *change.Rows {
	r := &change.Rows{Table: t, Action: event.Update}
	for i, one := range rows {
		if i%2 == 0 {
			r.Before = append(r.Before, one)
		} else {
			r.After = append(r.After, one)
		}
	}
	return r
}

// batch applies changes as one batch and commits it.
func (l *lab) batch(changes ...*change.Rows) map[string]apply.Count {
	l.t.Helper()
	l.begin(changes...)
	return l.commit()
}

func (l *lab) begin(changes ...*change.Rows) {
	l.t.Helper()
	if err := l.Begin(l.ctx); err != nil {
		l.t.Fatal(err)
	}
	for _, r := range changes {
		if err := l.Rows(l.ctx, r); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *lab) commit() map[string]apply.Count {
	l.t.Helper()
	var counts map[string]apply.Count
	err := l.Commit(l.ctx, func(context.Context, pgx.Tx) error {
		counts = l.Counts()
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return counts
}

// rows gives a table's rows as text, sorted.
func (l *lab) rows(name string) []string {
	l.t.Helper()
	return l.query("select * from " + mapping.Quote(name))
}

// query gives a query's rows as text, sorted.
func (l *lab) query(sql string) []string {
	l.t.Helper()
	results, err := l.other.PgConn().Exec(l.ctx, sql).ReadAll()
	if err != nil {
		l.t.Fatal(err)
	}
	var rows []string
	for _, values := range results[0].Rows {
		parts := make([]string, len(values))
		for i, v := range values {
			if parts[i] = string(v); v == nil {
				parts[i] = "NULL"
			}
		}
		rows = append(rows, strings.Join(parts, " "))
	}
	slices.Sort(rows)
	return rows
}

func (l *lab) expect(name string, want ...string) {
	l.t.Helper()
	slices.Sort(want)
	if got := l.rows(name); !slices.Equal(got, want) {
		l.t.Errorf("table %s\n got %q\nwant %q", name, got, want)
	}
}

func (l *lab) expectQuery(sql string, want ...string) {
	l.t.Helper()
	if got := l.query(sql); !slices.Equal(got, want) {
		l.t.Errorf("%s\n got %q\nwant %q", sql, got, want)
	}
}
