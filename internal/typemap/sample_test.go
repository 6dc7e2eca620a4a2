package typemap_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// sample is a random column with its place in a table map and a generator of values. The
// encoders of values are the tests' own, made from the formats' descriptions.
type sample struct {
	column schema.Column
	typ    byte
	meta   uint16
	value  func(t *rapid.T) value
}

// value is one value as both roads have it.
type value struct {
	image []byte // in a row image, its length included
	text  []byte // in the text protocol, as Select yields it
	field string // COPY text
	loose bool   // field depends on the rules: only that both roads give the same
	same  func(a, b string) bool
}

// samples are the families by name.
var samples = map[string]func(t *rapid.T) sample{
	"integer": integers, "decimal": decimals, "float": floats, "bit": bitStrings, "year": years,
	"date": dates, "datetime": datetimes, "timestamp": timestamps, "time": clocks,
	"text": characters, "enum": enums, "set": sets, "binary": byteStrings, "compressed": compressedColumns,
	"json": jsonColumns, "uuid": uuids, "inet": inets, "geometry": geometries, "vector": vectors,
}

// TestConverters: a value of any type becomes the field that is meant, by both roads, and
// takes the bytes that it has.
func TestConverters(t *testing.T) {
	for name, draw := range samples {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := draw(t)
				column := mapped(t, s.column)
				decode, err := column.Image(s.typ, s.meta)
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					v := s.value(t)
					got, used, err := decode([]byte("kept"), append(v.image[:len(v.image):len(v.image)], "behind"...), new(typemap.Notes))
					if err != nil || used != len(v.image) || !strings.HasPrefix(string(got), "kept") {
						t.Fatalf("%s: %x: used %d of %d, %q: %v", s.column.Type.Text, v.image, used, len(v.image), got, err)
					}
					v.check(t, s, "image", string(got[len("kept"):]))
					if skipped, err := typemap.Skip(s.typ, s.meta, v.image); err != nil || skipped != used {
						t.Fatalf("%s: skips %d of %d: %v", s.column.Type.Text, skipped, used, err)
					}
					text, err := column.Text([]byte("kept"), v.text, new(typemap.Notes))
					if err != nil {
						t.Fatalf("%s: text %q: %v", s.column.Type.Text, v.text, err)
					}
					v.check(t, s, "text", string(text[len("kept"):]))
					if v.loose && string(text) != string(got) {
						t.Fatalf("%s: the image gives %q, the text %q", s.column.Type.Text, got, text)
					}
				}
			})
		})
	}
}

func (v value) check(t *rapid.T, s sample, road, field string) {
	if strings.ContainsAny(field, "\t\n\r\x00") {
		t.Fatalf("%s: the %s gives %q, which is more than one field", s.column.Type.Text, road, field)
	}
	if v.same == nil {
		v.same = func(a, b string) bool { return a == b }
	}
	if !v.loose && !v.same(v.field, field) {
		t.Fatalf("%s: the %s gives %q, want %q", s.column.Type.Text, road, field, v.field)
	}
}

// table is a random table map with some of its columns wanted.
type table struct {
	samples  []sample
	present  []bool
	ordinals []int
	decoder  *typemap.RowDecoder
}

func drawTable(t *rapid.T) *table {
	names := make([]string, 0, len(samples))
	for name := range samples {
		names = append(names, name)
	}
	d := &table{}
	var columns []*typemap.Column
	l := &layout{}
	for i := range rapid.IntRange(1, 20).Draw(t, "columns") {
		s := samples[sortedDraw(t, names)](t)
		s.column.Name = fmt.Sprintf("c%d", i)
		present := rapid.IntRange(0, 4).Draw(t, "present") > 0
		d.samples, d.present = append(d.samples, s), append(d.present, present)
		l.types, l.meta = append(l.types, s.typ), append(l.meta, s.meta)
		if present && rapid.Bool().Draw(t, "wanted") {
			d.ordinals, columns = append(d.ordinals, i), append(columns, mapped(t, s.column))
		}
	}
	var err error
	if d.decoder, err = typemap.NewRowDecoder(columns, d.ordinals, l.types, l.meta); err != nil {
		t.Fatal(err)
	}
	return d
}

// bitmap is how the binlog writes bools.
func bitmap(bits []bool) []byte {
	out := make([]byte, (len(bits)+7)/8)
	for i, bit := range bits {
		if bit {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// row draws a row image and the values of the wanted columns, nil for NULL.
func (d *table) row(t *rapid.T) (image []byte, want []*value) {
	return d.image(d.values(t, nil, 0))
}

// values draws those of a row: of so many of ten columns they are those of another.
func (d *table) values(t *rapid.T, before []*value, stay int) []*value {
	list := make([]*value, len(d.samples))
	for i, s := range d.samples {
		switch {
		case rapid.IntRange(1, 10).Draw(t, "stays") <= stay:
			list[i] = before[i]
		case rapid.IntRange(0, 3).Draw(t, "null") > 0:
			drawn := s.value(t)
			list[i] = &drawn
		}
	}
	return list
}

// image is that of a row, with the values of the wanted columns.
func (d *table) image(values []*value) (image []byte, want []*value) {
	var nulls []bool
	var cells []byte
	at := 0
	for i := range d.samples {
		v := values[i]
		if d.present[i] {
			if nulls = append(nulls, v == nil); v != nil {
				cells = append(cells, v.image...)
			}
		}
		if at < len(d.ordinals) && d.ordinals[at] == i {
			want, at = append(want, v), at+1
		}
	}
	return append(bitmap(nulls), cells...), want
}

// TestRows: rows of any table map, one behind the other, become lines whose fields are the
// values of the wanted columns; cut anywhere, they are an error.
func TestRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTable(t)
		var data []byte
		var rows [][]*value
		for range rapid.IntRange(1, 3).Draw(t, "rows") {
			image, want := d.row(t)
			data, rows = append(data, image...), append(rows, want)
		}
		notes := make([]typemap.Notes, len(d.ordinals))
		present := bitmap(d.present)
		for n, want := range rows {
			line, used, err := d.decoder.Row(nil, present, data, notes)
			if err != nil {
				t.Fatalf("row %d: %v", n, err)
			}
			fields := strings.Split(string(line), "\t")
			if len(want) > 0 && len(fields) != len(want) {
				t.Fatalf("%d fields of %d columns: %q", len(fields), len(want), line)
			}
			for i, v := range want {
				switch s := d.samples[d.ordinals[i]]; {
				case v != nil:
					v.check(t, s, "image", fields[i])
				case fields[i] != `\N`:
					t.Fatalf("%s: NULL becomes %q", s.column.Type.Text, fields[i])
				}
			}
			if used > 0 {
				cut := rapid.IntRange(0, used-1).Draw(t, "cut")
				if _, _, err := d.decoder.Row(nil, present, data[:cut:cut], notes); !errors.Is(err, typemap.ErrShort) {
					t.Fatalf("%d of %d bytes: %v", cut, used, err)
				}
			}
			data = data[used:]
		}
		if len(data) > 0 {
			t.Fatalf("%d bytes are left", len(data))
		}
		if len(d.ordinals) > 0 {
			d.present[d.ordinals[0]] = false
			if _, _, err := d.decoder.Row(nil, bitmap(d.present), make([]byte, 100), notes); !errors.Is(err, typemap.ErrAbsent) {
				t.Fatalf("a wanted column is not there: %v", err)
			}
		}
	})
}

// TestUpdates: an image that is read by the trace of the one before gives what it gives by itself.
func TestUpdates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTable(t)
		values := d.values(t, nil, 0)
		first, _ := d.image(values)
		second, _ := d.image(d.values(t, values, rapid.IntRange(0, 10).Draw(t, "stay")))
		notes, present := make([]typemap.Notes, len(d.ordinals)), bitmap(d.present)
		var trace typemap.Trace
		before, used, err := d.decoder.Traced([]byte("before"), typemap.Image{Present: present, Data: append(first, second...)}, notes, &trace)
		if err != nil || used != len(first) {
			t.Fatalf("used %d of %d: %v", used, len(first), err)
		}
		want, _, err := d.decoder.Row(before, present, second, notes)
		if err != nil {
			t.Fatal(err)
		}
		got, used, err := d.decoder.Since(before, &trace, typemap.Image{Present: present, Data: append(second, "more"...)}, notes)
		if err != nil || used != len(second) || string(got) != string(want) {
			t.Fatalf("used %d of %d: %v\n %q, not\n %q", used, len(second), err, got, want)
		}
		if used > 0 {
			cut := rapid.IntRange(0, used-1).Draw(t, "cut")
			if _, _, err := d.decoder.Since(before, &trace, typemap.Image{Present: present, Data: second[:cut:cut]}, notes); !errors.Is(err, typemap.ErrShort) {
				t.Fatalf("%d of %d bytes: %v", cut, used, err)
			}
		}
	})
}

// integers are of all widths, signed and not.
func integers(t *rapid.T) sample {
	width := rapid.SampledFrom([]struct {
		name  string
		bytes int
		typ   byte
	}{{"tinyint", 1, 1}, {"smallint", 2, 2}, {"mediumint", 3, 9}, {"int", 4, 3}, {"bigint", 8, 8}}).Draw(t, "width")
	unsigned, zerofill := rapid.Bool().Draw(t, "unsigned"), rapid.Bool().Draw(t, "zerofill")
	typ := schema.Type{Name: width.name, Unsigned: unsigned || zerofill, Zerofill: zerofill}
	return sample{column: schema.Column{Type: typ}, typ: width.typ, value: func(t *rapid.T) value {
		least, most := -int64(1)<<(8*width.bytes-1), int64(1)<<(8*width.bytes-1)-1
		n := rapid.Int64Range(least, most).Draw(t, "n")
		image := binary.LittleEndian.AppendUint64(nil, uint64(n))[:width.bytes]
		field := fmt.Sprint(n)
		if typ.Unsigned {
			field = fmt.Sprint(uint64(n) << (64 - 8*width.bytes) >> (64 - 8*width.bytes))
		}
		text := field
		if zerofill {
			text = strings.Repeat("0", max(0, 20-len(text))) + text
		}
		return value{image: image, text: []byte(text), field: field}
	}}
}

// decimals are of every precision and scale.
func decimals(t *rapid.T) sample {
	precision := rapid.IntRange(1, 65).Draw(t, "precision")
	scale := rapid.IntRange(0, min(precision, 30)).Draw(t, "scale")
	typ := schema.Type{Name: "decimal", Precision: precision, Scale: scale, Text: fmt.Sprintf("decimal(%d,%d)", precision, scale)}
	return sample{column: schema.Column{Type: typ}, typ: 246, meta: uint16(precision<<8 | scale), value: func(t *rapid.T) value {
		text, image := drawDecimal(t, precision, scale)
		return value{image: image, text: []byte(text), field: text}
	}}
}

// drawDecimal gives a number as MySQL prints it and as it stores it.
func drawDecimal(t *rapid.T, precision, scale int) (text string, image []byte) {
	digits := []byte(rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", precision)).Draw(t, "digits"))
	for i := range rapid.IntRange(0, precision).Draw(t, "zeros") {
		digits[i] = '0'
	}
	whole, fraction := string(digits[:precision-scale]), string(digits[precision-scale:])
	negative := rapid.Bool().Draw(t, "negative") && strings.Trim(string(digits), "0") != ""
	group := func(digits string) {
		var n uint32
		for _, d := range digits {
			n = n*10 + uint32(d-'0')
		}
		size := (len(digits) + 1) / 2 // two digits in a byte, but nine in four
		if len(digits) == 9 {
			size = 4
		}
		for i := size - 1; i >= 0; i-- {
			image = append(image, byte(n>>(8*i)))
		}
	}
	if first := len(whole) % 9; first > 0 {
		group(whole[:first])
	}
	for rest := whole[len(whole)%9:]; rest != ""; rest = rest[9:] {
		group(rest[:9])
	}
	rest := fraction
	for ; len(rest) >= 9; rest = rest[9:] {
		group(rest[:9])
	}
	if rest != "" {
		group(rest)
	}
	if text = strings.TrimLeft(whole, "0"); text == "" {
		text = "0"
	}
	if scale > 0 {
		text += "." + fraction
	}
	if negative {
		text = "-" + text
		for i := range image {
			image[i] ^= 0xff
		}
	}
	image[0] ^= 0x80
	return text, image
}
