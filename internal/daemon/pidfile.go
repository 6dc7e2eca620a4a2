package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pgchameleon/internal/fault"
)

// PidFile is a pid file that this process holds. The lock on it, not its being
// there, says that its process lives: a file left by a killed process is free.
type PidFile struct{ file *os.File }

// Hold takes the pid file for this process; it is an error of kind
// fault.State if another process holds it.
func Hold(path string) (*PidFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Environment, "check pid_dir in the configuration and who may write there", "opening the pid file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid := readPid(file)
		_ = file.Close()
		return nil, fault.New(fault.State, "stop it first: chameleon stop_replica", "process %d is at work on this source already", pid)
	}
	if err := errors.Join(file.Truncate(0), write(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("writing the pid file: %w", err)
	}
	return &PidFile{file}, nil
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

// Running gives the process that holds the pid file, 0 if none does.
func Running(path string) (pid int, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("opening the pid file: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return readPid(file), nil
	}
	return 0, err
}

func readPid(file *os.File) int {
	text := make([]byte, 32)
	n, _ := file.ReadAt(text, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil || pid <= 1 { // never a whole process group
		return 0
	}
	return pid
}

// Stop asks the process that holds the pid file to end, by SIGTERM, and waits
// until it has. stopped is false if there was none. When the time is over the
// process is left alone and the error is of kind fault.State.
func Stop(ctx context.Context, path string, within time.Duration) (stopped bool, err error) {
	pid, err := Running(path)
	if err != nil || pid == 0 {
		return false, err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return false, fault.New(fault.Environment, "run this as the user who started it", "stopping process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		now, err := Running(path)
		if err != nil || now != pid {
			return err == nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, fault.New(fault.State, "read its log file; it ends when its present transaction has", "process %d has not ended within %s", pid, within)
		}
	}
}
