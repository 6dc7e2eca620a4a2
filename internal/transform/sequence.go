package transform

import (
	"encoding/binary"
	"math"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// Moved tells to where a sequence has come.
type Moved struct {
	Name  schema.Name // on the source
	Ident string      // quoted and qualified, in PostgreSQL
	Next  int64       // as schema.Sequence has it
}

// Sequence takes a row event of a tracked sequence: its last row is the sequence's whole state.
// Where that is another definition than the tracked one, the effect has it in PostgreSQL. Both
// are nil for what is not the row of a sequence.
func (x *Transformer) Sequence(t *schema.Table, r *event.Rows) (*Moved, *ddl.Effect) {
	next := sequenceRow(r, t.Sequence)
	if next == nil {
		return nil, nil
	}
	if !next.Alike(t.Sequence) {
		x.settle()
		effect := ddl.Redefine(x.set, x.set.Get(t.Name), next, x.rules)
		x.follow(effect, nil)
		return nil, effect
	}
	x.reached[x.Key(t.Name)] = next.Next
	rules := *x.rules
	rules.Sequences = func(schema.Name) bool { return true }
	return &Moved{Name: t.Name, Ident: rules.Sequence(t.Name), Next: next.Next}, nil
}

// settle puts into the tracked schema to where the sequences have come.
func (x *Transformer) settle() {
	for name, next := range x.reached {
		t, known := x.set.Get(name), x.tables[name]
		if t == nil || t.Sequence == nil || known == nil {
			continue
		}
		moved, sequence := *t, *t.Sequence
		sequence.Next, moved.Sequence = next, &sequence
		x.set = x.set.With(nil, &moved)
		known.source = &moved
	}
	clear(x.reached)
}

// The columns of the table by which the source keeps a sequence.
const (
	sequenceNext = iota
	sequenceMin
	sequenceMax
	sequenceStart
	sequenceIncrement
	sequenceCache
	sequenceCycle
	sequenceRound
	sequenceColumns
)

// widths are the bytes of the types of integers, by their numbers in the binary log.
var widths = map[byte]int{1: 1, 2: 2, 3: 4, 8: 8, 9: 3}

// sequenceRow reads the last row of an event; nil if it is not one of a sequence.
func sequenceRow(r *event.Rows, tracked *schema.Sequence) *schema.Sequence {
	if r.Action != event.Insert || len(r.Map.Types) != sequenceColumns || len(r.Before) == 0 || r.Before[0] != 0xff {
		return nil
	}
	length := 1 // of the bits of NULLs
	for _, kind := range r.Map.Types {
		if widths[kind] == 0 {
			return nil
		}
		length += widths[kind]
	}
	if len(r.Data) == 0 || len(r.Data)%length != 0 {
		return nil
	}
	row := r.Data[len(r.Data)-length:]
	if row[0] != 0 {
		return nil
	}
	row = row[1:]
	var values [sequenceColumns]int64
	for i, kind := range r.Map.Types {
		values[i] = integer(row[:widths[kind]], tracked.Unsigned() && i < sequenceIncrement)
		row = row[widths[kind]:]
	}
	next := *tracked
	next.Capped = values[sequenceMax] > schema.SequenceMax
	limit := func(n int64) int64 { return max(schema.SequenceMin, min(n, schema.SequenceMax)) }
	next.Min, next.Max, next.Start = limit(values[sequenceMin]), limit(values[sequenceMax]), limit(values[sequenceStart])
	next.Increment, next.Cycle, next.Next = values[sequenceIncrement], values[sequenceCycle] != 0, values[sequenceNext]
	return &next
}

// integer reads a number; of one that 64 bits with a sign do not hold, their limit.
func integer(data []byte, unsigned bool) int64 {
	var wide [8]byte
	if last := data[len(data)-1]; !unsigned && last&0x80 != 0 {
		for i := range wide {
			wide[i] = 0xff
		}
	}
	copy(wide[:], data)
	n := binary.LittleEndian.Uint64(wide[:])
	if unsigned && n > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n) // #nosec G115 -- the bits are those of the number with its sign
}
