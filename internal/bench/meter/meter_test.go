package meter

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestOwnProcess(t *testing.T) {
	began, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for used := began; used < began+20*time.Millisecond; { // this loop uses it
		if used, err = CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	now, err := Memory(os.Getpid())
	if err != nil || now < 1<<20 {
		t.Fatal(now, err)
	}
	usage, err := Used(os.Getpid())
	if err != nil || usage.CPU < began+20*time.Millisecond || usage.CPU > time.Hour || usage.Memory < now {
		t.Errorf("%+v, %d: %v", usage, now, err)
	}
	before, err := Files(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "open"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if after, err := Files(os.Getpid()); err != nil || after != before+1 {
		t.Error(before, after, err)
	}
}

// A command's own memory counts, not that of the process that has started it.
func TestWatched(t *testing.T) {
	ballast := make([]byte, 64<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	watched, err := Start(exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"))
	if err != nil {
		t.Fatal(err)
	}
	usage, err := watched.Wait()
	if err != nil || usage.CPU <= 0 || usage.Memory <= 0 || usage.Memory > int64(len(ballast))/2 {
		t.Errorf("%+v: %v", usage, err)
	}
	if watched, err = Start(exec.CommandContext(t.Context(), "false")); err != nil {
		t.Fatal(err)
	}
	if _, err := watched.Wait(); err == nil {
		t.Error("a command that fails has not")
	}
}
