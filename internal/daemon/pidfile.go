package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pgchameleon/internal/fault"
)

// Process is who holds a pid file.
type Process struct {
	PID  int
	Task string // the command that it runs, such as start_replica
}

// Running says that there is such a process.
func (p Process) Running() bool { return p.PID != 0 }

// PidFile is a pid file that this process holds. The lock on it, not its being
// there, says that its process lives: a file left by a killed process is free.
type PidFile struct{ file *os.File }

// Hold takes the pid file for this process and its task; it is an error of kind
// fault.State if another process holds it.
func Hold(path, task string) (*PidFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- below pid_dir
	if err != nil {
		return nil, fault.New(fault.Environment, "check pid_dir in the configuration and who may write there", "opening the pid file: %w", err)
	}
	if err := lock(file); err != nil {
		holder := read(file)
		_ = file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking the pid file %s: %w", path, err)
		}
		return nil, Busy(path, holder)
	}
	if err := errors.Join(file.Truncate(0), write(file, strconv.Itoa(os.Getpid())+"\n"+task+"\n")); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("writing the pid file: %w", err)
	}
	return &PidFile{file}, nil
}

// lock takes the lock. One that merely looks (Running) shares it for a moment, and one that
// begins or ends has it without its name for a moment; that is waited for.
func lock(file *os.File) error {
	tick := time.NewTicker(momentary)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if err != nil && (read(file).Running() || time.Since(began) > nameless) {
			return err // held for good
		}
		if err != nil {
			continue
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_UN); err != nil {
			return err
		}
	}
}

const (
	momentary = 5 * time.Millisecond
	nameless  = 5 * time.Second // beyond it a holder is one that never writes its name
)

// Busy is the error that a process holds the pid file already.
func Busy(path string, holder Process) error {
	source := strings.TrimSuffix(filepath.Base(path), ".pid")
	return fault.New(fault.State, "stop it first: chameleon stop_replica --source "+source,
		"process %d (%s) is at work on the source %s already", holder.PID, holder.Task, source)
}

func write(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// Release gives the pid file up.
func (p *PidFile) Release() {
	_ = p.file.Truncate(0)
	_ = p.file.Close()
}

// Running gives the process that holds the pid file, the zero Process if none
// does.
func Running(path string) (Process, error) {
	file, err := os.Open(path) // #nosec G304 -- below pid_dir
	if errors.Is(err, os.ErrNotExist) {
		return Process{}, nil
	}
	if err != nil {
		return Process{}, fault.New(fault.Environment, "run this as the user who started it", "opening the pid file: %w", err)
	}
	defer file.Close()
	tick := time.NewTicker(momentary)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		switch {
		case err == nil:
			return Process{}, nil // our own lock ends with the file
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return Process{}, fmt.Errorf("looking at the lock of the pid file %s: %w", path, err)
		}
		if p := read(file); p.Running() {
			return p, nil
		}
		if time.Since(began) > nameless { // it is beginning, or ending
			return Process{}, fault.New(fault.State, "find it with fuser, and stop it", "a process that does not say which it is holds the pid file %s", path)
		}
	}
}

func read(file *os.File) Process {
	text := make([]byte, 256)
	n, _ := file.ReadAt(text, 0)
	lines := strings.Split(string(text[:n]), "\n")
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 1 || len(lines) < 2 { // never a whole process group, never half a number
		return Process{}
	}
	return Process{PID: pid, Task: lines[1]}
}

// Stop asks the process that holds the pid file to end, by SIGTERM, and waits
// until it has. stopped is false if there was none. When the time is over the
// process is left alone and the error is of kind fault.State.
func Stop(ctx context.Context, path string, within time.Duration) (stopped bool, err error) {
	process, err := Running(path)
	if err != nil || !process.Running() {
		return false, err
	}
	if err := send(path, process, syscall.SIGTERM, "stopping"); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, errSlow)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		now, err := Running(path)
		if err != nil || now != process {
			return err == nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, errSlow) {
				return false, cause
			}
			return false, fault.New(fault.State, fmt.Sprintf("read its log file; it ends when its present transaction has, and kill -9 %d loses nothing either", process.PID),
				"process %d has not ended within %s", process.PID, within)
		}
	}
}

var errSlow = errors.New("the process has not ended in time")

// Hangup tells a process that holds the pid file, by SIGHUP, that its configuration has changed.
func Hangup(path string, p Process) error {
	return send(path, p, syscall.SIGHUP, "telling of another configuration")
}

// send signals the process. It is opened first and the lock looked at again
// after that, so that it cannot be another one that has got its number.
func send(path string, p Process, what syscall.Signal, doing string) error {
	handle, err := os.FindProcess(p.PID)
	if err != nil {
		return fmt.Errorf("finding process %d: %w", p.PID, err)
	}
	defer func() { _ = handle.Release() }()
	if again, err := Running(path); err != nil || again != p {
		return err // it has ended by itself
	}
	if err := handle.Signal(what); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fault.New(fault.Environment, "run this as the user who started it", "%s process %d: %w", doing, p.PID, err)
	}
	return nil
}
