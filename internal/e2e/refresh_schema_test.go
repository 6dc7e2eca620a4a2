package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// refresh_schema fills all tables of one schema again, those that were never copied too,
// while the tables of the others are followed, and traffic goes on in all of them.
func TestRefreshSchemaWhileTheStreamGoesOn(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two := src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{one: one, two: two}, yaml: "    refill: manual\n"})
	fill(t, src, one, 2000)
	src.Exec(t, two, "CREATE TABLE lone (id INT PRIMARY KEY, v INT)", "INSERT INTO lone VALUES (1, 1)", "CREATE TABLE nokey (a INT)", "INSERT INTO nokey VALUES (1), (1)",
		"CREATE TABLE behind (id INT PRIMARY KEY)", "CREATE TABLE gone (id INT PRIMARY KEY)")
	r.init()
	r.start()
	writers := startTraffic(t, src, one, 2, 8)
	src.Exec(t, two, "SET SESSION sql_log_bin = 0", "CREATE TABLE unseen (id INT PRIMARY KEY, v TEXT)", "INSERT INTO unseen VALUES (1, 'a'), (2, 'b')",
		"INSERT INTO behind VALUES (1), (2)", "DROP TABLE gone", "SET SESSION sql_log_bin = 1", "SET SESSION binlog_format = STATEMENT", "UPDATE lone SET v = 2", "SET SESSION binlog_format = ROW")
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE enm_state = 'excluded'")
		return rows[0][0] == "1", fmt.Sprint(rows)
	})
	for _, wrong := range [][]string{{}, {"--schema", "nowhere"}, {"--schema", two, "--tables", two + ".lone"}} {
		if out, code := r.run(append([]string{"refresh_schema", "--source", "mysql"}, wrong...)...); code == 0 || !strings.Contains(out, "hint: ") {
			t.Errorf("%v is taken: %s", wrong, out)
		}
	}
	out := r.must("refresh_schema", "--source", "mysql", "--schema", two)
	for _, want := range []string{two + ".lone", two + ".unseen", two + ".behind", "the running replica fills them", "the source does not have: " + two + ".gone"} {
		if !strings.Contains(out, want) {
			t.Errorf("refresh_schema does not say %q: %s", want, out)
		}
	}
	if strings.Contains(out, one) {
		t.Errorf("refresh_schema takes tables of another schema: %s", out)
	}
	r.noRefills()
	src.Exec(t, two, "INSERT INTO unseen VALUES (3, 'c')", "INSERT INTO lone VALUES (2, 2)", "INSERT INTO nokey VALUES (1)", "INSERT INTO behind VALUES (3)")
	r.must("refresh_schema", "--source", "mysql", "--schema", one)
	r.noRefills()
	writers.stop()
	r.caughtUp()
	r.allReplicate()
	r.same()
	r.stop()
	if out := r.must("refresh_schema", "--source", "mysql", "--schema", two); !strings.Contains(out, "start_replica") {
		t.Errorf("without a process refresh_schema says %s", out)
	}
	r.start()
	r.noRefills()
	r.caughtUp()
	r.same()
}

// With keep_existing_schema tables are filled where they stand, with those below them, while the
// others are followed.
func TestRefreshSchemaOfTablesThatAreKept(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    keep_existing_schema: yes\n"})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT, UNIQUE KEY (v))", "INSERT INTO a VALUES (1, 1), (2, 2)", "CREATE TABLE parent (id INT PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2), (3)",
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1), (2, 2), (3, 3)")
	r.must("copy_schema", "--source", "mysql")
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "ALTER TABLE "+schema+".a ADD mine text DEFAULT 'm'", "ALTER TABLE "+schema+".child ADD CONSTRAINT theirs FOREIGN KEY (p) REFERENCES "+schema+".parent ON DELETE CASCADE")
	r.init()
	r.start()
	r.caughtUp()
	r.allReplicate()
	r.source("SET SESSION sql_log_bin = 0", "INSERT INTO a VALUES (3, 3)", "INSERT INTO child VALUES (4, 3)", "SET SESSION sql_log_bin = 1")
	r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".parent")
	r.source("DELETE FROM parent WHERE id = 1")
	r.filledInPlace(2)
	r.caughtUp()
	rows := func() string {
		return fmt.Sprint(r.target(fmt.Sprintf("SELECT (SELECT string_agg(concat(id, v, mine), ',' ORDER BY id) FROM %[1]s.a), (SELECT string_agg(id::text, ',' ORDER BY id) FROM %[1]s.child)", schema)))
	}
	if got := rows(); got != "[[11m,22m 2,3,4]]" {
		t.Errorf("after sync_tables PostgreSQL has %s", got)
	}
	r.stop()
	r.must("refresh_schema", "--source", "mysql", "--schema", r.marker)
	r.start()
	r.source("DELETE FROM parent WHERE id = 2", "INSERT INTO a VALUES (4, 4)")
	r.filledInPlace(6)
	r.caughtUp()
	if got := rows(); got != "[[11m,22m,33m,44m 3,4]]" {
		t.Errorf("after refresh_schema PostgreSQL has %s", got)
	}
	if got := r.target("SELECT count(*) FROM pg_constraint WHERE conname = 'theirs'"); got[0][0] != "1" {
		t.Error("the user's foreign key is gone")
	}
}

// filledInPlace waits until so many tables, over all times, were excluded to be filled, and all
// are followed again.
func (r *replica) filledInPlace(times int) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT (SELECT count(*) FROM sch_chameleon.v_schema_history WHERE t_ended_by LIKE 'excluded:%'), (SELECT jsb_wanted_fills FROM sch_chameleon.t_sources), " +
			"(SELECT string_agg(concat(t_source_table, ' ', enm_state), ',') FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating')")
		return fmt.Sprint(rows) == fmt.Sprintf("[[%d [] NULL]]", times), fmt.Sprint(rows)
	})
}
