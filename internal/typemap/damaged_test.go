package typemap_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestDamagedValues: what no server writes is an error, never a value that looks right.
func TestDamagedValues(t *testing.T) {
	moment := func(year, month, day, hour, minute, second uint64) string {
		n := 1<<39 | (year*13+month)<<22 | day<<17 | hour<<12 | minute<<6 | second
		return string(binary.BigEndian.AppendUint64(nil, n)[3:])
	}
	inside := func(typ byte, packed uint64) string { // a JSON document of one temporal value
		return "\x0b\x00\x00\x00\x0f" + string(typ) + "\x08" + string(binary.LittleEndian.AppendUint64(nil, packed))
	}
	for _, c := range []struct {
		name  string
		typ   schema.Type
		wire  byte
		meta  uint16
		image string
	}{
		{"a group of more than nine digits", schema.Type{Name: "decimal", Precision: 9}, 246, 9 << 8, "\xff\xff\xff\xff"},
		{"a last group of more than its digits", schema.Type{Name: "decimal", Precision: 3, Scale: 1}, 246, 3<<8 | 1, "\x81\x0a"},
		{"the year 10000", schema.Type{Name: "date"}, 10, 0, "\x21\x20\x4e"},
		{"month 13", schema.Type{Name: "date"}, 10, 0, "\xa1\xcf\x0f"},
		{"the year 10000", schema.Type{Name: "datetime"}, 18, 0, moment(10000, 1, 1, 0, 0, 0)},
		{"hour 24", schema.Type{Name: "datetime"}, 18, 0, moment(2020, 1, 1, 24, 0, 0)},
		{"minute 60", schema.Type{Name: "datetime"}, 18, 0, moment(2020, 1, 1, 0, 60, 0)},
		{"second 60", schema.Type{Name: "datetime"}, 18, 0, moment(2020, 1, 1, 0, 0, 60)},
		{"before the year 0", schema.Type{Name: "datetime"}, 18, 0, "\x7f\xff\xff\xff\xff"},
		{"a hundred hundredths", schema.Type{Name: "datetime", Scale: 2}, 18, 2, moment(2020, 1, 1, 0, 0, 0) + "\x64"},
		{"hour 24 in the old format", schema.Type{Name: "datetime"}, 12, 0, "\xc0\xdc\xdb\x33\x5f\x12\x00\x00"},
		{"more than a second", schema.Type{Name: "timestamp", Scale: 4}, 17, 4, "\x00\x00\x00\x01\x27\x10"},
		{"839 hours", schema.Type{Name: "time"}, 19, 0, "\xb4\x70\x00"},
		{"minute 60", schema.Type{Name: "time"}, 19, 0, "\x80\x0f\x00"},
		{"a million millionths", schema.Type{Name: "time", Scale: 6}, 19, 6, "\x80\x00\x01\x0f\x42\x40"},
		{"minute 61 in the old format", schema.Type{Name: "time"}, 11, 0, "\xd4\x17\x00"},
		{"hour 31 in JSON", schema.Type{Name: "json"}, 245, 4, inside(12, 31<<36)},
		{"the least date in JSON", schema.Type{Name: "json"}, 245, 4, inside(12, 1<<63)},
		{"a negative date in JSON", schema.Type{Name: "json"}, 245, 4, inside(10, ^uint64(0))},
		{"the least time in JSON", schema.Type{Name: "json"}, 245, 4, inside(11, 1<<63)},
		{"four gigabytes of three bytes", schema.Type{Name: "longblob"}, 140, 4, "\x08\x00\x00\x00\x8c\xff\xff\xff\xff\x00\x00\x00"},
	} {
		decode, err := mapped(t, schema.Column{Type: c.typ}).Image(c.wire, c.meta)
		if err != nil {
			t.Fatal(err)
		}
		field, _, err := decode(nil, []byte(c.image), new(typemap.Notes))
		if err == nil || errors.Is(err, typemap.ErrShort) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %s: %q, %v", c.typ.Name, c.name, field, err)
		}
	}
}
