package transform

import (
	"bytes"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// A system-versioned table of MariaDB keeps its history as rows of the same
// table, and logs them. Only current rows are replicated: those whose row_end
// is the end of time. A deletion comes as an update that sets row_end.

// periodDecoder gives a decoder for the row_end column alone, nil for a table
// that is not versioned.
func periodDecoder(t *schema.Table, types []byte, meta []uint16) (*typemap.RowDecoder, error) {
	if !t.Versioned {
		return nil, nil
	}
	last := -1
	for i := range t.Columns {
		if t.Columns[i].System {
			last = i // row_end follows row_start
		}
	}
	if last < 0 {
		return nil, nil
	}
	column, err := typemap.New(t.Columns[last], typemap.Settings{})
	if err != nil {
		return nil, err
	}
	return typemap.NewRowDecoder([]*typemap.Column{column}, []int{last}, types, meta)
}

// isForever says whether a row_end field is the end of time: the largest
// TIMESTAMP of either width, or the largest transaction number.
func isForever(field []byte) bool {
	for _, end := range []string{"2038-01-19 03:14:07.999999", "2106-02-07 06:28:15.999999", "18446744073709551615"} {
		if bytes.HasPrefix(field, []byte(end)) {
			return true
		}
	}
	return false
}
