package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// A system-versioned table keeps its history as rows; only current rows are
// replicated, by the copy and by the stream.
func TestOnlyCurrentRowsOfVersionedTables(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE prices (id INT PRIMARY KEY, price INT) WITH SYSTEM VERSIONING",
		"INSERT INTO prices VALUES (1, 10), (2, 20), (3, 30)", "UPDATE prices SET price = 11 WHERE id = 1", "DELETE FROM prices WHERE id = 3")
	r.init()
	r.start()
	r.source("UPDATE prices SET price = 12 WHERE id = 1", "UPDATE prices SET price = price + 1", "DELETE FROM prices WHERE id = 2", "INSERT INTO prices VALUES (4, 40), (3, 31)")
	r.caughtUp()
	if rows := r.target(fmt.Sprintf("SELECT id, price FROM %s.prices ORDER BY id", quoteIdent(r.schemas[r.marker]))); fmt.Sprint(rows) != "[[1 13] [3 31] [4 40]]" {
		t.Errorf("PostgreSQL has %v", rows)
	}
}

// Generated columns are replicated by their values.
func TestGeneratedColumns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE g (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, s INT AS (a * 2) STORED, KEY (v))", "INSERT INTO g (id, a) VALUES (1, 5)")
			r.init()
			r.start()
			r.source("INSERT INTO g (id, a) VALUES (2, 6)", "UPDATE g SET a = 50 WHERE id = 1")
			r.caughtUp()
			r.same()
		})
	}
}

// limit_tables and skip_tables choose tables. What InnoDB does to a replicated child of a
// parent that is not replicated happens all the same.
func TestCascadesOfAParentThatIsNotReplicated(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf("    skip_tables: [%s.parent, %s.secret]\n", db, db)})
	r.source("CREATE TABLE parent (id INT PRIMARY KEY)", "CREATE TABLE secret (id INT PRIMARY KEY)",
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
		"INSERT INTO parent VALUES (1), (2), (3)", "INSERT INTO child VALUES (10, 1), (20, 2), (30, 3)")
	r.init()
	r.start()
	r.source("DELETE FROM parent WHERE id = 2", "INSERT INTO secret VALUES (1)", "ALTER TABLE secret ADD x INT", "ALTER TABLE parent ADD x INT FIRST", "DELETE FROM parent WHERE id = 3")
	r.caughtUp()
	r.stop()
	r.start()
	r.source("INSERT INTO parent VALUES (0, 4)", "INSERT INTO child VALUES (40, 4)", "DELETE FROM parent WHERE id = 4")
	r.caughtUp()
	r.sameTable(db, "web", "child")
	if rows := r.target("SELECT relname FROM pg_class WHERE relnamespace = 'web'::regnamespace AND relkind = 'r' ORDER BY 1"); fmt.Sprint(rows) != "[[child] [e2e_marker]]" {
		t.Errorf("the schema has the tables %v", rows)
	}
}

// skip_events leaves kinds of changes out, grant_select_to lets roles read,
// fillfactor is set.
func TestWhatTheConfigurationAsksFor(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	role := "reader_" + db
	dst.Exec(t, "postgres", "CREATE ROLE "+role)
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf(`    skip_events:
      delete:
        - %[1]s.kept
    grant_select_to:
      - %[2]s
fillfactor:
  "70":
    tables:
      - %[1]s.kept
`, db, role)})
	t.Cleanup(func() {
		dst.Exec(t, r.database, "DROP OWNED BY "+role)
		dst.Exec(t, "postgres", "DROP ROLE "+role)
	})
	r.source("CREATE TABLE kept (id INT PRIMARY KEY, v INT)", "INSERT INTO kept VALUES (1, 1), (2, 2)")
	r.init()
	r.start()
	r.source("DELETE FROM kept WHERE id = 1", "UPDATE kept SET v = 22 WHERE id = 2", "INSERT INTO kept VALUES (1, 111)", "DELETE FROM kept WHERE id = 2")
	r.caughtUp()
	if rows := r.target("SELECT id, v FROM web.kept ORDER BY id"); fmt.Sprint(rows) != "[[1 111] [2 22]]" {
		t.Errorf("PostgreSQL has %v", rows)
	}
	if rows := r.target(fmt.Sprintf("SELECT has_table_privilege('%s', 'web.kept', 'SELECT'), has_schema_privilege('%s', 'web', 'USAGE'), (SELECT reloptions FROM pg_class WHERE oid = 'web.kept'::regclass)", role, role)); fmt.Sprint(rows) != "[[t t {fillfactor=70}]]" {
		t.Errorf("rights and fillfactor are %v", rows)
	}
}

// Defaults, NOT NULL, comments, AUTO_INCREMENT and indexes come along.
func TestATableComesWithItsBelongings(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}})
	r.source("CREATE TABLE item (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30) NOT NULL DEFAULT 'none' COMMENT 'its name', made DATETIME DEFAULT CURRENT_TIMESTAMP, " +
		"doc TEXT, UNIQUE KEY by_name (name), KEY by_doc (doc(20)), KEY both_ways (made, id)) COMMENT='things' AUTO_INCREMENT=500")
	r.init()
	r.start()
	r.caughtUp()
	r.target("INSERT INTO web.item DEFAULT VALUES")
	rows := r.target(`SELECT id, name, made IS NOT NULL, obj_description('web.item'::regclass), col_description('web.item'::regclass, 2),
		(SELECT string_agg(indexdef, E'\n' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'web' AND tablename = 'item'),
		pg_get_serial_sequence('web.item', 'id') FROM web.item`)
	got := strings.Join(rows[0], "\n")
	for _, want := range []string{"500\nnone\nt\nthings\nits name", "UNIQUE INDEX item__by_name", `"left"(doc, 20)`, "(made, id)", "item__pkey", "item__id__seq"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
