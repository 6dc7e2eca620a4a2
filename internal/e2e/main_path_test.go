package e2e

import (
	"testing"

	"pgchameleon/internal/testserver"
)

// The main path on each pair that matters: a copy under live writes, then the
// stream, then both sides are equal row by row.
func TestCopyUnderLiveWritesThenFollow(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{testserver.Source, testserver.Target},
		{"mariadb-11.8", "postgres-18"},
		{"mysql-9.7", "postgres-18"},
		{"mysql-9.7", "postgres-15"},
		{"mysql-5.6", "postgres-15"},
	} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			src, dst := testserver.Shared(t, pair[0]), testserver.Shared(t, pair[1])
			r := newReplica(t, src, dst, options{})
			fill(t, src, r.marker, 3000)
			writers := startTraffic(t, src, r.marker, 2, 1)
			r.init()
			r.start()
			r.caughtUp()
			r.eventually(limit, func() (bool, string) { return writers.done.Load() > 500, "the traffic is slow" })
			writers.stop()
			r.caughtUp()
			r.same()
			r.stop()
		})
	}
}
