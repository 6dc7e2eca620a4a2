package apply

import (
	"hash/maphash"
	"slices"

	"pgchameleon/internal/change"
)

// prepare parts a batch into what can be written while those before it are on
// their way and what must wait for them. It is false if the batch needs to be
// written with care.
func (f *Flight) prepare(p *plan, before []*Flight) bool {
	if len(before) > 0 {
		f.before = before[len(before)-1]
	}
	for _, u := range p.units {
		if u.pending == nil && len(u.steps) == 0 {
			f.part(u, before)
		} else {
			f.follow(p, u, len(before) > 0)
		}
		if u.clash || slices.ContainsFunc(u.folds, func(own *fold) bool { return own.clash }) {
			return false
		}
	}
	return true
}

// follow takes in a unit with cascades, of which it is not known what they change.
func (f *Flight) follow(p *plan, u *unit, late bool) {
	p.close(u)
	for _, c := range u.changes {
		f.folds[c.Table.Source] = nil
		for _, child := range change.Below(c.Table) {
			f.folds[child.Source] = nil
		}
	}
	for i, step := range u.steps {
		if step.Set != nil {
			f.lack(step.Set.Table, u.missing[i])
		}
	}
	f.add(u.steps, late)
}

// part takes in a unit without.
func (f *Flight) part(u *unit, before []*Flight) {
	waits := slices.ContainsFunc(u.folds, func(own *fold) bool {
		return slices.ContainsFunc(before, func(b *Flight) bool { return b.bars(own) })
	})
	for _, own := range u.folds {
		f.folds[own.table.Source] = own
		var late []bool
		if !waits {
			late = own.meets(before)
		}
		early, rest := own.sets(late)
		f.step(early, waits)
		f.step(rest, true)
		f.lack(own.table, own.missing)
	}
}

func (f *Flight) add(steps []change.Step, late bool) {
	if late {
		f.late = append(f.late, steps...)
	} else {
		f.early = append(f.early, steps...)
	}
}

func (f *Flight) step(s *change.Set, late bool) {
	if s != nil && len(s.Deletes)+len(s.Updates)+len(s.Inserts) > 0 {
		f.add([]change.Step{{Set: s}}, late)
	}
}

// bars says whether all changes of the other's table must wait for this flight:
// those of tables without a key, of other versions of a table, and of tables that
// cascades may have changed.
func (f *Flight) bars(other *fold) bool {
	own, met := f.folds[other.table.Source]
	return met && (own == nil || own.table != other.table || len(own.shape.key) == 0)
}

// meets says which entries change what the flights before change too; nil is none.
func (f *fold) meets(before []*Flight) []bool {
	var late []bool
	for _, b := range before {
		if own := b.folds[f.table.Source]; own != nil {
			if late == nil {
				late = make([]bool, len(f.entries))
			}
			for i := range f.entries {
				late[i] = late[i] || own.has(f.entries[i].identity, f.hashes[i])
			}
			if len(f.table.Uniques) > 0 {
				f.meetsValues(own, late)
			}
		}
	}
	if late != nil && len(f.table.Uniques) > 0 {
		f.spread(late)
	}
	return late
}

func (f *fold) has(identity []byte, hash uint64) bool {
	if len(f.slots) == 0 {
		return false
	}
	mask := uint64(len(f.slots) - 1)
	for at := hash & mask; f.slots[at] != 0; at = (at + 1) & mask {
		if i := f.slots[at] - 1; f.hashes[i] == hash && string(f.entries[i].identity) == string(identity) {
			return true
		}
	}
	return false
}

func (f *fold) meetsValues(before *fold, late []bool) {
	before.uniques()
	f.uniques()
	for i, values := range f.values {
		late[i] = late[i] || slices.ContainsFunc(values, func(v uint64) bool { return before.taken[v] })
	}
}

// spread makes those wait too that share a unique value with one that waits:
// within a batch a value may go from one row to another.
func (f *fold) spread(late []bool) {
	f.uniques()
	waiting := map[uint64]bool{}
	told := make([]bool, len(late))
	for more := true; more; {
		more = false
		for i, values := range f.values {
			if !late[i] && slices.ContainsFunc(values, func(v uint64) bool { return waiting[v] }) {
				late[i] = true
			}
			if late[i] && !told[i] {
				told[i], more = true, more || len(values) > 0
				for _, v := range values {
					waiting[v] = true
				}
			}
		}
	}
}

// uniques finds the hashes of the unique values that each entry gives up or
// takes; a row that keeps its own has none.
func (f *fold) uniques() {
	if f.values != nil {
		return
	}
	f.values, f.taken = make([][]uint64, len(f.entries)), map[uint64]bool{}
	diff := newColumnSet(f.shape.columns)
	for i := range f.entries {
		e := &f.entries[i]
		if e.stays(f.shape, diff) {
			continue
		}
		var rows []change.Row
		if e.was {
			rows = append(rows, e.first)
		}
		if e.is || e.redo {
			rows = append(rows, e.last)
		}
		for _, row := range rows {
			for n, unique := range f.table.Uniques {
				v := maphash.Bytes(f.seed, append(row.Fields(unique), byte(n)))
				f.values[i] = append(f.values[i], v)
				f.taken[v] = true
			}
		}
	}
}
