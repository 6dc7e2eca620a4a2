package apply

import (
	"bytes"
	"cmp"
	"strings"

	"pgchameleon/internal/change"
)

// shape is what folding has to know of a table.
type shape struct {
	key     []int
	prefix  bool      // the key is the first columns, in order: a slice of the line
	numeric bool      // the first key column is a number: shorter sorts first
	pinned  columnSet // that an update must leave alone
	columns int
}

func newShape(t *change.Table) *shape {
	s := &shape{key: t.Key, prefix: true, columns: len(t.Columns), pinned: newColumnSet(len(t.Columns))}
	for i, ordinal := range t.Key {
		s.prefix = s.prefix && i == ordinal
		s.pinned.add(ordinal)
	}
	if len(t.Key) > 0 {
		name := t.Columns[t.Key[0]].Type
		s.numeric = strings.HasPrefix(name, "int") || strings.HasPrefix(name, "bigint") ||
			strings.HasPrefix(name, "smallint") || strings.HasPrefix(name, "numeric")
	}
	for _, unique := range t.Uniques {
		for _, ordinal := range unique {
			s.pinned.add(ordinal)
		}
	}
	return s
}

// identity gives what identifies a row: its key fields, or the whole line. Only
// a scattered key has to be put together, in spare.
func (s *shape) identity(row change.Row, spare *[]byte) []byte {
	switch {
	case len(s.key) == 0:
		return row
	case len(s.key) == 1:
		return row.Field(s.key[0])
	case s.prefix:
		end := 0
		for range s.key {
			tab := bytes.IndexByte(row[end:], '\t')
			if tab < 0 {
				return row
			}
			end += tab + 1
		}
		return row[:end-1]
	}
	start := len(*spare)
	for _, ordinal := range s.key {
		*spare = append(append(*spare, row.Field(ordinal)...), '\t')
	}
	return (*spare)[start:len(*spare):len(*spare)]
}

// order compares identities so that rows near in the key's index are mostly near.
func (s *shape) order(a, b []byte) int {
	if s.numeric && len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return bytes.Compare(a, b)
}

// updated lists the columns that updates set: without the pinned ones.
func (s *shape) updated(columns columnSet) []int {
	var list []int
	for i := range s.columns {
		if columns.has(i) && !s.pinned.has(i) {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return s.key // they changed and came back
	}
	return list
}
