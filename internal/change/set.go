package change

import "pgchameleon/internal/event"

// Step is a unit of writing: exactly one of its fields is set. Between two Sets
// of the same table there are Cascades.
type Step struct {
	Set      *Set
	Cascades *Cascades
}

// Set is the changes of one table, folded so that no row occurs twice. Writing
// the deletes, then the updates, then the inserts never collides with itself.
type Set struct {
	Table   *Table
	Deletes []Row // full rows; of a keyed table only the key counts
	Copies  []int // only without a key: how many equal rows each of Deletes stands for
	Updates []Update
	Inserts []Row
	// Tolerant: a row of Deletes may be absent without being counted as missing.
	Tolerant bool
}

// Update is rows of which the same columns change.
type Update struct {
	Rows    []Row // full rows as they are to be; their keys and unique columns stay as they were
	Changed []int // ordinals of the columns that any of them changes
}

// Cascades are what InnoDB did to the children of parent rows that were deleted,
// or whose referenced columns were updated.
type Cascades struct {
	Parent *Table
	Action event.Action // Delete or Update
	Before []Row
	After  []Row // Update only
	// Spare tells the tables that must be left alone, with all below them.
	Spare func(*Table) bool
}
