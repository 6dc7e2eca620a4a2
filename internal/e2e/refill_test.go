package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// all waits until every table is replicated again.
func (r *replica) allReplicate() {
	r.t.Helper()
	r.eventually(2*limit, func() (bool, string) {
		rows := r.target(`SELECT (SELECT count(*) FROM sch_chameleon.t_refills), (SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating'),
			(SELECT string_agg(concat(t_source_table, ' ', enm_state, ' ', t_reason), '; ') FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating'),
			(SELECT string_agg(concat(t_step, ' ', i_tries, ' ', t_note), '; ') FROM sch_chameleon.t_refills)`)
		return rows[0][0] == "0" && rows[0][1] == "0", fmt.Sprint(rows)
	})
}

// Statements after which rows must be read again refill their tables, while the others are
// followed under traffic.
func TestTablesAreFilledAgainWhileTheOthersAreFollowed(t *testing.T) {
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			fill(t, r.src, r.marker, 3000)
			r.source("CREATE TABLE parts (id INT PRIMARY KEY, v INT) PARTITION BY KEY (id) PARTITIONS 4",
				"CREATE TABLE plain (v INT, w VARCHAR(10))", "INSERT INTO plain VALUES (1, 'a'), (2, 'b')")
			for i := range 20 {
				r.source(fmt.Sprintf("INSERT INTO parts VALUES (%d, %d)", i, i))
			}
			r.init()
			r.start()
			writers := startTraffic(t, r.src, r.marker, 2, 5)
			r.caughtUp()
			for range 3 {
				r.source("ALTER TABLE parts TRUNCATE PARTITION p1", "REPLACE INTO parts SELECT id + 100, v + 1 FROM (SELECT * FROM parts) AS p",
					"SET SESSION binlog_format = STATEMENT", "UPDATE prices SET price = price + 1 LIMIT 3", "INSERT INTO plain VALUES (3, 'c')", "SET SESSION binlog_format = ROW",
					"ALTER TABLE plain ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY", "INSERT INTO plain (v) VALUES (9)", "ALTER TABLE plain DROP COLUMN id")
				r.allReplicate()
			}
			writers.stop()
			r.caughtUp()
			r.allReplicate()
			r.same()
			if out := r.must("show_errors", "--source", "mysql"); !strings.Contains(out, "partition") {
				t.Errorf("the errors do not tell why:\n%s", out)
			}
		})
	}
}
