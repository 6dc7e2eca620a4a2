// Package cli owns the commands as a user types them: their flags, what they
// print, bars and tables, and exit codes. It does not own what a command does
// to a server: that is the engine's.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

// Engine is what the commands about the catalogue ask for.
type Engine interface {
	CreateReplicaSchema(ctx context.Context) (made bool, err error)
	DropReplicaSchema(ctx context.Context) (dropped bool, err error)
	AddSource(ctx context.Context, name string) error
	DropSource(ctx context.Context, name string) error
	EnableReplica(ctx context.Context, name string) (running bool, err error)
	CopySchema(ctx context.Context, name string) (made int, err error)
	SyncTables(ctx context.Context, name string, tables []string) (*status.Sync, error)
	UpgradeReplicaSchema(ctx context.Context, tell func(string), confirm func(*status.Adoption) (bool, error)) error
	UpdateSchemaMappings(ctx context.Context, name string, told func()) (*status.Mappings, error)
	RefreshSchema(ctx context.Context, name, schemaName string) (*status.Sync, error)
	RunMaintenance(ctx context.Context, name string, full bool, tell func(status.Maintained)) error
	Runner
	Reporter
	Operator
}

// Runner is what the long-running commands ask for. ready is called when the
// work has begun for good.
type Runner interface {
	InitReplica(ctx context.Context, name string, board *status.Board, restart bool, ready func()) error
	StartReplica(ctx context.Context, name string, ready func()) error
	DetachReplica(ctx context.Context, name string, wish status.DetachWish, by status.Actor, tell func(string)) (*status.Detachment, error)
}

// Operator is what the commands ask for by which a person goes between the stream and its
// source.
type Operator interface {
	ApplyHeld(ctx context.Context, name string, choice status.Choice, by status.Actor) ([]status.Held, error)
	SkipHeld(ctx context.Context, name string, choice status.Choice, by status.Actor) ([]status.Held, error)
	SkipTransaction(ctx context.Context, name string, wish status.Wish, by status.Actor) error
	WithdrawSkip(ctx context.Context, name string, id int64) error
	PauseReplay(ctx context.Context, name string) (*status.Pause, error)
	ResumeReplay(ctx context.Context, name string) (*status.Pause, error)
}

// Reporter is what the commands that only look ask for.
type Reporter interface {
	Sources(ctx context.Context) ([]status.Source, error)
	Detail(ctx context.Context, name string) (*status.Detail, error)
	Failures(ctx context.Context, source string) ([]status.Failure, error)
	Failure(ctx context.Context, id int64) (*status.Failure, error)
	Subscription(ctx context.Context, name string) (*status.Subscription, error)
	Translate(ctx context.Context, source, database, statements string) (*status.Translation, error)
}

// App is the program with its surroundings.
type App struct {
	Version string
	Out     io.Writer
	Err     io.Writer
	In      io.Reader
	Env     func(string) string
	// Engine makes the engine of a configuration; source may be empty.
	Engine func(c *config.Config, source string, log *slog.Logger) (Engine, error)

	flags flags
	args  []string // of the command line
}

// flags are those that pg_chameleon has, and ours.
type flags struct {
	config, source, schema, tables string
	rollbarLevel                   string
	logid                          int64
	debug, full, yes, json, watch  bool
	restart, dryRun                bool
}

// Run runs a command line and gives the exit code.
func (a *App) Run(ctx context.Context, args []string) int {
	a.args = args
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	out := a.Err
	if errors.As(err, new(errLogged)) {
		out = io.Discard
	}
	if errors.Is(err, errInterrupted) {
		fmt.Fprintf(out, "%v\n", err)
		daemon.Failed(err.Error(), "")
		return interrupted
	}
	hint := fault.HintOf(err)
	for line := range strings.Lines(err.Error()) { // a configuration may have several errors
		fmt.Fprintf(out, "ERROR: %s\n", strings.TrimSuffix(line, "\n"))
	}
	if hint != "" {
		fmt.Fprintf(out, "hint: %s\n", hint)
	}
	daemon.Failed(strings.ReplaceAll(err.Error(), "\n", "; "), strings.ReplaceAll(hint, "\n", " "))
	return fault.KindOf(err).ExitCode()
}

// interrupted is the exit code after Ctrl-C, as shells have it.
const interrupted = 130

// errInterrupted says that the user, or the system, ended the work before it was done.
var errInterrupted = errors.New("interrupted")

// load reads the configuration that --config names.
func (a *App) load() (*config.Config, error) {
	home, err := a.home()
	if err != nil {
		return nil, err
	}
	return config.Load(home, a.flags.config, a.Env)
}

func (a *App) home() (string, error) {
	home, err := config.Home(a.Env)
	if err == nil {
		err = config.MakeHome(home)
	}
	return home, err
}

// named gives the configuration and the source that --source names, which must be given.
func (a *App) named() (*config.Config, *config.Source, error) {
	c, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	if a.flags.source == all || a.flags.source == "" {
		var names []string
		for _, s := range c.Sources {
			names = append(names, s.Name)
		}
		return nil, nil, fault.New(fault.Config, "add --source with one of: "+strings.Join(names, ", "), "this command needs a source")
	}
	s, err := c.Source(a.flags.source)
	return c, s, err
}

// AllSources stands for all sources of the configuration where an engine is made.
const AllSources = all

// all is what --source, --schema and --tables say when they are not given, as in pg_chameleon.
const all = "*"

// engine makes the engine for commands that run in the foreground and log to
// standard error what is worth a warning.
func (a *App) engine(c *config.Config, source string) (Engine, error) {
	return a.Engine(c, source, a.console())
}

// console is the log of commands that write none to a file.
func (a *App) console() *slog.Logger {
	level := slog.LevelWarn
	if a.flags.debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level}))
}

// pidFile is where the process that works on a source is known.
func pidFile(c *config.Config, source string) string {
	return filepath.Join(c.PIDDir, source+".pid")
}

// logFile is where the process that works on a source writes.
func logFile(c *config.Config, source string) string {
	return filepath.Join(c.LogDir, c.Name+"_"+source+".log")
}

// folders makes the folders of pid and log files.
func folders(c *config.Config) error {
	for key, folder := range map[string]string{"pid_dir": c.PIDDir, "log_dir": c.LogDir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fault.New(fault.Config, "correct "+key+" in "+c.Path, "making the folder of %s: %w", key, err)
		}
	}
	return nil
}

// errNo is the answer no to a question.
var errNo = errors.New("nothing was done")
