package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// kill -9 at random moments of the copy and then of the stream, under traffic:
// nothing is lost and nothing is doubled.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	const seed = 20
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{yaml: "    copy_max_memory: \"100k\"\n"})
	fill(t, src, r.marker, 12000)
	writers := startTraffic(t, src, r.marker, 2, seed)

	anew := []string{"init_replica", "--source", "mysql", "--debug", "--restart"}
	command, ended := anew, 0
	for killed := 0; killed < 12; {
		if r.killAfter(time.Duration(40+random.IntN(300))*time.Millisecond, command...) {
			command, ended = anew, ended+1
			continue
		}
		command = anew[:4] // goes on where it was
		killed++
	}
	t.Logf("the copy was killed 12 times and ended %d times in between", ended)
	r.init()
	for range 15 {
		if r.killAfter(time.Duration(100+random.IntN(700))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
			t.Fatal("start_replica ended by itself")
		}
	}
	r.start()
	writers.stop()
	r.caughtUp()
	r.same()
}

// killAfter runs a command and kills it with SIGKILL after a time, if it has
// not ended by itself, successfully, before: that it tells.
func (r *replica) killAfter(wait time.Duration, args ...string) (ended bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	cmd := r.command(ctx, args...) // CommandContext kills with SIGKILL
	out, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		r.t.Fatalf("chameleon %v: %v\n%s", args, err, out)
	}
	return err == nil
}

// Both servers go away and come back while the stream runs.
func TestServersRestart(t *testing.T) {
	t.Parallel()
	src := testserver.Private(t, testserver.Source, "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
	dst := testserver.Private(t, testserver.Target, "-c", "fsync=on")
	r := newReplica(t, src, dst, options{})
	fill(t, src, r.marker, 1000)
	r.init()
	r.start()
	writers := startTraffic(t, src, r.marker, 2, 3)
	r.caughtUp()
	for _, restart := range []func(){
		func() { src.Stop(t); src.Start(t) },
		func() { dst.Stop(t); dst.Start(t) },
		func() { src.Kill(t); src.Start(t) },
		func() { dst.Kill(t); dst.Start(t) },
	} {
		restart()
		r.caughtUp()
	}
	writers.stop()
	r.caughtUp()
	r.same()
}

// stop_replica ends the daemon within ten seconds, in the middle of a backlog.
func TestStopsInTimeUnderABacklog(t *testing.T) {
	t.Parallel()
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(100))")
	r.init()
	r.source("INSERT INTO big (a, b) SELECT seq, REPEAT('x', 90) FROM seq_1_to_300000")
	r.start()
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
	r.start()
	r.caughtUp()
	r.same()
}
