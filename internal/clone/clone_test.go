package clone_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pgchameleon/internal/clone"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// lab is two databases with what a copy needs.
type lab struct {
	t        *testing.T
	src, dst *testserver.Server
	from, to string // databases
	pool     *dial.Pooled
	schemas  map[string]string
	skip     map[string]bool
	limit    map[string]bool
	former   []write.Object
	slot     string
	breaks   error // that recording the copy gives
}

func config(s *testserver.Server, database string) dial.Config {
	return dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User, Database: database, SSLMode: "disable"}
}

func newLab(t *testing.T, src, dst *testserver.Server, fixture string, schemas map[string]string) *lab {
	t.Helper()
	l := &lab{t: t, src: src, dst: dst, schemas: schemas}
	l.from, l.to = l.src.Database(t, "from"), l.dst.Database(t, "to")
	if fixture != "" {
		text, err := os.ReadFile("testdata/" + fixture)
		if err != nil {
			t.Fatal(err)
		}
		var statements []string
		for _, s := range strings.Split(string(text), ";\n") {
			if strings.TrimSpace(s) != "" {
				statements = append(statements, s)
			}
		}
		src.Exec(t, l.from, statements...)
	}
	pool, err := dial.Pool(t.Context(), config(dst, l.to), 6)
	if err != nil {
		t.Fatal(err)
	}
	l.pool = pool
	t.Cleanup(pool.Close)
	return l
}

// copy runs a copy.
func (l *lab) copy() (*clone.Result, error) {
	l.t.Helper()
	log := slog.New(slog.NewTextHandler(l.t.Output(), nil))
	c := &clone.Copy{
		Source: config(l.src, l.from), Pool: l.pool, Schemas: l.schemas, Threads: 3, PartBytes: 200 << 10, Board: &status.Board{}, Log: log, Former: l.former, Slot: l.slot,
		Named:   func(s, t string) bool { return l.limit == nil || l.limit[s+"."+t] },
		Skipped: func(s, t string) bool { return l.skip[s+"."+t] },
		Loader:  &write.Loader{Pool: l.pool, Builders: 3, Log: log},
		Begun:   func() error { return nil },
		Record: func(_ dial.Tx, r *clone.Result) error {
			if l.breaks != nil {
				return l.breaks
			}
			l.former = slices.Clone(r.Objects)
			return nil
		},
	}
	return c.Run(context.WithoutCancel(l.t.Context()))
}

func (l *lab) must() *clone.Result {
	l.t.Helper()
	r, err := l.copy()
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// complains if anything was left out.
func (l *lab) whole(r *clone.Result) {
	l.t.Helper()
	for _, x := range r.Left {
		l.t.Errorf("%s was left out: %v", x.What, x.Cause)
	}
	for _, x := range r.Tables {
		if x.Failed != nil {
			l.t.Errorf("table %s was not copied: %v", x.Name, x.Failed)
		}
	}
}

// read gives what schemas hold, with the schemas' names changed.
func (l *lab) read(s *testserver.Server, database string, schemas []string, rename map[string]string) *pgsql.Structure {
	l.t.Helper()
	conn, err := pgsql.Connect(l.t.Context(), config(s, database))
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	found, err := pgsql.Read(l.t.Context(), conn, schemas, func(*pgsql.Table, map[uint32]*pgsql.Table) bool { return true })
	if err != nil {
		l.t.Fatal(err)
	}
	return found
}

// told writes down a structure without what differs between two databases: OIDs, and the names of schemas.
func (l *lab) told(found *pgsql.Structure, rename map[string]string) []string {
	names := map[uint32]string{}
	for _, t := range found.Tables {
		names[t.OID] = t.Schema + "." + t.Name
	}
	for _, i := range found.Indexes {
		names[i.OID] = i.Name
	}
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, o := range slices.Concat(found.Types, found.Functions, found.Views) {
		sql := strings.Join(o.SQL, "; ")
		if _, body, is := strings.Cut(sql, " AS  SELECT"); is && l.src.Name != l.dst.Name { // which versions write with and without qualifiers
			sql = strings.TrimSuffix(sql, body)
		}
		add("%s %s.%s %s %s", o.Kind, o.Schema, o.Name, o.Arguments, sql)
	}
	for _, s := range found.Sequences {
		add("sequence %s.%s %s %s of %s.%s %v", s.Schema, s.Name, s.Type, s.Options, names[s.Table], s.Column, s.Identity)
	}
	for _, t := range found.Tables {
		parents := []string{}
		for _, p := range t.Parents {
			parents = append(parents, names[p])
		}
		add("table %s.%s %s unlogged %v partition %v of %v %s %s %v", t.Schema, t.Name, t.Kind, t.Unlogged, t.Partition, parents, t.Bound, t.Key, t.Options)
		columns := slices.Clone(t.Columns)
		slices.SortFunc(columns, func(a, b *pgsql.Column) int { return strings.Compare(a.Name, b.Name) })
		for _, c := range columns {
			extensions := len(c.Extensions)
			notNull := c.NotNullBy
			if t.Partition {
				c.Identity = "" // which newer versions show there
			}
			if strings.HasSuffix(notNull, "_not_null") {
				notNull = ""
			}
			add("table %s.%s column %s %s %s %v %s %s %s %s %s %s %d %v %d", t.Schema, t.Name, c.Name, c.Type, c.Collation, c.NotNull, notNull, c.Identity, c.Generated, c.Default,
				c.Storage, c.Method, c.Statistics, c.TextOnly, extensions)
		}
		for _, c := range t.Constraints {
			if c.Kind != "n" && !(c.Derived && c.Kind == "f") { // PostgreSQL names those itself
				add("table %s.%s constraint %s %s %s valid %v derived %v index %s part of %s refers to %s", t.Schema, t.Name, c.Name, c.Kind, c.Definition, c.Valid, c.Derived,
					names[c.Index], names[c.ParentOf], names[c.References])
			}
		}
	}
	for _, i := range found.Indexes {
		add("index %s.%s on %s %s %v part of %s %v", i.Schema, i.Name, names[i.Table], i.SQL, i.Valid, names[i.Parent], i.Clustered)
	}
	for _, c := range found.Comments {
		add("%s", c.SQL)
	}
	pairs := []string{}
	for from, to := range rename {
		pairs = append(pairs, from, to)
	}
	for i := range list {
		list[i] = strings.NewReplacer(pairs...).Replace(list[i])
	}
	slices.Sort(list)
	return list
}

// equal compares structure, rows and sequences of both sides. rename undoes the mapping in SQL's text.
func (l *lab) equal(rename map[string]string) {
	l.t.Helper()
	from := slices.Sorted(maps.Keys(l.schemas))
	to := slices.Sorted(maps.Values(l.schemas))
	source, target := l.read(l.src, l.from, from, nil), l.read(l.dst, l.to, to, nil)
	if diff := cmp.Diff(l.told(source, nil), l.told(target, rename), cmpopts.EquateEmpty()); diff != "" {
		l.t.Errorf("what the schemas hold differs (- source, + target):\n%s", diff)
	}
	for _, t := range source.Tables {
		columns := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			columns[i] = mapping.Quote(c.Name) + "::text"
		}
		query := "SELECT md5(coalesce(string_agg(row, chr(10) ORDER BY row COLLATE \"C\"), '')), count(*) FROM (SELECT ROW(" + strings.Join(columns, ", ") + ")::text AS row FROM ONLY %s) AS r"
		a := l.src.Query(l.t, l.from, fmt.Sprintf(query, pgsql.Ident(t.Schema, t.Name)))
		b := l.dst.Query(l.t, l.to, fmt.Sprintf(query, pgsql.Ident(l.schemas[t.Schema], t.Name)))
		if diff := cmp.Diff(a, b); diff != "" {
			l.t.Errorf("the rows of %s.%s differ: %s", t.Schema, t.Name, diff)
		}
	}
	for _, s := range source.Sequences {
		a := l.src.Query(l.t, l.from, "SELECT last_value, is_called FROM "+pgsql.Ident(s.Schema, s.Name))
		b := l.dst.Query(l.t, l.to, "SELECT last_value, is_called FROM "+pgsql.Ident(l.schemas[s.Schema], s.Name))
		if diff := cmp.Diff(a, b); diff != "" {
			l.t.Errorf("the sequence %s.%s stands elsewhere: %s", s.Schema, s.Name, diff)
		}
	}
}

var mapped = map[string]string{"shop": "Web store", `My "Stock"`: "stock"}

// back undoes mapped in SQL.
var back = map[string]string{`"Web store".`: "shop.", `Web store.`: "shop.", `stock."Items`: `"My ""Stock"""."Items`, `stock.Items`: `My "Stock".Items`, `stock."items`: `"My ""Stock"""."items`}

func TestACopyIsWhatTheSourceIs(t *testing.T) {
	for _, versions := range [][2]string{{"postgres-15", "postgres-15"}, {"postgres-17", "postgres-18"}, {"postgres-18", "postgres-18"}, {"postgres-18", "postgres-15"}} {
		t.Run(versions[0]+" to "+versions[1], func(t *testing.T) {
			l := newLab(t, testserver.Shared(t, versions[0]), testserver.Shared(t, versions[1]), "shop.sql", mapped)
			if versions == [2]string{"postgres-18", "postgres-18"} {
				l.src.Exec(t, l.from, "ALTER TABLE shop.shop ADD virtual text GENERATED ALWAYS AS (upper(shop)) VIRTUAL, ADD CONSTRAINT named NOT NULL orders",
					"ALTER TABLE shop.lines ADD CONSTRAINT loose FOREIGN KEY (line) REFERENCES shop.customers NOT ENFORCED, ADD CONSTRAINT open CHECK (line < 0) NOT ENFORCED",
					"ALTER TABLE shop.wide ADD nothing integer", "ALTER TABLE shop.wide ADD CONSTRAINT later NOT NULL nothing NOT VALID")
			}
			l.dst.Exec(t, l.to, "CREATE SCHEMA extensions", "CREATE EXTENSION citext SCHEMA extensions")
			rename := maps.Clone(back)
			rename["extensions."] = "public."
			l.whole(l.must())
			l.equal(rename)
			l.src.Exec(t, l.from, "INSERT INTO shop.shop VALUES ('y', 2)", "ALTER TABLE shop.shop ADD more shop.status DEFAULT 'new'")
			l.whole(l.must())
			l.equal(rename)
		})
	}
}
