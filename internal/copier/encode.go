package copier

import (
	"errors"
	"io"
	"slices"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/typemap"
)

const (
	lineBuffer = 64 << 10
	keepBuffer = 1 << 20 // a buffer for long rows above this is given back
)

// encoder turns rows as the source sent them into lines of COPY text, as they
// are asked for.
type encoder struct {
	rows    Rows
	columns []*typemap.Column
	notes   []typemap.Notes
	buf     []byte
	at      int // what of buf has been read
	end     error

	lines, bytes int64
	// refuse takes a row that cannot be written as COPY text; without it that is
	// the end of the reading.
	refuse func(row []byte, cause error) error
}

func newEncoder(t *mapping.Table, rows Rows, refuse func([]byte, error) error) *encoder {
	e := &encoder{rows: rows, refuse: refuse, columns: make([]*typemap.Column, len(t.Columns)), notes: make([]typemap.Notes, len(t.Columns))}
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
	for len(e.buf) < lineBuffer {
		fields, err := e.rows.Next()
		if err != nil {
			e.end = err
			return
		}
		start := len(e.buf)
		line, err := e.line(e.buf, fields)
		if err == nil {
			e.buf = line
			e.lines++
			e.bytes += int64(len(e.buf) - start)
			continue
		}
		e.buf = e.buf[:start]
		err = fault.Wrap(fault.Data, err)
		if e.refuse == nil {
			e.end = err
			return
		}
		if err := e.refuse(rawLine(fields), err); err != nil {
			e.end = err
			return
		}
	}
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

// rawLine writes a row as COPY text as it came, without any conversion.
func rawLine(fields [][]byte) []byte {
	var line []byte
	for i, field := range fields {
		if i > 0 {
			line = append(line, '\t')
		}
		if field == nil {
			line = append(line, `\N`...)
		}
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
	}
	return line
}

// counted lists what rules did to the values.
func (e *encoder) counted(t *mapping.Table) []Note {
	var notes []Note
	for i := range e.notes {
		for rule, count := range e.notes[i].Counts {
			if count > 0 {
				notes = append(notes, Note{
					Column: t.Source.Columns[t.Columns[i].Ordinal].Name, Rule: typemap.Rule(rule).String(), // #nosec G115 -- an index of an array
					Count: int64(count), // #nosec G115 -- a count of values
				})
			}
		}
	}
	return notes
}

var _ io.Reader = (*encoder)(nil)
