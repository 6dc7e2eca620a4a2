package cli

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pgchameleon/internal/config"
)

// TestMain lets the test binary be the program in scripts. Its engine reaches no
// server: the scripts here are about what needs none.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chameleon": func() {
		app := &App{Version: "1.2.3", Out: os.Stdout, Err: os.Stderr, In: os.Stdin, Env: os.Getenv, Engine: unreached}
		os.Exit(app.Run(context.Background(), os.Args[1:]))
	}})
}

func unreached(c *config.Config, source string, _ *slog.Logger) (Engine, error) {
	if _, err := c.Dial(source); err != nil { // what the true one does first
		return nil, err
	}
	return nil, nil // a script that uses it ends with a panic
}

// Each script reads like a session at a terminal.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("CHAMELEON_HOME", "")
			return os.MkdirAll(e.WorkDir+"/home", 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "mode": mode},
	})
}

// exits runs the program and wants an exit code: exits 2 chameleon …
func exits(ts *testscript.TestScript, negated bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var ended interface{ ExitCode() int }
	got := 0
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	}
	if (got == want) == negated {
		ts.Fatalf("the exit code is %d, not %d", got, want)
	}
}

// mode wants a file's permissions: mode 0600 file
func mode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().Perm(); got != fs.FileMode(want) {
		ts.Fatalf("%s has mode %o, not %s", args[1], got, args[0])
	}
}
