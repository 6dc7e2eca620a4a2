package write

import (
	"bytes"
	"math"

	"pgchameleon/internal/change"
)

// fields splits a row into its fields, which stay escaped.
func fields(row change.Row, into [][]byte) [][]byte {
	list, _ := firstFields(row, into, math.MaxInt)
	return list
}

// firstFields splits off so many fields, and counts the rest.
func firstFields(row change.Row, into [][]byte, first int) (list [][]byte, rest int) {
	into = into[:0]
	for len(into) < first {
		tab := bytes.IndexByte(row, '\t')
		if tab < 0 {
			return append(into, row), 0
		}
		into, row = append(into, row[:tab]), row[tab+1:]
	}
	return into, 1 + bytes.Count(row, []byte{'\t'})
}

func isNull(field []byte) bool { return string(field) == change.Null }

// plain gives a field's value: nil for NULL, the field itself if nothing in it
// is escaped.
func plain(field []byte) []byte {
	at := bytes.IndexByte(field, '\\')
	if at < 0 {
		if field == nil {
			return []byte{}
		}
		return field
	}
	if isNull(field) {
		return nil
	}
	value := make([]byte, at, len(field))
	copy(value, field)
	for i := at; i < len(field); i++ {
		b := field[i]
		if b == '\\' && i+1 < len(field) {
			i++
			b = unescape(field[i])
		}
		value = append(value, b)
	}
	return value
}

// unescape gives what COPY text format means by a backslash and b.
func unescape(b byte) byte {
	switch b {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	}
	return b
}

// arrayer writes an array's text form.
type arrayer struct {
	text  []byte
	comma byte
}

func (a *arrayer) reset(comma byte) {
	a.text, a.comma = append(a.text[:0], '{'), comma
}

func (a *arrayer) next() {
	if len(a.text) > 1 {
		a.text = append(a.text, a.comma)
	}
}

// field adds a field that is escaped as COPY has it.
func (a *arrayer) field(field []byte) {
	a.next()
	if isNull(field) {
		a.text = append(a.text, "NULL"...)
		return
	}
	a.text = append(a.text, '"')
	if bytes.IndexByte(field, '\\') < 0 && bytes.IndexByte(field, '"') < 0 {
		a.text = append(append(a.text, field...), '"')
		return
	}
	for i := 0; i < len(field); i++ {
		b := field[i]
		if b == '\\' && i+1 < len(field) {
			i++
			b = unescape(field[i])
		}
		if b == '\\' || b == '"' {
			a.text = append(a.text, '\\')
		}
		a.text = append(a.text, b)
	}
	a.text = append(a.text, '"')
}

// value adds a value that is not escaped; nil is NULL.
func (a *arrayer) value(value []byte) {
	a.next()
	if value == nil {
		a.text = append(a.text, "NULL"...)
		return
	}
	a.text = append(a.text, '"')
	for _, b := range value {
		if b == '\\' || b == '"' {
			a.text = append(a.text, '\\')
		}
		a.text = append(a.text, b)
	}
	a.text = append(a.text, '"')
}

func (a *arrayer) done() []byte {
	a.text = append(a.text, '}')
	return a.text
}
