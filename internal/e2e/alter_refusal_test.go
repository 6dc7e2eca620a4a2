package e2e

import (
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Where PostgreSQL refuses an ALTER for a value that only the source can convert, or for a
// view of the user's, the table is filled again and the view is still there. A view that
// needs a dropped column is never dropped: the table waits, and the reason names the view.
func TestWhatPostgresRefusesOfAnAlter(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	fill(t, r.src, r.marker, 10)
	r.source("SET sql_mode = ''", "CREATE TABLE days (id INT PRIMARY KEY, day DATE, n INT)", "INSERT INTO days VALUES (1, '0000-00-00', 1), (2, '2020-02-29', 2), (3, NULL, 3)",
		"CREATE TABLE needed (id INT PRIMARY KEY, a INT, b INT)", "INSERT INTO needed VALUES (1, 2, 3)")
	r.init()
	r.start()
	r.caughtUp()
	r.source("ALTER TABLE days MODIFY day VARCHAR(20)", "INSERT INTO days VALUES (4, 'any', 4)")
	r.filledAgain()

	schema := r.target("SELECT DISTINCT v_schema_name FROM sch_chameleon.t_replica_tables")[0][0]
	r.target(`CREATE VIEW "` + schema + `".sums AS SELECT id, n FROM "` + schema + `".days`)
	r.source("ALTER TABLE days MODIFY n BIGINT UNSIGNED", "INSERT INTO days VALUES (5, 'x', 18446744073709551615)")
	r.filledAgain()
	if rows := r.target(`SELECT n::text FROM "` + schema + `".sums WHERE id = 5`); len(rows) != 1 || rows[0][0] != "18446744073709551615" {
		t.Errorf("the view gives %v", rows)
	}

	r.target(`CREATE VIEW "` + schema + `".needs AS SELECT a FROM "` + schema + `".needed`)
	r.source("ALTER TABLE needed DROP a", "INSERT INTO days VALUES (6, 'y', 1)")
	r.caughtUp()
	rows := r.target("SELECT t_reason FROM sch_chameleon.t_replica_tables WHERE t_source_table = 'needed' AND enm_state = 'excluded'")
	if len(rows) != 1 || !strings.Contains(rows[0][0], "needs") || !strings.Contains(rows[0][0], "nothing of yours is dropped") {
		t.Errorf("the reason is %v", rows)
	}
	if rows := r.target(`SELECT a FROM "` + schema + `".needs`); len(rows) != 1 {
		t.Errorf("the view gives %v", rows)
	}
}

// filledAgain waits until a refill that the last statements ask for is over.
func (r *replica) filledAgain() {
	r.t.Helper()
	r.caughtUp()
	r.allReplicate()
	r.caughtUp()
	r.same()
}
