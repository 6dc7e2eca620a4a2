package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// through has the replica reach its source by a way that can be closed.
func (r *replica) through(way *door, yaml string) {
	r.t.Helper()
	r.configure(yaml)
	path := filepath.Join(r.home, "configuration", "default.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	port := way.at[strings.LastIndex(way.at, ":")+1:]
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), fmt.Sprintf("port: \"%d\"", r.src.Port), "port: "+port, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// killDaemon ends the source's daemon as a crash would.
func (r *replica) killDaemon() {
	r.t.Helper()
	pid := r.signal(syscall.SIGKILL)
	r.eventually(limit, func() (bool, string) { return syscall.Kill(pid, 0) != nil, "the daemon lives" })
}

// replayed waits until all that was read is applied.
func (r *replica) replayed() {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		s := r.status()
		w := s["relay"].(map[string]any)
		return w["transactions"].(float64) == 0 && s["read_position"] == s["replay_position"],
			fmt.Sprintf("read up to %v, replayed up to %v, %v wait", s["read_position"], s["replay_position"], w["transactions"])
	})
}

// waitsForSource waits until the status says that the source is waited for.
func (r *replica) waitsForSource() {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		s := r.status()
		note, _ := s["note"].(string)
		return s["status"] == "running" && strings.HasPrefix(note, "trying again:"), fmt.Sprint(s["status"], ": ", note)
	})
}

// While the source is away, what was read of it is replayed: also by a process that is started then, and
// after kill -9 of the process and of PostgreSQL. When the source is back, the reading goes on.
func TestReplayGoesOnWithoutTheSource(t *testing.T) {
	t.Parallel()
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) {
			const form = "    relay: postgres\n"
			src, dst := testserver.Shared(t, server), testserver.Private(t, testserver.Target, "-c", "fsync=on")
			r := newReplica(t, src, dst, options{})
			fill(t, src, r.marker, 500)
			way := newDoor(t, src.Port)
			r.through(way, form)
			r.init()
			r.start()
			r.caughtUp()

			behind := func(statements ...string) {
				t.Helper()
				r.pause()
				writers := startTraffic(t, src, r.marker, 2, uint64(r.marks))
				for n := writers.done.Load(); writers.done.Load() < n+100; {
					pause(t.Context(), 10*time.Millisecond)
				}
				writers.stop()
				r.source(statements...)
				r.read()
				if positions := r.status(); !strings.Contains(positions["read_position"].(string), "-") { // file:offset and GTIDs
					t.Errorf("the read position is %v", positions["read_position"])
				}
				way.close()
			}

			behind("ALTER TABLE customers ADD COLUMN age INT DEFAULT 7", "UPDATE customers SET age = 8 WHERE id % 3 = 0",
				"CREATE TABLE later (id INT PRIMARY KEY, t TEXT)", "INSERT INTO later VALUES (1, 'a'), (2, 'b')")
			r.waitsForSource()
			r.must("resume_replay", "--source", "mysql")
			r.replayed()
			r.same()
			r.waitsForSource()
			r.source("INSERT INTO later VALUES (3, 'c')")
			way.open()
			r.caughtUp()
			r.same()

			behind("RENAME TABLE later TO latest", "INSERT INTO latest VALUES (4, 'd')")
			r.killDaemon()
			r.start() // although there is no source
			r.waitsForSource()
			r.must("resume_replay", "--source", "mysql")
			r.killDaemon()
			r.start()
			dst.Kill(t)
			dst.Start(t)
			r.replayed()
			r.same()
			r.stop()
			r.start()
			way.open()
			r.caughtUp()
			r.same()

			behind("INSERT INTO latest VALUES (5, 'e')")
			r.stop()
			r.through(way, form+"    skip_tables: ['"+r.marker+".prices']\n") // other tables: the source has to be asked
			r.start()
			r.must("resume_replay", "--source", "mysql")
			r.waitsForSource()
			if w := r.relayed(); w["transactions"].(float64) == 0 {
				t.Errorf("the relay: %v", w)
			}
			way.open()
			r.caughtUp()
			if problem := r.compareTable(r.marker, r.schemas[r.marker], "customers"); problem != "" {
				t.Error(problem)
			}
			r.stop()

			way.close()
			r.through(way, form+"    on_error_read: exit\n")
			if out, code := r.run("start_replica", "--source", "mysql"); code == 0 {
				t.Errorf("with on_error_read: exit it is started without its source: %s", out)
			}
			r.eventually(limit, func() (bool, string) {
				n, bytes := r.segments()
				return n == 1, fmt.Sprintf("%d segments of %d bytes are left", n, bytes)
			})
		})
	}
}

// A source that goes in the midst of a transaction: what was read of it is not replayed, all before it is.
func TestASourceGoesInTheMidstOfATransaction(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	way := newDoor(t, src.Port)
	r.through(way, "    relay: postgres\n    copy_max_memory: 2M\n")
	r.source("CREATE TABLE big (id INT PRIMARY KEY, b VARCHAR(200)) ENGINE=InnoDB")
	r.init()
	r.start()
	r.caughtUp()
	for round := range 3 {
		first := round * 100_000
		way.left.Store(int64(12+round*3) << 20)
		r.source(fmt.Sprintf("INSERT INTO big VALUES (%d, 'before')", -round-1),
			fmt.Sprintf("INSERT INTO big SELECT %d + seq, REPEAT(CHAR(97 + seq %% 26), 200) FROM seq_1_to_100000", first)) // 21 MB
		r.waitsForSource()
		r.replayed()
		if rows := r.target(fmt.Sprintf("SELECT count(*) FILTER (WHERE id < 0), count(*) FILTER (WHERE id > %d) FROM %q.big", first, r.schemas[r.marker])); fmt.Sprint(rows) != fmt.Sprintf("[[%d 0]]", round+1) {
			t.Errorf("without the source there are %v", rows)
		}
		way.open()
		r.caughtUp()
		r.same()
	}
}
