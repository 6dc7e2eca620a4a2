package typemap

import "fmt"

// Image is a row image: the bitmap of the columns that it holds, and bytes that begin with it.
type Image struct{ Present, Data []byte }

// Updated is Row for the image after an update in a PARTIAL_UPDATE_ROWS event, in which
// documents may be given as changes of those in the image before. A document before
// that is not there is ErrAbsent.
func (d *RowDecoder) Updated(dst []byte, before, after Image, notes []Notes) (out []byte, used int, err error) {
	const partialJSON = 1 // the one option there is
	options, rest, ok := packedNumber(after.Data)
	switch {
	case !ok:
		return dst, 0, ErrShort
	case options > partialJSON:
		return dst, 0, fmt.Errorf("decoding a row image: its value options %d are not known; set binlog_row_value_options='' on the source", options)
	case options == 0:
		out, used, err = d.Row(dst, after.Present, rest, notes)
		return out, used + len(after.Data) - len(rest), err
	}
	size := (d.documents() + 7) / 8
	if len(rest) < size {
		return dst, 0, ErrShort
	}
	changed, rest := rest[:size], rest[size:]
	whole, used, err := d.whole(before, Image{after.Present, rest}, changed)
	if err != nil {
		return dst, 0, err
	}
	out, _, err = d.Row(dst, after.Present, whole, notes)
	return out, used + len(after.Data) - len(rest), err
}

// documents is how many columns are JSON, in the image or not.
func (d *RowDecoder) documents() (n int) {
	for i := range d.cells {
		if d.cells[i].typ == wireJSON {
			n++
		}
	}
	return n
}

// whole rewrites an image after an update so that it holds whole documents where columns
// are wanted, and tells how many bytes of the image it took. changed has a bit for each JSON column.
func (d *RowDecoder) whole(before, after Image, changed []byte) (image []byte, used int, err error) {
	flagged, documents := make([]bool, len(d.cells)), make([][]byte, len(d.cells))
	seen := 0
	for i := range d.cells {
		if d.cells[i].typ == wireJSON {
			flagged[i] = d.cells[i].decode != nil && changed[seen>>3]>>(seen&7)&1 != 0
			seen++
		}
	}
	if _, err := d.walk(before, func(i int, value []byte) error { documents[i] = value; return nil }); err != nil {
		return nil, 0, fmt.Errorf("reading the image before: %w", err)
	}
	image = append(image, after.Data[:min(len(after.Data), (d.count(after.Present)+7)/8)]...)
	used, err = d.walk(after, func(i int, value []byte) error {
		if !flagged[i] {
			image = append(image, value...)
			return nil
		}
		image, err = d.patched(image, i, before.Present, documents[i], value)
		return err
	})
	return image, used, err
}

// patched appends a column's document behind its length.
func (d *RowDecoder) patched(image []byte, i int, present, before, changes []byte) ([]byte, error) {
	c := &d.cells[i]
	switch {
	case present[i>>3]>>(i&7)&1 == 0:
		return image, fmt.Errorf("decoding column %s: %w", c.name, ErrAbsent)
	case before == nil:
		return image, fmt.Errorf("decoding column %s: %w", c.name, errDiff)
	}
	width := int(c.meta)
	start := len(image)
	image, err := patchJSON(append(image, make([]byte, width)...), before[width:], changes[width:])
	if err != nil {
		return image, fmt.Errorf("decoding column %s: %w", c.name, err)
	}
	size := len(image) - start - width
	if uint64(size)>>(8*width) != 0 {
		return image, fmt.Errorf("decoding column %s: %w", c.name, errDiff)
	}
	for n := range width {
		image[start+n] = byte(size >> (8 * n))
	}
	return image, nil
}

// walk visits the values of an image that are not NULL, with what tells their length.
func (d *RowDecoder) walk(image Image, visit func(column int, value []byte) error) (used int, err error) {
	used = (d.count(image.Present) + 7) / 8
	if len(image.Present)*8 < len(d.cells) || len(image.Data) < used {
		return 0, ErrShort
	}
	seen := 0
	for i := range d.cells {
		if image.Present[i>>3]>>(i&7)&1 == 0 {
			continue
		}
		null := image.Data[seen>>3]>>(seen&7)&1 != 0
		if seen++; null {
			continue
		}
		n, err := d.cells[i].skip(image.Data[used:])
		if err != nil {
			return 0, fmt.Errorf("decoding column %d %s: %w", i+1, d.cells[i].name, err)
		}
		if err := visit(i, image.Data[used:used+n]); err != nil {
			return 0, err
		}
		used += n
	}
	return used, nil
}
