package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

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
	t.Parallel()
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

// kill -9 at random moments of copies, streams of their own and hand-overs, under traffic:
// nothing is lost and nothing is doubled. Customers and orders are tied by a key that cascades.
func TestKilledWhileTablesAreFilled(t *testing.T) {
	t.Parallel()
	const seed = 31
	for name, src := range map[string]func(t *testing.T) *testserver.Server{
		"mariadb": func(t *testing.T) *testserver.Server { return testserver.Shared(t, testserver.Source) },
		"mysql":   func(t *testing.T) *testserver.Server { return testserver.Shared(t, "mysql-9.7") },
		"without GTIDs": func(t *testing.T) *testserver.Server {
			return testserver.Private(t, "mysql-9.7", "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")
		},
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			t.Logf("seed %d", seed)
			r := newReplica(t, src(t), testserver.Shared(t, testserver.Target), options{yaml: "    copy_max_memory: \"100k\"\n"})
			fill(t, r.src, r.marker, 6000)
			r.init()
			writers := startTraffic(t, r.src, r.marker, 2, seed)
			steps := map[string]int{}
			for i := range 25 {
				if i%3 == 0 {
					r.source("SET SESSION binlog_format = STATEMENT", []string{
						"UPDATE customers SET note = 'by statement' WHERE id % 7 = 0", "DELETE FROM prices WHERE price < 20",
						"UPDATE journal SET tag = 's' WHERE at = 3", "UPDATE orders SET amount = amount + 1 WHERE id % 5 = 0",
					}[random.IntN(4)], "SET SESSION binlog_format = ROW")
				}
				if r.killAfter(time.Duration(150+random.IntN(1500))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
					t.Fatal("start_replica ended by itself")
				}
				for _, row := range r.target("SELECT coalesce(max(t_step), 'none') FROM sch_chameleon.t_refills") {
					steps[row[0]]++
				}
			}
			t.Logf("killed at the steps %v", steps)
			r.start()
			r.source("SET SESSION binlog_format = STATEMENT", "UPDATE customers SET note = 'at the end' WHERE id % 5 = 0", "SET SESSION binlog_format = ROW")
			r.caughtUp()
			r.allReplicate()
			writers.stop()
			r.caughtUp()
			r.allReplicate()
			r.same()
		})
	}
}
