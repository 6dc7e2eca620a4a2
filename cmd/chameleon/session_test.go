package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// Each script is a session at a terminal with the built program and two real
// servers. $SCHEMA is a database on the source with a few tables, mapped to a
// schema of its name in a fresh PostgreSQL database, by the configuration "default".
func TestSessions(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "bin")
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "chameleon"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	source, target := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	s := &sessions{t, source, target}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/session",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(filepath.ListSeparator)+e.Getenv("PATH"))
			return s.prepare(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "variant": variant, "mysql": s.mysql, "arrives": s.arrives, "until": until,
		},
	})
}

type sessions struct {
	t              *testing.T
	source, target *testserver.Server
}

// prepare makes the databases and the configuration of one script.
func (s *sessions) prepare(e *testscript.Env) error {
	schema, database := s.source.Database(s.t, "session"), s.target.Database(s.t, "session")
	s.source.Exec(s.t, schema, "CREATE TABLE cages (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL)", "INSERT INTO cages VALUES (1, 'lion'), (2, 'ape'), (3, 'bear')",
		"CREATE TABLE visits (id INT AUTO_INCREMENT PRIMARY KEY, cage INT NOT NULL, at DATETIME)", "INSERT INTO visits (cage, at) VALUES (1, '2030-01-02 03:04:05'), (2, NULL)")
	home := filepath.Join(e.WorkDir, "home")
	text := fmt.Sprintf(`pg_conn:
  host: %s
  port: %d
  user: %q
  database: %s
sources:
  mysql:
    db_conn:
      host: %s
      port: %d
      user: %q
      password: ""
    schema_mappings:
      %s: %s
    copy_threads: 2
`, s.target.Host, s.target.Port, s.target.User, database, s.source.Host, s.source.Port, s.source.User, schema, schema)
	if err := os.MkdirAll(filepath.Join(home, "configuration"), 0o700); err != nil {
		return err
	}
	e.Setenv("CHAMELEON_HOME", home)
	e.Setenv("SCHEMA", schema)
	e.Setenv("DATABASE", database)
	e.Defer(func() { // whatever the script left running
		stop := exec.Command("chameleon", "stop_all_replicas")
		stop.Path = filepath.Join(strings.Split(e.Getenv("PATH"), string(filepath.ListSeparator))[0], "chameleon")
		stop.Err, stop.Env = nil, append(os.Environ(), "CHAMELEON_HOME="+home)
		if out, err := stop.CombinedOutput(); err != nil {
			s.t.Errorf("stopping what a session left: %v\n%s", err, out)
		}
	})
	return os.WriteFile(filepath.Join(home, "configuration", "default.yml"), []byte(text), 0o600)
}

// exits runs a command and wants an exit code: exits 2 chameleon …
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		ts.Fatalf("%v", err)
	}
	got := 0
	if ended != nil {
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("the exit is %d, not %d", got, want)
	}
}

// variant writes another configuration: the default one with what matches
// replaced: variant NAME REGEXP REPLACEMENT
func variant(ts *testscript.TestScript, _ bool, args []string) {
	folder := filepath.Join(ts.Getenv("CHAMELEON_HOME"), "configuration")
	text, err := os.ReadFile(filepath.Join(folder, "default.yml"))
	ts.Check(err)
	matched := regexp.MustCompile("(?m)" + args[1])
	if !matched.Match(text) {
		ts.Fatalf("nothing in the configuration matches %s", args[1])
	}
	ts.Check(os.WriteFile(filepath.Join(folder, args[0]+".yml"), matched.ReplaceAll(text, []byte(strings.ReplaceAll(args[2], `\n`, "\n"))), 0o600))
}

// mysql runs statements on the source's database.
func (s *sessions) mysql(ts *testscript.TestScript, _ bool, args []string) {
	s.source.Exec(s.t, ts.Getenv("SCHEMA"), args...)
}

// arrives waits until a query of the target gives a value: arrives SQL VALUE
func (s *sessions) arrives(ts *testscript.TestScript, _ bool, args []string) {
	got := ""
	wait(ts, func() (bool, string) {
		rows := s.target.Query(s.t, ts.Getenv("DATABASE"), args[0])
		if len(rows) == 1 && len(rows[0]) == 1 {
			got = rows[0][0]
		}
		return got == args[1], fmt.Sprintf("%s gives %s, not %s", args[0], got, args[1])
	})
}

// until runs a command again and again until its output matches: until REGEXP chameleon …
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	wait(ts, func() (bool, string) {
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			ts.Fatalf("%v", err)
		}
		out := ts.ReadFile("stdout")
		return want.MatchString(out), fmt.Sprintf("the output does not match %s:\n%s", want, out)
	})
}

func wait(ts *testscript.TestScript, holds func() (bool, string)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		ok, state := holds()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after a minute: %s", state)
		}
	}
}
