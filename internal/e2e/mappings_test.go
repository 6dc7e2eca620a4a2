package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// update_schema_mappings adds, removes and renames mappings of a replica that runs: the new
// database is copied while the others are followed.
func TestUpdateSchemaMappings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			updateMappings(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), name == testserver.Source)
		})
	}
}

func updateMappings(t *testing.T, src, dst *testserver.Server, sequences bool) {
	keep, gone, moved, fresh := src.Database(t, "e2e"), src.Database(t, "e2e"), src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{keep: "kept", gone: "gone", moved: "old"}})
	r.marker = keep
	fill(t, src, keep, 500)
	src.Exec(t, keep, "CREATE TABLE IF NOT EXISTS e2e_marker (id INT PRIMARY KEY, n INT NOT NULL)", "INSERT IGNORE INTO e2e_marker VALUES (1, 0)")
	for _, db := range []string{gone, moved, fresh} {
		if sequences {
			src.Exec(t, db, "CREATE SEQUENCE s CACHE 1", "SELECT NEXTVAL(s)", "CREATE TABLE numbered (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s))", "INSERT INTO numbered VALUES (DEFAULT)")
		}
		src.Exec(t, db, "CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, e ENUM('x','y'), v VARCHAR(20), UNIQUE KEY (v))", "INSERT INTO t (e, v) VALUES ('x', 'a'), ('y', 'b')",
			"CREATE TABLE child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1), (2, 2)")
	}
	r.init()
	r.start()
	dst.Exec(t, r.database, "CREATE VIEW seen AS SELECT id, e FROM old.t")
	writers := startTraffic(t, src, keep, 2, 8)
	if out := r.must("update_schema_mappings", "--source", "mysql"); !strings.Contains(out, "are as in the configuration") {
		t.Errorf("with nothing to do it says %s", out)
	}
	r.caughtUp()
	r.allReplicate()
	r.schemas = map[string]string{keep: "kept", moved: "new", fresh: "fresh"}
	r.configure("")
	out := r.must("update_schema_mappings", "--source", "mysql")
	for _, want := range []string{"the schema old was renamed to new", "no longer replicated: " + gone, fresh + ": the running replica copies"} {
		if !strings.Contains(out, want) {
			t.Errorf("update_schema_mappings does not say %q: %s", want, out)
		}
	}
	for _, db := range []string{gone, moved, fresh} {
		if sequences {
			src.Exec(t, db, "INSERT INTO numbered VALUES (DEFAULT), (DEFAULT)")
		}
		src.Exec(t, db, "DELETE FROM t WHERE id = 1", "INSERT INTO t (e, v) VALUES ('y', 'c')", "ALTER TABLE t ADD COLUMN more INT DEFAULT 3", "CREATE TABLE later (id INT PRIMARY KEY, e ENUM('q'))", "INSERT INTO later VALUES (1, 'q')")
	}
	r.noRefills()
	writers.stop()
	r.caughtUp()
	r.allReplicate()
	r.same()
	if sequences {
		r.eventually(limit, func() (bool, string) {
			rows := r.target(`SELECT (SELECT last_value FROM gone.s), (SELECT last_value FROM new.s), (SELECT last_value FROM fresh.s),
				(SELECT string_agg(pg_get_expr(adbin, adrelid), ' ' ORDER BY adrelid::regclass::text) FROM pg_attrdef WHERE adrelid IN ('new.numbered'::regclass, 'fresh.numbered'::regclass))`)
			return fmt.Sprint(rows) == "[[3 5 5 nextval('fresh.s'::regclass) nextval('new.s'::regclass)]]", fmt.Sprint(rows)
		})
	}
	if rows := r.target("SELECT (SELECT count(*) FROM gone.t), (SELECT string_agg(e::text, ',' ORDER BY id) FROM seen), to_regnamespace('old'), to_regclass('gone.later')"); fmt.Sprint(rows) != "[[2 y,y NULL NULL]]" {
		t.Errorf("after it PostgreSQL has %v", rows)
	}
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE t_source_schema = '" + gone + "'"); rows[0][0] != "0" {
		t.Errorf("%s tables of the removed database are known", rows[0][0])
	}
	r.stop()
	// Two schemas change their names with one another, while no replica runs.
	r.schemas = map[string]string{keep: "kept", moved: "fresh", fresh: "new"}
	r.configure("")
	r.start() // by the mappings that it had
	r.caughtUp()
	r.stop()
	r.must("update_schema_mappings", "--source", "mysql")
	r.start()
	src.Exec(t, moved, "INSERT INTO t (e, v) VALUES ('x', 'd')")
	src.Exec(t, fresh, "INSERT INTO t (e, v) VALUES ('x', 'e')")
	r.caughtUp()
	r.allReplicate()
	r.same()
}

// Mappings that cannot be carried over leave the replica as it is.
func TestMappingsThatAreRefused(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	db := r.marker
	r.init()
	r.start()
	r.caughtUp()
	r.allReplicate()
	dst.Exec(t, r.database, "CREATE SCHEMA taken")
	before := r.schemas
	for _, wrong := range []map[string]string{{db: "taken"}, {db: before[db], "no_such_database": "x"}, {db: "sch_chameleon"}, {db: "pg_temp"}} {
		r.schemas = wrong
		r.configure("")
		if out, code := r.run("update_schema_mappings", "--source", "mysql"); code == 0 {
			t.Errorf("%v is taken: %s", wrong, out)
		}
		r.schemas = before
		r.caughtUp()
	}
	r.configure("")
	r.same()
}

// The tables of a database come in side by side.
func TestManySmallTablesComeIn(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.init()
	r.start()
	r.caughtUp()
	many := src.Database(t, "e2e")
	const tables = 100
	for i := range tables {
		src.Exec(t, many, fmt.Sprintf("CREATE TABLE t%d (id INT PRIMARY KEY, v INT, KEY (v))", i), fmt.Sprintf("INSERT INTO t%d VALUES (1, 1), (2, 2)", i))
	}
	r.schemas = map[string]string{r.marker: r.schemas[r.marker], many: many}
	r.configure("")
	r.must("update_schema_mappings", "--source", "mysql")
	r.noRefills()
	filling, most := 0, 0
	for _, line := range r.logLines("refill=") {
		switch {
		case strings.Contains(line, `msg="tables are filled from the source`):
			filling++
		case strings.Contains(line, "event=refill_complete"):
			filling--
		}
		most = max(most, filling)
	}
	if filling != 0 || most < 3 {
		t.Errorf("at most %d tables were filled at a time, and %d are left", most, filling)
	}
	r.caughtUp()
	r.allReplicate()
	r.same()
}
