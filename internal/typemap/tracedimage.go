package typemap

import (
	"bytes"
	"fmt"
)

// Trace is an image and its line, with where each column ends in both. The zero value is
// ready, and may be used again and again.
type Trace struct {
	image Image
	line  []byte
	ends  []end // by column of the image
}

// end is where a column's value ends in an image's data, and its field in the line.
type end struct{ data, line int }

// Traced is Row, and leaves its trace. The image and the line must not be changed while the trace is used.
func (d *RowDecoder) Traced(dst []byte, image Image, notes []Notes, trace *Trace) (out []byte, used int, err error) {
	start := len(dst)
	trace.ends = trace.ends[:0]
	out, used, err = d.row(dst, image.Present, image.Data, notes, trace)
	trace.image, trace.line = Image{image.Present, image.Data[:used]}, out[start:]
	return out, used, err
}

// Since is Row for an image after an update, given the trace of the one before: fields of values that
// have stayed are taken from its line. What rules do to those is not told.
func (d *RowDecoder) Since(dst []byte, before *Trace, image Image, notes []Notes) (out []byte, used int, err error) {
	size := (d.count(image.Present) + 7) / 8
	if !bytes.Equal(image.Present, before.image.Present) || len(notes) < d.wanted || len(image.Data) < size || !bytes.Equal(image.Data[:size], before.image.Data[:size]) {
		return d.Row(dst, image.Present, image.Data, notes)
	}
	used = size
	last, copied := end{data: size}, 0 // in the image before
	for i := range d.cells {
		at := before.ends[i]
		if n := at.data - last.data; n <= len(image.Data)-used && bytes.Equal(before.image.Data[last.data:at.data], image.Data[used:used+n]) {
			used += n // a column that is absent, or NULL in both, too
		} else {
			dst = append(dst, before.line[copied:last.line]...)
			n, c := 0, &d.cells[i]
			if dst, n, err = c.add(dst, image.Data[used:], false, notes); err != nil {
				return dst, 0, fmt.Errorf("decoding column %d %s: %w", i+1, c.name, err)
			}
			used, copied = used+n, at.line
		}
		last = at
	}
	return append(dst, before.line[copied:]...), used, nil
}
