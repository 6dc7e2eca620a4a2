package typemap

import "bytes"

// Notes count, for one column, how often each rule was applied, and hand on the
// originals of the values that it changed. The zero value is ready and keeps no
// originals. They are not safe for several goroutines.
type Notes struct {
	Counts [numberOfRule]uint64

	column    int
	originals *Originals
	source    []byte // the value as the source has it, where the plain form is not all of it
}

// Original is a value that a rule changed.
type Original struct {
	Column int // as NewNotes counts them
	Rule   Rule
	Value  []byte // MySQL's own text of it; for InvalidBytes the bytes in the column's character set
}

// Originals collects the originals of a row, or of many.
type Originals struct {
	List []Original
	Ever bool // there were some since this was false
}

// NewNotes makes the notes of a table's columns. Originals go to into, if it is not nil.
func NewNotes(columns int, into *Originals) []Notes {
	list := make([]Notes, columns)
	for i := range list {
		list[i].column, list[i].originals = i, into
	}
	return list
}

// apply counts one application of a rule to a value, whose plain form is given.
func (n *Notes) apply(r Rule, plain []byte) {
	n.Counts[r]++
	if n.originals == nil {
		return
	}
	if n.source != nil {
		plain = n.source
	}
	n.originals.Ever = true
	n.originals.List = append(n.originals.List, Original{n.column, r, bytes.Clone(plain)})
}
