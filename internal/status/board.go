// Package status owns a read-only picture of a run's progress and the board on
// which the stages post it. It does not own who reads it or how it is shown.
package status

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Phase is where a table's copy stands.
type Phase string

// The phases of a table's copy, in their order.
const (
	Waiting  Phase = "waiting"
	Copying  Phase = "copying"
	Indexing Phase = "indexing"
	Ready    Phase = "ready" // copied, not yet swapped in
	Done     Phase = "done"
	Failed   Phase = "failed"
)

// Board collects the progress of the tables being copied. All methods are safe
// for many goroutines.
type Board struct {
	mu     sync.Mutex
	tables []*Table
}

// Table is one table's line on the board.
type Table struct {
	Name           string // schema.table on the source
	EstimatedRows  int64  // by the source's statistics, which may be off by half
	EstimatedBytes int64

	rows, bytes atomic.Int64
	phase       atomic.Value // Phase
	started     atomic.Int64 // unix nanoseconds, 0: not yet
	ended       atomic.Int64
}

// Add puts a table on the board.
func (b *Board) Add(name string, rows, bytes int64) *Table {
	t := &Table{Name: name, EstimatedRows: rows, EstimatedBytes: bytes}
	t.phase.Store(Waiting)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tables = append(b.tables, t)
	return t
}

// Tables lists the lines in the order in which they were added.
func (b *Board) Tables() []*Table {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tables)
}

// Advance counts copied rows and their bytes of COPY text.
func (t *Table) Advance(rows, bytes int64) { t.rows.Add(rows); t.bytes.Add(bytes) }

// Bytes is how much COPY text there was so far.
func (t *Table) Bytes() int64 { return t.bytes.Load() }

// Enter moves the table to a phase at the given time.
func (t *Table) Enter(phase Phase, now time.Time) {
	t.phase.Store(phase)
	switch phase {
	case Copying:
		t.started.CompareAndSwap(0, now.UnixNano())
	case Ready, Done, Failed:
		t.ended.CompareAndSwap(0, now.UnixNano())
	}
}

// Progress is a table's state at one moment.
type Progress struct {
	Name           string        `json:"table"`
	Phase          Phase         `json:"phase"`
	Rows           int64         `json:"rows"`
	Bytes          int64         `json:"bytes"`
	EstimatedRows  int64         `json:"estimated_rows"`
	EstimatedBytes int64         `json:"estimated_bytes"`
	Elapsed        time.Duration `json:"elapsed_ns"`
}

// Progress reads the line.
func (t *Table) Progress(now time.Time) Progress {
	p := Progress{
		Name: t.Name, Phase: t.phase.Load().(Phase), Rows: t.rows.Load(), Bytes: t.bytes.Load(),
		EstimatedRows: t.EstimatedRows, EstimatedBytes: t.EstimatedBytes,
	}
	if started := t.started.Load(); started > 0 {
		end := now.UnixNano()
		if ended := t.ended.Load(); ended > 0 {
			end = ended
		}
		p.Elapsed = time.Duration(end - started)
	}
	return p
}
