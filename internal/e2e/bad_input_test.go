package e2e

import (
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// A source that is set wrongly: one clear sentence with the remedy, an exit
// code that is not zero, and nothing changed.
func TestASourceThatIsSetWrongly(t *testing.T) {
	t.Parallel()
	dst := testserver.Shared(t, testserver.Target)
	for _, c := range []struct {
		story, option string
		says, remedy  string
	}{
		{"the binary log is off", "--skip-log-bin", "binary log", "log_bin"},
		{"the binary log holds statements", "--binlog-format=STATEMENT", "binlog_format", "ROW"},
		{"row images are partial", "--binlog-row-image=MINIMAL", "binlog_row_image", "FULL"},
	} {
		t.Run(c.story, func(t *testing.T) {
			src := testserver.Private(t, testserver.Source, c.option)
			r := newReplica(t, src, dst, options{})
			out, code := r.run("init_replica", "--source", "mysql")
			if code != 3 || !strings.Contains(out, c.says) || !strings.Contains(out, "hint: ") || !strings.Contains(out, c.remedy) {
				t.Errorf("exit code %d\n%s", code, out)
			}
			if rows := r.target("SELECT enm_status, (SELECT count(*) FROM sch_chameleon.t_replica_tables) FROM sch_chameleon.t_sources"); rows[0][0] != "ready" || rows[0][1] != "0" {
				t.Errorf("something was changed: %v", rows)
			}
		})
	}
}

// A purged binary log is said so, with the remedy.
func TestAPurgedBinaryLog(t *testing.T) {
	t.Parallel()
	src := testserver.Private(t, testserver.Source)
	dst := testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{})
	r.init()
	r.source("FLUSH BINARY LOGS", "INSERT INTO e2e_marker VALUES (2, 2)", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
	r.eventually(limit, func() (bool, string) { // the server keeps a log until the engine needs it no more
		last := src.Query(t, "", "SHOW MASTER STATUS")[0][0]
		src.Exec(t, "", "PURGE BINARY LOGS TO '"+last+"'")
		return len(src.Query(t, "", "SHOW BINARY LOGS")) == 1, "the server does not purge its logs"
	})
	out, code := r.run("start_replica", "--source", "mysql", "--debug")
	if code != 3 || !strings.Contains(out, "purged") || !strings.Contains(out, "init_replica") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Nothing is followed before it was copied, and one source has one process.
func TestCommandsOutOfTurn(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	if out, code := r.run("start_replica", "--source", "mysql"); code != 6 || !strings.Contains(out, "init_replica") {
		t.Errorf("start before init: exit code %d\n%s", code, out)
	}
	r.init()
	r.start()
	if out, code := r.run("start_replica", "--source", "mysql"); code != 6 {
		t.Errorf("start while it runs: exit code %d\n%s", code, out)
	}
	if out, code := r.run("drop_source", "--source", "mysql", "--yes"); code != 6 {
		t.Errorf("drop_source while it runs: exit code %d\n%s", code, out)
	}
}
