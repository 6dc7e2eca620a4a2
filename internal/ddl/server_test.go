package ddl_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
	"pgchameleon/internal/typemap"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// dialects are those of the servers that tests run on.
var dialects = map[string]parse.Dialect{
	"mariadb-10.11": {Flavor: event.MariaDB, Version: 101119},
	"mariadb-11.8":  {Flavor: event.MariaDB, Version: 110806},
	"mysql-9.7":     {Flavor: event.MySQL, Version: 90704},
	"mysql-5.6":     {Flavor: event.MySQL, Version: 50624},
}

// bench is a source database beside a PostgreSQL one.
type bench struct {
	t        testing.TB
	name     string // of the source's server
	dialect  parse.Dialect
	database string
	source   *launch.Conn
	target   *launch.Conn
	mode     string               // the source's own sql_mode
	change   func(*mapping.Rules) // the story's own rules; nil: none
	noted    map[string]bool      // table.column of which a rule has changed values
	known    map[schema.Name]bool // the sequences that are replicated
}

func newBench(t testing.TB, server string) *bench {
	t.Helper()
	return newBenchOn(t, server, testserver.Target)
}

func newBenchOn(t testing.TB, server, target string) *bench {
	t.Helper()
	s, p := testserver.Shared(t, server), testserver.Shared(t, target)
	b := &bench{t: t, name: server, dialect: dialects[server], database: s.Database(t, "ddl")}
	postgres := p.Database(t, "ddl")
	b.source, b.target = session(t, s, b.database), session(t, p, postgres)
	b.must(b.source, "SET time_zone = '+00:00'")
	b.mode = b.query(b.source, "SELECT @@sql_mode")[0][0]
	return b
}

func session(t testing.TB, s *testserver.Server, database string) *launch.Conn {
	t.Helper()
	conn, err := s.Connect(context.Background(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (b *bench) must(conn *launch.Conn, statements ...string) {
	b.t.Helper()
	for _, s := range statements {
		if err := conn.Exec(context.Background(), s); err != nil {
			b.t.Fatalf("%s: %v\n%s", b.name, err, s)
		}
	}
}

func (b *bench) query(conn *launch.Conn, format string, args ...any) [][]string {
	b.t.Helper()
	rows, err := conn.Query(context.Background(), fmt.Sprintf(format, args...))
	if err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
	return rows
}

// tables lists the base tables of the source's database.
func (b *bench) tables() []string {
	var names []string
	for _, row := range b.query(b.source, "SELECT table_name FROM information_schema.tables WHERE table_schema = '%s' AND table_type LIKE '%%BASE TABLE' OR table_schema = '%s' AND table_type LIKE 'SYSTEM%%' ORDER BY 1", b.database, b.database) {
		names = append(names, row[0])
	}
	return names
}

// definition reads a table's definition from the source.
func (b *bench) definition(table string) *schema.Table {
	b.t.Helper()
	text := b.query(b.source, "SHOW CREATE TABLE `%s`", strings.ReplaceAll(table, "`", "``"))[0][1]
	t, err := ddl.Table(b.database, text, b.dialect)
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", b.name, err, text)
	}
	return b.rules("a").Hide(t)
}

// unmoved takes back what an effect does because the source takes writes while it divides a
// table: nobody writes here.
func unmoved(e *ddl.Effect) {
	e.Excluded = slices.DeleteFunc(e.Excluded, func(x ddl.Exclusion) bool {
		return x.Refill && strings.Contains(x.Reason, "takes writes while it divides")
	})
}

// set is the tracked schema as the source has it now.
func (b *bench) set() *schema.Set {
	set := schema.NewSet(false)
	for _, name := range b.tables() {
		set = set.With(nil, b.definition(name))
	}
	set = set.With(nil, b.sequences()...)
	row := b.query(b.source, "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '%s'", b.database)[0]
	return set.WithDatabase(b.database, row[0])
}

// rules map the database into a schema of PostgreSQL.
func (b *bench) rules(target string) *mapping.Rules {
	rules := &mapping.Rules{Schemas: map[string]string{b.database: target}, Types: typemap.Options{}, Sequences: func(n schema.Name) bool { return b.known[n] }}
	if b.change != nil {
		b.change(rules)
	}
	return rules
}

// empty clears both databases of what a case has made.
func (b *bench) empty(schemas ...string) {
	b.must(b.source, "SET foreign_key_checks = 0")
	for _, name := range b.tables() {
		b.must(b.source, "DROP TABLE `"+strings.ReplaceAll(name, "`", "``")+"`")
	}
	b.must(b.source, "SET foreign_key_checks = 1")
	for _, s := range b.sequences() {
		b.must(b.source, "DROP SEQUENCE `"+s.Name.Table+"`")
	}
	for _, s := range schemas {
		b.must(b.target, "DROP SCHEMA IF EXISTS "+s+" CASCADE", "CREATE SCHEMA "+s)
	}
}

// copy makes the tables of a set in PostgreSQL as the copy does, rows included.
func (b *bench) copy(set *schema.Set, target string) {
	b.t.Helper()
	b.copySequences(set, target)
	for _, source := range set.Tables() {
		if source.Sequence != nil {
			continue
		}
		t, err := b.rules(target).Table(source)
		if err != nil {
			b.t.Fatalf("%s: %v", b.name, err)
		}
		b.must(b.target, ddl.CreateTable(t)...)
		b.rows(t, "")
		b.must(b.target, ddl.Defaults(t)...)
		for _, index := range ddl.Indexes(t) {
			if index.Skipped == "" {
				b.must(b.target, index.SQL)
			}
		}
		b.must(b.target, ddl.Comments(t)...)
	}
}

// rows copies a table's rows by the conversion that the copy uses, those of a condition.
func (b *bench) rows(t *mapping.Table, where string) {
	b.t.Helper()
	var exprs []string
	for _, c := range t.Columns {
		exprs = append(exprs, c.Map.Select("`"+strings.ReplaceAll(t.Source.Columns[c.Ordinal].Name, "`", "``")+"`"))
	}
	var rows []string
	for _, row := range b.query(b.source, "SELECT %s FROM `%s`%s", strings.Join(exprs, ", "), strings.ReplaceAll(t.Source.Name.Table, "`", "``"), where) {
		var values []string
		for i, c := range t.Columns {
			if row[i] == "NULL" {
				values = append(values, "NULL")
				continue
			}
			var notes typemap.Notes
			field, err := c.Map.Text(nil, []byte(row[i]), &notes)
			if err != nil {
				b.t.Fatal(err)
			}
			b.note(t.Source.Name, t.Source.Columns[c.Ordinal].Name, &notes)
			if string(field) == `\N` {
				values = append(values, "NULL")
				continue
			}
			text := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(string(field))
			values = append(values, mapping.Literal(text)+"::"+c.Type(t.Schema))
		}
		rows = append(rows, "("+strings.Join(values, ",")+")")
	}
	if len(rows) > 0 {
		b.must(b.target, "INSERT INTO "+t.Ident()+" VALUES "+strings.Join(rows, ","))
	}
}
