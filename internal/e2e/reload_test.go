package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pgchameleon/internal/testserver"
)

// reload has the running daemon read the configuration again.
func (r *replica) reload() {
	r.t.Helper()
	r.signal(syscall.SIGHUP)
}

// signal sends a signal to the daemon, whose process id it gives.
func (r *replica) signal(s syscall.Signal) (pid int) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.home, "pid", "mysql.pid"))
	if err != nil {
		r.t.Fatal(err)
	}
	pid, err = strconv.Atoi(strings.Split(string(text), "\n")[0])
	if err != nil || pid <= 1 {
		r.t.Fatalf("the pid file holds %q", text)
	}
	if err := syscall.Kill(pid, s); err != nil {
		r.t.Fatal(err)
	}
	return pid
}

// daemonSays waits until the daemon's log has a text.
func (r *replica) daemonSays(text string) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		log, err := os.ReadFile(filepath.Join(r.home, "logs", "default_mysql.log"))
		return err == nil && strings.Contains(string(log), text), fmt.Sprintf("the log does not say %q", text)
	})
}

// replicated lists the tables that are followed.
func (r *replica) replicated() string {
	rows := r.target("SELECT coalesce(string_agg(t_source_table, ',' ORDER BY t_source_table), '') FROM sch_chameleon.t_replica_tables WHERE enm_state = 'replicating'")
	return rows[0][0]
}

// SIGUSR1 has the running process say in its log what it uses, and changes nothing else.
func TestAProcessSaysWhatItUses(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	r.init()
	r.start()
	pid := r.signal(syscall.SIGUSR1)
	r.eventually(limit, func() (bool, string) {
		return len(r.logLines(`msg="this process"`)) == 1, "the log does not say what the process uses"
	})
	line := r.logLines(`msg="this process"`)[0]
	uses := regexp.MustCompile(fmt.Sprintf(`source=mysql pid=%d goroutines=([1-9]\d*) heap_bytes=([1-9]\d{5,}) memory_bytes=[1-9]\d{5,} collections=\d+`, pid))
	if !uses.MatchString(line) {
		t.Errorf("the log says %s", line)
	}
	r.source("CREATE TABLE after (id INT PRIMARY KEY)", "INSERT INTO after VALUES (1)")
	r.caughtUp()
	r.same()
}

// limit_tables and skip_tables take effect on a running replica: tables come in with a copy while
// the others are followed, and go without losing their rows.
func TestTablesComeAndGoByTheConfiguration(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	db := r.marker
	only := func(tables ...string) {
		t.Helper()
		list := "    limit_tables: [" + db + ".e2e_marker"
		for _, table := range tables {
			list += ", " + db + "." + table
		}
		r.configure(list + "]\n")
		path := filepath.Join(r.home, "configuration", "default.yml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), "    limit_tables:\n", "", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1), (2, 2)", "CREATE TABLE b (id INT PRIMARY KEY, v INT)", "INSERT INTO b VALUES (1, 1)",
		"CREATE TABLE parent (id INT PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2), (3), (4)",
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1), (2, 2), (3, 3), (4, 4)")
	r.source("CREATE SEQUENCE s CACHE 1", "SELECT NEXTVAL(s)", "CREATE SEQUENCE live_s CACHE 1", "SELECT NEXTVAL(live_s)")
	only("a", "child", "live_*")
	r.init()
	r.start()
	r.source("CREATE TABLE live_one (id INT PRIMARY KEY)", "INSERT INTO live_one VALUES (1)", "CREATE TABLE dead_one (id INT PRIMARY KEY)", "DELETE FROM parent WHERE id = 1")
	r.caughtUp()
	r.sameTable(db, r.schemas[db], "child")
	if got := r.replicated(); got != "a,child,e2e_marker,live_one" {
		t.Errorf("replicated are %s", got)
	}

	only("b", "child", "parent", "live_one", "s")
	r.reload()
	r.daemonSays("the configuration was read again")
	r.source("SELECT NEXTVAL(s)", "SELECT NEXTVAL(live_s)", "INSERT INTO a VALUES (3, 3)", "INSERT INTO b VALUES (2, 2)", "DELETE FROM parent WHERE id = 2")
	r.noRefills()
	r.caughtUp()
	r.eventually(limit, func() (bool, string) {
		got := r.replicated()
		return got == "b,child,e2e_marker,live_one,parent", "replicated are " + got
	})
	r.source("INSERT INTO b VALUES (3, 3)", "DELETE FROM parent WHERE id = 3")
	r.caughtUp()
	sequences := func() string {
		return fmt.Sprint(r.target(fmt.Sprintf("SELECT (SELECT last_value FROM %[1]s.s), (SELECT last_value FROM %[1]s.live_s)", quoteIdent(r.schemas[db]))))
	}
	if got := sequences(); got != "[[3 2]]" {
		t.Errorf("the sequence that came in and the one that was left out are at %s", got)
	}
	for _, table := range []string{"b", "parent", "child", "live_one"} {
		r.sameTable(db, r.schemas[db], table)
	}
	if rows := r.target(fmt.Sprintf("SELECT string_agg(id::text, ',' ORDER BY id) FROM %s.a", quoteIdent(r.schemas[db]))); rows[0][0] != "1,2" {
		t.Errorf("the table that was left out has %v", rows)
	}

	// Back again, by a restart; the parent goes and what its rows do to the child is followed still.
	r.stop()
	only("a", "b", "child", "live_*")
	r.start()
	r.source("INSERT INTO a VALUES (4, 4)", "DELETE FROM parent WHERE id = 4")
	r.noRefills()
	r.caughtUp()
	if got := sequences(); got != "[[3 3]]" {
		t.Errorf("the sequences are at %s", got)
	}
	for _, table := range []string{"a", "b", "child", "live_one"} {
		r.sameTable(db, r.schemas[db], table)
	}

	// What is wrong with a configuration is told, and the replica goes on as it was.
	r.configure("    no_such_key: 1\n")
	r.reload()
	r.daemonSays("the configuration was not taken")
	r.configure("    masks:\n      " + db + ".a.v: \"null\"\n")
	r.reload()
	r.daemonSays("the configuration cannot be followed")
	r.source("INSERT INTO a VALUES (5, 5)")
	r.caughtUp()
	r.sameTable(db, r.schemas[db], "a")
}

// skip_events, grant_select_to and fillfactor take effect on tables that are there, and hold
// for those that the stream makes.
func TestOptionsOfTablesAreCarriedOver(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	db, role := r.marker, "reader_"+r.marker
	schema := quoteIdent(r.schemas[db])
	dst.Exec(t, "postgres", "CREATE ROLE "+role)
	t.Cleanup(func() { dst.Exec(t, r.database, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1), (2, 2)", "CREATE TABLE log_a (id INT PRIMARY KEY)", "INSERT INTO log_a VALUES (1)")
	r.init()
	r.start()
	r.caughtUp()
	r.configure(fmt.Sprintf("    grant_select_to: [%[1]s, nobody_%[2]s]\n    skip_events:\n      delete: ['%[2]s.log_*']\n      update: [%[2]s.a]\nfillfactor:\n  \"40\":\n    tables: ['%[2]s.log_*']\n  \"80\":\n    tables: ['*']\n", role, db))
	r.reload()
	r.daemonSays("the configuration was read again")
	r.source("CREATE TABLE log_b (id INT PRIMARY KEY)", "INSERT INTO log_b VALUES (1), (2)", "DELETE FROM log_a", "DELETE FROM log_b WHERE id = 1", "UPDATE a SET v = 9", "DELETE FROM a WHERE id = 2", "CREATE TABLE z (id INT)")
	r.caughtUp()
	rows := r.target(fmt.Sprintf(`SELECT relname, array_to_string(reloptions, ','), has_table_privilege('%s', oid, 'SELECT') FROM pg_class WHERE relnamespace = '%s'::regnamespace AND relkind = 'r' ORDER BY 1`, role, schema))
	if got, want := fmt.Sprint(rows), "[[a fillfactor=80 t] [e2e_marker fillfactor=80 t] [log_a fillfactor=40 t] [log_b fillfactor=40 t] [z fillfactor=80 t]]"; got != want {
		t.Errorf("the tables are\n%s, not\n%s", got, want)
	}
	rows = r.target(fmt.Sprintf("SELECT (SELECT string_agg(concat(id, v), ',') FROM %[1]s.a), (SELECT count(*) FROM %[1]s.log_a), (SELECT count(*) FROM %[1]s.log_b)", schema))
	if fmt.Sprint(rows) != "[[11 1 2]]" {
		t.Errorf("the rows are %v", rows)
	}
}
