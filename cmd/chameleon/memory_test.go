package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestTheLimitLeavesRoomAboveWhatIsInUse(t *testing.T) {
	for used, limit := range map[uint64]int64{0: memory, 60 << 20: memory, 64 << 20: memory, 100 << 20: 132 << 20, 200 << 20: 250 << 20} {
		if got := limitFor(used); got != limit {
			t.Errorf("with %d bytes in use the limit is %d", used, got)
		}
	}
}

func TestTheLimitFollowsWhatIsInUse(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	limitMemory()
	if now := debug.SetMemoryLimit(-1); now != memory {
		t.Fatalf("the limit begins as %d", now)
	}
	reach := func(what string, there func(limit int64) bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !there(debug.SetMemoryLimit(-1)); runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("%s: the limit stays at %d", what, debug.SetMemoryLimit(-1))
			}
			runtime.GC()
		}
	}
	held := make([]byte, 200<<20)
	reach("200 MB are in use", func(limit int64) bool { return limit >= 250<<20 })
	runtime.KeepAlive(held)
	reach("they are free again", func(limit int64) bool { return limit == memory })
}
