package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Statements mean the table that the server means: by the session's database, qualified, with
// names that need quotes, and by case where the server tells cases apart.
func TestNamesOfStatements(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Shared(t, name)
			one, two, outside := src.Database(t, "names_one"), src.Database(t, "names_two"), src.Database(t, "names_out")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{schemas: map[string]string{one: one, two: two}})
			odd := []string{"with space", "qu`o`te", `dou"ble`, "do.t", "naïve 表", "it's", "-- no comment", "select"}
			for _, n := range odd {
				r.source(fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY)", tick(n)))
			}
			r.source("CREATE TABLE Case_a (id INT PRIMARY KEY)", "CREATE TABLE case_A (id INT PRIMARY KEY)",
				fmt.Sprintf("CREATE TABLE %s.b (id INT PRIMARY KEY)", two), "CREATE TABLE b (id INT PRIMARY KEY)", fmt.Sprintf("CREATE TABLE %s.b (id INT PRIMARY KEY)", outside))
			r.init()
			r.start()
			for i, n := range odd {
				r.source(fmt.Sprintf("ALTER TABLE %s ADD v INT", tick(n)), fmt.Sprintf("INSERT INTO %s VALUES (%d, 1)", tick(n), i),
					fmt.Sprintf("CREATE INDEX i ON %s.%s (v)", tick(one), tick(n)), fmt.Sprintf("RENAME TABLE %s TO %s", tick(n), tick(n+" 2")),
					fmt.Sprintf("INSERT INTO %s VALUES (%d, 1)", tick(n+" 2"), 100+i))
			}
			r.source("ALTER TABLE Case_a ADD x INT", "INSERT INTO Case_a VALUES (1, 1)", "INSERT INTO case_A VALUES (1)", "RENAME TABLE Case_a TO CASE_A", "INSERT INTO CASE_A VALUES (2, 2)",
				"USE "+two, "ALTER TABLE b ADD of_two INT", fmt.Sprintf("ALTER TABLE %s.b ADD of_one INT, ADD n INT", one), fmt.Sprintf("ALTER TABLE %s.b ADD nowhere INT", outside),
				"USE "+outside, "ALTER TABLE b ADD of_none INT", "DROP TABLE b", "CREATE TABLE c (id INT PRIMARY KEY)", fmt.Sprintf("RENAME TABLE %s.b TO %s.moved", two, one),
				fmt.Sprintf("INSERT INTO %s.moved VALUES (5, 5)", one), fmt.Sprintf("INSERT INTO %s.b VALUES (6, 6, 6)", one))
			src.Exec(t, "", fmt.Sprintf("CREATE TABLE %s.free (id INT PRIMARY KEY)", one), fmt.Sprintf("INSERT INTO %s.free VALUES (1)", one))
			src.Exec(t, "", "CREATE DATABASE names_gone", "USE names_gone", "DROP DATABASE names_gone", fmt.Sprintf("ALTER TABLE %s.free ADD late INT", one))
			r.caughtUp()
			r.same()
			r.nothingExcluded()

			// Out of the replicated set and into it.
			r.source(fmt.Sprintf("RENAME TABLE free TO %s.free", outside), fmt.Sprintf("INSERT INTO %s.free VALUES (2, 2)", outside),
				fmt.Sprintf("RENAME TABLE %s.c TO %s.c", outside, one), "INSERT INTO c VALUES (7)", fmt.Sprintf("CREATE TABLE alike LIKE %s.free", outside))
			r.caughtUp()
			if got := r.target("SELECT enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE t_source_table = 'free'"); got[0][0] != "excluded" || !strings.Contains(got[0][1], "not replicated") {
				t.Errorf("a table that went out of the replicated set is %v", got)
			}
			if got := r.target(fmt.Sprintf("SELECT id FROM %q.free", one)); len(got) != 1 {
				t.Errorf("it has %v, not what it had when it went", got)
			}
			for _, n := range []string{"c", "alike"} {
				if got := r.target(fmt.Sprintf("SELECT t_reason FROM sch_chameleon.t_replica_tables WHERE t_source_schema = '%s' AND t_source_table = '%s'", one, n)); len(got) != 1 {
					t.Errorf("table %s, whose rows are not known, is not registered", n)
				}
			}
		})
	}
}

func tick(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// Where the server keeps names in lower case, statements may write them in any.
func TestNamesInLowerCase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Private(t, name, "--lower-case-table-names=1")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			upper := strings.ToUpper(r.marker)
			r.source("CREATE TABLE Orders (Id INT PRIMARY KEY, v INT)", "INSERT INTO ORDERS VALUES (1, 1), (2, 2)")
			r.init()
			r.start()
			r.source("ALTER TABLE ORDERS ADD c INT", "INSERT INTO oRdErS VALUES (3, 3, 3)", "CREATE INDEX I ON Orders (V)",
				"CREATE TABLE NewOne (id INT PRIMARY KEY)", "INSERT INTO NEWONE VALUES (1)", "RENAME TABLE NEWONE TO NewTwo", "TRUNCATE TABLE NEWTWO", "INSERT INTO newTWO VALUES (2)",
				fmt.Sprintf("CREATE TABLE %s.Kin LIKE %s.ORDERS", upper, upper), "INSERT INTO KIN VALUES (1, 1, 1)",
				"CREATE TABLE Child (Id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES ORDERS (ID) ON DELETE CASCADE)", "INSERT INTO CHILD VALUES (1, 1), (2, 2)", "DELETE FROM ORDERS WHERE id = 1",
				fmt.Sprintf("ALTER DATABASE %s CHARACTER SET latin1", upper), "CREATE TABLE Later (id INT PRIMARY KEY, v VARCHAR(5))",
				"CREATE TABLE Gone (id INT PRIMARY KEY)", "DROP TABLE GONE")
			r.caughtUp()
			r.stop()
			r.start()
			r.source("ALTER TABLE CHILD ADD x INT", "INSERT INTO child VALUES (3, 3, 3)", "RENAME TABLE later TO LATEST", "INSERT INTO LATEST VALUES (1, 'x')")
			r.caughtUp()
			r.same()
			r.nothingExcluded()
			if got := r.target("SELECT string_agg(t_source_table, ' ' ORDER BY t_source_table) FROM sch_chameleon.t_definitions"); got[0][0] != "child e2e_marker kin latest newtwo orders" {
				t.Errorf("the tracked tables are %v", got)
			}
			if got := r.target("SELECT DISTINCT jsb_definition ->> 'charset' FROM sch_chameleon.t_definitions WHERE t_source_table = 'latest'"); got[0][0] != "latin1" {
				t.Errorf("a table made after ALTER DATABASE has %v", got)
			}
		})
	}
}

// A mapped database that is dropped takes its tables along, and one that comes anew is followed;
// PostgreSQL's schema stays.
func TestDatabasesComeAndGo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Shared(t, name)
			first, db := src.Database(t, "a_marker"), src.Database(t, "db_goes")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{schemas: map[string]string{first: first, db: db}})
			src.Exec(t, db, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5))", "INSERT INTO t VALUES (1, 'x')", "CREATE TABLE u (id INT PRIMARY KEY)")
			r.init()
			r.start()
			src.Exec(t, "", "DROP DATABASE "+db)
			r.caughtUp()
			count := fmt.Sprintf("SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = '%[1]s'), (SELECT count(*) FROM pg_namespace WHERE nspname = '%[1]s')", db)
			if got := r.target(count); got[0][0] != "0" || got[0][1] != "1" {
				t.Errorf("after DROP DATABASE there are %s tables in %s schemas", got[0][0], got[0][1])
			}
			src.Exec(t, "", "CREATE DATABASE "+db+" CHARACTER SET latin1", "USE "+db, "CREATE TABLE t (id INT PRIMARY KEY, other VARCHAR(9))", "INSERT INTO t VALUES (2, 'é')",
				"ALTER DATABASE CHARACTER SET cp1251", "CREATE TABLE w (id INT PRIMARY KEY, v VARCHAR(9))", "INSERT INTO w VALUES (1, 'я')")
			r.caughtUp()
			r.same()
			r.nothingExcluded()
			if got := r.target("SELECT string_agg(t_source_table || ' ' || (jsb_definition ->> 'charset'), ' ' ORDER BY t_source_table) FROM sch_chameleon.t_definitions WHERE t_source_schema = '" + db + "'"); got[0][0] != "t latin1 w cp1251" {
				t.Errorf("the tables made anew are %v", got)
			}
		})
	}
}

// A DROP TABLE that the server refuses in part, because of a foreign key: MySQL before 8.0 logs it
// with all its tables, the others none or those that are gone.
func TestATableThatIsNotDroppedStays(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			for _, table := range []string{"parent", "other", "third"} {
				r.source("CREATE TABLE "+table+" (id INT PRIMARY KEY)", "INSERT INTO "+table+" VALUES (1), (2)")
			}
			r.source("CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))", "INSERT INTO child VALUES (1, 1)")
			r.init()
			r.start()
			for _, sql := range []string{"DROP TABLE parent", "DROP TABLE IF EXISTS other, parent, nothing", "DROP TABLE third, nothing"} {
				if r.attempt(sql) {
					t.Errorf("the server runs %s", sql)
				}
				r.source("INSERT INTO parent SELECT max(id) + 1 FROM (SELECT id FROM parent) AS p")
			}
			r.caughtUp()
			r.allReplicate()
			r.same()
		})
	}
}

// MariaDB logs a hidden column for a unique key of long values, behind all others.
func TestUniqueKeysOfLongValues(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"NO_LOG", "FULL"} {
		t.Run(metadata, func(t *testing.T) {
			r := newReplica(t, testserver.Private(t, "mariadb-11.8", "--binlog-row-metadata="+metadata), testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE a (id INT PRIMARY KEY, b BLOB, c VARCHAR(20), UNIQUE (b), UNIQUE u (c) USING HASH)", "INSERT INTO a VALUES (1, 'x', 'y'), (2, NULL, NULL)",
				"CREATE TABLE v (id INT PRIMARY KEY, b TEXT, UNIQUE (b)) WITH SYSTEM VERSIONING", "INSERT INTO v VALUES (1, 'x'), (2, 'y')",
				"CREATE TABLE w (id INT PRIMARY KEY, a VARCHAR(1000) CHARACTER SET utf8mb4, b VARCHAR(255) CHARACTER SET utf8mb4, UNIQUE (a), UNIQUE (b), UNIQUE ab (b, a))")
			r.init()
			r.start()
			r.source("INSERT INTO w VALUES (1, 'long', 'short')", "UPDATE w SET a = 'é'", "ALTER TABLE w DROP INDEX a", "INSERT INTO w VALUES (2, NULL, 'x')", "INSERT INTO a VALUES (3, REPEAT('z', 5000), 'z')", "UPDATE a SET b = 'w' WHERE id = 1", "DELETE FROM a WHERE id = 2", "UPDATE v SET b = 'z' WHERE id = 1", "DELETE FROM v WHERE id = 2",
				"CREATE TABLE d (id INT PRIMARY KEY, n BIGINT NOT NULL, UNIQUE (n))", "INSERT INTO d VALUES (1, 7)", "ALTER TABLE d MODIFY n TEXT NOT NULL", "INSERT INTO d VALUES (2, 'long')",
				"ALTER TABLE d ADD g INT AS (id + 1) STORED, ADD m BIGINT DEFAULT 4", "UPDATE d SET n = CONCAT(n, 'er')", "ALTER TABLE d DROP INDEX n", "INSERT INTO d (id, n) VALUES (3, 'last')",
				"ALTER TABLE a DROP INDEX u, ADD e BIGINT", "INSERT INTO a VALUES (4, 'q', 'r', 5)")
			r.caughtUp()
			r.nothingExcluded()
			r.same()
		})
	}
}

// MariaDB's own forms of statements, with system versioning.
func TestMariaDBsOwnStatements(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE v (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING", "INSERT INTO v VALUES (1, 1)", "CREATE TABLE p (id INT PRIMARY KEY, a INT)", "INSERT INTO p VALUES (1, 1)")
			r.init()
			r.start()
			r.source("UPDATE v SET a = 2", "DELETE HISTORY FROM v", "INSERT INTO v VALUES (2, 2)", "DELETE FROM v WHERE id = 1", "DELETE HISTORY FROM v BEFORE SYSTEM_TIME NOW(6)",
				"ALTER TABLE p ADD SYSTEM VERSIONING", "UPDATE p SET a = 5", "INSERT INTO p VALUES (2, 2)",
				"SET SESSION system_versioning_alter_history = KEEP", "ALTER TABLE p ADD b INT NOT NULL DEFAULT 3", "UPDATE p SET b = 4 WHERE id = 1",
				"ALTER TABLE p DROP SYSTEM VERSIONING", "INSERT INTO p VALUES (3, 3, 3)", "UPDATE p SET a = 6 WHERE id = 1",
				"CREATE OR REPLACE TABLE r (id INT PRIMARY KEY, x INT)", "INSERT INTO r VALUES (1, 1)", "CREATE OR REPLACE TABLE r (id INT PRIMARY KEY, y VARCHAR(5))", "INSERT INTO r VALUES (2, 'z')",
				"ALTER TABLE r NOWAIT ADD c1 INT", "ALTER TABLE r WAIT 5 ADD c2 INT", "CREATE INDEX i ON r (c1) WAIT 3", "DROP INDEX i ON r NOWAIT", "RENAME TABLE r WAIT 2 TO r2",
				"SET STATEMENT max_statement_time = 100 FOR ALTER TABLE r2 ADD c3 INT DEFAULT 9", "INSERT INTO r2 (id) VALUES (5)", "TRUNCATE TABLE r2 NOWAIT", "INSERT INTO r2 (id) VALUES (6)",
				"ALTER TABLE IF EXISTS nothing ADD x INT", "CREATE TABLE q (id INT PRIMARY KEY)", "DROP TABLE q NOWAIT",
				"CREATE TABLE j (id INT PRIMARY KEY, v JSON)", `INSERT INTO j VALUES (1, '{"a": "é"}')`, "ALTER TABLE j CONVERT TO CHARACTER SET latin1", `INSERT INTO j VALUES (2, '["ü"]')`)
			r.caughtUp()
			r.nothingExcluded()
			for table, query := range map[string]string{"v": "SELECT id, a FROM %s ORDER BY id", "p": "SELECT id, a, b FROM %s ORDER BY id", "r2": "SELECT id, y, c1, c2, c3 FROM %s ORDER BY id"} {
				want := fmt.Sprint(r.src.Query(t, r.marker, fmt.Sprintf(query, table)))
				if got := fmt.Sprint(r.target(fmt.Sprintf(query, fmt.Sprintf("%q.%s", r.schemas[r.marker], table)))); got != want {
					t.Errorf("%s has %s, not %s", table, got, want)
				}
			}
		})
	}
}
