package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// partitionedTables are emptied, exchanged and divided anew under traffic.
var partitionedTables = []string{
	`CREATE TABLE spans (id INT NOT NULL AUTO_INCREMENT, n INT NOT NULL, w VARCHAR(20), PRIMARY KEY (id, n)) PARTITION BY RANGE (n)
		(PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200), PARTITION p2 VALUES LESS THAN (300), PARTITION pm VALUES LESS THAN MAXVALUE)`,
	`CREATE TABLE spare (id INT NOT NULL AUTO_INCREMENT, n INT NOT NULL, w VARCHAR(20), PRIMARY KEY (id, n))`,
	`CREATE TABLE hashed (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT, w VARCHAR(20)) PARTITION BY HASH (id) PARTITIONS 5`,
	`CREATE TABLE days (id INT NOT NULL, d DATETIME, w VARCHAR(20)) PARTITION BY RANGE (TO_DAYS(d))
		(PARTITION p0 VALUES LESS THAN (TO_DAYS('2020-02-01')), PARTITION p1 VALUES LESS THAN (TO_DAYS('2020-03-01')), PARTITION pm VALUES LESS THAN MAXVALUE)`,
}

// partitionTraffic is a random change of rows, or one that empties partitions.
func partitionTraffic(r *rand.Rand) string {
	n, table := r.IntN(400), []string{"spans", "spare", "hashed"}[r.IntN(3)]
	if table == "spare" {
		n = 100 + r.IntN(100) // those of p1
	}
	day := time.Date(2020, 1, 1, r.IntN(2160), 0, 0, 0, time.UTC).Format("'2006-01-02 15:04:05'")
	switch r.IntN(40) {
	case 0:
		return fmt.Sprintf("ALTER TABLE spans TRUNCATE PARTITION p%d", r.IntN(3))
	case 1:
		return fmt.Sprintf("ALTER TABLE hashed TRUNCATE PARTITION p%d, p%d", r.IntN(2), 2+r.IntN(2))
	case 2:
		return fmt.Sprintf("ALTER TABLE days TRUNCATE PARTITION p%d", r.IntN(2))
	case 3, 4, 5, 6:
		return fmt.Sprintf("UPDATE spans SET n = %d, w = 'moved' WHERE n BETWEEN %d AND %d", r.IntN(400), n, n+3)
	case 7, 8:
		return fmt.Sprintf("DELETE FROM %s WHERE n BETWEEN %d AND %d", table, n, n+3)
	case 9, 10:
		return fmt.Sprintf("UPDATE days SET d = %s WHERE id = %d", day, r.IntN(50))
	case 11, 12, 13, 14:
		return fmt.Sprintf("INSERT INTO days VALUES (%d, %s, 'x')", r.IntN(50), day)
	}
	return fmt.Sprintf("INSERT INTO %s (n, w) VALUES (%d, 'a'), (%d, 'b')", table, n, n)
}

// Partitions are added, emptied, dropped, exchanged and divided anew while rows change and
// while the first copy is under way.
func TestPartitionsUnderTraffic(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source(partitionedTables...)
			for i := range 30 {
				r.source(fmt.Sprintf("INSERT INTO spans (n, w) VALUES (%d, 'start'), (%d, 'start')", i*12, i), fmt.Sprintf("INSERT INTO hashed (n) VALUES (%d)", i))
			}
			writers := startWriters(t, r.src, r.marker, 3, uint64(time.Now().UnixNano()), partitionTraffic)
			r.init()
			r.start()
			r.caughtUp()
			for i := range 4 {
				for _, statement := range []string{
					"ALTER TABLE spans REORGANIZE PARTITION pm INTO (PARTITION px VALUES LESS THAN (350), PARTITION pm VALUES LESS THAN MAXVALUE)",
					"INSERT INTO spans (n, w) VALUES (301, 'x'), (349, 'x'), (350, 'y')",
					"ALTER TABLE spans EXCHANGE PARTITION p1 WITH TABLE spare",
					"ALTER TABLE spans DROP PARTITION px",
					"ALTER TABLE hashed ADD PARTITION PARTITIONS 2", "ALTER TABLE hashed TRUNCATE PARTITION p6", "ALTER TABLE hashed COALESCE PARTITION 2",
					"ALTER TABLE days DROP PARTITION p1",
					fmt.Sprintf("ALTER TABLE days REORGANIZE PARTITION pm INTO (PARTITION p1 VALUES LESS THAN (TO_DAYS('2020-03-%02d')), PARTITION pm VALUES LESS THAN MAXVALUE)", i+2),
				} {
					r.eventually(limit, func() (bool, string) { return r.attempt(statement), statement }) // it may meet a deadlock
				}
			}
			writers.stop()
			r.caughtUp()
			r.allReplicate()
			r.same()
			if out := r.must("show_errors", "--source", "mysql"); strings.Contains(out, "emptied") {
				t.Errorf("rows were read again that could be told:\n%s", out)
			}
		})
	}
}

// A value that a rule has changed does not tell its partition: the table is filled again.
func TestPartitionsOfChangedValues(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	r.source("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, d DATE, KEY (d))", "CREATE TABLE days (id INT, d DATE) PARTITION BY RANGE (YEAR(d)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE)",
		"INSERT INTO days VALUES (1, '2019-05-05'), (2, '2021-05-05'), (3, NULL)")
	r.init()
	r.start()
	r.source("ALTER TABLE days TRUNCATE PARTITION p0", "SET SESSION sql_mode = ''", "INSERT INTO days VALUES (4, '2021-00-00'), (5, '2019-02-02')", "ALTER TABLE days TRUNCATE PARTITION p1", "INSERT INTO days VALUES (6, '2022-01-01')")
	r.caughtUp()
	r.allReplicate()
	r.same()
	if out := r.must("show_errors", "--source", "mysql"); !strings.Contains(out, "were changed by") {
		t.Errorf("the errors do not tell why:\n%s", out)
	}
}
