package pipeline

import (
	"fmt"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// positions is what the gate needs to know of the binlog's order.
type positions interface {
	Covers(mark event.Position, t *event.Transaction) (bool, error)
	Reached(mark event.Position) (bool, error)
}

// gate decides, for tables that were copied, which of the stream's
// transactions the copy holds already (at or before the low mark) and which it
// may hold (until the high mark): those are redone. A table that is not in the gate takes
// every transaction as it is.
type gate struct {
	order    positions
	catching map[schema.Name]marks
}

// marks are a copied table's two positions.
type marks struct{ low, high event.Position }

// exact says that the copy has one position: nothing needs to be redone.
func (m marks) exact() bool { return m.low == m.high }

// covered says whether the table's copy holds the transaction already.
func (g *gate) covered(name schema.Name, t *event.Transaction) (bool, error) {
	m, catching := g.catching[name]
	if !catching {
		return false, nil
	}
	covered, err := g.order.Covers(m.low, t)
	if err != nil {
		return false, fmt.Errorf("comparing with the low mark of table %s: %w", name, err)
	}
	return covered, nil
}

// redo says whether the table's copy may hold what comes now. Beyond the high mark it does not,
// also before caughtUp tells so: redoing gives a row only what the source has of it.
func (g *gate) redo(name schema.Name) bool {
	m, catching := g.catching[name]
	if !catching || m.exact() {
		return false
	}
	reached, err := g.order.Reached(m.high) // of its errors caughtUp tells
	return err != nil || !reached
}

// caughtUp takes the tables out of the gate whose high mark the stream has
// reached, and lists them.
func (g *gate) caughtUp() ([]schema.Name, error) {
	var done []schema.Name
	for name, m := range g.catching {
		reached, err := g.order.Reached(m.high)
		if err != nil {
			return nil, fmt.Errorf("comparing with the high mark of table %s: %w", name, err)
		}
		if reached {
			done = append(done, name)
			delete(g.catching, name)
		}
	}
	return done, nil
}
