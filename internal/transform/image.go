package transform

import (
	"bytes"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/typemap"
)

// imageReader takes the images of an event one after another.
type imageReader struct {
	table   *tracked
	decoder *typemap.RowDecoder
	period  *typemap.RowDecoder // nil for tables without system versioning
	data    []byte              // what is left
	buffer  []byte              // the lines
	lost    []Lost

	// What rules do is told of rows as they are written. Of images of what was there
	// before it is only known, so that a value that an update leaves alone is not told again.
	notes, silent     []typemap.Notes
	originals, before typemap.Originals

	trace typemap.Trace // of the image before
}

// slabSize is memory that the lines of small events share, which is cheaper than
// room for each.
const slabSize = 64 << 10

// begin takes up an event. A reader is used for one after the other, of whatever tables.
func (i *imageReader) begin(t *tracked, decoder *typemap.RowDecoder, r *event.Rows) {
	if n := len(t.mapped.Columns); n > len(i.notes) || i.originals.Ever || i.before.Ever {
		i.originals, i.before = typemap.Originals{}, typemap.Originals{}
		i.notes, i.silent = typemap.NewNotes(n, &i.originals), typemap.NewNotes(n, &i.before)
	}
	i.table, i.decoder, i.period, i.data, i.lost = t, decoder, t.period, r.Data, nil
	if size := len(r.Data) * 2; size > cap(i.buffer)-len(i.buffer) { // escapes may need more than that
		i.buffer = make([]byte, 0, max(size, slabSize))
	}
}

// noted gives what rules did to the values of the event.
func (i *imageReader) noted() []Noted {
	if !i.originals.Ever {
		return nil
	}
	return i.table.noted(i.notes[:len(i.table.mapped.Columns)])
}

// reading is a way of reading the image of a row.
type reading func(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) (line []byte, used int, err error)

func whole(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) ([]byte, int, error) {
	return d.Row(dst, image.Present, image.Data, notes)
}

// completed reads images that leave out what is as in the image before.
func completed(before typemap.Image) reading {
	return func(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) ([]byte, int, error) {
		return d.Completed(dst, before, image, notes)
	}
}

// updated reads images whose documents may be changes of those in the image before.
func updated(before typemap.Image) reading {
	return func(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) ([]byte, int, error) {
		return d.Updated(dst, before, image, notes)
	}
}

// traced reads images that others are read by the trace of.
func (i *imageReader) traced(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) ([]byte, int, error) {
	return d.Traced(dst, image, notes, &i.trace)
}

// since reads images after an update, of which the one before was traced.
func (i *imageReader) since(d *typemap.RowDecoder, dst []byte, image typemap.Image, notes []typemap.Notes) ([]byte, int, error) {
	return d.Since(dst, &i.trace, image, notes)
}

// pair reads one row of the event: nil where the action has no such image, or
// where the image is a row of a versioned table's history.
func (i *imageReader) pair(r *event.Rows) (before, after change.Row, err error) {
	i.before.List = i.before.List[:0]
	first := typemap.Image{Present: r.Before, Data: i.data}
	read := whole
	if r.Action == event.Update && !r.Partial && i.period == nil {
		read = i.traced
	}
	if r.Action != event.Insert {
		if before, err = i.next(r.Before, i.silent, read); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case r.Action == event.Insert:
		after, err = i.next(r.Before, i.notes, whole)
	case r.Partial:
		after, err = i.next(r.After, i.notes, updated(first))
	case r.Action == event.Update && !bytes.Equal(r.Before, r.After):
		after, err = i.next(r.After, i.notes, completed(first))
	case r.Action == event.Update && i.period == nil && len(i.before.List) == 0: // no rule has to do with what stays
		after, err = i.next(r.After, i.notes, i.since)
	case r.Action == event.Update:
		after, err = i.next(r.After, i.notes, whole)
	}
	return before, after, err
}

// next reads an image.
func (i *imageReader) next(present []byte, notes []typemap.Notes, read reading) (change.Row, error) {
	image := typemap.Image{Present: present, Data: i.data}
	current := true
	if i.period != nil {
		end, _, err := read(i.period, nil, image, make([]typemap.Notes, 1))
		if err != nil {
			return nil, err
		}
		if current = isForever(end); !current {
			notes = i.silent
		}
	}
	start := len(i.buffer)
	line, used, err := read(i.decoder, i.buffer, image, notes)
	if err != nil {
		return nil, err
	}
	i.buffer, i.data = line, i.data[used:]
	if !current {
		return nil, nil
	}
	row := change.Row(line[start:len(line):len(line)])
	i.lose(row)
	return row, nil
}

// lose takes over the originals of a row that is to be written.
func (i *imageReader) lose(row change.Row) {
	for _, o := range i.originals.List {
		if slices.ContainsFunc(i.before.List, func(b typemap.Original) bool {
			return b.Column == o.Column && b.Rule == o.Rule && bytes.Equal(b.Value, o.Value)
		}) {
			continue
		}
		i.lost = append(i.lost, Lost{
			Table: i.table.source.Name, Schema: i.table.mapped.Schema, Name: i.table.mapped.Name,
			Column: i.table.column(o.Column), Rule: o.Rule, Key: string(row.Fields(i.table.mapped.Key)), Value: o.Value,
		})
	}
	i.originals.List = i.originals.List[:0]
}
