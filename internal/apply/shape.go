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
	prefix  bool   // the key is the first columns, in order: a slice of the line
	numeric bool   // the first key column is a number: shorter sorts first
	pinned  uint64 // columns, as changed() numbers them, that an update must leave alone
	columns int
}

// spill is the bit that stands for all columns from it on.
const spill = 63

func newShape(t *change.Table) *shape {
	s := &shape{key: t.Key, prefix: true, columns: len(t.Columns)}
	for i, ordinal := range t.Key {
		s.prefix = s.prefix && i == ordinal
		s.pinned |= bit(ordinal)
	}
	if len(t.Key) > 0 {
		name := t.Columns[t.Key[0]].Type
		s.numeric = strings.HasPrefix(name, "int") || strings.HasPrefix(name, "bigint") ||
			strings.HasPrefix(name, "smallint") || strings.HasPrefix(name, "numeric")
	}
	for _, unique := range t.Uniques {
		for _, ordinal := range unique {
			s.pinned |= bit(ordinal)
		}
	}
	return s
}

func bit(ordinal int) uint64 { return 1 << min(ordinal, spill) }

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

// updated lists the columns that updates set.
func (s *shape) updated(mask uint64) []int {
	if list := s.ordinals(mask); len(list) > 0 {
		return list
	}
	return s.key // they changed and came back
}

// ordinals lists the columns of a mask, without the pinned ones.
func (s *shape) ordinals(mask uint64) []int {
	var list []int
	for i := range s.columns {
		if mask&bit(i) != 0 && (i >= spill || s.pinned&bit(i) == 0) {
			list = append(list, i)
		}
	}
	return list
}

// changed gives the columns in which two rows differ, a bit for each; the last
// bit stands for all columns that have none of their own.
func changed(a, b change.Row) uint64 {
	var mask uint64
	for i := 0; ; i++ {
		x, y := bytes.IndexByte(a, '\t'), bytes.IndexByte(b, '\t')
		if x < 0 || y < 0 {
			if !bytes.Equal(a, b) {
				mask |= bit(i)
			}
			return mask
		}
		if !bytes.Equal(a[:x], b[:y]) {
			mask |= bit(i)
		}
		a, b = a[x+1:], b[y+1:]
	}
}
