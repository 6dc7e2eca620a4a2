package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"pgchameleon/internal/source/dial"
)

const (
	defaultChunk = 16 << 20
	defaultRow   = 200     // bytes, where nothing is known
	maxRows      = 2 << 20 // of a chunk
	stride       = 1 << 32 // between the numbers of new chunks: room for the pieces of a gap
)

// Planner cuts one table into chunks as they are asked for, so that each is
// about as large as wanted by what the ones before it turned out to be. It may
// be used by many goroutines.
type Planner struct {
	table *Table
	scan  *scan
	size  float64 // wanted bytes of a chunk

	mu    sync.Mutex
	row   float64 // bytes of a row, as far as is known
	gaps  []gap   // what has not been given out, in the key's order
	last  int64   // the greatest number that was ever given out
	whole bool    // the table is not to be cut, as far as is known
	line  *line   // for a key of one integer
}

// gap is a range of the key that no chunk covers yet.
type gap struct {
	lower, upper  []string
	before, after int64 // the numbers of the chunks on both sides; 0 where there is none
}

// NewPlanner plans the rest of a table of which some chunks have been copied
// already. chunkBytes 0 means 16 MB.
func NewPlanner(t *Table, chunkBytes int64, done []Chunk) *Planner {
	if chunkBytes <= 0 {
		chunkBytes = defaultChunk
	}
	p := &Planner{table: t, scan: newScan(t), size: float64(chunkBytes), row: defaultRow}
	if t.Rows > 0 && t.Bytes > 0 {
		p.row = max(1, float64(t.Bytes)/float64(t.Rows))
	}
	p.whole = len(p.scan.key) == 0 || (t.Rows > 0 && t.Bytes <= chunkBytes && len(done) == 0)
	for _, c := range done {
		p.last = max(p.last, c.Number)
	}
	if p.scan.arithmetic(len(t.Source.Key())) {
		p.line = &line{flying: map[int64]span{}}
		p.gaps = lineGaps(done)
	} else {
		p.gaps = gaps(done)
	}
	return p
}

// gaps finds what lies between the chunks that are done, which follow one
// another by number and touch where one's upper bound is the next one's lower.
func gaps(done []Chunk) []gap {
	done = slices.SortedFunc(slices.Values(done), func(a, b Chunk) int { return cmp.Compare(a.Number, b.Number) })
	var found []gap
	edge := gap{}
	for i, c := range done {
		open := i == 0 && c.Lower != nil || i > 0 && !slices.Equal(edge.lower, c.Lower)
		if open {
			edge.upper, edge.after = c.Lower, c.Number
			found = append(found, edge)
		}
		if c.Upper == nil {
			return found
		}
		edge = gap{lower: c.Upper, before: c.Number}
	}
	return append(found, edge)
}

// Next gives the next chunk; false says that there are no more. It may ask
// the server over the given session.
func (p *Planner) Next(ctx context.Context, s *Session) (Chunk, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.gaps) == 0 {
		return Chunk{}, false, nil
	}
	if p.whole {
		g := p.gaps[0]
		p.gaps = p.gaps[1:]
		c := p.give(Chunk{Lower: g.lower, Upper: g.upper}, g)
		if p.line != nil { // in case the estimate is far off
			c.Limit = limitFactor * p.rows()
			p.line.flying[c.Number] = span{}
		}
		return c, true, nil
	}
	var c Chunk
	var err error
	if p.line != nil {
		var more bool
		if c, more, err = p.nextOnLine(ctx, s); !more && err == nil {
			return Chunk{}, false, nil
		}
	} else {
		c, err = p.walk(ctx, s)
	}
	if err != nil {
		return Chunk{}, false, fmt.Errorf("planning the chunks of table %s: %w", p.table.Source.Name, err)
	}
	return c, true, nil
}

// give numbers a chunk that was cut from the front of a gap.
func (p *Planner) give(c Chunk, g gap) Chunk {
	switch {
	case p.line != nil:
		c.Number = p.last + 1
	case g.after > 0:
		c.Number = g.before + max(1, (g.after-g.before)/2)
	default:
		c.Number = g.before + stride
	}
	p.last = max(p.last, c.Number)
	return c
}

// walk cuts a chunk off the first gap by stepping over its rows in the index.
func (p *Planner) walk(ctx context.Context, s *Session) (Chunk, error) {
	g := &p.gaps[0]
	c := p.give(Chunk{Lower: g.lower}, *g)
	if g.after == 0 || g.after-c.Number > 1 {
		rows, err := dial.Text(ctx, s.conn, p.scan.step(g.lower, g.upper, p.rows()))
		if err != nil {
			return Chunk{}, err
		}
		if len(rows) == 1 {
			c.Upper = p.scan.bound(rows[0])
		}
	}
	if c.Upper == nil || slices.Equal(c.Upper, g.upper) || slices.Equal(c.Upper, g.lower) {
		c.Upper = g.upper
		p.gaps = p.gaps[1:]
		return c, nil
	}
	g.lower, g.before = c.Upper, c.Number
	return c, nil
}

// rows is how many make a chunk of the wanted size.
func (p *Planner) rows() int64 {
	return min(max(int64(p.size/p.row), 1), maxRows)
}

// Done tells the planner what a chunk turned out to be. cut is where it ended
// early, nil if it did not. It is true if what was left over makes new chunks.
func (p *Planner) Done(c Chunk, cut []string, rows, bytes int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rows > 0 {
		p.row = max(1, (p.row+float64(bytes)/float64(rows))/2)
	}
	if p.line == nil {
		return false
	}
	p.whole = p.whole && cut == nil
	return p.doneOnLine(c, cut, rows)
}
