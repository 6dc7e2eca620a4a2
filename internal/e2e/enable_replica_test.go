package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// enable_replica lets what has stopped start again. It leaves a replica alone that runs, and a copy that is not complete.
func TestEnableReplica(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(200))", "INSERT INTO a SELECT seq, REPEAT('x', 200) FROM seq_1_to_2000")
	refused := func() {
		t.Helper()
		if out, code := r.run("enable_replica", "--source", "mysql"); code != 6 || !strings.Contains(out, "init_replica") {
			t.Errorf("enable_replica exits with %d: %s", code, out)
		}
	}
	refused()
	schema := r.schemas[r.marker]
	dst.Exec(t, r.database, fmt.Sprintf("CREATE SCHEMA %q", schema), `CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(77); END $$`,
		"CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow()")
	holder, err := dst.Connect(context.Background(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Exec(context.Background(), "SELECT pg_advisory_lock(77)"); err != nil {
		t.Fatal(err)
	}
	cmd := r.command(context.Background(), "init_replica", "--source", "mysql", "--debug")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT enm_status FROM sch_chameleon.t_sources WHERE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
		return len(rows) == 1 && rows[0][0] == "initialising", fmt.Sprint(rows)
	})
	refused()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	_ = holder.Close()
	refused()
	dst.Exec(t, r.database, "DROP EVENT TRIGGER slow")
	r.init()
	r.start()
	r.must("pause_replay", "--source", "mysql")
	if out := r.must("enable_replica", "--source", "mysql"); !strings.Contains(out, "is followed already") {
		t.Error(out)
	}
	r.wants("SELECT concat(enm_status, ' ', b_paused) FROM sch_chameleon.t_sources", "running f")
	r.source("INSERT INTO a VALUES (0, 'new')")
	r.caughtUp()
	r.stop()
	if out := r.must("enable_replica", "--source", "mysql"); !strings.Contains(out, "start it with") {
		t.Error(out)
	}
	r.start()
	r.caughtUp()
	r.same()
}
