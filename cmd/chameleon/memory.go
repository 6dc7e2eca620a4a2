package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// memory is what the garbage collector tries to stay below, as long as what is in use leaves
// it room to. It is no limit for a row: one of 64 MB takes what it takes.
const memory = 96 << 20

// limitMemory sets the garbage collector's limit, unless the environment has one. After each
// collection it is moved up to a quarter above what is in use: the definitions of ten thousand tables
// take more than the limit, and under one that cannot be kept the collector would do nothing but collect.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(memory)
	afterCollection()
}

func afterCollection() {
	// A cleanup runs once its object was found to be garbage, that is after the next collection.
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		debug.SetMemoryLimit(limitFor(inUse()))
		afterCollection()
	}, struct{}{})
}

// limitFor gives the limit where so many bytes are in use.
func limitFor(used uint64) int64 {
	return max(memory, int64(used+max(used/4, memory/3))) // #nosec G115 -- bytes of this machine's memory
}

// inUse gives the bytes that the last collection found in use.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
