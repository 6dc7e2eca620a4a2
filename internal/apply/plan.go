package apply

import (
	"hash/maphash"
	"slices"

	"pgchameleon/internal/change"
)

// plan is what is to be written next: units that know nothing of each other.
type plan struct {
	shapes   map[*change.Table]*shape // kept by the Applier
	excluded func(*change.Table) bool
	seed     maphash.Seed
	places   map[*change.Table]*place
	units    []*unit
	rows     int
	bytes    int
	sequence int
}

func (p *plan) fold(t *change.Table, tolerant bool) *fold {
	return &fold{table: t, shape: p.shape(t), seed: p.seed, tolerant: tolerant}
}

func (p *plan) shape(t *change.Table) *shape {
	s := p.shapes[t]
	if s == nil {
		s = newShape(t)
		p.shapes[t] = s
	}
	return s
}

// place is a table's standing in a plan.
type place struct {
	unit  *unit
	fold  *fold // in the unit's open segment; nil: none yet
	tied  bool  // its unit has all that its cascades reach
	child bool  // a cascade may have changed its rows already
}

// unit is a table, or a family of tables that cascades tie to one another. Its
// changes come in segments, each closed by the cascades that its last changes
// set off; only within a segment are changes folded.
type unit struct {
	steps   []change.Step // of closed segments
	folds   []*fold       // of the open segment
	pending *change.Cascades
	moved   map[string]bool // referenced values that updates in pending gave rise to
	left    map[string]bool // referenced values that they gave up
	spared  []*change.Table // of the changes in pending
	changes []piece         // all of them in order, for going through them again
	missing []int           // of steps: found out by folding
	clash   bool
}

// piece is rows of one event of one source transaction.
type piece struct {
	*change.Rows
	transaction string
	sequence    int
}

func (p *plan) add(c piece) {
	hidden := c.Table.Hidden || p.excluded(c.Table)
	if hidden && len(c.Table.Children) == 0 {
		return
	}
	at := p.place(c.Table)
	u := at.unit
	p.sequence++
	c.sequence = p.sequence
	u.changes = append(u.changes, c)
	p.rows += c.Len()
	for i := range c.Len() {
		if c.Before != nil {
			p.bytes += len(c.Before[i])
		}
		if c.After != nil {
			p.bytes += len(c.After[i])
		}
		p.row(at, c.Rows, i, hidden)
	}
}

func (p *plan) row(at *place, r *change.Rows, i int, hidden bool) {
	u := at.unit
	sets := len(r.Table.Children) > 0 && p.setsOff(r, i)
	if u.pending != nil && !(sets && u.joins(r, i)) {
		p.close(u)
	}
	if !hidden {
		if at.fold == nil {
			at.fold = p.fold(r.Table, at.child)
			u.folds = append(u.folds, at.fold)
		}
		at.fold.row(r, i)
	}
	if sets {
		u.cascade(r, i, p.excluded)
	}
}

// place finds a table's place. The first time it ties the table to all that its
// cascades reach.
func (p *plan) place(t *change.Table) *place {
	at := p.places[t]
	if at != nil && at.tied {
		return at
	}
	family := []*change.Table{t}
	for i := 0; i < len(family); i++ {
		for _, child := range family[i].Children {
			if !slices.Contains(family, child.Table) {
				family = append(family, child.Table)
			}
		}
	}
	u := p.merge(family)
	for _, member := range family {
		if p.places[member] == nil {
			p.places[member] = &place{unit: u}
		}
		p.places[member].tied = true
		for _, child := range member.Children {
			if p.places[child.Table] == nil {
				p.places[child.Table] = &place{unit: u}
			}
			p.places[child.Table].child = true
		}
	}
	return p.places[t]
}

// merge gives the one unit of these tables. Those that it replaces knew nothing
// of each other, so it does not matter which of their steps come first.
func (p *plan) merge(family []*change.Table) *unit {
	var found []*unit
	for _, member := range family {
		if at := p.places[member]; at != nil && !slices.Contains(found, at.unit) {
			found = append(found, at.unit)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	u := &unit{}
	p.units = append(p.units, u)
	if len(found) == 0 {
		return u
	}
	for _, old := range found {
		if old.pending != nil {
			p.close(old)
		}
		u.steps, u.missing = append(u.steps, old.steps...), append(u.missing, old.missing...)
		u.folds, u.changes = append(u.folds, old.folds...), append(u.changes, old.changes...)
		u.clash = u.clash || old.clash
	}
	slices.SortFunc(u.changes, func(a, b piece) int { return a.sequence - b.sequence })
	p.units = slices.DeleteFunc(p.units, func(old *unit) bool { return slices.Contains(found, old) })
	for _, at := range p.places {
		if slices.Contains(found, at.unit) {
			at.unit = u
		}
	}
	return u
}

// close ends a unit's segment: its folds become steps, its cascades come after.
func (p *plan) close(u *unit) {
	for _, f := range u.folds {
		s := f.set()
		if len(s.Deletes)+len(s.Updates)+len(s.Inserts) > 0 || f.missing > 0 {
			u.steps = append(u.steps, change.Step{Set: s})
			u.missing = append(u.missing, f.missing)
		}
		u.clash = u.clash || f.clash
		p.places[f.table].fold = nil
	}
	u.folds = u.folds[:0]
	if u.pending != nil {
		u.steps = append(u.steps, change.Step{Cascades: u.pending})
		u.missing = append(u.missing, 0)
		u.pending, u.moved, u.left = nil, nil, nil
	}
}
