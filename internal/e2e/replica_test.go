// Package e2e owns the tests of the whole program as a user runs it: the built
// binary, its commands and its daemons, on real servers. It does not own
// tests of single packages.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "chameleon-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "chameleon")
	build := exec.Command("go", "build", "-o", path, "pgchameleon/cmd/chameleon")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

// replica is one configured source with its servers.
type replica struct {
	t        *testing.T
	bin      string
	home     string
	src, dst *testserver.Server
	database string            // in PostgreSQL
	schemas  map[string]string // source database → PostgreSQL schema
	marker   string            // source database that holds the marker table
	marks    int
}

// options are what a test wants beyond the default replica.
type options struct {
	schemas map[string]string // default: one fresh source database, mapped to its own name
	yaml    string            // further keys of the source, indented by four
}

// newReplica makes databases and a configuration, the catalogue and the source.
func newReplica(t *testing.T, src, dst *testserver.Server, o options) *replica {
	t.Helper()
	r := bareReplica(t, src, dst, o)
	r.must("create_replica_schema")
	r.must("add_source", "--source", "mysql")
	return r
}

// bareReplica makes databases and a configuration.
func bareReplica(t *testing.T, src, dst *testserver.Server, o options) *replica {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{t: t, bin: bin, home: t.TempDir(), src: src, dst: dst, schemas: o.schemas}
	r.database = dst.Database(t, "e2e")
	if r.schemas == nil {
		db := src.Database(t, "e2e")
		r.schemas = map[string]string{db: db}
	}
	for db := range r.schemas {
		if r.marker == "" || db < r.marker {
			r.marker = db
		}
	}
	src.Exec(t, r.marker, "CREATE TABLE IF NOT EXISTS e2e_marker (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB", "INSERT IGNORE INTO e2e_marker VALUES (1, 0)")
	r.configure(o.yaml)
	t.Cleanup(func() {
		r.run("stop_replica", "--source", "mysql")
		if t.Failed() {
			r.logs()
		}
	})
	return r
}

func (r *replica) configure(extra string) {
	r.t.Helper()
	var mappings strings.Builder
	for from, to := range r.schemas {
		fmt.Fprintf(&mappings, "      %q: %q\n", from, to)
	}
	text := fmt.Sprintf(`pid_dir: '%[1]s/pid'
log_dir: '%[1]s/logs'
log_dest: file
log_level: debug
log_days_keep: 10
rollbar_key: ''
rollbar_env: ''
pg_conn:
  host: "127.0.0.1"
  port: "%[2]d"
  user: %[3]q
  password: ""
  database: %[4]q
  charset: "utf8"
sources:
  mysql:
    db_conn:
      host: "127.0.0.1"
      port: "%[5]d"
      user: %[6]q
      password: ""
      charset: 'utf8'
      connect_timeout: 10
    schema_mappings:
%[7]s    limit_tables:
    lock_timeout: "120s"
    type: mysql
%[8]s`, r.home, r.dst.Port, r.dst.User, r.database, r.src.Port, r.src.User, mappings.String(), extra)
	folder := filepath.Join(r.home, "configuration")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "default.yml"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// command prepares the program with this replica's home.
func (r *replica) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.bin, args...)
	cmd.Env = append(os.Environ(), "CHAMELEON_HOME="+r.home)
	return cmd
}

// run runs a command to its end and gives its output and exit code.
func (r *replica) run(args ...string) (string, int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := r.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatalf("chameleon %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func (r *replica) must(args ...string) string {
	r.t.Helper()
	out, code := r.run(args...)
	if code != 0 {
		r.t.Fatalf("chameleon %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func (r *replica) init()  { r.t.Helper(); r.must("init_replica", "--source", "mysql", "--debug") }
func (r *replica) start() { r.t.Helper(); r.must("start_replica", "--source", "mysql") }
func (r *replica) stop()  { r.t.Helper(); r.must("stop_replica", "--source", "mysql") }

// source runs statements in the first source database.
func (r *replica) source(statements ...string) {
	r.t.Helper()
	r.src.Exec(r.t, r.marker, statements...)
}

// target queries the PostgreSQL database.
func (r *replica) target(sql string) [][]string {
	r.t.Helper()
	return r.dst.Query(r.t, r.database, sql)
}

// caughtUp waits until what the source has committed by now is in PostgreSQL.
func (r *replica) caughtUp() {
	r.t.Helper()
	r.marks++
	r.source(fmt.Sprintf("UPDATE e2e_marker SET n = %d WHERE id = 1", r.marks))
	want := fmt.Sprint(r.marks)
	query := fmt.Sprintf("SELECT n FROM %q.e2e_marker", r.schemas[r.marker])
	r.eventually(limit, func() (bool, string) {
		if rows := r.target("SELECT t_error_message FROM sch_chameleon.t_error_log WHERE EXISTS (SELECT FROM sch_chameleon.t_sources WHERE enm_status = 'error') ORDER BY i_id_log DESC LIMIT 1"); len(rows) > 0 {
			r.t.Fatalf("the replica has stopped: %s", rows[0][0])
		}
		rows := r.target(query)
		return len(rows) == 1 && rows[0][0] == want, fmt.Sprintf("the marker is %v, not %s", rows, want)
	})
}

// eventually polls a condition until it holds or the time is over.
func (r *replica) eventually(limit time.Duration, holds func() (bool, string)) {
	r.t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, state := holds()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			out, _ := r.run("show_status", "--source", "mysql")
			r.t.Fatalf("after %s: %s\n%s", limit, state, out)
		}
		<-tick.C
	}
}

// status reads show_status --json of the source.
func (r *replica) status() map[string]any {
	r.t.Helper()
	var status map[string]any
	out := r.must("show_status", "--source", "mysql", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		r.t.Fatalf("reading show_status --json: %v\n%s", err, out)
	}
	return status
}

// logs prints the ends of the program's log files, for a failed test.
func (r *replica) logs() {
	files, _ := filepath.Glob(filepath.Join(r.home, "logs", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if len(text) > 6000 {
			text = text[len(text)-6000:]
		}
		r.t.Logf("%s:\n%s", filepath.Base(file), text)
	}
}

// limit is how long a condition may take on a slow machine.
const limit = time.Minute
