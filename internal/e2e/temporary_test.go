package e2e

import (
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/testserver"
)

// connected gives a session on the source that stays; within it, do runs statements.
func (r *replica) connected() (do func(statements ...string)) {
	r.t.Helper()
	conn, err := r.src.Connect(r.t.Context(), r.marker)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return func(statements ...string) {
		r.t.Helper()
		if err := conn.Exec(r.t.Context(), statements...); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Sessions whose binlog_format is not ROW log what they do to their temporary tables as if
// it were done to the real ones of the same names, which stay as they are.
func TestTemporaryTablesNeverTouchRealOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		for _, format := range []string{"MIXED", "STATEMENT"} {
			t.Run(name+" "+format, func(t *testing.T) {
				server := testserver.Private(t, name)
				r := newReplica(t, server, testserver.Shared(t, testserver.Target), options{})
				r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)", "CREATE TABLE u (id INT PRIMARY KEY)", "INSERT INTO u VALUES (1)")
				old, young, maria := r.connected(), r.connected(), server.Flavor() == event.MariaDB
				old("SET binlog_format = "+format, "CREATE TEMPORARY TABLE t (a INT)") // before the replica begins
				r.init()
				r.start()
				old("ALTER TABLE t ADD b INT", "CREATE INDEX i ON t (b)", "INSERT INTO t VALUES (1, 2)", "DROP INDEX i ON t", "TRUNCATE TABLE t")
				young("SET binlog_format = "+format, "CREATE TEMPORARY TABLE u (x INT)", "CREATE TEMPORARY TABLE t LIKE u", "ALTER TABLE t ADD y INT",
					"INSERT INTO t VALUES (1, 1)")
				r.caughtUp()
				r.stop() // in the middle of their lives
				r.start()
				young("ALTER TABLE u DROP COLUMN x, ADD z INT", "TRUNCATE TABLE u")
				r.source("INSERT INTO t VALUES (2, 2)", "ALTER TABLE t ADD w INT NOT NULL DEFAULT 5", "INSERT INTO u VALUES (2)")
				if maria {
					young("RENAME TABLE t TO t2, u TO t", "ALTER TABLE t ADD q INT", "DROP TABLE t")
					old("RENAME TABLE t TO x")
				}
				young("DROP TEMPORARY TABLE IF EXISTS t, u")
				r.source("INSERT INTO t VALUES (3, 3, 3)")
				r.caughtUp()
				r.same()
				r.nothingExcluded()

				old("CREATE TEMPORARY TABLE u (x INT)")
				r.caughtUp()
				server.Stop(t) // its sessions are gone
				server.Start(t)
				r.source("INSERT INTO u VALUES (3)", "RENAME TABLE u TO u2", "INSERT INTO u2 VALUES (4)")
				r.caughtUp()
				r.same()
				r.nothingExcluded()
				if got := r.target("SELECT coalesce((SELECT jsb_tables FROM sch_chameleon.t_temporary_tables)::text, '[]')"); got[0][0] != "[]" {
					t.Errorf("after the server's restart there are %v", got)
				}
			})
		}
	}
}

func (r *replica) nothingExcluded() {
	r.t.Helper()
	if got := r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state IN ('excluded', 'failed')"); len(got) > 0 {
		r.t.Fatalf("excluded: %v", got)
	}
}
