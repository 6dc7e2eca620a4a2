package e2e

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// PostgreSQL stops, and crashes, in the middle of the steps: the command says how to go on, and each step is done once.
func TestPostgreSQLRestartsDuringADetachment(t *testing.T) {
	t.Parallel()
	dst := testserver.Private(t, testserver.Target, "-c", "fsync=on")
	r := detachableOn(t, testserver.Shared(t, testserver.Source), dst)
	r.source("SET foreign_key_checks = 0", "DELETE FROM stock WHERE country = 'XX'", "SET foreign_key_checks = 1")
	r.caughtUp()
	for _, table := range []string{"customers", "items"} { // of which each is waited for at another step
		holder, err := dst.Connect(context.Background(), r.database)
		if err != nil {
			t.Fatal(err)
		}
		if err := holder.Exec(context.Background(), "BEGIN", "LOCK TABLE shop."+table+" IN ROW EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd := r.command(context.Background(), "detach_replica", "--source", "mysql", "--yes")
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r.eventually(limit, func() (bool, string) {
			rows := r.target("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shop." + table + "'::regclass")
			return rows[0][0] == "1", "nobody waits for " + table
		})
		if table == "customers" {
			dst.Stop(t)
		} else {
			dst.Kill(t)
		}
		_ = cmd.Wait()
		_ = holder.Close()
		if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(out.String(), "run detach_replica again") {
			t.Errorf("the command exits with %d:\n%s", code, out.String())
		}
		dst.Start(t)
		r.wants("SELECT enm_status FROM sch_chameleon.t_sources", "detaching")
	}
	if out := r.must("detach_replica", "--source", "mysql", "--yes"); !strings.Contains(out, "going on with the detachment") || !strings.Contains(out, "is detached at") {
		t.Error(out)
	}
	r.wants(constraintsOf, "below, credit_is_positive, headed, in_warehouse, names_alike, of_customer, of_order, works_in",
		"SELECT count(*) FROM sch_chameleon.t_detachments", "1",
		"SELECT string_agg(DISTINCT t_state, ',' ORDER BY t_state) FROM sch_chameleon.t_detach_steps", "done,left_out",
		"SELECT count(*) FROM sch_chameleon.t_sources", "0",
		"SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal", "2")
}

// What is prepared on the source can still be committed there: it is waited for, or passed over knowingly.
func TestADetachmentMeetsPreparedTransactions(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Private(t, name)
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			schema := quoteIdent(r.schemas[r.marker])
			r.source("CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)")
			r.init()
			r.start()
			prepare := func(xid, value string) {
				t.Helper()
				r.source("XA START '"+xid+"'", "INSERT INTO a VALUES ("+value+")", "XA END '"+xid+"'", "XA PREPARE '"+xid+"'")
			}
			prepare("first", "2")
			out, code := r.run("detach_replica", "--source", "mysql", "--yes")
			if code != 6 || !strings.Contains(out, "the source has 1 prepared XA transactions") || !strings.Contains(out, "XA RECOVER") {
				t.Errorf("exit code %d:\n%s", code, out)
			}
			r.wants("SELECT enm_status FROM sch_chameleon.t_sources", "stopped", "SELECT count(*) FROM "+schema+".a", "1")
			r.source("XA COMMIT 'first'")
			prepare("second", "3")
			out = r.must("detach_replica", "--source", "mysql", "--yes", "--force")
			if !strings.Contains(out, "WARNING: the source has 1 prepared XA transactions: if they are committed there, PostgreSQL does not have them") {
				t.Error(out)
			}
			r.wants("SELECT string_agg(id::text, ',' ORDER BY id) FROM "+schema+".a", "1,2", "SELECT count(*) FROM sch_chameleon.t_sources", "0")
			r.source("XA ROLLBACK 'second'")
		})
	}
}
