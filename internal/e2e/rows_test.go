package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

func defaultPair(t *testing.T) (src, dst *testserver.Server) {
	return testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
}

// A table without a key, with rows that are there several times.
func TestDuplicateRowsWithoutAKey(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE nokey (a INT, b VARCHAR(20), c DOUBLE, d JSON)",
		`INSERT INTO nokey VALUES (1,'x',1.5,'{"a":1}'),(1,'x',1.5,'{"a":1}'),(1,'x',1.5,'{"a":1}'),(NULL,NULL,NULL,NULL),(NULL,NULL,NULL,NULL),(2,'y',0,NULL)`)
	r.init()
	r.start()
	r.source("DELETE FROM nokey WHERE a = 1 LIMIT 1",
		"UPDATE nokey SET b = 'z' WHERE a = 1 LIMIT 1",
		"DELETE FROM nokey WHERE a IS NULL LIMIT 1",
		"INSERT INTO nokey VALUES (2,'y',0,NULL),(2,'y',0,NULL)",
		"UPDATE nokey SET c = 7 WHERE a = 2 LIMIT 2")
	r.caughtUp()
	r.same()
}

// Parents and children with every ON DELETE and ON UPDATE action; MariaDB does
// not log what happens to the children.
func TestCascadesThatTheBinlogDoesNotHold(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			statements := []string{"CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL, v INT, UNIQUE KEY (code))"}
			rules := [][2]string{{"CASCADE", "CASCADE"}, {"SET NULL", "SET NULL"}, {"CASCADE", "SET NULL"}, {"SET NULL", "CASCADE"}}
			for i, rule := range rules {
				statements = append(statements,
					fmt.Sprintf("CREATE TABLE child%d (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE %s ON UPDATE %s)", i, rule[0], rule[1]))
			}
			statements = append(statements,
				"CREATE TABLE kept (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE RESTRICT ON UPDATE NO ACTION)",
				"CREATE TABLE bycode (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES parent (code) ON DELETE CASCADE ON UPDATE CASCADE)",
				"CREATE TABLE grandchild (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES child0 (id) ON DELETE CASCADE ON UPDATE CASCADE)",
				"CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)")
			for i := 1; i <= 20; i++ {
				statements = append(statements, fmt.Sprintf("INSERT INTO parent VALUES (%d, %d, 0)", i, 100+i))
				for c := range rules {
					statements = append(statements, fmt.Sprintf("INSERT INTO child%d VALUES (%d, %d)", c, i, i))
				}
				statements = append(statements, fmt.Sprintf("INSERT INTO bycode VALUES (%d, %d)", i, 100+i),
					fmt.Sprintf("INSERT INTO grandchild VALUES (%d, %d)", i, i))
			}
			statements = append(statements, "INSERT INTO kept VALUES (1, 1)",
				"INSERT INTO tree VALUES (1,NULL),(2,1),(3,2),(4,3),(5,1),(6,NULL),(7,6)")
			r.source(statements...)
			r.init()
			r.start()
			r.source(
				"DELETE FROM parent WHERE id = 2",
				"DELETE FROM parent WHERE id IN (3, 4, 5)",
				"UPDATE parent SET id = 60 WHERE id = 6",
				"UPDATE parent SET code = 999 WHERE id = 7",
				"REPLACE INTO parent VALUES (8, 108, 1)",
				"REPLACE INTO parent VALUES (9, 110, 1)", // takes the unique code of 10
				"BEGIN", "DELETE FROM parent WHERE id = 11", "INSERT INTO parent VALUES (11, 111, 2)", "INSERT INTO child0 VALUES (111, 11)", "COMMIT",
				"BEGIN", "UPDATE parent SET id = 120 WHERE id = 12", "UPDATE child0 SET id = 1200 WHERE p = 120", "UPDATE parent SET id = 12 WHERE id = 120", "COMMIT",
				"SET foreign_key_checks = 0", "DELETE FROM parent WHERE id = 13", "SET foreign_key_checks = 1",
				"INSERT INTO parent VALUES (13, 113, 3)", "DELETE FROM parent WHERE id = 13",
				"UPDATE parent SET v = 5 WHERE id = 14",
				"DELETE FROM tree WHERE id = 2", "DELETE FROM tree WHERE id = 6")
			r.caughtUp()
			r.same()
		})
	}
}

// A unique value moves between rows inside one transaction.
func TestUniqueValuesMove(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE seats (id INT PRIMARY KEY, seat INT, who VARCHAR(10), UNIQUE KEY (seat))",
		"INSERT INTO seats VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, NULL, 'd')")
	r.init()
	r.start()
	r.source("BEGIN", "UPDATE seats SET seat = NULL WHERE id = 1", "UPDATE seats SET seat = 1 WHERE id = 2", "UPDATE seats SET seat = 2 WHERE id = 1", "COMMIT",
		"BEGIN", "DELETE FROM seats WHERE id = 3", "INSERT INTO seats VALUES (5, 3, 'e')", "UPDATE seats SET who = 'f' WHERE id = 5", "COMMIT",
		"REPLACE INTO seats VALUES (6, 1, 'g')")
	r.caughtUp()
	r.same()
	if rows := r.target(fmt.Sprintf("SELECT count(*) FROM pg_indexes WHERE schemaname = '%s' AND tablename = 'seats' AND indexdef LIKE 'CREATE UNIQUE%%'", r.schemas[r.marker])); rows[0][0] != "2" {
		t.Errorf("seats has %s unique indexes, want 2 (primary key and seat)", rows[0][0])
	}
}

// One source transaction of 300,000 rows.
func TestALargeTransaction(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE bulk (id INT PRIMARY KEY, a INT, b VARCHAR(60))")
	r.init()
	r.start()
	r.source("INSERT INTO bulk SELECT seq, seq * 2, CONCAT('row ', seq) FROM seq_1_to_300000")
	r.source("BEGIN", "UPDATE bulk SET a = a + 1", "DELETE FROM bulk WHERE id % 3 = 0", "COMMIT")
	r.caughtUp()
	r.same()
}

// A row of 64 MB, by the copy and by the stream.
func TestARowOf64MB(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE huge (id INT PRIMARY KEY, doc LONGBLOB, txt LONGTEXT)",
		"INSERT INTO huge VALUES (1, REPEAT(x'00ff5c0a', 16777216), 'small')")
	r.init()
	r.start()
	r.source("INSERT INTO huge VALUES (2, REPEAT(x'01fe', 33554432), 'tab\\t')", "UPDATE huge SET txt = 'changed' WHERE id = 1")
	r.caughtUp()
	mine := r.src.Query(t, r.marker, "SELECT id, MD5(doc), LENGTH(doc), txt FROM huge ORDER BY id")
	theirs := r.target(fmt.Sprintf("SELECT id, md5(doc), length(doc), txt FROM %s.huge ORDER BY id", quoteIdent(r.schemas[r.marker])))
	if fmt.Sprint(mine) != fmt.Sprint(theirs) {
		t.Errorf("source %v\ntarget %v", mine, theirs)
	}
}

// Names with spaces, quotes, capitals, emoji and 64 characters.
func TestOddNames(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	names := []string{"with space", `dou"ble`, "sin'gle", "back`tick", "Capital", "capital2 ", "smile ☺ ✓", "select", "dot.ted", "back\\slash", "per%cent", "$dollar",
		strings.Repeat("l", 64), strings.Repeat("l", 63) + "m"}
	names[5] = "Trail ing"
	for i, name := range names {
		table, column := backtick(name), backtick("c "+name)
		if len(name) == 64 {
			column = table
		}
		r.source(fmt.Sprintf("CREATE TABLE %s (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, %s VARCHAR(30), kind ENUM('a','b''c','d\"e') NOT NULL DEFAULT 'b''c', KEY %s (%s))", table, column, table, column),
			fmt.Sprintf("INSERT INTO %s (%s) VALUES ('one %d')", table, column, i))
	}
	r.init()
	r.start()
	for i, name := range names {
		column := backtick("c " + name)
		if len(name) == 64 {
			column = backtick(name)
		}
		r.source(fmt.Sprintf("INSERT INTO %s (%s) VALUES ('two %d')", backtick(name), column, i),
			fmt.Sprintf("UPDATE %s SET kind = 'd\"e' WHERE id = 1", backtick(name)))
	}
	r.caughtUp()
	r.same()
}

// Two schemas at once, one of them without tables, tables without rows.
func TestSeveralSchemasAndEmptyTables(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two, none := src.Database(t, "one"), src.Database(t, "two"), src.Database(t, "zero")
	r := newReplica(t, src, dst, options{schemas: map[string]string{one: "public", two: "second", none: "third"}})
	for i, db := range []string{one, two} {
		src.Exec(t, db, "CREATE TABLE same_name (id INT PRIMARY KEY, v INT)", fmt.Sprintf("INSERT INTO same_name VALUES (1, %d)", i), "CREATE TABLE hollow (id INT PRIMARY KEY)", "CREATE TABLE hollow_nokey (v INT)")
	}
	r.init()
	r.start()
	src.Exec(t, two, "INSERT INTO same_name VALUES (2, 20)", "INSERT INTO hollow VALUES (5)", "INSERT INTO hollow_nokey VALUES (6)")
	src.Exec(t, one, "BEGIN", "INSERT INTO same_name VALUES (3, 30)", fmt.Sprintf("INSERT INTO %s.same_name VALUES (3, 31)", backtick(two)), "COMMIT")
	src.Exec(t, none, "CREATE TABLE born (id INT PRIMARY KEY)", "INSERT INTO born VALUES (1)")
	r.caughtUp()
	r.same()
}
