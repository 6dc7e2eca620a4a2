package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/event"
)

var errBlock = errors.New("a block of the relay is damaged")

// decoder reads blocks back. It gives tables whose maps are the same the same map, from
// block to block: whoever compares a map with a table's definition does so once.
type decoder struct {
	in    []byte
	bad   bool
	known map[string]*event.TableMap
	maps  []*event.TableMap // of the block
}

// manyMaps bounds the memory of table maps.
const manyMaps = 10_000

// decode reads a block. What it gives points into the bytes.
func (d *decoder) decode(block []byte) ([]*event.Transaction, error) {
	if d.known == nil || len(d.known) > manyMaps {
		d.known = map[string]*event.TableMap{}
	}
	d.in, d.bad, d.maps = block, false, d.maps[:0]
	if kind := d.octet(); kind != format {
		return nil, fmt.Errorf("%w: its format is %d", errBlock, kind)
	}
	list := make([]*event.Transaction, 0, d.count())
	for range cap(list) {
		list = append(list, d.transaction())
		if d.bad {
			break
		}
	}
	if d.bad || len(d.in) > 0 {
		return nil, errBlock
	}
	return list, nil
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.in)) {
		d.in, d.bad = nil, true
		return nil
	}
	out := d.in[:n:n]
	d.in = d.in[n:]
	return out
}

func (d *decoder) octet() byte {
	if one := d.take(1); one != nil {
		return one[0]
	}
	return 0
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.in)
	if size <= 0 {
		d.in, d.bad = nil, true
		return 0
	}
	d.in = d.in[size:]
	return n
}

func (d *decoder) signed() int64 {
	n, size := binary.Varint(d.in)
	if size <= 0 {
		d.in, d.bad = nil, true
		return 0
	}
	d.in = d.in[size:]
	return n
}

// count reads how many of something follow, each of which takes a byte at least.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.in)) {
		d.in, d.bad = nil, true
		return 0
	}
	return int(n) // #nosec G115 -- at most the length of the block
}

// length reads the length of a slice that may be nil.
func (d *decoder) length() (n int, none bool) {
	more := d.number()
	if more == 0 || d.bad || more-1 > uint64(len(d.in)) {
		d.bad = d.bad || more != 0
		return 0, true
	}
	return int(more - 1), false // #nosec G115 -- at most the length of the block
}

func (d *decoder) text() string { return string(d.take(d.number())) }

func (d *decoder) bytes() []byte {
	n, none := d.length()
	if none {
		return nil
	}
	return d.take(uint64(n)) // #nosec G115 -- a length
}

func (d *decoder) instant() time.Time { return time.UnixMicro(d.signed()) }

func (d *decoder) transaction() *event.Transaction {
	flags := d.octet()
	t := &event.Transaction{
		First: flags&isFirst != 0, Final: flags&isFinal != 0, Undone: flags&isUndone != 0, Sessions: event.Sessions(d.octet()),
		GTID: d.text(), Server: d.text(), File: d.text(), Start: d.number(), End: d.number(),
	}
	if flags&isTimed != 0 {
		t.Time = d.instant()
	}
	if flags&isXA != 0 {
		t.XA = &event.XA{Phase: d.text(), XID: d.text()}
	}
	t.Size = int(d.signed())
	events := d.count()
	for range events {
		switch d.octet() {
		case rowsEvent:
			t.Events = append(t.Events, d.rows())
		case statementEvent:
			t.Events = append(t.Events, d.statement())
		default:
			d.bad = true
		}
		if d.bad {
			break
		}
	}
	return t
}

func (d *decoder) rows() *event.Rows {
	r := &event.Rows{}
	switch number := d.number(); {
	case number < uint64(len(d.maps)):
		r.Map = d.maps[number]
	case number == uint64(len(d.maps)):
		r.Map = d.tableMap(d.bytes())
		d.maps = append(d.maps, r.Map)
	default:
		d.bad = true
	}
	r.Action = event.Action(d.octet())
	flags := d.octet()
	r.NoChecks, r.Partial = flags&noChecks != 0, flags&isPartial != 0
	r.Before, r.After, r.Offset, r.Data = d.bytes(), d.bytes(), d.number(), d.bytes()
	return r
}

func (d *decoder) tableMap(raw []byte) *event.TableMap {
	if m := d.known[string(raw)]; m != nil {
		return m
	}
	one := &decoder{in: append([]byte{}, raw...)} // it outlives the block
	m := &event.TableMap{ID: one.number(), Schema: one.text(), Table: one.text(), Types: one.bytes()}
	if n, none := one.length(); !none {
		m.Meta = make([]uint16, n)
		for i := range m.Meta {
			m.Meta[i] = uint16(one.number()) // #nosec G115 -- it was one
		}
	}
	m.Nullable, m.Names = one.bytes(), one.texts()
	if n, none := one.length(); !none {
		m.Unsigned = make([]bool, n)
		for i := range m.Unsigned {
			m.Unsigned[i] = one.octet() != 0
		}
	}
	m.Charsets = one.texts()
	if n, none := one.length(); !none {
		m.Key = make([]int, n)
		for i := range m.Key {
			m.Key[i] = int(one.number()) // #nosec G115 -- it was one
		}
	}
	if n, none := one.length(); !none {
		m.Members = make([][]string, n)
		for i := range m.Members {
			m.Members[i] = one.texts()
		}
	}
	d.bad = d.bad || one.bad || len(one.in) > 0
	d.known[string(raw)] = m
	return m
}

func (d *decoder) texts() []string {
	n, none := d.length()
	if none {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.text()
	}
	return list
}

func (d *decoder) statement() *event.Statement {
	flags := d.octet()
	s := &event.Statement{
		Derived: flags&isDerived != 0, Session: flags&isSession != 0,
		Schema: d.text(), SQL: d.text(), SQLMode: d.number(), Error: uint16(d.number()), // #nosec G115 -- it was one
		TimeZone: d.text(), Thread: uint32(d.number()), // #nosec G115 -- it was one
	}
	if flags&hasTime != 0 {
		s.Time = d.instant()
	}
	s.Offset = d.number()
	return s
}
