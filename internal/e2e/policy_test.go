package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// excludedTables gives by table on the source why it is excluded.
func (r *replica) excludedTables() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	for _, row := range r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state = 'excluded'") {
		all[row[0]] = row[1]
	}
	return all
}

// has compares rows of PostgreSQL, in order, with what they are to be.
func (r *replica) has(table, columns, want string) {
	r.t.Helper()
	sql := fmt.Sprintf("SELECT %s FROM %s.%s ORDER BY 1", columns, quoteIdent(r.schemas[r.marker]), quoteIdent(table))
	if got := fmt.Sprint(r.target(sql)); got != want {
		r.t.Errorf("%s of %s: %s, not %s", columns, table, got, want)
	}
}

// What is ignored leaves PostgreSQL as it is, while rows stay right: after the statement,
// after others on the same table, and after a restart.
func TestDDLThatIsIgnored(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]bool{testserver.Source: true, "mysql-9.7": false} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{yaml: "    ddl_policy:\n      default: ignore\n      by_table:\n        '*.plain': {default: apply}\n"})
			r.source("CREATE TABLE a (id INT PRIMARY KEY, x INT NOT NULL, y VARCHAR(10), z INT)", "INSERT INTO a VALUES (1, 10, 'one', 100), (2, 20, 'two', 200)",
				"CREATE TABLE tr (id INT PRIMARY KEY, u VARCHAR(10), UNIQUE KEY (u))", "INSERT INTO tr VALUES (1, 'a'), (2, 'b')",
				"CREATE TABLE bag (v INT)", "INSERT INTO bag VALUES (1), (1), (2)",
				"CREATE TABLE pt (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20))", "INSERT INTO pt VALUES (1, 1), (11, 11)",
				"CREATE TABLE dropped (id INT PRIMARY KEY)", "INSERT INTO dropped VALUES (1)",
				"CREATE TABLE moved (id INT PRIMARY KEY)", "INSERT INTO moved VALUES (1)",
				"CREATE TABLE plain (id INT PRIMARY KEY)")
			noise := src.Database(t, "noise") // lies between the marks of tables
			src.Exec(t, noise, "CREATE TABLE t (id INT)")
			writers := startWriters(t, src, noise, 1, 1, func(*rand.Rand) string { return "INSERT INTO t VALUES (1)" })
			r.init()
			writers.stop()
			if !behind {
				r.start()
			}
			r.source(
				"ALTER TABLE a ADD n INT NOT NULL DEFAULT 7 AFTER id, DROP x", "INSERT INTO a VALUES (3, 3, 'three', 300)",
				"ALTER TABLE a MODIFY y VARCHAR(40), RENAME COLUMN z TO zz, ADD KEY (zz)", "INSERT INTO a VALUES (4, 4, 'more than ten characters', 400)",
				"ALTER TABLE a MODIFY zz BIGINT", "UPDATE a SET zz = 4000000000 WHERE id = 2", "UPDATE a SET n = 5, zz = 101 WHERE id = 1",
				"TRUNCATE TABLE tr", "INSERT INTO tr VALUES (2, 'a'), (3, 'b')", "UPDATE tr SET u = 'c' WHERE id = 3",
				"TRUNCATE TABLE bag", "INSERT INTO bag VALUES (2), (3)", "DELETE FROM bag WHERE v = 2",
				"ALTER TABLE pt TRUNCATE PARTITION p1", "INSERT INTO pt VALUES (1, 100), (2, 2)", "DELETE FROM pt WHERE id = 11",
				"DROP TABLE dropped", "CREATE TABLE made (id INT PRIMARY KEY)", "INSERT INTO made VALUES (1)",
				"RENAME TABLE moved TO away", "INSERT INTO away VALUES (2)",
				"ALTER TABLE plain ADD n INT DEFAULT 3", "INSERT INTO plain (id) VALUES (1)")
			if behind { // all comes at once, with the end of the tables' catching up
				r.start()
			}
			r.caughtUp()
			r.stop()
			r.start()
			r.source("INSERT INTO a VALUES (5, 5, 'five', 500)", "DELETE FROM a WHERE id = 3", "INSERT INTO tr VALUES (1, 'z')", "UPDATE bag SET v = 4 WHERE v = 3")
			r.caughtUp()
			r.has("a", "id, x, y, z", "[[1 10 one 101] [2 20 two NULL] [4 NULL more than  400] [5 NULL five 500]]")
			r.has("tr", "id, u", "[[1 z] [2 a] [3 c]]")
			r.has("bag", "v", "[[1] [1] [2] [4]]")
			r.has("pt", "id, v", "[[1 100] [2 2]]")
			r.has("dropped", "id", "[[1]]")
			r.has("moved", "id", "[[1]]")
			r.has("plain", "id, n", "[[1 3]]")
			for table, reason := range map[string]string{"dropped": "ignores drop_table", "made": "ignores create_table", "moved": "ignores rename", "away": "ignores rename"} {
				if got := r.excludedTables()[table]; !strings.Contains(got, reason) {
					t.Errorf("%s is excluded because %q", table, got)
				}
			}
			if all := r.excludedTables(); len(all) != 4 {
				t.Errorf("excluded are %v", all)
			}
		})
	}
}

// held gives what show_status tells of held statements.
func (r *replica) held() (list []struct {
	ID        int64    `json:"held_id"`
	Class     string   `json:"class"`
	Statement string   `json:"statement"`
	Tables    []string `json:"tables"`
}) {
	r.t.Helper()
	text, err := json.Marshal(r.status()["held"])
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// holds waits until so many statements are held.
func (r *replica) holds(n int) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		list := r.held()
		return len(list) == n, fmt.Sprintf("held are %v", list)
	})
}

// goOn waits until tables are followed with the others again.
func (r *replica) goOn(tables ...string) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		all := fmt.Sprint(r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating' AND t_source_table = ANY ('{" + strings.Join(tables, ",") + "}')"))
		return all == "[]", all
	})
}

// A held statement stops its tables and nothing else, until somebody decides; then they go
// on from where they were, with nothing lost.
func TestDDLThatIsHeld(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{yaml: "    ddl_policy: {default: hold, create_table: apply, by_table: {'*.late': {create_table: hold}}}\n"})
			r.source("CREATE TABLE a (id INT PRIMARY KEY, x INT, y INT)", "INSERT INTO a VALUES (1, 10, 100)",
				"CREATE TABLE b (id INT PRIMARY KEY, x INT)", "INSERT INTO b VALUES (1, 10)",
				"CREATE TABLE tr (id INT PRIMARY KEY)", "INSERT INTO tr VALUES (1), (2)",
				"CREATE TABLE p (id INT PRIMARY KEY, v VARCHAR(9))", "INSERT INTO p VALUES (1, 'p')",
				"CREATE TABLE q (id INT PRIMARY KEY, v VARCHAR(9))", "INSERT INTO q VALUES (1, 'q')",
				"CREATE TABLE gone (id INT PRIMARY KEY)", "INSERT INTO gone VALUES (1)",
				"CREATE TABLE other (id INT PRIMARY KEY)")
			r.init()
			r.start()
			r.caughtUp()
			r.goOn("a", "b", "tr", "p", "q", "gone")
			r.source("INSERT INTO a VALUES (2, 20, 200)", "ALTER TABLE a DROP x", "INSERT INTO a VALUES (3, 300)", "UPDATE a SET y = 0 WHERE id = 1",
				"ALTER TABLE b ADD n INT DEFAULT 7 FIRST", "INSERT INTO b VALUES (8, 2, 20)", "DELETE FROM b WHERE id = 1",
				"TRUNCATE tr", "INSERT INTO tr VALUES (2), (3)",
				"RENAME TABLE p TO tmp, q TO p, tmp TO q", "INSERT INTO p VALUES (2, 'q2')", "INSERT INTO q VALUES (2, 'p2')",
				"DROP TABLE gone", "CREATE TABLE late (id INT PRIMARY KEY, v INT)", "INSERT INTO late VALUES (1, 1)",
				"INSERT INTO other VALUES (1)")
			r.caughtUp()
			r.sameTable(r.marker, r.schemas[r.marker], "other")
			r.holds(6)
			r.has("a", "id, x, y", "[[1 10 100] [2 20 200]]")
			r.has("b", "id, x", "[[1 10]]")
			if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "ALTER TABLE a DROP x") || !strings.Contains(out, "apply_held or skip_held") {
				t.Errorf("show_status says\n%s", out)
			}
			if out := r.must("show_errors", "--source", "mysql"); !strings.Contains(out, "ddl_policy holds a statement") {
				t.Errorf("show_errors says\n%s", out)
			}
			r.source("CREATE TABLE gone (id INT PRIMARY KEY, other INT)", "INSERT INTO gone VALUES (7, 7)") // in the place of one that waits
			r.caughtUp()
			r.has("gone", "id", "[[1]]")
			table := func(name string) string { return r.marker + "." + name }
			r.stop() // decided on while nothing runs
			r.must("apply_held", "--source", "mysql", "--tables", table("a")+","+table("p"))
			r.start()
			r.must("apply_held", "--source", "mysql", "--tables", table("late")) // and while it runs
			r.must("skip_held", "--source", "mysql", "--tables", table("b")+","+table("tr"))
			r.must("skip_held", "--source", "mysql", "--tables", table("gone"))
			r.source("INSERT INTO a VALUES (4, 400)", "INSERT INTO b VALUES (9, 3, 30)", "INSERT INTO tr VALUES (4)", "DELETE FROM q WHERE id = 1")
			r.goOn("a", "b", "tr", "p", "q", "late")
			r.source("INSERT INTO a VALUES (5, 500)", "INSERT INTO b VALUES (9, 4, 40)", "INSERT INTO late VALUES (2, 2)")
			r.caughtUp()
			for _, same := range []string{"a", "p", "q", "late", "other"} {
				r.sameTable(r.marker, r.schemas[r.marker], same)
			}
			r.has("b", "id, x", "[[2 20] [3 30] [4 40]]")
			r.has("tr", "id", "[[1] [2] [3] [4]]")
			r.has("gone", "id", "[[1]]")
			r.holds(0)
			if copied := r.target("SELECT sum(i_copied_rows) FROM sch_chameleon.t_replica_tables WHERE t_source_table = 'late'"); fmt.Sprint(copied) != "[[0]]" {
				t.Errorf("of a table that was brought up %v rows were copied", copied)
			}
			who := fmt.Sprint(r.target("SELECT t_state, t_decided_by FROM sch_chameleon.t_held_statements ORDER BY i_id_held"))
			if strings.Count(who, "applied") != 3 || strings.Count(who, "skipped") != 3 || !strings.Contains(who, "role "+dst.User+", user ") {
				t.Errorf("in the catalogue stand %s", who)
			}
			if out, code := r.run("apply_held", "--source", "mysql", "--tables", table("a")); code == 0 || !strings.Contains(out, "no such statement is held") {
				t.Errorf("a second time: %d %s", code, out)
			}
		})
	}
}

// Where the source does not log what foreign keys do, the children of a table that waits
// wait with it, and all come back together.
func TestTheChildrenOfAHeldTable(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    ddl_policy: {add_column: hold}\n"})
	r.source("CREATE TABLE parent (id INT PRIMARY KEY)", "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
		"INSERT INTO parent VALUES (1), (2), (3)", "INSERT INTO child VALUES (10, 1), (20, 2), (30, 3)")
	r.init()
	r.start()
	r.caughtUp()
	r.goOn("parent", "child")
	r.source("ALTER TABLE parent ADD n INT", "DELETE FROM parent WHERE id = 1", "INSERT INTO child VALUES (21, 2)", "ALTER TABLE child ADD m INT", "INSERT INTO child VALUES (31, 3, 1)", "DELETE FROM parent WHERE id = 2")
	r.caughtUp()
	r.holds(1)
	r.has("child", "id", "[[10] [20] [30]]")
	r.must("apply_held", "--source", "mysql", "--tables", r.marker+".parent")
	r.eventually(limit, func() (bool, string) { // the parent goes on, the child waits for its own statement
		list := r.held()
		return len(list) == 1 && strings.HasPrefix(list[0].Statement, "ALTER TABLE child"), fmt.Sprint(list)
	})
	r.has("child", "id", "[[20] [21] [30]]")
	r.goOn("parent")
	r.must("apply_held", "--source", "mysql", "--tables", r.marker+".child")
	r.goOn("child")
	r.source("DELETE FROM parent WHERE id = 3")
	r.caughtUp()
	r.same()
}

// Statements that tables meet while they are brought up are held like any other, where the
// tables are then.
func TestAHeldTableMeetsAnotherStatement(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    ddl_policy: {drop_column: hold}\n"})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, x INT, y INT, z INT)", "INSERT INTO a VALUES (1, 1, 1, 1)")
	r.init()
	r.start()
	r.caughtUp()
	r.goOn("a")
	r.source("ALTER TABLE a DROP x", "INSERT INTO a VALUES (2, 2, 2)", "ALTER TABLE a ADD n INT DEFAULT 5", "ALTER TABLE a DROP y", "INSERT INTO a VALUES (3, 3, 3)")
	r.caughtUp()
	r.holds(1)
	r.must("apply_held", "--source", "mysql", "--id", fmt.Sprint(r.held()[0].ID))
	r.eventually(limit, func() (bool, string) {
		list := r.held()
		return len(list) == 1 && strings.HasSuffix(list[0].Statement, "DROP y"), fmt.Sprint(list)
	})
	r.has("a", "id, y, z, n", "[[1 1 1 5] [2 2 2 5]]")
	r.must("skip_held", "--source", "mysql", "--id", fmt.Sprint(r.held()[0].ID))
	r.goOn("a")
	r.caughtUp()
	r.has("a", "id, y, z, n", "[[1 1 1 5] [2 2 2 5] [3 NULL 3 3]]")
}
