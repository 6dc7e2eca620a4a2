package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// refresh_schema fills all tables of one schema again, those that were never copied too,
// while the tables of the others are followed, and traffic goes on in all of them.
func TestRefreshSchemaWhileTheStreamGoesOn(t *testing.T) {
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
