package apply

import (
	"cmp"
	"encoding/binary"
	"slices"

	"pgchameleon/internal/change"
)

// Rows are grouped by the columns that they change, so that values that stay are not
// sent. Each group is a statement of its own.
const (
	mostGroups = 32
	// What a statement costs beside others, in small values that need not be sent:
	// PostgreSQL takes some 50 µs for the one and 0.1 µs for the other.
	statementCost = 500
	smallValue    = 64 // bytes; larger values count for more
)

// updates are rows of a table that stay, grouped by the columns that change.
type updates struct {
	groups []*group
	known  map[string]*group // by their columns
	name   []byte
}

// group is rows, and the columns that they change, or some of them.
type group struct {
	columns columnSet
	rows    []change.Row
	bytes   int
}

// weight is what it costs to send one more column of the group's rows.
func (g *group) weight(columns int) int { return len(g.rows) + g.bytes/columns/smallValue }

func (u *updates) add(columns columnSet, row change.Row) {
	u.name = u.name[:0]
	for _, word := range columns {
		u.name = binary.LittleEndian.AppendUint64(u.name, word)
	}
	g := u.known[string(u.name)]
	if g == nil {
		g = &group{columns: slices.Clone(columns)}
		if u.known == nil {
			u.known = map[string]*group{}
		}
		u.known[string(u.name)] = g
		u.groups = append(u.groups, g)
	}
	g.rows = append(g.rows, row)
	g.bytes += len(row)
}

// list gives the groups, the largest first. A group whose rows cost less together with
// another's, and those beyond mostGroups, are joined to the one where that costs least.
func (u *updates) list(s *shape) []change.Update {
	slices.SortStableFunc(u.groups, func(a, b *group) int { return cmp.Compare(b.weight(s.columns), a.weight(s.columns)) })
	var kept []*group
	for _, g := range u.groups {
		into, least := (*group)(nil), 0
		for _, other := range kept {
			cost := other.columns.lacks(g.columns)*other.weight(s.columns) + g.columns.lacks(other.columns)*g.weight(s.columns)
			if into == nil || cost < least {
				into, least = other, cost
			}
		}
		if into == nil || least > statementCost && len(kept) < mostGroups {
			kept = append(kept, g)
			continue
		}
		into.columns.include(g.columns)
		into.rows, into.bytes = append(into.rows, g.rows...), into.bytes+g.bytes
	}
	list := make([]change.Update, len(kept))
	for i, g := range kept {
		list[i] = change.Update{Rows: g.rows, Changed: s.updated(g.columns)}
	}
	return list
}
