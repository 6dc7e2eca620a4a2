package apply

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"pgchameleon/internal/change"
)

// columnSet is a set of a table's columns by their ordinals, a bit for each.
type columnSet []uint64

func newColumnSet(columns int) columnSet { return make(columnSet, (columns+63)/64) }

func (s columnSet) add(ordinal int) {
	if ordinal>>6 < len(s) { // a row with more fields is refused where it is written
		s[ordinal>>6] |= 1 << (ordinal & 63)
	}
}

func (s columnSet) has(ordinal int) bool { return s[ordinal>>6]>>(ordinal&63)&1 != 0 }

func (s columnSet) meets(other columnSet) bool {
	for i, word := range s {
		if word&other[i] != 0 {
			return true
		}
	}
	return false
}

// include adds the columns of another set.
func (s columnSet) include(other columnSet) {
	for i, word := range other {
		s[i] |= word
	}
}

// lacks counts the columns of another set that are not in this one.
func (s columnSet) lacks(other columnSet) (n int) {
	for i, word := range other {
		n += bits.OnesCount64(word &^ s[i])
	}
	return n
}

// changed makes s the columns in which two rows differ.
func (s columnSet) changed(a, b change.Row) columnSet {
	clear(s)
	for ordinal := 0; ; ordinal++ {
		same := common(a, b)
		if same == len(a) && same == len(b) {
			return s
		}
		start := bytes.LastIndexByte(a[:same], '\t') + 1
		ordinal += bytes.Count(a[:start], []byte{'\t'})
		s.add(ordinal)
		a, b = a[start:], b[start:]
		x, y := bytes.IndexByte(a, '\t'), bytes.IndexByte(b, '\t')
		if x < 0 || y < 0 {
			return s
		}
		a, b = a[x+1:], b[y+1:]
	}
}

// common gives the length of what two rows begin with alike.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if diff := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); diff != 0 {
			return i + bits.TrailingZeros64(diff)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
