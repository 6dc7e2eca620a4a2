package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgchameleon/internal/fault"
)

// TestMain lets the test binary play the daemon: Start runs this very program.
func TestMain(m *testing.M) {
	if !Started() {
		os.Exit(m.Run())
	}
	role, path := os.Args[1], os.Args[2]
	if role == "waits" { // and gives no word
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		held, err := Hold(path, "a task")
		if err != nil {
			os.Exit(1)
		}
		<-ctx.Done()
		held.Release()
		return
	}
	if role == "fails" {
		Failed("the server is not there", "start it")
		os.Exit(fault.Environment.ExitCode())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	held, err := Hold(path, "a task")
	if err != nil {
		Failed(err.Error(), fault.HintOf(err))
		os.Exit(fault.KindOf(err).ExitCode())
	}
	Ready()
	fmt.Println("at work")
	<-ctx.Done()
	held.Release()
}

func TestADaemonRunsUntilItIsStopped(t *testing.T) {
	folder := t.TempDir()
	pidFile, logFile := filepath.Join(folder, "a.pid"), filepath.Join(folder, "a.log")
	pid, err := Start(context.Background(), []string{"works", pidFile}, logFile)
	if err != nil {
		t.Fatal(err)
	}
	if pid <= 1 {
		t.Fatalf("the daemon's process is %d", pid)
	}
	if running, err := Running(pidFile); running != (Process{pid, "a task"}) || err != nil {
		t.Fatalf("running is %v, %v; started %d", running, err, pid)
	}
	if session, err := sessionOf(pid); err != nil || session != pid {
		t.Errorf("the daemon is in session %d, %v; want its own", session, err)
	}
	_, err = Start(context.Background(), []string{"works", pidFile}, logFile)
	if fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
		t.Errorf("a second daemon: %v", err)
	}
	if stopped, err := Stop(context.Background(), pidFile, 10*time.Second); !stopped || err != nil {
		t.Errorf("stopping: %v, %v", stopped, err)
	}
	if stopped, err := Stop(context.Background(), pidFile, time.Second); stopped || err != nil {
		t.Errorf("stopping what does not run: %v, %v", stopped, err)
	}
	text, err := os.ReadFile(logFile)
	if err != nil || !strings.Contains(string(text), "at work") {
		t.Errorf("the log holds %q, %v", text, err)
	}
	if info, err := os.Stat(logFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log's mode is %v, %v", info.Mode(), err)
	}
}

// sessionOf reads the session id from /proc/PID/stat, its sixth field.
func sessionOf(pid int) (session int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	var state string
	var parent, group int
	_, err = fmt.Sscan(rest, &state, &parent, &group, &session)
	return session, err
}

func TestAFailingStartTellsWhy(t *testing.T) {
	folder := t.TempDir()
	_, err := Start(context.Background(), []string{"fails", "x"}, filepath.Join(folder, "a.log"))
	if fault.KindOf(err) != fault.Environment || err.Error() != "the server is not there" || fault.HintOf(err) != "start it" {
		t.Errorf("kind %v, %q, hint %q", fault.KindOf(err), err, fault.HintOf(err))
	}
}

func TestAPidFileOfADeadProcessIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pid")
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(fmt.Sprintln(gone.Process.Pid)), 0o600); err != nil {
		t.Fatal(err)
	}
	if process, err := Running(path); process.Running() || err != nil {
		t.Errorf("running is %v, %v", process, err)
	}
	held, err := Hold(path, "a task")
	if err != nil {
		t.Fatal(err)
	}
	held.Release()
}

// Who holds a pid file is without a name for a moment when it begins and when it ends. It is
// neither taken for nobody nor for somebody else then.
func TestAHolderWithoutANameIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source.pid")
	for name, is := range map[string]func(*PidFile) error{
		"7\nstart_replica\n": func(p *PidFile) error { return write(p.file, "7\nstart_replica\n") },
		"":                   func(p *PidFile) error { return p.file.Close() },
	} {
		held, err := Hold(path, "a task")
		if err != nil {
			t.Fatal(err)
		}
		if err := held.file.Truncate(0); err != nil {
			t.Fatal(err)
		}
		looked := make(chan Process)
		go func() {
			p, err := Running(path)
			if err != nil {
				t.Error(err)
			}
			looked <- p
		}()
		if err := is(held); err != nil {
			t.Fatal(err)
		}
		if p := <-looked; p.Running() != (name != "") || p.Running() && p != (Process{PID: 7, Task: "start_replica"}) {
			t.Errorf("%+v holds the file of %q", p, name)
		}
		again, err := Hold(path, "another")
		if (name == "") != (err == nil) {
			t.Errorf("with %q it can be held: %v", name, err)
		}
		if again != nil {
			again.Release()
		}
		held.Release()
	}
}

func TestLogsRotateByDay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop[1].log") // what else stands there stays
	for _, name := range []string{path + ".2029-12-30.gz", path + ".old", filepath.Join(filepath.Dir(path), "shop1.log.2029-12-30")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	log, err := OpenLog(path, 2, func() time.Time { return day })
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := log.Write([]byte(day.Format(dayLayout) + "\n")); err != nil {
			t.Fatal(err)
		}
		day = day.AddDate(0, 0, 1)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 6 {
		t.Fatalf("files %v, %v; want today's, two more, and three that are not ours", files, err)
	}
	text, err := os.ReadFile(path + ".2030-01-04")
	if err != nil || string(text) != "2030-01-04\n" {
		t.Errorf("the rotated file holds %q, %v", text, err)
	}
	if _, err := os.Stat(path + ".2030-01-01"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a day too old was kept")
	}
}

// Whoever gives up waiting for a daemon leaves none behind.
func TestAStartThatIsGivenUpEndsTheProcess(t *testing.T) {
	folder := t.TempDir()
	pidFile := filepath.Join(folder, "a.pid")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := Start(ctx, []string{"waits", pidFile}, filepath.Join(folder, "a.log"))
		ended <- err
	}()
	running := func() bool {
		process, err := Running(pidFile)
		if err != nil {
			t.Fatal(err)
		}
		return process.Running()
	}
	for deadline := time.Now().Add(10 * time.Second); !running(); { // looking all the time must not keep it from its lock
		if time.Now().After(deadline) {
			t.Fatal("the process does not begin")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the start gives %v", err)
	}
	if running() {
		t.Error("the process lives on")
	}
}

// A number in the file is nothing without the lock: that process is not ours.
func TestNobodyElseIsStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pid")
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(fmt.Sprintf("%d\nstart_replica\n", other.Process.Pid)), 0o600); err != nil {
		t.Fatal(err)
	}
	if stopped, err := Stop(context.Background(), path, time.Second); stopped || err != nil {
		t.Errorf("stopping: %v, %v", stopped, err)
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other process: %v", err)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
}

// A process that does not end is left alone, with a clear word.
func TestAProcessThatDoesNotEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source.pid")
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGTERM)
	defer signal.Stop(ignored)
	held, err := Hold(path, "start_replica") // by this very process, which does not heed the signal
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	_, err = Stop(context.Background(), path, 100*time.Millisecond)
	if fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "has not ended within 100ms") {
		t.Errorf("stopping: %v", err)
	}
	<-ignored
	if _, err := Hold(path, "init_replica"); fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "(start_replica) is at work on the source source already") {
		t.Errorf("holding: %v", err)
	}
}

func TestALogThatCannotRotateGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	day := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	log, err := OpenLog(path, 2, func() time.Time { return day })
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := os.Mkdir(path+".2030-01-01", 0o700); err != nil {
		t.Fatal(err)
	}
	day = day.AddDate(0, 0, 1)
	for range 2 {
		if _, err := log.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "line\n") != 2 || strings.Count(string(text), "could not be rotated") != 1 {
		t.Errorf("the log holds %q, %v", text, err)
	}
}
