package e2e

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// Tables that come to meet in a shared schema, by CREATE, RENAME or LIKE, cost only the later one: nothing that
// its source does to it, and no command about it, touches the other source's table.
func TestTablesThatComeToMeetInASharedSchema(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two := src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{one: "common"}})
	t.Cleanup(func() { r.run("stop_all_replicas") })
	src.Exec(t, one, "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, e ENUM('x','y'))", "INSERT INTO a VALUES (1, 'x')", "CREATE TABLE a2 (id INT PRIMARY KEY)")
	src.Exec(t, two, "CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, e ENUM('x'))", "INSERT INTO b VALUES (1, 'x')")
	r.init()
	r.configure(r.second(two, "common", "    refill: manual\n"))
	r.must("add_source", "--source", "second")
	r.must("init_replica", "--source", "second", "--debug")
	r.must("start_all_replicas")
	r.following(2)
	second := func() {
		t.Helper()
		r.marks++
		src.Exec(t, two, "CREATE TABLE IF NOT EXISTS mark (n INT PRIMARY KEY)", fmt.Sprintf("INSERT INTO mark VALUES (%d)", r.marks))
		r.eventually(limit, func() (bool, string) {
			there := r.target("SELECT to_regclass('common.mark') IS NOT NULL")[0][0] == "t"
			return there && r.target(fmt.Sprintf("SELECT count(*) FROM common.mark WHERE n = %d", r.marks))[0][0] == "1", "the second source's mark has not come"
		})
	}
	own := func(want string) {
		t.Helper()
		if got := fmt.Sprint(r.target("SELECT id, e FROM common.a ORDER BY 1")); got != want {
			t.Errorf("the first source's table holds %s, not %s", got, want)
		}
	}
	src.Exec(t, two, "CREATE TABLE a (id INT PRIMARY KEY, other TEXT)", "INSERT INTO a VALUES (1, 'two'), (9, 'two')")
	second()
	own("[[1 x]]")
	src.Exec(t, two, "ALTER TABLE a ADD COLUMN more INT", "DELETE FROM a WHERE id = 1", "TRUNCATE TABLE a", "DROP TABLE a")
	second()
	own("[[1 x]]")
	src.Exec(t, two, "CREATE TABLE c LIKE b", "INSERT INTO c VALUES (5, 'x')", "RENAME TABLE c TO a", "INSERT INTO a VALUES (6, 'x')", "UPDATE a SET id = id + 100")
	second()
	own("[[1 x]]")
	for _, command := range [][]string{
		{"sync_tables", "--source", "second", "--tables", two + ".a"}, {"sync_tables", "--source", "second", "--tables", "disabled"}, {"refresh_schema", "--source", "second", "--schema", two},
	} {
		r.run(command...)
		second()
		own("[[1 x]]")
	}
	src.Exec(t, two, "RENAME TABLE a TO f") // it is free again
	second()
	src.Exec(t, one, "INSERT INTO a VALUES (2, 'y')", "ALTER TABLE a MODIFY e ENUM('x','y','z')", "INSERT INTO a VALUES (3, 'z')", "RENAME TABLE a2 TO b") // which the second source has
	r.caughtUp()
	own("[[1 x] [2 y] [3 z]]")
	src.Exec(t, one, "DROP TABLE b")
	r.caughtUp()
	src.Exec(t, two, "INSERT INTO b VALUES (7, 'x')")
	second()
	if got := fmt.Sprint(r.target("SELECT id, e FROM common.b ORDER BY 1")); got != "[[1 x] [7 x]]" {
		t.Errorf("the second source's table holds %s", got)
	}
	r.must("stop_all_replicas")
	src.Exec(t, two, "CREATE TABLE a (id INT PRIMARY KEY)")
	if out, code := r.run("init_replica", "--source", "second", "--debug"); code == 0 || !strings.Contains(out, "would both become") {
		t.Errorf("a copy of tables that meet exits with %d: %s", code, out)
	}
	own("[[1 x] [2 y] [3 z]]")
	r.must("drop_source", "--source", "second", "--yes")
	r.start()
	src.Exec(t, one, "INSERT INTO a VALUES (4, 'x')")
	r.caughtUp()
	own("[[1 x] [2 y] [3 z] [4 x]]")
}

// In one process for all, a source that cannot be followed, at once or later, leaves the others alone, and a
// signal ends all of them.
func TestOneOfManySourcesFails(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two := src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{one: "one"}})
	t.Cleanup(func() { r.run("stop_all_replicas") })
	src.Exec(t, two, "CREATE TABLE b (id INT PRIMARY KEY)")
	never := fmt.Sprintf("  never:\n    db_conn: {host: 127.0.0.1, port: %d, user: nobody, password: wrong}\n    schema_mappings: {nothing: never}\n", src.Port)
	r.configure(r.second(two, "two", "    on_error_replay: exit\n") + never)
	r.init()
	r.must("add_source", "--source", "second")
	r.must("init_replica", "--source", "second", "--debug")
	var log bytes.Buffer
	cmd := r.command(context.Background(), "start_all_replicas", "--debug")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.following(2)
	dst.Exec(t, r.database, "ALTER TABLE two.b ADD CONSTRAINT small CHECK (id < 5)")
	src.Exec(t, two, "INSERT INTO b VALUES (9)")
	r.following(1)
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT enm_status FROM sch_chameleon.t_sources WHERE t_source = 'second'")
		return rows[0][0] == "error", fmt.Sprint(rows)
	})
	if rows := r.target("SELECT t_error_message FROM sch_chameleon.t_error_log WHERE t_error_message ~ '^(applying|committing up to) transaction [0-9]'"); len(rows) == 0 {
		t.Errorf("the error log does not name the transaction: %v", r.target("SELECT t_error_message FROM sch_chameleon.t_error_log"))
	}
	r.source("UPDATE e2e_marker SET n = 77 WHERE id = 1")
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT n FROM one.e2e_marker")
		return rows[0][0] == "77", fmt.Sprint(rows)
	})
	dst.Exec(t, r.database, "ALTER TABLE two.b DROP CONSTRAINT small")
	r.must("enable_replica", "--source", "second")
	r.must("start_replica", "--source", "second") // while that process goes on with the others
	r.following(2)
	r.must("stop_replica", "--source", "second")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("it ends as if nothing had failed\n%s", log.String())
	}
	r.following(0)
	for _, text := range []string{"source never has ended: ", "source second has ended: "} {
		if !strings.Contains(log.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, log.String())
		}
	}
	if strings.Contains(log.String(), "source mysql has ended") {
		t.Errorf("the source that could be followed ended too:\n%s", log.String())
	}

	r.must("start_replica", "--source", "second")
	log.Reset()
	cmd = r.command(context.Background(), "start_all_replicas", "--debug")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.following(2)
	r.must("stop_all_replicas")
	if err := cmd.Wait(); err == nil || !strings.Contains(log.String(), "source second has ended: ") || !strings.Contains(log.String(), "is at work on the source second already") {
		t.Errorf("with a daemon of one of them it ends with %v:\n%s", err, log.String())
	}
	r.following(0)
}
