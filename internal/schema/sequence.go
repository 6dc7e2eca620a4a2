package schema

import (
	"math"
	"strings"
)

// Sequence is what a sequence of MariaDB hands out. Its numbers are those that 64 bits with a
// sign hold: what lies beyond them is brought back to their limit.
type Sequence struct {
	Type      string `json:"type,omitempty"` // as AS states it, in lower case; "" for bigint
	Start     int64  `json:"start"`
	Min       int64  `json:"min"`
	Max       int64  `json:"max"`
	Increment int64  `json:"increment"` // 0: the server's auto_increment_increment
	Cycle     bool   `json:"cycle,omitempty"`
	Capped    bool   `json:"capped,omitempty"` // a limit lies beyond 64 bits with a sign

	// Next is the first value in the sequence's direction that the source cannot have handed
	// out yet, as far as the binary log tells. It lies beyond the limits where there is none.
	Next int64 `json:"next"`

	// AsOf is the position from which on it is followed; "" where a statement has made it.
	AsOf string `json:"as_of,omitempty"`
}

// The limits of a sequence of bigint, as the server has them.
const (
	SequenceMin = -math.MaxInt64
	SequenceMax = math.MaxInt64 - 1
)

// Unsigned says whether the sequence's values are read without a sign.
func (s *Sequence) Unsigned() bool { return strings.HasSuffix(s.Type, " unsigned") }

// Alike says whether two sequences hand out the same values, wherever they stand.
func (s *Sequence) Alike(other *Sequence) bool {
	a, b := *s, *other
	a.Next, b.Next, a.AsOf, b.AsOf = 0, 0, "", ""
	return a == b
}

// Limits gives the limits of a new sequence that states none. A statement that takes those of
// one away gives it the ones of a sequence that goes up.
func (s *Sequence) Limits(descending bool) (least, most int64) {
	bits := map[string]int{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32}[strings.TrimSuffix(s.Type, " unsigned")]
	switch {
	case s.Unsigned() && bits > 0:
		return 1, 1<<bits - 2
	case s.Unsigned():
		return 1, SequenceMax
	case bits > 0:
		least, most = -(1<<(bits-1))+1, 1<<(bits-1)-2
	default:
		least, most = SequenceMin, SequenceMax
	}
	if descending {
		return least, -1
	}
	return 1, most
}
