// Command withservers starts every server that tests use, runs a command with
// them, and ends them, also when it is interrupted:
//
//	withservers go test ./...
//
// The test packages that the command runs share these servers; without it each
// package starts its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withservers COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservers:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run gives the command's exit code.
func run(ctx context.Context, command []string) (code int, err error) {
	home, err := launch.NewHome()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	if err := startAll(ctx, home); err != nil {
		return 1, err
	}
	program := command[0]
	if found, err := exec.LookPath(program); err == nil {
		program, _ = filepath.Abs(found)
	}
	cmd := exec.CommandContext(ctx, program, command[1:]...)
	cmd.Args[0] = command[0]
	cmd.Env = append(os.Environ(), testserver.FolderVariable+"="+home.Dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 20 * time.Second
	err = cmd.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 130, nil
	case errors.As(err, &exited):
		return exited.ExitCode(), nil
	}
	return 0, err
}

// startAll installs what is missing, one after the other, and starts all, two
// at a time. A server that cannot be had is said so and left out: the tests
// that need it skip, or fail in CI.
func startAll(ctx context.Context, home *launch.Home) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, name := range launch.All() {
		if err := launch.Install(ctx, name); err != nil {
			fmt.Fprintf(os.Stderr, "withservers: there is no %s: %v\n", name, err)
			continue
		}
		group.Go(func() error {
			server, err := home.Start(ctx, name, launch.Fast(name)...)
			if err != nil {
				return fmt.Errorf("starting %s: %w", name, err)
			}
			return server.Save(home.Dir)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "withservers: the servers are up after %.1f s\n", time.Since(began).Seconds())
	return nil
}
