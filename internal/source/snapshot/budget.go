package snapshot

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"pgchameleon/internal/source/dial"
)

const (
	budgetBytes  = 48 << 20        // of long rows, that all readers may hold at once
	longRow      = 1 << 20         // rows up to here are held without asking
	budgetWithin = 2 * time.Minute // after which a row is read all the same
	collectAfter = budgetBytes / 2 // given back: the collector is told
)

// Budget bounds what readers that share it hold of long rows at once: rows that come in one
// packet count by their length, and one that comes in several, whose length is not known before its
// end, has the budget to itself. Whoever reads a row holds it until it asks for the next one. A
// nil Budget bounds nothing.
type Budget struct {
	sem   *semaphore.Weighted
	freed atomic.Int64 // since the collector was told
	held  atomic.Int64
	most  atomic.Int64
}

// NewBudget gives a budget for the readers of one process.
func NewBudget() *Budget { return &Budget{sem: semaphore.NewWeighted(budgetBytes)} }

// take waits until a row of so many bytes may be read, and gives what was taken of the budget. A reader
// may hold something that another waits for in the target, so it never waits for good.
func (b *Budget) take(ctx context.Context, bytes int) (int64, error) {
	if b == nil || bytes <= longRow {
		return 0, nil
	}
	share := int64(bytes)
	if bytes >= dial.MaxPacket {
		share = budgetBytes
	}
	limited, cancel := context.WithTimeout(ctx, budgetWithin)
	defer cancel()
	if err := b.sem.Acquire(limited, share); err != nil {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return 0, nil
	}
	if b.freed.Load() >= collectAfter { // what other rows took is garbage: this one may have its place
		b.freed.Store(0)
		runtime.GC()
	}
	held := b.held.Add(share)
	for most := b.most.Load(); held > most && !b.most.CompareAndSwap(most, held); most = b.most.Load() {
	}
	return share, nil
}

// give gives back what take took.
func (b *Budget) give(share int64) {
	if share == 0 {
		return
	}
	b.held.Add(-share)
	b.freed.Add(share)
	b.sem.Release(share)
}

// Most is the most that was held at once.
func (b *Budget) Most() int64 { return b.most.Load() }
