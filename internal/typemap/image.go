package typemap

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrAbsent says that a row image does not hold a column that is replicated, because
// of binlog_row_image=MINIMAL or NOBLOB.
var ErrAbsent = errors.New("the row image lacks a replicated column; set binlog_row_image=FULL on the source, for every session")

// RowDecoder decodes whole row images of one table map into COPY lines of the wanted
// columns. It is immutable and may be used by many goroutines at once.
type RowDecoder struct {
	cells  []cell
	wanted int
}

// cell is one column of the row image.
type cell struct {
	decode ImageFunc // nil: passed over
	name   string
	slot   int // among the wanted columns
	typ    byte
	meta   uint16
	fixed  int // bytes to pass over; 0: as Skip says
}

// NewRowDecoder makes a decoder of row images with these wire types and metadata, as the
// table map gives them. columns are the wanted ones, whose places in the image ordinals
// gives in increasing order.
func NewRowDecoder(columns []*Column, ordinals []int, types []byte, meta []uint16) (*RowDecoder, error) {
	if len(columns) != len(ordinals) || len(types) != len(meta) {
		return nil, fmt.Errorf("%w: %d columns at %d places, %d types with %d metadata", errWire, len(columns), len(ordinals), len(types), len(meta))
	}
	d := &RowDecoder{cells: make([]cell, len(types)), wanted: len(columns)}
	for i, typ := range types {
		fixed, prefix, err := sized(typ, meta[i])
		if err != nil {
			return nil, fmt.Errorf("reading column %d of the table map: %w", i+1, err)
		}
		if prefix > 0 {
			fixed = 0
		}
		d.cells[i] = cell{typ: typ, meta: meta[i], fixed: fixed}
	}
	last := -1
	for i, at := range ordinals {
		name := columns[i].Source.Name
		if at <= last || at >= len(types) {
			return nil, fmt.Errorf("%w: column %s would be at place %d of %d", errWire, name, at+1, len(types))
		}
		decode, err := columns[i].Image(types[at], meta[at])
		if err != nil {
			return nil, fmt.Errorf("reading column %s of the table map: %w", name, err)
		}
		d.cells[at].decode, d.cells[at].name, d.cells[at].slot, last = decode, name, i, at
	}
	return d, nil
}

// Row appends the COPY line, without its newline, for the row image at the beginning of src,
// and returns how many bytes of src it took. present is the bitmap of the columns that
// the image holds; notes are one for each wanted column. A wanted column that is not
// there is ErrAbsent.
func (d *RowDecoder) Row(dst []byte, present []byte, src []byte, notes []Notes) (out []byte, used int, err error) {
	return d.row(dst, present, src, notes, nil)
}

// row is Row; it adds where each column ends to trace, unless that is nil.
func (d *RowDecoder) row(dst []byte, present []byte, src []byte, notes []Notes, trace *Trace) (out []byte, used int, err error) {
	start := len(dst)
	count := d.count(present)
	if size := (count + 7) / 8; len(present)*8 < len(d.cells) || len(src) < size {
		return dst, 0, ErrShort
	}
	if len(notes) < d.wanted {
		return dst, 0, fmt.Errorf("decoding a row image: %d notes for %d columns", len(notes), d.wanted)
	}
	nulls := src
	used = (count + 7) / 8
	seen := 0
	for i := range d.cells {
		c := &d.cells[i]
		there, n := present[i>>3]>>(i&7)&1 != 0, 0
		if !there && c.decode != nil {
			return dst, 0, fmt.Errorf("decoding column %s: %w", c.name, ErrAbsent)
		}
		if there {
			isNull := nulls[seen>>3]>>(seen&7)&1 != 0
			seen++
			if dst, n, err = c.add(dst, src[used:], isNull, notes); err != nil {
				return dst, 0, fmt.Errorf("decoding column %d %s: %w", i+1, c.name, err)
			}
			used += n
		}
		if trace != nil {
			trace.ends = append(trace.ends, end{used, len(dst) - start})
		}
	}
	return dst, used, nil
}

// add adds the field of a column that the image holds, if it is wanted, and tells how many bytes its value takes.
func (c *cell) add(dst, src []byte, isNull bool, notes []Notes) (out []byte, used int, err error) {
	switch {
	case c.decode == nil && isNull:
		return dst, 0, nil
	case c.decode == nil:
		used, err = c.skip(src)
		return dst, used, err
	case c.slot > 0:
		dst = append(dst, '\t')
	}
	if isNull {
		return append(dst, '\\', 'N'), 0, nil
	}
	return c.decode(dst, src, &notes[c.slot])
}

// count gives the number of columns that the image holds.
func (d *RowDecoder) count(present []byte) (n int) {
	full, rest := len(d.cells)/8, len(d.cells)%8
	for i, b := range present {
		if i == full {
			b &= 1<<rest - 1
		}
		if i > full {
			break
		}
		n += bits.OnesCount8(b)
	}
	return n
}

func (c *cell) skip(src []byte) (int, error) {
	if c.fixed > 0 {
		if len(src) < c.fixed {
			return 0, ErrShort
		}
		return c.fixed, nil
	}
	return Skip(c.typ, c.meta, src)
}
