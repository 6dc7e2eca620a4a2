package relay

import (
	"encoding/binary"

	"pgchameleon/internal/event"
)

// format is the first byte of a block, so that a later one can be told apart.
const format = 1

// Bits of a transaction.
const (
	isFirst = 1 << iota
	isFinal
	isUndone
	isXA
	isTimed
)

// Bits of a rows event and of a statement.
const (
	noChecks = 1 << iota
	isPartial
	isDerived
	isSession
	hasTime
)

// Kinds of events.
const (
	rowsEvent = iota
	statementEvent
)

// encoder writes transactions as bytes. A table map stands once in a block, however
// many events are of it.
type encoder struct {
	out  []byte
	maps map[*event.TableMap]uint64
}

// encode writes transactions as one block, after what out holds.
func encode(out []byte, list []*event.Transaction) []byte {
	e := &encoder{out: append(out, format), maps: map[*event.TableMap]uint64{}}
	e.number(uint64(len(list)))
	for _, t := range list {
		e.transaction(t)
	}
	return e.out
}

func (e *encoder) number(n uint64) { e.out = binary.AppendUvarint(e.out, n) }
func (e *encoder) signed(n int64)  { e.out = binary.AppendVarint(e.out, n) }

func (e *encoder) text(s string) {
	e.number(uint64(len(s)))
	e.out = append(e.out, s...)
}

// bytes tells nil from empty.
func (e *encoder) bytes(b []byte) {
	if e.length(len(b), b == nil) {
		e.out = append(e.out, b...)
	}
}

// length writes how long a slice is that may be nil; false: there is nothing to follow.
func (e *encoder) length(n int, none bool) bool {
	if none {
		e.number(0)
		return false
	}
	e.number(uint64(n) + 1) // #nosec G115 -- a length
	return true
}

// when gives a bit where something is so.
func when(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

func (e *encoder) transaction(t *event.Transaction) {
	flags := when(t.First, isFirst) | when(t.Final, isFinal) | when(t.Undone, isUndone) | when(t.XA != nil, isXA) | when(!t.Time.IsZero(), isTimed)
	e.out = append(e.out, flags, byte(t.Sessions))
	e.text(t.GTID)
	e.text(t.Server)
	e.text(t.File)
	e.number(t.Start)
	e.number(t.End)
	if !t.Time.IsZero() {
		e.signed(t.Time.UnixMicro())
	}
	if t.XA != nil {
		e.text(t.XA.Phase)
		e.text(t.XA.XID)
	}
	e.signed(int64(t.Size))
	e.number(uint64(len(t.Events)))
	for _, one := range t.Events {
		switch one := one.(type) {
		case *event.Rows:
			e.out = append(e.out, rowsEvent)
			e.rows(one)
		case *event.Statement:
			e.out = append(e.out, statementEvent)
			e.statement(one)
		}
	}
}

func (e *encoder) rows(r *event.Rows) {
	number, known := e.maps[r.Map]
	if !known {
		number = uint64(len(e.maps))
		e.maps[r.Map] = number
	}
	e.number(number)
	if !known { // its length first, so that the bytes can be compared before they are read
		one := &encoder{}
		one.tableMap(r.Map)
		e.bytes(one.out)
	}
	e.out = append(e.out, byte(r.Action), when(r.NoChecks, noChecks)|when(r.Partial, isPartial))
	e.bytes(r.Before)
	e.bytes(r.After)
	e.number(r.Offset)
	e.bytes(r.Data)
}

func (e *encoder) tableMap(m *event.TableMap) {
	e.number(m.ID)
	e.text(m.Schema)
	e.text(m.Table)
	e.bytes(m.Types)
	if e.length(len(m.Meta), m.Meta == nil) {
		for _, one := range m.Meta {
			e.number(uint64(one))
		}
	}
	e.bytes(m.Nullable)
	e.texts(m.Names)
	if e.length(len(m.Unsigned), m.Unsigned == nil) {
		for _, is := range m.Unsigned {
			e.out = append(e.out, when(is, 1))
		}
	}
	e.texts(m.Charsets)
	if e.length(len(m.Key), m.Key == nil) {
		for _, ordinal := range m.Key {
			e.number(uint64(ordinal)) // #nosec G115 -- an ordinal
		}
	}
	if e.length(len(m.Members), m.Members == nil) {
		for _, list := range m.Members {
			e.texts(list)
		}
	}
}

func (e *encoder) texts(list []string) {
	if e.length(len(list), list == nil) {
		for _, s := range list {
			e.text(s)
		}
	}
}

func (e *encoder) statement(s *event.Statement) {
	e.out = append(e.out, when(s.Derived, isDerived)|when(s.Session, isSession)|when(!s.Time.IsZero(), hasTime))
	e.text(s.Schema)
	e.text(s.SQL)
	e.number(s.SQLMode)
	e.number(uint64(s.Error))
	e.text(s.TimeZone)
	e.number(uint64(s.Thread))
	if !s.Time.IsZero() {
		e.signed(s.Time.UnixMicro())
	}
	e.number(s.Offset)
}
