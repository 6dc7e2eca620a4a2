package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copy_mode: file stages chunks in out_dir; no file with a name is ever left there, not by a
// process that is killed either.
func TestCopyModeFile(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	out := filepath.Join(t.TempDir(), "out")
	r := newReplica(t, src, dst, options{yaml: "    copy_mode: file\n    out_dir: " + out + "\n    copy_max_memory: 1M\n"})
	r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(400), b BLOB)", "INSERT INTO big (v, b) SELECT REPEAT('é', 200), REPEAT(CHAR(0), 50) FROM seq_1_to_60000",
		"CREATE TABLE nokey (a INT, t TEXT)", `INSERT INTO nokey SELECT seq, 'NULL "x"\\N' FROM seq_1_to_1000`)
	cmd := r.command(context.Background(), "init_replica", "--source", "mysql", "--debug")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	staged := func() (files []string) {
		open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", cmd.Process.Pid))
		for _, fd := range open {
			if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, out) {
				files = append(files, name)
			}
		}
		return files
	}
	r.eventually(limit, func() (bool, string) {
		files := staged()
		for _, name := range files {
			if !strings.HasSuffix(name, " (deleted)") {
				return false, "a staged file has a name: " + name
			}
		}
		return len(files) > 0, "nothing is staged"
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("after kill -9 the folder has %v, %v", left, err)
	}
	r.init()
	r.start()
	r.source("INSERT INTO big (v) VALUES ('after')", "INSERT INTO nokey VALUES (1, 'after')")
	r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".big")
	r.noRefills()
	r.caughtUp()
	r.same()
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("at the end the folder has %v, %v", left, err)
	}
}
