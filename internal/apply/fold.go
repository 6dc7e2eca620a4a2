package apply

import (
	"bytes"
	"hash/maphash"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

// entry is the state of one row: of a keyed table what its key held before the
// fold and holds now; without a key how many equal rows went and came.
type entry struct {
	identity []byte
	first    change.Row // before the fold, if was
	last     change.Row // now, if is
	gone     int
	come     int
	was, is  bool
	redo     bool // what was before is not known
}

// fold keeps the last state of each row of one table. Rows are referred to, not
// copied: the lines must not change while the fold lives.
type fold struct {
	table    *change.Table
	shape    *shape
	seed     maphash.Seed
	entries  []entry
	hashes   []uint64 // of entries
	slots    []uint32 // hash table of indexes into entries, plus 1
	spare    []byte   // identities that are no slice of their row
	missing  int      // changes of rows that cannot have been there
	tolerant bool
	clash    bool // a row came to where one is: only writing them one by one tells what is wrong

	values [][]uint64      // hashes of the unique values that each entry gives up or takes; nil: not asked for yet
	taken  map[uint64]bool // all of them
}

// row folds the i-th change in.
func (f *fold) row(r *change.Rows, i int) {
	f.tolerant = f.tolerant || r.Redo
	switch r.Action {
	case event.Insert:
		f.put(r.After[i], r.Redo)
	case event.Delete:
		f.take(r.Before[i], r.Redo)
	case event.Update:
		if len(f.shape.key) > 0 {
			f.update(r.Before[i], r.After[i], r.Redo)
			return
		}
		f.take(r.Before[i], r.Redo)
		f.put(r.After[i], r.Redo)
	}
}

func (f *fold) put(row change.Row, redo bool) {
	e, _ := f.find(row)
	if len(f.shape.key) == 0 {
		e.last = row
		e.come++
		return
	}
	e.redo = e.redo || redo
	f.clash = f.clash || e.is && !e.redo
	e.last, e.is = row, true
}

func (f *fold) take(row change.Row, redo bool) {
	e, known := f.find(row)
	if len(f.shape.key) == 0 {
		e.last = row
		if e.come > 0 {
			e.come--
		} else {
			e.gone++
		}
		return
	}
	e.redo = e.redo || redo
	f.before(e, known, row)
	e.is = false
}

func (f *fold) update(before, after change.Row, redo bool) {
	mark := len(f.spare)
	same := bytes.Equal(f.shape.identity(before, &f.spare), f.shape.identity(after, &f.spare))
	f.spare = f.spare[:mark]
	if !same {
		f.take(before, redo)
		f.put(after, redo)
		return
	}
	e, known := f.find(after)
	e.redo = e.redo || redo
	f.before(e, known, before)
	e.last, e.is = after, true
}

// before notes what a change says was there before it.
func (f *fold) before(e *entry, known bool, row change.Row) {
	switch {
	case !known:
		e.first, e.was = row, true
	case !e.is && !e.redo:
		f.missing++
	}
}

// find gives the entry for the row, a new one if it was not known.
func (f *fold) find(row change.Row) (e *entry, known bool) {
	if len(f.entries)*2 >= len(f.slots) {
		f.grow()
	}
	mark := len(f.spare)
	identity := f.shape.identity(row, &f.spare)
	hash := maphash.Bytes(f.seed, identity)
	mask := uint64(len(f.slots) - 1)
	at := hash & mask
	for ; f.slots[at] != 0; at = (at + 1) & mask {
		i := f.slots[at] - 1
		if e = &f.entries[i]; f.hashes[i] == hash && bytes.Equal(e.identity, identity) {
			f.spare = f.spare[:mark]
			return e, true
		}
	}
	f.entries = append(f.entries, entry{identity: identity})
	f.hashes = append(f.hashes, hash)
	f.slots[at] = uint32(len(f.entries))
	return &f.entries[len(f.entries)-1], false
}

func (f *fold) grow() {
	f.slots = make([]uint32, max(32, len(f.slots)*2))
	mask := uint64(len(f.slots) - 1)
	for i, hash := range f.hashes {
		at := hash & mask
		for f.slots[at] != 0 {
			at = (at + 1) & mask
		}
		f.slots[at] = uint32(i + 1)
	}
}

// set gives what is to be written, in the order of the keys.
func (f *fold) set() *change.Set {
	s, _ := f.sets(nil)
	return s
}

// sets gives what is to be written without the late entries, and those. Without
// any, the second set is nil.
func (f *fold) sets(late []bool) (early, rest *change.Set) {
	early = &change.Set{Table: f.table, Tolerant: f.tolerant}
	if len(f.shape.key) == 0 {
		f.bag(early)
		return early, nil
	}
	var first, second updates
	if late != nil {
		rest = &change.Set{Table: f.table, Tolerant: f.tolerant}
	}
	diff := newColumnSet(f.shape.columns)
	for _, i := range f.sorted() {
		if late != nil && late[i] {
			f.entries[i].add(rest, f.shape, &second, diff)
		} else {
			f.entries[i].add(early, f.shape, &first, diff)
		}
	}
	early.Updates = first.list(f.shape)
	if rest != nil {
		rest.Updates = second.list(f.shape)
	}
	return early, rest
}

// add gives the set what became of the row, or u if it is an update. diff is room for what
// has changed.
func (e *entry) add(s *change.Set, shape *shape, u *updates, diff columnSet) {
	if e.stays(shape, diff) {
		u.add(diff, e.last)
		return
	}
	switch {
	case e.was:
		s.Deletes = append(s.Deletes, e.first)
	case e.redo:
		s.Deletes = append(s.Deletes, e.last)
	}
	if e.is {
		s.Inserts = append(s.Inserts, e.last)
	}
}

// stays says whether the row is the same one as before, with the columns in diff changed,
// none of which is pinned.
func (e *entry) stays(shape *shape, diff columnSet) bool {
	return e.was && e.is && !e.redo && !diff.changed(e.first, e.last).meets(shape.pinned)
}

func (f *fold) sorted() []uint32 {
	order := make([]uint32, len(f.entries))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return f.shape.order(f.entries[a].identity, f.entries[b].identity)
	})
	return order
}

func (f *fold) bag(s *change.Set) {
	for i := range f.entries {
		e := &f.entries[i]
		if e.gone > 0 {
			s.Deletes = append(s.Deletes, e.last)
			s.Copies = append(s.Copies, e.gone)
		}
		for range e.come {
			s.Inserts = append(s.Inserts, e.last)
		}
	}
}
