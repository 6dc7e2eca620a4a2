// Package daemon owns a background process of ours: its start in a session of
// its own, its pid file with the lock that proves it lives, its end, and its
// log file. It does not own what the process does.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pgchameleon/internal/fault"
)

// readyVariable tells a started process the descriptor on which it reports
// that it has got through its start; ready is what it writes there.
const (
	readyVariable = "CHAMELEON_READY_FD"
	ready         = "ready\n"
)

// Started says whether this process was started by Start.
func Started() bool { return os.Getenv(readyVariable) != "" }

// Start runs this program again with the arguments, in a session of its own,
// its output appended to logFile, and waits until it calls Ready or ends. An
// end before that is an error that carries the last words of the process. A ctx
// that ends while it waits ends the process too.
func Start(ctx context.Context, args []string, logFile string) (pid int, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("finding this program: %w", err)
	}
	output, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fault.New(fault.Environment, "check log_dir in the configuration and who may write there", "opening the log file: %w", err)
	}
	defer output.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("making a pipe: %w", err)
	}
	defer read.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...) // #nosec G204 -- this very program, which outlives us
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{write}
	cmd.Env = append(os.Environ(), readyVariable+"=3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = write.Close()
		return 0, fmt.Errorf("starting the daemon: %w", err)
	}
	_ = write.Close()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // it closes the pipe by its end
	said, err := io.ReadAll(read)
	if stop(); err == nil && string(said) == ready {
		pid := cmd.Process.Pid // Release forgets it
		return pid, cmd.Process.Release()
	}
	err = ended(cmd, string(said), logFile)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return 0, err
}

// ended explains why a daemon ended before it was ready.
func ended(cmd *exec.Cmd, said, logFile string) error {
	err := cmd.Wait()
	kind := fault.Bug
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		kind = fault.FromExitCode(exit.ExitCode())
	}
	message, hint, _ := strings.Cut(strings.TrimSpace(said), "\n")
	if message == "" {
		message, hint = "the daemon ended at its start", "read the end of "+logFile
	}
	return fault.New(kind, hint, "%s", message)
}

// Ready tells the process that called Start that all went well. Without
// such a process it does nothing.
func Ready() { report(ready) }

// Failed tells the process that called Start why this one ends; the hint may be empty.
func Failed(message, hint string) { report(message + "\n" + hint) }

func report(text string) {
	fd, err := strconv.Atoi(os.Getenv(readyVariable))
	if err != nil {
		return
	}
	if err := os.Unsetenv(readyVariable); err != nil {
		return
	}
	pipe := os.NewFile(uintptr(fd), "ready") // #nosec G115 -- a small number of our own
	_, _ = io.WriteString(pipe, text)        // the other end may be gone, which harms nobody
	_ = pipe.Close()
}

// pollEvery is how often Stop looks whether the process has ended.
const pollEvery = 50 * time.Millisecond
