package typemap_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// layout is a row image's columns with their wire types.
type layout struct {
	columns []*typemap.Column
	types   []byte
	meta    []uint16
}

func (l *layout) add(t testing.TB, typ schema.Type, wire byte, meta uint16) {
	t.Helper()
	if typ.Text == "" {
		typ.Text = typ.Name
	}
	column := mapped(t, schema.Column{Name: fmt.Sprintf("c%d", len(l.columns)), Type: typ})
	l.columns, l.types, l.meta = append(l.columns, column), append(l.types, wire), append(l.meta, meta)
}

func (l *layout) decoder(t testing.TB, ordinals ...int) *typemap.RowDecoder {
	t.Helper()
	var wanted []*typemap.Column
	for _, at := range ordinals {
		wanted = append(wanted, l.columns[at])
	}
	d, err := typemap.NewRowDecoder(wanted, ordinals, l.types, l.meta)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// dozen is a table of twelve ordinary columns and one of its row images.
func dozen(t testing.TB) (*layout, []byte) {
	l := &layout{}
	l.add(t, schema.Type{Name: "bigint"}, 8, 0)
	l.add(t, schema.Type{Name: "int", Unsigned: true}, 3, 0)
	l.add(t, schema.Type{Name: "varchar", Length: 60, Charset: "utf8mb4"}, 15, 240)
	l.add(t, schema.Type{Name: "varchar", Length: 200, Charset: "latin1"}, 15, 200)
	l.add(t, schema.Type{Name: "decimal", Precision: 12, Scale: 2}, 246, 12<<8|2)
	l.add(t, schema.Type{Name: "datetime", Scale: 6}, 18, 6)
	l.add(t, schema.Type{Name: "timestamp"}, 17, 0)
	l.add(t, schema.Type{Name: "double"}, 5, 8)
	l.add(t, schema.Type{Name: "tinyint"}, 1, 0)
	l.add(t, schema.Type{Name: "enum", Values: []string{"new", "paid", "sent"}}, 254, 247<<8|1)
	l.add(t, schema.Type{Name: "text", Charset: "utf8mb4"}, 252, 2)
	l.add(t, schema.Type{Name: "date"}, 10, 0)
	row := []byte{0, 0}
	row = binary.LittleEndian.AppendUint64(row, 123456789)
	row = binary.LittleEndian.AppendUint32(row, 4000000000)
	row = append(append(row, 24), "customer-name@example.eu"...)
	row = append(append(row, 11), "Stra\xdfe 12\tb"...)
	row = append(row, 0x80, 0, 0, 0x4d, 0xd2, 34)
	row = append(row, 0x99, 0xb2, 0x8c, 0x55, 0x97, 0x01, 0xe2, 0x40)
	row = binary.BigEndian.AppendUint32(row, 1700000000)
	row = binary.LittleEndian.AppendUint64(row, math.Float64bits(19.99))
	row = append(row, 1, 2)
	row = append(append(row, 40, 0), "A comment of forty characters, and a \\.\\"[:40]...)
	return l, append(row, 0x6b, 0xcf, 0x0f)
}

func TestRowDecoder(t *testing.T) {
	l, row := dozen(t)
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	full := []byte{0xff, 0x0f}
	line, used, err := l.decoder(t, all...).Row([]byte("x"), full, row, make([]typemap.Notes, 12))
	if err != nil || used != len(row) {
		t.Fatalf("used %d of %d: %v", used, len(row), err)
	}
	want := "x123456789\t4000000000\tcustomer-name@example.eu\tStraße 12\\tb\t19922.34\t2024-02-06 05:22:23.123456\t2023-11-14 22:13:20+00\t19.99\t1\tpaid\t" +
		"A comment of forty characters, and a \\\\.\\\\\t2023-11-11"
	if string(line) != want {
		t.Errorf("line\n %q, want\n %q", line, want)
	}
	t.Run("some columns", func(t *testing.T) {
		line, used, err := l.decoder(t, 1, 10).Row(nil, full, row, make([]typemap.Notes, 2))
		if want := "4000000000\tA comment of forty characters, and a \\\\.\\\\"; err != nil || used != len(row) || string(line) != want {
			t.Errorf("%q, used %d: %v", line, used, err)
		}
	})
	t.Run("nulls", func(t *testing.T) {
		short := append([]byte{0xfe, 0x0f}, row[2:10]...)
		line, used, err := l.decoder(t, 0, 1, 11).Row(nil, full, short, make([]typemap.Notes, 3))
		if err != nil || used != len(short) || string(line) != `123456789	\N	\N` {
			t.Errorf("%q, used %d: %v", line, used, err)
		}
	})
	t.Run("absent", func(t *testing.T) {
		part := append([]byte{0}, row[2:10]...)
		if line, used, err := l.decoder(t, 0).Row(nil, []byte{1, 0}, part, make([]typemap.Notes, 1)); err != nil || used != len(part) || string(line) != "123456789" {
			t.Errorf("%q, used %d: %v", line, used, err)
		}
		if _, _, err := l.decoder(t, 0, 1).Row(nil, []byte{1, 0}, part, make([]typemap.Notes, 2)); !errors.Is(err, typemap.ErrAbsent) {
			t.Errorf("a wanted column is not there: %v", err)
		}
	})
	t.Run("cut anywhere", func(t *testing.T) {
		decoder := l.decoder(t, all...)
		for n := range row {
			if _, _, err := decoder.Row(nil, full, row[:n:n], make([]typemap.Notes, 12)); !errors.Is(err, typemap.ErrShort) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	})
	t.Run("another definition", func(t *testing.T) {
		if _, err := typemap.NewRowDecoder(l.columns[:1], []int{1}, l.types, l.meta); err == nil {
			t.Error("a bigint at an int's place was taken")
		}
		if _, err := typemap.NewRowDecoder(l.columns[:1], []int{12}, l.types, l.meta); err == nil {
			t.Error("a place beyond the image was taken")
		}
	})
	t.Run("no allocation", func(t *testing.T) {
		decoder, notes, room := l.decoder(t, all...), make([]typemap.Notes, 12), make([]byte, 0, 1000)
		if n := testing.AllocsPerRun(100, func() { _, _, _ = decoder.Row(room, full, row, notes) }); n > 0 {
			t.Errorf("%v allocations a row", n)
		}
	})
}

func BenchmarkRowDecoder(b *testing.B) {
	l, row := dozen(b)
	decoder, notes, room := l.decoder(b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), make([]typemap.Notes, 12), make([]byte, 0, 1000)
	present := []byte{0xff, 0x0f}
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decoder.Row(room, present, row, notes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
