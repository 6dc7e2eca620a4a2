package write

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

// loading is a database with a loader on it.
type loading struct {
	t      *testing.T
	server *testserver.Server
	db     string
	loader *Loader
	log    bytes.Buffer
	made   map[string]bool
}

func newLoading(t *testing.T) *loading {
	t.Helper()
	l := &loading{t: t, server: testserver.Shared(t, testserver.Target), made: map[string]bool{}}
	l.db = l.server.Database(t, "load")
	pool, err := dial.Pool(context.Background(), dial.Config{Host: l.server.Host, Port: uint16(l.server.Port), User: l.server.User, Database: l.db, SSLMode: "disable"}, 8) // #nosec G115 -- a port
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	l.loader = &Loader{
		Pool: pool, LockTimeout: 200 * time.Millisecond, LockTries: 3, Builders: 2, Log: slog.New(slog.NewTextHandler(&l.log, nil)),
		Ours: func(schemaName, table string) bool { return l.made[schemaName+"."+table] },
	}
	return l
}

func (l *loading) exec(sql ...string) { l.t.Helper(); l.server.Exec(l.t, l.db, sql...) }

func (l *loading) query(sql string) string {
	l.t.Helper()
	var lines []string
	for _, row := range l.server.Query(l.t, l.db, sql) {
		lines = append(lines, strings.Join(row, " "))
	}
	return strings.Join(lines, "\n")
}

// persons is (id integer, name text) and, with a label, an enum column.
func persons(schemaName, name, enum string) *mapping.Table {
	t := &mapping.Table{Source: &schema.Table{Name: schema.Name{Schema: "src", Table: name}}, Schema: schemaName, Name: name, Key: []int{0}}
	t.Columns = []mapping.Column{{Name: "id", Map: &typemap.Column{}}, {Name: "name", Ordinal: 1, Map: &typemap.Column{}}}
	if enum != "" {
		t.Columns = append(t.Columns, mapping.Column{Name: "kind", Ordinal: 2, Map: &typemap.Column{}, Enum: enum})
	}
	return t
}

func creating(t *mapping.Table) []string {
	sql := []string{}
	columns := "id integer not null, name text"
	if len(t.Columns) > 2 {
		sql = append(sql, "create type "+t.Columns[2].Type(t.Schema)+" as enum ('x', 'y')")
		columns += ", kind " + t.Columns[2].Type(t.Schema)
	}
	return append(sql, "create table "+t.Ident()+" ("+columns+")")
}

// load brings a table up to its swap.
func (l *loading) load(t *mapping.Table, lines string) {
	l.t.Helper()
	ctx := context.Background()
	if err := l.loader.Prepare(ctx, []*mapping.Table{t}); err != nil {
		l.t.Fatal(err)
	}
	place := l.loader.Place(t)
	err := l.loader.Begin(ctx, func(tx pgx.Tx) error {
		if _, err := l.loader.Create(ctx, tx, t, creating(place), nil); err != nil {
			return err
		}
		_, err := l.loader.Copy(ctx, tx, t, strings.NewReader(lines), false)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for range 2 { // the second time it is there already
		key := change.Index{Name: t.Name + "__pkey", SQL: "alter table " + place.Ident() + " add constraint " + mapping.Quote(t.Name+"__pkey") + " primary key (id)"}
		if err := l.loader.Build(ctx, t, key, false); err != nil {
			l.t.Fatal(err)
		}
	}
	err = l.loader.Begin(ctx, func(tx pgx.Tx) error {
		return l.loader.Finish(ctx, tx, t, []string{"comment on table " + place.Ident() + " is 'copied'"})
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *loading) swap(t *mapping.Table) error {
	recorded := false
	err := l.loader.Swap(context.Background(), t, func(pgx.Tx) error { recorded = true; return nil })
	if err == nil {
		if !recorded {
			l.t.Error("the swap was not recorded")
		}
		l.made[t.Schema+"."+t.Name] = true
	}
	return err
}

// A primary key is built as an index while another index is being built, and becomes the same as one that
// was made at once; what was made at once is left as it is.
func TestAKeyIsBuiltBesideOthers(t *testing.T) {
	l := newLoading(t)
	ctx := context.Background()
	people := persons("web", "people", "")
	place := l.loader.Place(people).Ident()
	key := change.Index{
		Name: "people__pkey", SQL: "alter table " + place + " add constraint people__pkey primary key (id)", Key: true,
		Beside: "create unique index people__pkey on " + place + " (id)", Adopt: "alter table " + place + " add constraint people__pkey primary key using index people__pkey",
	}
	other := change.Index{Name: "names", SQL: "create index names on " + place + " (name)"}
	var made []string
	for _, together := range []bool{true, false} {
		if err := l.loader.Prepare(ctx, []*mapping.Table{people}); err != nil {
			t.Fatal(err)
		}
		if err := l.loader.Begin(ctx, func(tx pgx.Tx) error {
			if _, err := l.loader.Create(ctx, tx, people, creating(l.loader.Place(people)), nil); err != nil {
				return err
			}
			if !together {
				return nil
			}
			return l.loader.BuildAll(ctx, tx, people, []change.Index{key})
		}); err != nil {
			t.Fatal(err)
		}
		err := l.loader.Begin(ctx, func(tx pgx.Tx) error { // an index that is not done yet
			if err := l.loader.BuildIn(ctx, tx, l.loader.Place(people), other); err != nil {
				return err
			}
			return l.loader.Build(ctx, people, key, true)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it is one already
			if err := l.loader.Begin(ctx, func(tx pgx.Tx) error { return l.loader.Adopt(ctx, tx, people, []change.Index{other, key}) }); err != nil {
				t.Fatal(err)
			}
		}
		made = append(made, l.query("select conname, contype, pg_get_constraintdef(oid), conindid::regclass from pg_constraint where conrelid = '"+place+"'::regclass order by 1")+
			l.query("select indexdef from pg_indexes where tablename = 'people' order by 1"))
	}
	if made[0] != made[1] || !strings.Contains(made[0], "PRIMARY KEY (id)") {
		t.Errorf("at once:\n%s\nbeside:\n%s", made[0], made[1])
	}
}

func TestATableIsLoadedAndSwappedIn(t *testing.T) {
	for _, destination := range []string{"public", "Odd \"name", strings.Repeat("s", 63)} {
		l := newLoading(t)
		l.exec(`create role "reader `+l.db+`"`, "create table public.theirs (id int)", "create view public.theirs_too as select 1 as one")
		t.Cleanup(func() {
			l.exec(`drop owned by "reader `+l.db+`"`, `drop role "reader `+l.db+`"`)
		})
		l.loader.GrantSelect = []string{"reader " + l.db, "nobody at all"}
		people := persons(destination, "people", "enum__people__kind")
		for round := range 3 {
			l.load(people, fmt.Sprintf("1\tAnn%d\tx\n2\t\\N\ty\n", round))
			if err := l.swap(people); err != nil {
				t.Fatal(err)
			}
			if got, want := l.query("select id, name, kind from "+people.Ident()+" order by id"), fmt.Sprintf("1 Ann%d x\n2 NULL y", round); got != want {
				t.Errorf("%s holds %q, not %q", people.Ident(), got, want)
			}
		}
		if got := l.query("select obj_description('" + strings.ReplaceAll(people.Ident(), "'", "''") + "'::regclass)"); got != "copied" {
			t.Errorf("the comment is %q", got)
		}
		if got := l.query(`select has_table_privilege('reader ` + l.db + `', '` + people.Ident() + `', 'select')`); got != "t" {
			t.Error("the reader may not read")
		}
		if !strings.Contains(l.log.String(), "nobody at all") {
			t.Error("nobody was told of the role that does not exist")
		}
		if err := l.loader.Tidy(context.Background(), []*mapping.Table{people}); err != nil {
			t.Fatal(err)
		}
		if got := l.query("select nspname from pg_namespace where nspname like '\\_%\\_tmp' or nspname like '\\_sss%'"); got != "" {
			t.Errorf("left over: %s", got)
		}
		if got := l.query("select count(*) from public.theirs, public.theirs_too"); got != "0" {
			t.Error("what is the user's is gone")
		}
	}
}

func TestALoadingSchemaOfSomebodyElse(t *testing.T) {
	l := newLoading(t)
	l.exec("create schema _web_tmp", "create table _web_tmp.precious (id int)")
	err := l.loader.Prepare(context.Background(), []*mapping.Table{persons("web", "people", "")})
	if fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "_web_tmp") {
		t.Errorf("preparing gives %v", err)
	}
	if err := l.loader.Tidy(context.Background(), []*mapping.Table{persons("web", "people", "")}); err != nil {
		t.Fatal(err)
	}
	if l.query("select count(*) from _web_tmp.precious") != "0" {
		t.Error("it was dropped")
	}
}

func TestReadersErrorsAreNotPostgreSQLs(t *testing.T) {
	l := newLoading(t)
	people := persons("public", "people", "")
	l.exec("create table public.people (id integer not null, name text)")
	broken := errors.New("the other end has gone")
	err := l.loader.Begin(context.Background(), func(tx pgx.Tx) error {
		_, err := Copy(context.Background(), tx, people, io.MultiReader(strings.NewReader("1\ta\n"), &failing{broken}), false)
		return err
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	err = l.loader.Begin(context.Background(), func(tx pgx.Tx) error {
		_, err := Copy(context.Background(), tx, persons("public", "absent", ""), strings.NewReader("1\ta\n"), false)
		return err
	})
	if fault.KindOf(err) == fault.Data || fault.KindOf(err) == fault.Retry {
		t.Errorf("a missing table is not a matter of rows: %v", err)
	}
	if l.query("select count(*) from public.people") != "0" {
		t.Error("rows of a broken copy stayed")
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestRefusedRowsAreFound(t *testing.T) {
	l := newLoading(t)
	people := persons("public", "people", "")
	l.exec("create table public.people (id integer not null primary key, name varchar(1000) check (name <> 'no'))")
	bad := map[int]string{7: "x\tsecret", 8: "8\tno", 1500: `\N` + "\tsecret", 2999: "9999999999\ta", 40: "40\t" + strings.Repeat("long", 500), 41: "5\tdouble"}
	var lines strings.Builder
	for i := range 3000 {
		if line, is := bad[i]; is {
			lines.WriteString(line + "\n")
		} else {
			fmt.Fprintf(&lines, "%d\t%s\n", i, strings.Repeat("v", i%900))
		}
	}
	ctx := context.Background()
	err := l.loader.Begin(ctx, func(tx pgx.Tx) error {
		_, err := Copy(ctx, tx, people, strings.NewReader(lines.String()), false)
		return err
	})
	if fault.KindOf(err) != fault.Data || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), `"x"`) {
		t.Fatalf("the whole gives %v", err)
	}
	refused := map[string]bool{}
	err = l.loader.Begin(ctx, func(tx pgx.Tx) error {
		n, err := CopyPieces(ctx, tx, people, strings.NewReader(lines.String()), func(row []byte, cause error) error {
			refused[string(row)] = true
			if fault.KindOf(cause) != fault.Data {
				t.Errorf("%s: %v", row, cause)
			}
			_, err := tx.Exec(ctx, "select 1") // the transaction is whole
			return err
		})
		if n != int64(3000-len(bad)) {
			t.Errorf("%d rows were loaded", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(refused) != len(bad) {
		t.Errorf("%d rows were refused", len(refused))
	}
	for _, row := range bad {
		if !refused[row] {
			t.Errorf("%.30q was not refused", row)
		}
	}
	if got := l.query("select count(*), count(distinct id) from public.people"); got != "2994 2994" {
		t.Errorf("the table has %s rows", got)
	}
}

func TestExistingTablesAreFilledInPlace(t *testing.T) {
	l := newLoading(t)
	l.loader.Keep = true
	l.exec("create schema web", "create table web.towns (id integer constraint towns_pk primary key, name text)",
		"create table web.people (name text, extra integer default 5, id integer, primary key (id), constraint one_name unique (name))",
		"create index on web.people (extra) where extra > 3", "create index odd on web.people using hash (name)",
		"create table web.visits (person integer references web.people on delete cascade, town integer references web.towns)",
		"alter table web.people add constraint lives foreign key (extra) references web.towns",
		"create view web.grouped as select id, name, extra from web.people group by id",
		"insert into web.towns values (5, 'here')", "insert into web.people values ('old', 5, 1)")
	ctx := context.Background()
	people := persons("web", "people", "")
	if found, err := l.loader.Conflicts(ctx, []*mapping.Table{people, persons("web", "absent", ""), persons("web", "visits", "")}, none); err != nil ||
		len(found) != 2 || !strings.Contains(found[1].Error(), "no such table") || !strings.Contains(found[2].Error(), "no column id, name") {
		t.Errorf("conflicts: %v %v", found, err)
	}
	before := l.query("select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'web'::regnamespace and contype <> 'f' order by 1") +
		l.query("select indexdef from pg_indexes where schemaname = 'web' order by 1")
	var taken []change.Index
	for range 2 { // the first try was recorded, its rows were not loaded
		err := l.loader.Begin(ctx, func(tx pgx.Tx) (err error) {
			taken, err = l.loader.Create(ctx, tx, people, nil, taken)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := l.query("select (select count(*) from web.people), (select count(*) from pg_index where indrelid = 'web.people'::regclass), (select count(*) from web.towns)"); got != "0 1 1" {
		t.Errorf("rows, indexes and rows of the other table: %s", got) // the primary key stays, a view needs it
	}
	if err := l.loader.Begin(ctx, func(tx pgx.Tx) error {
		_, err := l.loader.Copy(ctx, tx, people, strings.NewReader("1\tAnn\n2\tBob\n"), false)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	delayed := 0
	for _, index := range taken {
		if index.Delay {
			delayed++
		}
		if err := l.loader.Build(ctx, people, index, false); err != nil {
			t.Error(err)
		}
	}
	if delayed != 3 { // the unique name and both foreign keys
		t.Errorf("%d of %v are delayed", delayed, taken)
	}
	if err := l.swap(people); err != nil {
		t.Fatal(err)
	}
	after := l.query("select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'web'::regnamespace and contype <> 'f' order by 1") +
		l.query("select indexdef from pg_indexes where schemaname = 'web' order by 1")
	if before != after {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if got := l.query("select count(*) from pg_constraint where contype = 'f' and condeferred"); got != "2" {
		t.Errorf("%s foreign keys are back", got)
	}
	if got := l.query("select id, name, extra from web.people order by id"); got != "1 Ann 5\n2 Bob 5" {
		t.Errorf("it holds %s", got)
	}
}

func none(*mapping.Table) []string { return nil }
