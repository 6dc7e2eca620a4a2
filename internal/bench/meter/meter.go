// Package meter owns reading what processes use, from Linux' /proc: processor time,
// memory and open files. It does not own the processes.
package meter

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pgchameleon/internal/testserver/launch"
)

// ticks are the kernel's units of processor time a second, the same on all of Linux' platforms.
const ticks = 100

// CPU is the processor time that a process has used so far, in all its threads.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d has a stat of %d fields", pid, len(fields))
	}
	var sum time.Duration
	for _, field := range fields[11:13] { // in user mode, in the kernel
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
		}
		sum += time.Duration(n) * time.Second / ticks
	}
	return sum, nil
}

// Memory is what a process holds now (bytes).
func Memory(pid int) (int64, error) {
	kilobytes, err := status(pid, "VmRSS:")
	return kilobytes << 10, err
}

func status(pid int, name string) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, fmt.Errorf("reading the status of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == name {
			return strconv.ParseInt(fields[1], 10, 64)
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, name)
}

// Files are the open file descriptors of a process.
func Files(pid int) (int64, error) {
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		return 0, fmt.Errorf("counting the open files of process %d: %w", pid, err)
	}
	return int64(len(entries)), nil
}

// Server is the process of a private server.
func Server(server *launch.Server) (int, error) {
	text, err := os.ReadFile(filepath.Join(server.Dir, "pid"))
	if err != nil {
		return 0, fmt.Errorf("reading the pid of %s: %w", server.Name, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading the pid of %s: %w", server.Name, err)
	}
	return pid, nil
}

// Usage is what a process has used in its life.
type Usage struct {
	CPU    time.Duration
	Memory int64 // most bytes at once
}

// Used is the usage of a running process so far.
func Used(pid int) (Usage, error) {
	memory, err := peak(pid)
	if err != nil {
		return Usage{}, err
	}
	cpu, err := CPU(pid)
	return Usage{CPU: cpu, Memory: memory}, err
}

func peak(pid int) (int64, error) {
	kilobytes, err := status(pid, "VmHWM:")
	return kilobytes << 10, err
}

// Watched is a command that runs and whose memory is looked at.
type Watched struct {
	cmd    *exec.Cmd
	end    chan struct{}
	memory chan int64
}

// Start starts a command. The caller must Wait for it. What the kernel tells of an ended process would
// count the memory of the one that started it, so its own is read while it runs.
func Start(cmd *exec.Cmd) (*Watched, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &Watched{cmd: cmd, end: make(chan struct{}), memory: make(chan int64, 1)}
	go w.watch()
	return w, nil
}

func (w *Watched) watch() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var memory int64
	for {
		select {
		case <-w.end:
			w.memory <- memory
			return
		case <-tick.C:
			if now, err := peak(w.cmd.Process.Pid); err == nil {
				memory = now // it only grows; the process may have ended just now
			}
		}
	}
}

// Wait waits for the command's end and tells what it has used.
func (w *Watched) Wait() (Usage, error) {
	err := w.cmd.Wait()
	close(w.end)
	usage := Usage{Memory: <-w.memory}
	if state := w.cmd.ProcessState; state != nil {
		usage.CPU = state.UserTime() + state.SystemTime()
	}
	return usage, err
}

// Plus adds what another process has used at the same time.
func (u Usage) Plus(other Usage) Usage {
	return Usage{CPU: u.CPU + other.CPU, Memory: u.Memory + other.Memory}
}
