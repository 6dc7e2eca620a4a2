package e2e

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// relayed is the relay in status() --json.
func (r *replica) relayed() map[string]any {
	r.t.Helper()
	return r.status()["relay"].(map[string]any)
}

// segments counts the log tables.
func (r *replica) segments() (n, bytes int) {
	r.t.Helper()
	rows := r.target(`SELECT count(*), coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class AS c JOIN sch_chameleon.t_relay_segments AS s
		ON c.oid = to_regclass(format('sch_chameleon.t_relay_%s_%s', s.i_id_source, s.i_segment))`)
	if _, err := fmt.Sscan(rows[0][0]+" "+rows[0][1], &n, &bytes); err != nil {
		r.t.Fatal(err)
	}
	return n, bytes
}

// pause pauses the replay, which must have come to rest.
func (r *replica) pause() {
	r.t.Helper()
	if out := r.must("pause_replay", "--source", "mysql"); !strings.Contains(out, "is paused at") {
		r.t.Fatalf("pause_replay said: %s", out)
	}
}

// read waits until the source's log was read to its present end.
func (r *replica) read() {
	r.t.Helper()
	r.eventually(limit, r.unread())
}

// unread gives the condition that the source's log was read to its present end.
func (r *replica) unread() func() (bool, string) {
	r.t.Helper()
	command := "SHOW MASTER STATUS"
	if r.src.Query(r.t, "", "SELECT VERSION() >= '8.4' AND VERSION() NOT LIKE '%MariaDB%'")[0][0] == "1" {
		command = "SHOW BINARY LOG STATUS"
	}
	at := r.src.Query(r.t, "", command)[0]
	want, err := strconv.Atoi(at[1])
	if err != nil {
		r.t.Fatal(err)
	}
	return func() (bool, string) {
		position, _, _ := strings.Cut(r.status()["read_position"].(string), " ")
		file, offset, _ := strings.Cut(position, ":")
		n, err := strconv.Atoi(offset)
		return err == nil && (file > at[0] || file == at[0] && n >= want), fmt.Sprintf("it is read up to %s, the source was at %s:%s", position, at[0], at[1])
	}
}

// purge lets the source forget all of its log but a new file.
func (r *replica) purge() {
	r.t.Helper()
	r.source("FLUSH BINARY LOGS")
	r.read()
	files := r.src.Query(r.t, "", "SHOW BINARY LOGS")
	r.eventually(limit, func() (bool, string) { // it keeps what it would need after a crash for a moment
		r.source("PURGE BINARY LOGS TO '" + files[len(files)-1][0] + "'")
		left := r.src.Query(r.t, "", "SHOW BINARY LOGS")
		return len(left) == 1, fmt.Sprintf("the source has kept %v", left)
	})
}

// While the replay is paused all is read that the source does: rows, DDL, XA and a transaction
// that is larger than what is held in memory. Then the source may forget its log, and the
// process may be killed: after resume_replay both sides are equal.
func TestThePausedReplayOfAPurgedLog(t *testing.T) {
	t.Parallel()
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) {
			src, dst := testserver.Private(t, server), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{yaml: "    relay: postgres\n"})
			fill(t, src, r.marker, 500)
			r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(200))")
			r.init()
			r.start()
			r.caughtUp()
			r.pause()
			before := r.status()["replay_position"]

			writers := startTraffic(t, src, r.marker, 2, 5)
			writers.gate.Lock() // a DDL statement waits for locks that traffic always has
			r.source("ALTER TABLE customers ADD COLUMN age INT DEFAULT 7", "UPDATE customers SET age = 8 WHERE id % 3 = 0",
				"CREATE TABLE later (id INT PRIMARY KEY, t TEXT)", "INSERT INTO later VALUES (1, 'a'), (2, 'b')", "RENAME TABLE later TO latest",
				"INSERT INTO latest VALUES (3, 'c')", "DROP TABLE prices")
			writers.gate.Unlock()
			r.source(
				"XA START 'x'", "INSERT INTO latest VALUES (4, 'd')", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'",
				"INSERT INTO big (a, b) VALUES (1, REPEAT('x', 200))")
			for range 17 { // 131072 rows; the last of these is 30 MB
				r.source("INSERT INTO big (a, b) SELECT id, REPEAT(CHAR(97 + id % 26), 200) FROM big")
			}
			for n := writers.done.Load(); writers.done.Load() < n+100; {
				pause(t.Context(), 10*time.Millisecond)
			}
			r.purge()
			if got := r.status(); got["replay_position"] != before || got["resting"] != true {
				t.Errorf("paused at %v, the replay is at %v: %v", before, got["replay_position"], got["resting"])
			}
			if out := r.must("show_status"); !strings.Contains(out, "running, replay paused") {
				t.Errorf("show_status says:\n%s", out)
			}
			r.stop()
			r.configure("    relay: memory\n") // it needs what the source has not any more, and leaves the log alone
			if out, code := r.run("start_replica", "--source", "mysql", "--debug"); code == 0 || !strings.Contains(out, "purged") && !strings.Contains(out, "no longer has") {
				t.Fatalf("exit code %d: %s", code, out)
			}
			r.configure("    relay: postgres\n")
			r.must("enable_replica", "--source", "mysql")
			r.must("pause_replay", "--source", "mysql")
			r.killAfter(700*time.Millisecond, "start_replica", "--source", "mysql", "--debug")
			r.start()
			writers.stop()
			r.purge()
			if w := r.relayed(); w["form"] != "postgres" || w["transactions"].(float64) < 100 {
				t.Errorf("the relay: %v", w)
			}
			if got := r.status()["replay_position"]; got != before {
				t.Errorf("paused at %v, the replay is at %v after a restart", before, got)
			}
			r.must("resume_replay", "--source", "mysql")
			r.caughtUp()
			r.same()
			r.eventually(limit, func() (bool, string) {
				n, bytes := r.segments()
				return n == 1, fmt.Sprintf("%d segments of %d bytes are left", n, bytes)
			})
		})
	}
}

// kill -9 at random moments, under traffic and DDL, while reading, replaying, or both.
func TestTheRelayKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{yaml: "    relay: postgres\n    relay_max_disk: 8M\n"})
	fill(t, src, r.marker, 3000)
	r.init()
	writers := startTraffic(t, src, r.marker, 2, seed)
	for n := range 16 {
		switch random.IntN(4) {
		case 0:
			r.must("pause_replay", "--source", "mysql")
		case 1:
			r.must("resume_replay", "--source", "mysql")
		}
		if r.killAfter(time.Duration(100+random.IntN(1500))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
			t.Fatal("start_replica ended by itself")
		}
		writers.gate.Lock()
		switch n % 4 {
		case 1:
			r.source(fmt.Sprintf("ALTER TABLE customers ADD COLUMN n%d INT NOT NULL DEFAULT %d", n, n))
		case 2:
			r.source(fmt.Sprintf("CREATE TABLE t%d AS SELECT * FROM customers LIMIT 100", n), fmt.Sprintf("INSERT INTO t%d SELECT * FROM t%d", n, n))
		case 3:
			r.source("INSERT INTO journal SELECT seq, REPEAT('y', 40), 'abc' FROM seq_1_to_40000")
		}
		writers.gate.Unlock()
	}
	r.must("resume_replay", "--source", "mysql")
	r.start()
	writers.stop()
	r.caughtUp()
	r.same()
	r.eventually(limit, func() (bool, string) {
		n, bytes := r.segments()
		return n == 1, fmt.Sprintf("%d segments of %d bytes are left", n, bytes)
	})
}

// The relay takes no more than it may, says so, and reads on when there is room.
func TestAFullRelay(t *testing.T) {
	t.Parallel()
	for form, yaml := range map[string]string{"memory": "", "postgres": "    relay: postgres\n    relay_max_disk: 4M\n"} {
		t.Run(form, func(t *testing.T) {
			src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{yaml: yaml})
			r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b VARCHAR(120))")
			r.init()
			r.start()
			r.caughtUp()
			r.pause()
			for range 40 {
				r.source("INSERT INTO big (b) SELECT CONCAT(SHA1(seq), SHA1(RAND()), SHA1(RAND())) FROM seq_1_to_8000")
			}
			r.eventually(limit, func() (bool, string) {
				w := r.relayed()
				return w["full"] == true && w["form"] == form, fmt.Sprintf("the relay: %v", w)
			})
			if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "full: ") || !strings.Contains(out, "relay full") {
				t.Errorf("show_status says:\n%s", out)
			}
			if _, bytes := r.segments(); bytes > 6<<20 {
				t.Errorf("the log takes %d bytes", bytes)
			}
			r.must("resume_replay", "--source", "mysql")
			r.caughtUp()
			r.same()
			if w := r.relayed(); w["full"] == true {
				t.Errorf("the relay: %v", w)
			}
		})
	}
}

// From one form to the other and back, in the middle of traffic and with what one of them holds.
func TestTheFormOfTheRelayChanges(t *testing.T) {
	t.Parallel()
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{yaml: "    relay: postgres\n"})
	fill(t, src, r.marker, 500)
	r.init()
	writers := startTraffic(t, src, r.marker, 2, 8)
	r.start()
	r.caughtUp()
	for _, form := range []string{"memory", "postgres", "memory", "postgres"} {
		r.pause()
		r.stop()
		r.configure("    relay: " + form + "\n")
		r.start()
		r.must("resume_replay", "--source", "mysql")
		r.caughtUp()
		if n, _ := r.segments(); form == "memory" && n != 0 || form == "postgres" && n == 0 {
			t.Errorf("relay: %s leaves %d segments", form, n)
		}
	}
	writers.stop()
	r.caughtUp()
	r.same()
	r.stop()
	r.must("drop_source", "--source", "mysql", "--yes")
	if rows := r.target("SELECT count(*) FROM pg_class WHERE relname ~ '^t_relay_[0-9]'"); rows[0][0] != "0" {
		t.Errorf("drop_source leaves %s relations of the log", rows[0][0])
	}
}

// A table is filled while the replay is paused, and comes in afterwards; a table that was not
// replicated when the log was read comes in too.
func TestTablesComeInThroughThePausedRelay(t *testing.T) {
	t.Parallel()
	for _, server := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(server, func(t *testing.T) {
			src, dst := testserver.Shared(t, server), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{yaml: "    relay: postgres\n"})
			fill(t, src, r.marker, 500)
			r.configure(fmt.Sprintf("    relay: postgres\n    skip_tables: ['%s.other']\n", r.marker))
			r.init()
			r.start()
			r.caughtUp()
			r.pause()
			writers := startTraffic(t, src, r.marker, 2, 9)
			r.source("CREATE TABLE other (id INT PRIMARY KEY)", "INSERT INTO other VALUES (1), (2), (3)")
			r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".customers")
			r.read()
			r.stop()
			r.configure("    relay: postgres\n")
			r.start()
			r.must("resume_replay", "--source", "mysql")
			r.caughtUp()
			writers.stop()
			r.eventually(limit, func() (bool, string) {
				s := r.status()
				return len(s["refills"].([]any)) == 0, fmt.Sprint(s["refills"])
			})
			r.caughtUp()
			r.same()
		})
	}
}

// Without a key for it, what masks hide must not be kept in the log; with one it is encrypted.
func TestTheRelayOfMaskedColumns(t *testing.T) {
	t.Parallel()
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{})
	const masks = "    relay: postgres\n    masks:\n      '*.secret': keep_first(1)\n"
	r.configure(masks)
	r.source("CREATE TABLE m (id INT PRIMARY KEY, secret VARCHAR(60))")
	r.init()
	if out, code := r.run("start_replica", "--source", "mysql", "--debug"); code == 0 || !strings.Contains(out, "give a mask_key") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	r.configure(masks + "mask_key: '0123456789abcdef0123456789abcdef'\n")
	r.must("enable_replica", "--source", "mysql")
	r.start()
	r.caughtUp()
	r.pause()
	r.source("INSERT INTO m VALUES (1, 'pssst-nobody-may-know-this')")
	r.read()
	rows := r.target(`SELECT format('sch_chameleon.t_relay_%s_%s', i_id_source, i_segment) FROM sch_chameleon.t_relay_segments ORDER BY i_segment DESC LIMIT 1`)
	found := r.target("SELECT count(*), count(*) FILTER (WHERE position('nobody-may-know'::bytea IN b_data) > 0 OR get_byte(b_data, 0) <> 1) FROM " + rows[0][0])
	if found[0][0] == "0" || found[0][1] != "0" {
		t.Errorf("of %s rows of the log %s are not encrypted", found[0][0], found[0][1])
	}
	r.must("resume_replay", "--source", "mysql")
	r.caughtUp()
	if got := r.target(fmt.Sprintf("SELECT secret FROM %q.m", r.marker)); len(got) != 1 || !strings.HasPrefix(got[0][0], "p") || strings.Contains(got[0][0], "nobody") {
		t.Errorf("the masked row is %v", got)
	}
}
