package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// place gives where the source's binary log ends.
func (r *replica) place() string {
	r.t.Helper()
	sql := "SHOW MASTER STATUS"
	if strings.HasPrefix(r.src.Name, "mysql-9") {
		sql = "SHOW BINARY LOG STATUS"
	}
	row := r.src.Query(r.t, "", sql)[0]
	return row[0] + ":" + row[1]
}

// skipped gives what the catalogue has of transactions to be passed over.
func (r *replica) skipped() string {
	r.t.Helper()
	return fmt.Sprint(r.target("SELECT ts_skipped IS NOT NULL, i_events, t_tables, t_reason FROM sch_chameleon.t_skips ORDER BY i_id_skip"))
}

// An operator has transactions passed over that are yet to come: by GTID and by place, while
// the replica is stopped and while it runs; each once, with who wanted it on record.
func TestTransactionsArePassedOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		server string
		next   func(r *replica) (gtid string, refused []string) // GTID of the source's next transaction
	}{
		{testserver.Source, func(r *replica) (string, []string) {
			row := r.src.Query(r.t, "", "SELECT @@gtid_domain_id, @@server_id, SUBSTRING_INDEX(@@gtid_binlog_pos, '-', -1)")[0]
			var n int
			fmt.Sscan(row[2], &n)
			return fmt.Sprintf("%s-%s-%d", row[0], row[1], n+1), []string{row[0] + "-" + row[1] + "-1", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1"}
		}},
		{"mysql-9.7", func(r *replica) (string, []string) {
			id := r.src.Query(r.t, "", "SELECT @@server_uuid")[0][0]
			return id + ":policy:1", []string{"0-1-1", id + ":1-5", id + ":1"}
		}},
	} {
		t.Run(c.server, func(t *testing.T) {
			r := newReplica(t, testserver.Private(t, c.server), testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "CREATE TABLE u (id INT PRIMARY KEY)")
			r.init()
			r.start()
			r.caughtUp()
			before := r.place()
			r.caughtUp()
			r.stop()
			r.source("INSERT INTO t VALUES (1, 1)")
			at := r.place()
			r.source("INSERT INTO t VALUES (2, 2), (3, 3)", "INSERT INTO t VALUES (4, 4)")
			r.must("skip_transaction", "--source", "mysql", "--position", at, "--reason", "it's a test")
			if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, at) || !strings.Contains(out, "Transactions to be passed over") {
				t.Errorf("show_status says\n%s", out)
			}
			for _, wrong := range [][]string{{"--position", at}, {"--position", before}, {"--position", "nowhere:4"}, {"--position", "nowhere"}, {"--gtid", "x"}, {}, {"--withdraw", "99"}} {
				if out, code := r.run(append([]string{"skip_transaction", "--source", "mysql"}, wrong...)...); code == 0 {
					t.Errorf("%v: %s", wrong, out)
				}
			}
			r.start()
			r.caughtUp()
			r.has("t", "id", "[[1] [4]]")
			if got := r.skipped(); got != fmt.Sprintf("[[t 1 {%s.t} it's a test]]", r.marker) {
				t.Errorf("in the catalogue stands %s", got)
			}
			if out := r.must("show_errors", "--source", "mysql", "--full"); !strings.Contains(out, "was passed over, as was asked for by role") {
				t.Errorf("show_errors says\n%s", out)
			}
			r.passByGTID(c.next)
		})
	}
}

// passByGTID has DDL passed over that is known by its GTID, while the replica runs.
func (r *replica) passByGTID(next func(*replica) (string, []string)) {
	r.t.Helper()
	r.source("CREATE TABLE e2e_first (id INT PRIMARY KEY)")
	r.caughtUp()
	ddl := "ALTER TABLE t ADD n INT"
	gtid, refused := next(r)
	for _, wrong := range refused {
		if out, code := r.run("skip_transaction", "--source", "mysql", "--gtid", wrong); code == 0 {
			r.t.Errorf("%s: %s", wrong, out)
		}
	}
	r.must("skip_transaction", "--source", "mysql", "--gtid", gtid)
	r.must("stop_replica", "--source", "mysql") // until the wish is seen, as long as a second
	r.must("start_replica", "--source", "mysql")
	if strings.Contains(gtid, ":policy:") {
		r.source("SET gtid_next = '"+gtid+"'", ddl, "SET gtid_next = AUTOMATIC")
	} else {
		r.source(ddl)
	}
	r.source("INSERT INTO u VALUES (1)", "INSERT INTO t (id, n) VALUES (9, 9)")
	r.caughtUp()
	r.has("u", "id", "[[1]]")
	if reason := r.excludedTables()["t"]; !strings.Contains(reason, "the tracked definition has") {
		r.t.Errorf("the table whose DDL was passed over is excluded because %q", reason)
	}
	if got := r.skipped(); strings.Count(got, "[t ") != 2 {
		r.t.Errorf("in the catalogue stands %s", got)
	}
}
