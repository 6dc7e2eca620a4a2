package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// second adds a source "second" to a configuration, with another database of the same server.
func (r *replica) second(database, schema, extra string) string {
	return fmt.Sprintf("  second:\n    db_conn: {host: 127.0.0.1, port: %d, user: %s, password: ''}\n    schema_mappings: {%s: %s}\n%s", r.src.Port, r.src.User, database, schema, extra)
}

// following waits until so many sources are followed.
func (r *replica) following(count int) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM sch_chameleon.t_sources WHERE enm_status = 'running'")
		return rows[0][0] == fmt.Sprint(count), fmt.Sprintf("%s sources are followed", rows[0][0])
	})
}

// Two sources share a schema as long as their tables do not meet there; start_all_replicas
// follows both, as daemons and in one process.
func TestTwoSourcesIntoOneSchema(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two := src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{one: "common"}})
	src.Exec(t, one, "CREATE TABLE a (id INT PRIMARY KEY, e ENUM('x'))", "INSERT INTO a VALUES (1, 'x')")
	src.Exec(t, two, "CREATE TABLE a (id INT PRIMARY KEY, e ENUM('x'))", "INSERT INTO a VALUES (7, 'x')", "CREATE TABLE b (id INT PRIMARY KEY, e ENUM('x'))", "INSERT INTO b VALUES (1, 'x')")
	t.Cleanup(func() { r.run("stop_all_replicas") })
	r.configure(r.second(two, "common", ""))
	if out, code := r.run("add_source", "--source", "second"); code == 0 || !strings.Contains(out, "copy source mysql first") {
		t.Errorf("a source whose neighbour is not known is added: %s", out)
	}
	r.init()
	if out, code := r.run("add_source", "--source", "second"); code == 0 || !strings.Contains(out, one+".a of source \"mysql\" would both become") {
		t.Errorf("tables that meet are taken: %s", out)
	}
	r.configure(r.second(two, "common", "    skip_tables: ["+two+".a]\n"))
	r.must("add_source", "--source", "second")
	r.start() // also while the other one is not copied yet
	r.must("init_replica", "--source", "second", "--debug")
	if out := r.must("start_all_replicas"); !strings.Contains(out, "source mysql: process") || !strings.Contains(out, "the replica of source second runs") {
		t.Errorf("start_all_replicas says %s", out)
	}
	r.following(2)
	src.Exec(t, one, "INSERT INTO a VALUES (2, 'x')", "CREATE TABLE c (id INT PRIMARY KEY)", "INSERT INTO c VALUES (1)")
	r.caughtUp()
	src.Exec(t, two, "INSERT INTO b VALUES (2, 'x')", "CREATE TABLE c (id INT PRIMARY KEY, v INT)", "INSERT INTO c VALUES (5, 5)", "CREATE TABLE d (id INT PRIMARY KEY)", "INSERT INTO d VALUES (1)")
	r.must("refresh_schema", "--source", "mysql", "--schema", one)
	r.must("sync_tables", "--source", "second", "--tables", two+".b")
	state := func() string {
		return fmt.Sprint(r.target("SELECT (SELECT count(*) FROM common.a), (SELECT count(*) FROM common.b), (SELECT string_agg(id::text, ',') FROM common.c), to_regclass('common.d') IS NOT NULL"))
	}
	r.eventually(limit, func() (bool, string) { return state() == "[[2 2 1 t]]", state() })
	r.noRefills()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT t_source_table, t_reason LIKE '%already exists%' FROM sch_chameleon.t_replica_tables WHERE enm_state = 'excluded'")
		return fmt.Sprint(rows) == "[[c t]]", fmt.Sprint(rows)
	})
	r.must("stop_all_replicas")
	r.following(0)
	var log bytes.Buffer
	cmd := r.command(context.Background(), "start_all_replicas", "--debug")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.following(2)
	src.Exec(t, one, "INSERT INTO a VALUES (3, 'x')")
	src.Exec(t, two, "INSERT INTO b VALUES (3, 'x')")
	r.eventually(limit, func() (bool, string) { return state() == "[[3 3 1 t]]", state() })
	text, err := os.ReadFile(filepath.Join(r.home, "configuration", "default.yml"))
	if err != nil {
		t.Fatal(err)
	}
	r.configure(strings.TrimPrefix(string(text[bytes.Index(text, []byte("  second:")):]), "") + "    refill: manual\n")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	src.Exec(t, one, "INSERT INTO a VALUES (4, 'x')")
	src.Exec(t, two, "INSERT INTO b VALUES (4, 'x')")
	r.eventually(limit, func() (bool, string) { return state() == "[[4 4 1 t]]", state() })
	if out := r.must("stop_all_replicas"); !strings.Contains(out, "was stopped") {
		t.Errorf("stop_all_replicas says %s", out)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the process that follows all ends with %v\n%s", err, log.String())
	}
	if got := strings.Count(log.String(), "the configuration was read again"); got != 2 {
		t.Errorf("%d sources have read the configuration again\n%s", got, log.String())
	}
}
