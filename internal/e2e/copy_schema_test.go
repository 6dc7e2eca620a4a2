package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// copy_schema makes tables without rows, again when the source's have changed, and the copy
// puts full ones in their places. It never empties a table.
func TestCopySchema(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20) NOT NULL DEFAULT 'x' COMMENT 'what', e ENUM('p','q'), UNIQUE KEY u (v), KEY k (e))",
		"INSERT INTO a (v, e) VALUES ('one', 'p'), ('two', 'q')", "CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id))", "INSERT INTO b VALUES (1, 1)")
	schema := quoteIdent(r.schemas[r.marker])
	shape := func() string {
		return fmt.Sprint(r.target(fmt.Sprintf(`SELECT c.relname, c.relkind, (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(d.adbin, d.adrelid),
			col_description(a.attrelid, a.attnum)), ', ' ORDER BY attnum) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum WHERE attrelid = c.oid AND attnum > 0),
			(SELECT string_agg(pg_get_indexdef(indexrelid), ', ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid)
			FROM pg_class c WHERE relnamespace = '%s'::regnamespace ORDER BY 1`, schema)))
	}
	for range 2 {
		if out := r.must("copy_schema", "--source", "mysql"); !strings.Contains(out, "3 tables were made without rows") {
			t.Errorf("copy_schema says %s", out)
		}
		if rows := r.target(fmt.Sprintf("SELECT (SELECT count(*) FROM %[1]s.a), (SELECT count(*) FROM %[1]s.b)", schema)); fmt.Sprint(rows) != "[[0 0]]" {
			t.Errorf("the tables have %v rows", rows)
		}
		r.source("ALTER TABLE a ADD COLUMN IF NOT EXISTS more INT DEFAULT 5")
	}
	bare := shape()
	if !strings.Contains(bare, "more integer") {
		t.Errorf("a change on the source did not come in: %s", bare)
	}
	r.target(fmt.Sprintf("INSERT INTO %s.a (v) VALUES ('mine') RETURNING 1", schema))
	if out, code := r.run("copy_schema", "--source", "mysql"); code == 0 || !strings.Contains(out, "has rows") {
		t.Errorf("copy_schema takes a table with rows: %s", out)
	}
	if out, code := r.run("start_replica", "--source", "mysql"); code == 0 {
		t.Errorf("a replica without rows is started: %s", out)
	}
	r.init()
	if out, code := r.run("copy_schema", "--source", "mysql"); code == 0 || !strings.Contains(out, "has been copied") {
		t.Errorf("copy_schema takes a source that was copied: %s", out)
	}
	r.start()
	if out, code := r.run("copy_schema", "--source", "mysql"); code != 6 || !strings.Contains(out, "has been copied") {
		t.Errorf("copy_schema of a source that is followed exits with %d: %s", code, out)
	}
	r.source("INSERT INTO a (v, e) VALUES ('three', 'p')")
	r.caughtUp()
	r.same()
	r.allReplicate()
	if full := shape(); full != bare {
		t.Errorf("copy_schema makes\n%s\nand the copy\n%s", bare, full)
	}
}

// copy_schema makes MariaDB's sequences, for the defaults that take their values; the copy brings them up.
func TestCopySchemaMakesSequences(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	for _, keep := range []string{"no", "yes"} {
		r := newReplica(t, src, dst, options{yaml: "    keep_existing_schema: " + keep + "\n"})
		r.source("CREATE SEQUENCE s START WITH 100 INCREMENT BY 5 CACHE 2", "CREATE TABLE a (id BIGINT NOT NULL DEFAULT (NEXTVAL(s)) PRIMARY KEY, v INT)", "CREATE TABLE b (id INT PRIMARY KEY)")
		schema := r.schemas[r.marker]
		for range 2 {
			r.must("copy_schema", "--source", "mysql")
		}
		const made = "SELECT concat(increment_by, ' ', (SELECT column_default FROM information_schema.columns WHERE table_name = 'a' AND column_name = 'id')) FROM pg_sequences WHERE sequencename = 's'"
		r.wants(made, fmt.Sprintf("5 nextval('%s.s'::regclass)", schema))
		r.source("INSERT INTO a (v) VALUES (1), (2)")
		r.init()
		r.start()
		r.source("INSERT INTO a (v) VALUES (3)", "CREATE SEQUENCE after", "DROP SEQUENCE after")
		r.caughtUp()
		r.wants(made, fmt.Sprintf("5 nextval('%s.s'::regclass)", schema), "SELECT string_agg(id::text, ',' ORDER BY id) FROM "+quoteIdent(schema)+".a", "100,105,110")
		r.sequenceIs("s", "120 5 1 9223372036854775806 100 f")
		r.allReplicate()
		r.stop()
	}
}

// With keep_existing_schema the copy fills what copy_schema has made, where it stands.
func TestCopySchemaOfTablesThatAreKept(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    keep_existing_schema: yes\n"})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1)", "CREATE TABLE b (id INT PRIMARY KEY, v INT, KEY (v))", "INSERT INTO b VALUES (2, 2)")
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "CREATE SCHEMA "+schema, "CREATE TABLE "+schema+".a (id integer PRIMARY KEY, v integer, mine text DEFAULT 'm')")
	if out := r.must("copy_schema", "--source", "mysql"); !strings.Contains(out, "2 tables were made") {
		t.Errorf("copy_schema says %s", out)
	}
	r.init()
	r.start()
	r.source("INSERT INTO a VALUES (3, 3)", "UPDATE b SET v = 5")
	r.caughtUp()
	if rows := r.target(fmt.Sprintf("SELECT (SELECT string_agg(concat(id, v, mine), ',' ORDER BY id) FROM %[1]s.a), (SELECT string_agg(concat(id, v), ',') FROM %[1]s.b)", schema)); fmt.Sprint(rows) != "[[11m,33m 25]]" {
		t.Errorf("the tables have %v", rows)
	}
}
