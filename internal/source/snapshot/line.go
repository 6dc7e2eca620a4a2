package snapshot

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"pgchameleon/internal/source/dial"
)

// line plans a key of one integer: its range is divided by arithmetic, in steps
// that follow how dense the rows turn out to be. A step that was too long is cut
// short by its chunk's limit, so no guess costs more than a chunk of that many rows.
type line struct {
	least, greatest *big.Int // nil: not asked yet
	empty           bool     // the table had no rows when it was asked
	step            *big.Int
	hole            bool // the last chunk had no rows
	flying          map[int64]span
}

// span is the part of the line that a chunk takes.
type span struct {
	from, to *big.Int
	upper    []string // the chunk's bound
}

const (
	limitFactor = 4 // a chunk ends early at so many times the rows that it should have
	growth      = 8 // by which a step changes at most
)

// lineGaps finds what lies between the chunks that are done, by value.
func lineGaps(done []Chunk) []gap {
	type piece struct{ lower, upper *big.Int }
	pieces := make([]piece, 0, len(done))
	for _, c := range done {
		pieces = append(pieces, piece{integer(c.Lower), integer(c.Upper)})
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		switch {
		case a.lower == nil && b.lower == nil:
			return 0
		case a.lower == nil:
			return -1
		case b.lower == nil:
			return 1
		}
		return a.lower.Cmp(b.lower)
	})
	var found []gap
	var edge *big.Int
	for i, p := range pieces {
		if p.lower != nil && (i == 0 || edge.Cmp(p.lower) < 0) {
			found = append(found, gap{lower: constant(edge), upper: constant(p.lower)})
		}
		if p.upper == nil {
			return found
		}
		if edge == nil || edge.Cmp(p.upper) < 0 {
			edge = p.upper
		}
	}
	return append(found, gap{lower: constant(edge)})
}

// integer reads a bound; nil for none.
func integer(bound []string) *big.Int {
	if len(bound) != 1 {
		return nil
	}
	n, ok := new(big.Int).SetString(bound[0], 10)
	if !ok {
		return nil
	}
	return n
}

// constant writes a bound.
func constant(n *big.Int) []string {
	if n == nil {
		return nil
	}
	return []string{n.String()}
}

var one = big.NewInt(1)

// nextOnLine cuts a chunk off the first gap.
func (p *Planner) nextOnLine(ctx context.Context, s *Session) (Chunk, bool, error) {
	l := p.line
	if err := p.measure(ctx, s); err != nil {
		return Chunk{}, false, err
	}
	g := &p.gaps[0]
	limit := limitFactor * p.rows()
	from := new(big.Int).Sub(l.least, one)
	if lower := integer(g.lower); lower != nil && lower.Cmp(from) > 0 {
		from = lower
	}
	end := l.greatest
	if upper := integer(g.upper); upper != nil && upper.Cmp(end) < 0 {
		end = upper
	}
	if l.hole && !l.empty {
		l.hole = false
		first, err := p.first(ctx, s, from)
		if err != nil {
			return Chunk{}, false, err
		}
		from = first
	}
	to := new(big.Int).Add(from, l.step)
	if l.empty || to.Cmp(end) >= 0 {
		c := p.give(Chunk{Lower: g.lower, Upper: g.upper, Limit: limit}, *g)
		p.gaps = p.gaps[1:]
		l.flying[c.Number] = span{from, end, c.Upper}
		return c, true, nil
	}
	c := p.give(Chunk{Lower: g.lower, Upper: constant(to), Limit: limit}, *g)
	g.lower = c.Upper
	l.flying[c.Number] = span{from, to, c.Upper}
	return c, true, nil
}

// first gives the place before the first key above from, or from if there is none.
func (p *Planner) first(ctx context.Context, s *Session, from *big.Int) (*big.Int, error) {
	rows, err := dial.Text(ctx, s.conn, p.scan.least(constant(from)))
	if err != nil {
		return nil, err
	}
	if key := integer(rows[0]); key != nil {
		return key.Sub(key, one), nil
	}
	return from, nil
}

// measure asks for the ends of the key once, and makes a first guess at the step.
func (p *Planner) measure(ctx context.Context, s *Session) error {
	l := p.line
	if l.step != nil {
		return nil
	}
	rows, err := dial.Text(ctx, s.conn, p.scan.ends())
	if err != nil {
		return err
	}
	if len(rows) != 1 || len(rows[0]) != 2 {
		return fmt.Errorf("the server gave %d rows for the ends of the key", len(rows))
	}
	l.least, l.greatest = integer(rows[0][:1]), integer(rows[0][1:])
	if l.empty = l.least == nil || l.greatest == nil; l.empty {
		l.least, l.greatest = new(big.Int), new(big.Int)
	}
	width := new(big.Int).Sub(l.greatest, l.least)
	width.Add(width, one)
	l.step = width
	if p.table.Rows > p.rows() {
		l.step = scale(width, float64(p.rows())/float64(p.table.Rows))
	}
	return nil
}

// doneOnLine lets the next step follow what the chunk had, and takes back what
// it left over, if anything.
func (p *Planner) doneOnLine(c Chunk, cut []string, rows int64) (left bool) {
	l := p.line
	taken, known := l.flying[c.Number]
	delete(l.flying, c.Number)
	if !known {
		return false
	}
	if end := integer(cut); end != nil {
		taken.to = end
		// What lies above the greatest key is younger than the table's low mark.
		if taken.upper != nil || l.greatest == nil || end.Cmp(l.greatest) < 0 {
			p.gaps, left = slices.Insert(p.gaps, 0, gap{lower: cut, upper: taken.upper}), true
		}
	}
	if taken.from == nil { // nothing was planned
		return left
	}
	l.hole = rows == 0
	if rows == 0 {
		l.step = new(big.Int).Mul(l.step, big.NewInt(growth))
		return left
	}
	if width := new(big.Int).Sub(taken.to, taken.from); width.Sign() > 0 {
		wanted := scale(width, float64(p.rows())/float64(rows))
		if cut == nil { // of a chunk that was cut the density is known, of others only the mean
			wanted = between(wanted, scale(l.step, 1.0/growth), scale(l.step, growth))
		}
		l.step = wanted
	}
	return left
}

// scale multiplies; the result is at least 1.
func scale(n *big.Int, factor float64) *big.Int {
	scaled, _ := new(big.Float).Mul(new(big.Float).SetInt(n), big.NewFloat(factor)).Int(nil)
	if scaled.Cmp(one) < 0 {
		return big.NewInt(1)
	}
	return scaled
}

func between(n, low, high *big.Int) *big.Int {
	if n.Cmp(low) < 0 {
		return low
	}
	if n.Cmp(high) > 0 {
		return high
	}
	return n
}
