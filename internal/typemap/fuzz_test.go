package typemap_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// The bytes that the kept inputs below testdata/fuzz begin with are real servers' own:
// TestSeedsAreTheServers writes them.

// mappedWires are the columns of all wires.
func mappedWires(t tester) (columns []*typemap.Column) {
	for _, w := range wires {
		columns = append(columns, mapped(t, schema.Column{Name: w.column.Name, Type: w.column}))
	}
	return columns
}

// FuzzRowDecoder gives damaged row images, bitmaps and table maps to the decoder of a table
// whose columns shape names: an error or a whole line, no more bytes used than there
// are, the same from the decoder that passes all columns over.
func FuzzRowDecoder(f *testing.F) {
	columns := mappedWires(f)
	f.Add([]byte{25, 26, 15}, uint64(5), []byte{7}, []byte{}, []byte("\x02\x01\x02\x03\x04\x05\x06\x07\x08\x09\x6b\xcf\x0f"))
	f.Add([]byte{31, 32}, uint64(3), []byte{3}, []byte{}, []byte("\x00\x03\x00\x00ab\x02\x00\x00c"))
	deflated := []byte("\x00\x00\x00\x89\x78")
	var room bytes.Buffer
	w, _ := flate.NewWriter(&room, 9)
	_, _ = w.Write(make([]byte, 120))
	_ = w.Close()
	deflated = append(deflated, room.Bytes()...)
	deflated[1] = byte(len(deflated) - 3)
	f.Add([]byte{31}, uint64(1), []byte{1}, []byte{}, deflated)
	f.Fuzz(func(t *testing.T, shape []byte, wanted uint64, present, damage, data []byte) {
		l := layout{}
		var ordinals []int
		packed := false
		for i, at := range shape[:min(len(shape), 64)] {
			w := wires[int(at)%len(wires)]
			l.types, l.meta = append(l.types, w.typ), append(l.meta, w.meta)
			packed = packed || w.typ == 140 || w.typ == 141
			if wanted>>i&1 != 0 {
				ordinals, l.columns = append(ordinals, i), append(l.columns, columns[int(at)%len(wires)])
			}
		}
		for i, b := range damage {
			if at := i / 2; at < len(l.types) && i%2 == 0 {
				l.types[at] ^= b
			} else if at < len(l.types) {
				l.meta[at] ^= uint16(b) << (b % 9)
			}
		}
		decoder, err := typemap.NewRowDecoder(l.columns, ordinals, l.types, l.meta)
		if err != nil {
			return
		}
		notes := make([]typemap.Notes, len(ordinals))
		out, used, err := decoder.Row([]byte("kept"), present, data, notes)
		limit := 4096 + 200*len(data)
		if packed {
			limit += 4000 * len(data)
		}
		if cap(out) > limit {
			t.Errorf("%d bytes of image take %d of memory", len(data), cap(out))
		}
		if err != nil {
			return
		}
		if used > len(data) || !bytes.HasPrefix(out, []byte("kept")) || bytes.ContainsAny(out, "\n\r\x00") {
			t.Errorf("used %d of %d, line %q", used, len(data), out)
		}
		if fields := bytes.Count(out, []byte("\t")) + 1; len(ordinals) > 0 && fields != len(ordinals) {
			t.Errorf("%d fields of %d columns: %q", fields, len(ordinals), out)
		}
		again, _, err := decoder.Row(nil, present, data[:used:used], notes)
		if err != nil || string(again) != string(out[len("kept"):]) {
			t.Errorf("%q (%v), and in front of more bytes %q", again, err, out)
		}
		none, err := typemap.NewRowDecoder(nil, nil, l.types, l.meta)
		if err != nil {
			t.Fatal(err)
		}
		if _, passed, err := none.Row(nil, present, data, nil); err != nil || passed != used {
			t.Errorf("passing over takes %d bytes (%v), decoding %d", passed, err, used)
		}
	})
}

// FuzzJSONBinary gives damaged documents of MySQL's binary form: an error, or JSON as
// encoding/json sees it, which the copy's road makes the same field of.
func FuzzJSONBinary(f *testing.F) {
	column := mapped(f, schema.Column{Type: schema.Type{Name: "json"}})
	decode, err := column.Image(245, 4)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("\x00\x02\x00\x1d\x00\x12\x00\x01\x00\x13\x00\x01\x00\x05\x01\x00\x00\x14\x00ab\x02\x00\x0c\x0d\x00\x05\x01\x00\x05\x02\x00"))
	f.Add([]byte("\x02\x01\x00\x0d\x00\x0f\x07\x00\x0b\x08\x00\x80\xb2\x09"))
	f.Fuzz(func(t *testing.T, document []byte) {
		image := append(binary.LittleEndian.AppendUint32(nil, uint32(len(document))), document...)
		out, used, err := decode(nil, image, new(typemap.Notes))
		if cap(out) > 4096+200*len(document) {
			t.Errorf("%d bytes of document take %d of memory", len(document), cap(out))
		}
		if err != nil {
			return
		}
		text := unescaped(t, out)
		if used != len(image) || !json.Valid(text) {
			t.Errorf("used %d of %d, text %q", used, len(image), text)
		}
		if again, err := column.Text(nil, text, new(typemap.Notes)); err != nil || !bytes.Equal(again, out) {
			t.Errorf("the image gives %q, its text %q (%v)", out, again, err)
		}
	})
}

// FuzzGeometry gives any bytes as a geometry: with PostGIS, what is none becomes NULL, and
// all else EWKB of its length; without, the bytes are kept.
func FuzzGeometry(f *testing.F) {
	source := schema.Column{Type: schema.Type{Name: "geometry"}}
	plain, postgis := mapped(f, source), mappedFor(f, source, typemap.Options{PostGIS: true})
	for _, value := range sound(f) {
		f.Add(value)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		var notes typemap.Notes
		field, err := plain.Text(nil, value, new(typemap.Notes))
		spatial, errSpatial := postgis.Text(nil, value, &notes)
		if err != nil || errSpatial != nil {
			t.Fatalf("%v, with PostGIS %v", err, errSpatial)
		}
		if _, err := hex.DecodeString(strings.TrimPrefix(string(field), `\\x`)); err != nil {
			t.Errorf("%q: %v", field, err)
		}
		if string(spatial) == `\N` {
			if notes.Counts[typemap.InvalidGeometry] != 1 {
				t.Errorf("NULL without a note: %v", notes.Counts)
			}
			return
		}
		ewkb, err := hex.DecodeString(string(spatial))
		if err != nil || len(ewkb) < 9 || ewkb[0] != 1 || len(ewkb) > len(value) {
			t.Errorf("%x becomes %s: %v", value, spatial, err)
		}
	})
}

// FuzzText gives any bytes to the copy's road. Where a value is text or bytes of the
// user's, its field is clean and gives the same field again.
func FuzzText(f *testing.F) {
	columns := mappedWires(f)
	f.Add(uint8(9), []byte("-838:59:59.000"))
	f.Add(uint8(27), []byte("a\\b\tc\nd\x80\x00"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		i := int(which) % len(wires)
		out, err := columns[i].Text([]byte("kept"), data, new(typemap.Notes))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(out, []byte("kept")) {
			t.Errorf("%q", out)
		}
		switch wires[i].column.Name {
		case "varchar", "char", "mediumtext", "text", "longtext", "json", "binary", "varbinary", "tinyblob", "geometry", "vector", "bit", "enum", "set":
			if bytes.ContainsAny(out, "\t\n\r\x00") {
				t.Errorf("%s: %q becomes %q", wires[i].column.Name, data, out)
			}
		}
		switch w := wires[i]; {
		case w.column.Charset == "utf8mb4" && !w.column.JSON, w.column.Name == "json":
			text := unescaped(t, out[len("kept"):])
			if again, err := columns[i].Text(nil, text, new(typemap.Notes)); err != nil || !bytes.Equal(again, out[len("kept"):]) {
				t.Errorf("%q becomes %q, and then %q (%v)", data, out, again, err)
			}
		}
	})
}

// unescaped reads a COPY text field as PostgreSQL does.
func unescaped(t tester, field []byte) []byte {
	t.Helper()
	plain := []byte{}
	for i := 0; i < len(field); i++ {
		if field[i] != '\\' {
			plain = append(plain, field[i])
			continue
		}
		i++
		if i == len(field) {
			t.Fatal("a field ends in a backslash:", string(field))
		}
		at := bytes.IndexByte([]byte("bfnrtv"), field[i])
		switch {
		case at >= 0:
			plain = append(plain, "\b\f\n\r\t\v"[at])
		case field[i] == '\\':
			plain = append(plain, '\\')
		default:
			t.Fatal("a field has an escape that means something else:", string(field))
		}
	}
	return plain
}
