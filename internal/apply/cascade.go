package apply

import (
	"bytes"
	"slices"
	"strconv"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

// setsOff says whether the i-th change made InnoDB change children.
func (p *plan) setsOff(r *change.Rows, i int) bool {
	if r.NoChecks || r.Action == event.Insert {
		return false
	}
	for _, child := range r.Table.Children {
		if slices.Contains(r.Spared, child.Table) || p.excluded(child.Table) {
			continue
		}
		if r.Action == event.Delete && child.OnDelete != change.None {
			return true
		}
		if r.Action == event.Update && child.OnUpdate != change.None && moves(child, r, i) {
			return true
		}
	}
	return false
}

// moves says whether an update changes what a child refers to.
func moves(child *change.Child, r *change.Rows, i int) bool {
	return slices.ContainsFunc(child.Parent, func(ordinal int) bool {
		return !bytes.Equal(r.Before[i].Field(ordinal), r.After[i].Field(ordinal))
	})
}

// joins says whether a change that sets off cascades may share the segment of
// those that wait: running all of them at once must be the same as running
// them one after the other. For deletes it always is. An update must not move
// on what an earlier one has moved, nor take a place that an earlier one left:
// both could meet in the middle of one statement.
func (u *unit) joins(r *change.Rows, i int) bool {
	p := u.pending
	if p.Parent != r.Table || p.Action != r.Action || !slices.Equal(u.spared, r.Spared) {
		return false
	}
	if r.Action == event.Delete {
		return true
	}
	for n, child := range r.Table.Children {
		if u.moved[referenced(n, child, r.Before[i])] || u.left[referenced(n, child, r.After[i])] {
			return false
		}
	}
	return true
}

// cascade adds a change to what waits for the end of the segment.
func (u *unit) cascade(r *change.Rows, i int, excluded func(*change.Table) bool) {
	if u.pending == nil {
		spared := r.Spared
		u.spared = spared
		u.pending = &change.Cascades{Parent: r.Table, Action: r.Action, Spare: func(t *change.Table) bool {
			return slices.Contains(spared, t) || excluded(t)
		}}
	}
	u.pending.Before = append(u.pending.Before, r.Before[i])
	if r.Action != event.Update {
		return
	}
	u.pending.After = append(u.pending.After, r.After[i])
	if u.moved == nil {
		u.moved, u.left = map[string]bool{}, map[string]bool{}
	}
	for n, child := range r.Table.Children {
		if moves(child, r, i) {
			u.moved[referenced(n, child, r.After[i])] = true
			u.left[referenced(n, child, r.Before[i])] = true
		}
	}
}

// referenced gives what a row holds in the columns that the n-th child refers to.
func referenced(n int, child *change.Child, row change.Row) string {
	key := strconv.Itoa(n)
	for _, ordinal := range child.Parent {
		key += "\t" + string(row.Field(ordinal))
	}
	return key
}
