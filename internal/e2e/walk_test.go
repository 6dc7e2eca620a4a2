package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

var (
	walkSteps   = flag.Int("walk.steps", 500, "statements of the random walk on each server")
	walkSeed    = flag.Uint64("walk.seed", 1, "seed of the random walk on the first server, one more on each further; 0: one by the clock, as make walk has it")
	walkServers = flag.String("walk.servers", testserver.Source+" mysql-9.7", "servers that the random walk goes over")
	walkLogs    = flag.String("walk.logs", "", "folder for the program's logs of walks that fail")
	walkShrink  = flag.Duration("walk.shrink", 4*time.Minute, "how long to look for the statements that make a walk fail")
)

// A random walk of definitions and rows, of several sessions, with the program killed
// now and then: whatever the server takes, both sides are equal each time that they are
// compared, and at the end. A failure is shrunk to the statements that it needs.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	seed := *walkSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) // #nosec G115 -- any number will do
	}
	for i, name := range strings.Fields(*walkServers) {
		t.Run(name, func(t *testing.T) {
			seed := seed + uint64(i)
			t.Logf("go test ./internal/e2e -run TestRandomWalk -walk.servers %s -walk.seed %d -walk.steps %d", name, seed, *walkSteps)
			var options []string
			if seed%2 == 0 && name != "mysql-5.6" { // where the log names columns, more is checked
				options = append(options, "--binlog-row-metadata=FULL")
			}
			src, dst := testserver.Private(t, name, options...), testserver.Shared(t, testserver.Target) // private: it holds prepared transactions
			w := newWalker(rand.New(rand.NewPCG(seed, 0)), name)
			var taken []act
			if t.Run("walk", func(t *testing.T) {
				walk(t, src, dst, func(run func(act) error) {
					for tries := 0; len(taken) < *walkSteps && tries < 20**walkSteps; tries++ {
						s := w.next()
						if run(s.act) != nil {
							continue
						}
						taken = append(taken, s.act)
						if s.then != nil {
							s.then()
						}
					}
				})
			}) {
				t.Logf("%d statements were taken", len(taken))
				return
			}
			if few := shrink(t, src, dst, taken); len(few) > 0 {
				t.Errorf("these statements are enough:\n%s", script(few))
			}
		})
	}
}

// shrink leaves out statements for as long as the rest still fails, halves first,
// and gives those that are left.
func shrink(t *testing.T, src, dst *testserver.Server, all []act) []act {
	t.Helper()
	deadline := time.Now().Add(*walkShrink)
	fails := func(list []act) bool {
		return !t.Run(fmt.Sprintf("of_%d", len(list)), func(t *testing.T) {
			walk(t, src, dst, func(run func(act) error) {
				for _, a := range list {
					_ = run(a) // it may need what was left out
				}
			})
		})
	}
	if time.Now().After(deadline) {
		return nil
	}
	if !fails(all) {
		t.Log("the same statements do not fail again: it is a matter of time")
		return nil
	}
	for size := len(all) / 2; size > 0 && time.Now().Before(deadline); {
		less := false
		for at := 0; at < len(all) && time.Now().Before(deadline); {
			without := slices.Concat(all[:at], all[min(at+size, len(all)):])
			if fails(without) {
				all, less = without, true
			} else {
				at += size
			}
		}
		if size == 1 && less {
			continue
		}
		size /= 2
	}
	return all
}

// script writes statements down, with the session of each that is not of the first.
func script(list []act) string {
	var b strings.Builder
	for _, a := range list {
		if a.session > 0 {
			fmt.Fprintf(&b, "/* session %d */ ", a.session)
		}
		b.WriteString(a.sql + ";\n")
	}
	return b.String()
}
