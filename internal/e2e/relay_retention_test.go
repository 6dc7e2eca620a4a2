package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// replayedSegments counts the log tables that are kept though all in them was replayed.
func (r *replica) replayedSegments() int {
	r.t.Helper()
	var n int
	rows := r.target("SELECT count(*) FROM sch_chameleon.t_relay_segments WHERE ts_replayed IS NOT NULL")
	if _, err := fmt.Sscan(rows[0][0], &n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// What was replayed stays for batch_retention, over kill -9 and a restart, and goes once the configuration
// asks for less.
func TestBatchRetention(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	const relay = "    relay: postgres\n    relay_max_disk: 8M\n"
	r := newReplica(t, src, dst, options{yaml: relay + "    batch_retention: '1 day'\n"})
	r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b BLOB)")
	r.init()
	r.start()
	write := func() {
		t.Helper()
		for range 10 {
			r.source("INSERT INTO big (b) SELECT RANDOM_BYTES(1000) FROM seq_1_to_300")
		}
		r.caughtUp()
	}
	write()
	r.eventually(limit, func() (bool, string) { return r.replayedSegments() >= 2, "nothing is kept" })
	before, _ := r.segments()
	if out := r.must("show_status"); strings.Contains(out, "relay full") {
		t.Errorf("what is kept fills the relay:\n%s", out)
	}

	r.stop()
	r.killAfter(700*time.Millisecond, "start_replica", "--source", "mysql", "--debug")
	r.start()
	write()
	r.caughtUp()
	if n, bytes := r.segments(); n <= before || bytes > 8<<20 {
		t.Errorf("of %d segments %d with %d bytes are there after more was replayed", before, n, bytes)
	}
	for range 2 { // more than there is room for
		write()
	}
	r.daemonSays("before batch_retention is over")
	if _, bytes := r.segments(); bytes > 9<<20 {
		t.Errorf("what is kept takes %d bytes", bytes)
	}

	r.configure(relay + "    batch_retention: one day\n")
	r.reload()
	r.daemonSays("the configuration was not taken")
	if out, code := r.run("show_config"); code == 0 || !strings.Contains(out, `batch_retention must be a span of time such as 120s, 5 min or 1 day, not "one day"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
	r.configure(relay)
	r.reload()
	r.eventually(limit, func() (bool, string) { return r.replayedSegments() == 0, "segments are kept" })
	write()
	r.same()
}
