package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// A row that PostgreSQL refuses in the stream excludes its table, says so, and
// the others go on.
func TestOneBadTableDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    on_error_replay: continue\n"})
	schema := r.schemas[r.marker]
	r.source("CREATE TABLE good (id INT PRIMARY KEY, v INT)", "CREATE TABLE bad (id INT PRIMARY KEY, v INT)")
	r.init()
	r.start()
	r.caughtUp()
	r.target(fmt.Sprintf("ALTER TABLE %s.bad ADD CONSTRAINT small CHECK (v < 10)", quoteIdent(schema)))
	r.source("BEGIN", "INSERT INTO good VALUES (1, 1)", "INSERT INTO bad VALUES (1, 1)", "INSERT INTO bad VALUES (2, 50)", "INSERT INTO good VALUES (2, 50)", "COMMIT",
		"INSERT INTO bad VALUES (3, 3)", "INSERT INTO good VALUES (3, 3)")
	r.caughtUp()
	r.sameTable(r.marker, schema, "good")
	if rows := r.target(fmt.Sprintf("SELECT id FROM %s.bad ORDER BY id", quoteIdent(schema))); fmt.Sprint(rows) != "[[1]]" {
		t.Errorf("bad holds %v, want only the row before the refused one", rows)
	}
	out := r.must("show_errors", "--source", "mysql")
	if !strings.Contains(out, "bad") {
		t.Errorf("show_errors does not name the table:\n%s", out)
	}
	id := r.target("SELECT max(i_id_log) FROM sch_chameleon.t_error_log")[0][0]
	if one := r.must("show_errors", "--logid", id); !strings.Contains(one, "small") {
		t.Errorf("show_errors --logid %s does not show the message:\n%s", id, one)
	}
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_discarded_rows"); rows[0][0] != "1" {
		t.Errorf("%s discarded rows, want 1", rows[0][0])
	}
	if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "bad") {
		t.Errorf("show_status does not list the table:\n%s", out)
	}
}

// on_error_replay: exit stops the replica at the failing transaction, which is
// applied once the cause is gone.
func TestExitOnErrorStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    on_error_replay: exit\n"})
	schema := r.schemas[r.marker]
	r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
	r.init()
	r.start()
	r.caughtUp()
	r.target(fmt.Sprintf("ALTER TABLE %s.t ADD CONSTRAINT small CHECK (v < 10)", quoteIdent(schema)))
	r.source("BEGIN", "INSERT INTO t VALUES (1, 1)", "INSERT INTO t VALUES (2, 50)", "COMMIT")
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT enm_status FROM sch_chameleon.t_sources")
		return rows[0][0] == "error", fmt.Sprintf("the status is %v, not error", rows)
	})
	if rows := r.target(fmt.Sprintf("SELECT count(*) FROM %s.t", quoteIdent(schema))); rows[0][0] != "0" {
		t.Errorf("%s rows of the failed transaction are there", rows[0][0])
	}
	r.target(fmt.Sprintf("ALTER TABLE %s.t DROP CONSTRAINT small", quoteIdent(schema)))
	r.must("enable_replica", "--source", "mysql")
	r.start()
	r.caughtUp()
	r.same()
}

// A row that PostgreSQL refuses in the copy does not cost its chunk.
func TestARefusedRowDoesNotCostItsChunk(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    keep_existing_schema: true\n"})
	schema := r.schemas[r.marker]
	r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t SELECT seq, seq FROM seq_1_to_5000")
	r.target("CREATE SCHEMA " + quoteIdent(schema))
	r.target(fmt.Sprintf("CREATE TABLE %s.t (id int PRIMARY KEY, v int CHECK (v NOT IN (17, 4000)))", quoteIdent(schema)))
	r.target(fmt.Sprintf("CREATE TABLE %s.e2e_marker (id int PRIMARY KEY, n int NOT NULL)", quoteIdent(schema)))
	r.init()
	if rows := r.target(fmt.Sprintf("SELECT count(*) FROM %s.t", quoteIdent(schema))); rows[0][0] != "4998" {
		t.Errorf("%s rows were copied, want 4998", rows[0][0])
	}
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_discarded_rows"); rows[0][0] != "2" {
		t.Errorf("%s discarded rows, want 2", rows[0][0])
	}
	r.start()
	r.source("INSERT INTO t VALUES (6000, 1)", "DELETE FROM t WHERE id IN (17, 4000)")
	r.caughtUp()
	r.same()
}

// What the user made in the destination schema survives a copy, also a view on
// a replicated table when that is copied anew.
func TestForeignObjectsSurvive(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "public"}})
	r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 10)")
	r.target("CREATE TABLE public.own (x int)")
	r.target("INSERT INTO public.own VALUES (1)")
	r.target("CREATE VIEW public.own_view AS SELECT x + 1 AS y FROM public.own")
	r.init()
	r.target("CREATE VIEW public.on_replica AS SELECT v FROM public.t")
	r.target("CREATE VIEW public.on_view AS SELECT v + 1 AS w FROM public.on_replica")
	r.source("INSERT INTO t VALUES (2, 20)")
	r.must("init_replica", "--source", "mysql", "--debug", "--restart")
	if rows := r.target("SELECT (SELECT count(*) FROM own), (SELECT sum(y) FROM own_view), (SELECT sum(w) FROM on_view)"); fmt.Sprint(rows) != "[[1 2 32]]" {
		t.Errorf("the user's objects hold %v", rows)
	}
	r.same()

	// a table of the user's own with the name of a replicated one is refused before anything is done
	r.source("CREATE TABLE own (id INT PRIMARY KEY)")
	out, code := r.run("init_replica", "--source", "mysql", "--debug", "--restart")
	if code == 0 || !strings.Contains(out, "own") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if rows := r.target("SELECT count(*) FROM own"); rows[0][0] != "1" {
		t.Error("the user's table was touched")
	}
}
