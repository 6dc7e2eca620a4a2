package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// TestMain lets the test binary be the program in scripts. Its engine reaches no
// server: the scripts here are about what needs none.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chameleon": func() {
		app := &App{Version: "1.2.3", Out: os.Stdout, Err: os.Stderr, In: os.Stdin, Env: os.Getenv, Engine: newIdle}
		os.Exit(app.Run(context.Background(), os.Args[1:]))
	}})
}

// idle is an engine that has nothing to replicate. A command that it does not
// have ends with a panic.
type idle struct {
	Engine
	log *slog.Logger
}

func newIdle(c *config.Config, source string, log *slog.Logger) (Engine, error) {
	if _, err := c.Dial(source); err != nil { // what the true one does first
		return nil, err
	}
	return idle{log: log}, nil
}

func (i idle) StartReplica(ctx context.Context, source string, ready func()) error {
	if source == "away" {
		return fault.New(fault.Retry, "start the server", "no server answers")
	}
	i.log.Info("following", "source", source)
	i.log.Debug("a detail")
	ready()
	<-ctx.Done()
	i.log.Warn("drained")
	return nil
}

func (i idle) InitReplica(ctx context.Context, source string, board *status.Board, restart bool, ready func()) error {
	t := board.Add("zoo.cages", 100, 1000)
	t.Enter(status.Copying, time.Now())
	ready()
	i.log.Info("copying", "source", source, "restart", restart)
	if source == "endless" {
		<-ctx.Done()
		return fmt.Errorf("copying table zoo.cages: %w", context.Cause(ctx))
	}
	t.Advance(100, 1000)
	t.Enter(status.Done, time.Now())
	return nil
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "mode": mode, "until": until},
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

// until waits until a file holds what matches: until 'drained' file
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && want.Match(text) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s does not hold %q: %s, %v", args[1], args[0], text, err)
		}
	}
}
