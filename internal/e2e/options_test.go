package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rewrite replaces texts in the configuration file.
func (r *replica) rewrite(pairs ...string) {
	r.t.Helper()
	path := filepath.Join(r.home, "configuration", "default.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// A table that filters take in, and that keep_existing_schema expects to be there, is waited for: what to do is
// told, and once it is there it is filled as it stands, and may be read by those who may.
func TestATableThatKeepExistingSchemaWaitsFor(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	db, role := r.marker, "keeper_"+r.marker
	dst.Exec(t, "postgres", "CREATE ROLE "+role)
	t.Cleanup(func() { dst.Exec(t, r.database, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	const none = "    limit_tables:\n"
	r.source("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE nokey (v VARCHAR(9))", "INSERT INTO nokey VALUES ('one'), ('two')")
	r.configure("    keep_existing_schema: Yes\n    grant_select_to: " + role + "\n")
	only := []string{none, "    limit_tables: [" + db + ".e2e_marker]\n"}
	r.rewrite(only...)
	schema := quoteIdent(r.schemas[db])
	dst.Exec(t, r.database, "CREATE SCHEMA "+schema, "CREATE TABLE "+schema+".e2e_marker (id integer PRIMARY KEY, n integer)")
	r.init()
	r.start()
	r.rewrite(only[1], none)
	r.reload()
	r.eventually(limit, func() (bool, string) {
		out := r.must("show_status", "--source", "mysql", "--full")
		return strings.Contains(out, "there is no such table; create it as the source has it, or turn keep_existing_schema off"), out
	})
	dst.Exec(t, r.database, "CREATE TABLE "+schema+".a (id integer PRIMARY KEY, mine text DEFAULT 'kept')", "CREATE TABLE "+schema+".nokey (v text)")
	r.source("INSERT INTO a VALUES (1)", "INSERT INTO nokey VALUES ('three')")
	r.noRefills()
	r.caughtUp()
	rows := r.target(fmt.Sprintf(`SELECT (SELECT string_agg(concat(id, mine), ',') FROM %[1]s.a), (SELECT string_agg(v, ',' ORDER BY v) FROM %[1]s.nokey),
		has_table_privilege('%[2]s', '%[1]s.nokey', 'SELECT')`, schema, role))
	if got := fmt.Sprint(rows); got != "[[1kept one,three,two t]]" {
		t.Errorf("the tables are %s", got)
	}
}

// A log in JSON is JSON to its last line, and says how the daemon has ended and what to do.
func TestALogInJSON(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    on_error_replay: exit\n"})
	r.rewrite("log_level: debug\n", "log_level: info\nlog_format: json\n")
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(20))")
	r.init()
	r.start()
	r.caughtUp()
	dst.Exec(t, r.database, "ALTER TABLE "+quoteIdent(r.schemas[r.marker])+".a ADD CHECK (v <> 'a secret')")
	r.source("INSERT INTO a VALUES (1, 'a secret')")
	path := filepath.Join(r.home, "logs", "default_mysql.log")
	r.eventually(limit, func() (bool, string) {
		text, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(text), "ended with an error"), string(text)
	})
	r.run("stop_replica", "--source", "mysql") // waits until it has ended
	if out, code := r.run("start_replica", "--source", "mysql"); code == 0 || !strings.Contains(out, "ERROR: ") {
		t.Errorf("a source with an error is started: %s", out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := 0
	for line := range strings.Lines(string(text)) {
		var said struct{ Time, Level, Msg, Source, Error, Hint string }
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Time == "" || said.Level == "" || said.Msg == "" {
			t.Errorf("%v: %s", err, line)
		}
		if said.Msg == "ended with an error" {
			ends++
			if said.Error == "" || said.Hint == "" || said.Source != "mysql" {
				t.Errorf("the end is told by %s", line)
			}
		}
	}
	if ends != 2 || strings.Contains(string(text), "a secret") {
		t.Errorf("it has ended %d times:\n%s", ends, text)
	}
}
