package copier

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/typemap"
)

// What a COPY in binary format begins and ends with.
const (
	copyHeader  = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyTrailer = "\xff\xff"
)

const (
	lineBuffer = 64 << 10
	keepBuffer = 1 << 20 // a buffer for long rows above this is given back
)

// encoder turns rows as the source sent them into what COPY reads, as they are
// asked for: lines of text, or the same in its binary format.
type encoder struct {
	binary  []typemap.BinaryFunc // of the columns; nil: text
	begun   bool                 // its header was given
	rows    Rows
	table   *mapping.Table
	columns []*typemap.Column
	notes   []typemap.Notes
	changed typemap.Originals // of the row in hand
	kept    []Original
	buf     []byte
	at      int // what of buf has been read
	end     error

	lines, bytes int64
	limit        int // of originals kept, for each column and rule; -1: none
	// refuse takes a row that cannot be written as COPY text; without it that is
	// the end of the reading.
	refuse func(row []byte, cause error) error
}

// binaryForms gives what makes the table's rows binary; nil if a column has no such form.
func binaryForms(t *mapping.Table) []typemap.BinaryFunc {
	list := make([]typemap.BinaryFunc, len(t.Columns))
	for i, c := range t.Columns {
		if list[i] = c.Map.Binary(); list[i] == nil {
			return nil
		}
	}
	return list
}

func newEncoder(t *mapping.Table, rows Rows, limit int, refuse func([]byte, error) error) *encoder {
	e := &encoder{table: t, rows: rows, limit: limit, refuse: refuse, columns: make([]*typemap.Column, len(t.Columns))}
	e.notes = typemap.NewNotes(len(t.Columns), &e.changed)
	for i, c := range t.Columns {
		e.columns[i] = c.Map
	}
	return e
}

// Read gives the next lines.
func (e *encoder) Read(p []byte) (int, error) {
	if e.at == len(e.buf) {
		if e.end == nil {
			e.fill()
		}
		if len(e.buf) == 0 {
			return 0, e.end
		}
	}
	n := copy(p, e.buf[e.at:])
	e.at += n
	if e.at == len(e.buf) {
		e.buf, e.at = e.buf[:0], 0
	}
	return n, nil
}

func (e *encoder) fill() {
	if e.buf, e.at = e.buf[:0], 0; cap(e.buf) > keepBuffer || e.buf == nil {
		e.buf = make([]byte, 0, 2*lineBuffer)
	}
	if e.binary != nil && !e.begun {
		e.begun = true
		e.buf = append(e.buf, copyHeader...)
	}
	for len(e.buf) < lineBuffer {
		fields, err := e.rows.Next()
		if err != nil {
			if e.end = err; e.binary != nil && errors.Is(err, io.EOF) {
				e.buf = append(e.buf, copyTrailer...)
			}
			return
		}
		if err := e.row(fields); err != nil {
			e.end = err
			return
		}
	}
}

// row adds a row, or hands it to refuse.
func (e *encoder) row(fields [][]byte) error {
	start := len(e.buf)
	add := e.line
	if e.binary != nil {
		add = e.tuple
	}
	buf, err := add(e.buf, fields)
	if err == nil {
		e.buf = buf
		e.lines++
		e.bytes += int64(len(e.buf) - start)
		if len(e.changed.List) > 0 {
			return e.keep(buf[start:], fields)
		}
		return nil
	}
	e.changed.List = e.changed.List[:0]
	err = fault.Wrap(fault.Data, err)
	if e.refuse == nil {
		return err
	}
	return e.refuse(e.rawLine(fields), err)
}

func (e *encoder) line(dst []byte, fields [][]byte) ([]byte, error) {
	if len(fields) < len(e.columns) {
		return nil, errors.New("a row has too few values")
	}
	var err error
	for i, c := range e.columns {
		if i > 0 {
			dst = append(dst, '\t')
		}
		if size := len(fields[i]); size > lineBuffer { // at once: hexadecimal digits and escapes at most double it
			dst = slices.Grow(dst, 2*size+lineBuffer)
		}
		if fields[i] == nil {
			dst = append(dst, `\N`...)
		} else if dst, err = c.Text(dst, fields[i], &e.notes[i]); err != nil {
			return nil, err
		}
	}
	return append(dst, '\n'), nil
}

// tuple adds a row in the binary format: the number of its fields, and each with its
// length, which is -1 for NULL.
func (e *encoder) tuple(dst []byte, fields [][]byte) ([]byte, error) {
	if len(fields) < len(e.binary) {
		return nil, errors.New("a row has too few values")
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(e.binary))) // #nosec G115 -- PostgreSQL has 1,600 columns at most
	for i, encode := range e.binary {
		if size := len(fields[i]); size > lineBuffer {
			dst = slices.Grow(dst, size+lineBuffer)
		}
		at := len(dst)
		dst = append(dst, 255, 255, 255, 255)
		if fields[i] == nil {
			continue
		}
		out, null, err := encode(dst, fields[i], &e.notes[i])
		if err != nil {
			return nil, err
		}
		if dst = out; !null {
			binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4)) // #nosec G115 -- PostgreSQL takes up to 1 GB
		}
	}
	return dst, nil
}

// keep takes over the originals of a row's values that rules have changed.
func (e *encoder) keep(written []byte, fields [][]byte) error {
	list := slices.Clone(e.changed.List)
	e.changed.List = e.changed.List[:0]
	line := written
	if e.binary != nil {
		again := &encoder{columns: e.columns, notes: typemap.NewNotes(len(e.columns), &typemap.Originals{})}
		var err error
		if line, err = again.line(nil, fields); err != nil {
			return err
		}
	}
	row := change.Row(line[:len(line)-1])
	for _, o := range list {
		if e.limit >= 0 && e.notes[o.Column].Counts[o.Rule] > uint64(e.limit) { // #nosec G115 -- it is not negative
			continue
		}
		e.kept = append(e.kept, Original{
			Column: e.table.Source.Columns[e.table.Columns[o.Column].Ordinal].Name, Rule: o.Rule.String(), Key: string(row.Fields(e.table.Key)), Value: o.Value,
		})
	}
	return nil
}

// rawLine writes a row as COPY text as it came, without any conversion but for masked
// values: those that cannot be masked are left out.
func (e *encoder) rawLine(fields [][]byte) []byte {
	var line []byte
	for i, field := range fields {
		if i > 0 {
			line = append(line, '\t')
		}
		switch {
		case field == nil:
			line = append(line, change.Null...)
		case i < len(e.columns) && e.columns[i].Masked():
			masked, err := e.columns[i].Text(nil, field, &typemap.Notes{})
			if err != nil {
				masked = []byte(change.Null)
			}
			line = append(line, masked...)
		default:
			line = rawField(line, field)
		}
	}
	return line
}

func rawField(line, field []byte) []byte {
	for _, b := range field {
		switch b {
		case '\\':
			line = append(line, `\\`...)
		case '\t':
			line = append(line, `\t`...)
		case '\n':
			line = append(line, `\n`...)
		case '\r':
			line = append(line, `\r`...)
		default:
			line = append(line, b)
		}
	}
	return line
}

// counted lists what rules did to the values.
func (e *encoder) counted() []Note {
	var notes []Note
	for i := range e.notes {
		for rule, count := range e.notes[i].Counts {
			if count > 0 {
				notes = append(notes, Note{
					Column: e.table.Source.Columns[e.table.Columns[i].Ordinal].Name, Rule: typemap.Rule(rule).String(), // #nosec G115 -- an index of an array
					Count: int64(count), // #nosec G115 -- a count of values
				})
			}
		}
	}
	return notes
}

var _ io.Reader = (*encoder)(nil)

// Text gives rows as lines of COPY text, as the copy writes them. refuse takes a row that cannot
// be written so; without it that is an error of the reading.
func Text(t *mapping.Table, rows Rows, refuse func(row []byte, cause error) error) io.Reader {
	return newEncoder(t, rows, 0, refuse)
}
