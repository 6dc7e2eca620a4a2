package typemap_test

import (
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestOldFormats: tables that a server before 5.6.4 made keep these wire types.
func TestOldFormats(t *testing.T) {
	for _, c := range []struct {
		name  string
		wire  byte
		bytes string
		want  string
	}{
		{"timestamp", 7, "\x00\xf1\x53\x65", "2023-11-14 22:13:20+00"},
		{"timestamp", 7, "\x00\x00\x00\x00", `\N`},
		{"date", 10, "\x21\x00\x00", `\N`},
		{"date", 10, "\x6b\xcf\x0f", "2023-11-11"},
		{"date", 14, "\x6b\xcf\x0f", "2023-11-11"},
		{"time", 11, "\x40\xe2\x01", "12:34:56"},
		{"time", 11, "\xc0\x1d\xfe", `\N`}, // -12:34:56
		{"datetime", 12, "\x1c\x67\x60\x6c\x66\x12\x00\x00", "2023-11-14 22:13:40"},
	} {
		column, err := typemap.New(schema.Column{Type: schema.Type{Name: c.name, Text: c.name}}, typemap.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		decode, err := column.Image(c.wire, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, used, err := decode(nil, []byte(c.bytes), new(typemap.Notes))
		if err != nil || string(got) != c.want || used != len(c.bytes) {
			t.Errorf("%s, wire type %d: %q, used %d (%v), want %q", c.name, c.wire, got, used, err, c.want)
		}
	}
}

// TestRulesAreCounted: each rule's value, field and count.
func TestRulesAreCounted(t *testing.T) {
	for _, c := range []struct {
		typ      schema.Type
		notNull  bool
		override string
		text     string
		want     string
		rule     typemap.Rule
	}{
		{schema.Type{Name: "date"}, false, "", "0000-00-00", `\N`, typemap.ZeroDate},
		{schema.Type{Name: "date"}, true, "", "2023-02-29", "-infinity", typemap.ZeroDate},
		{schema.Type{Name: "datetime"}, true, "date", "2023-00-01 00:00:00", "-infinity", typemap.ZeroDate},
		{schema.Type{Name: "text"}, true, "", "a\x00b", "ab", typemap.NulCharacter},
		{schema.Type{Name: "text"}, true, "", "a\xffb\\", "a\uFFFDb\\\\", typemap.InvalidBytes},
		{schema.Type{Name: "varchar", Charset: "ascii"}, true, "", "a\x80b", "a\uFFFDb", typemap.InvalidBytes},
		{schema.Type{Name: "varchar", Charset: "sjis"}, true, "", "a\x81\xadb", "a\uFFFDb", typemap.InvalidBytes},        // AD alone is a character
		{schema.Type{Name: "varchar", Charset: "eucjpms"}, true, "", "a\x8f\xa1\xa1b", "a\uFFFDb", typemap.InvalidBytes}, // and so is A1A1
		{schema.Type{Name: "varchar", Charset: "gbk"}, true, "", "a\xa1@b", "a\uFFFDb", typemap.InvalidBytes},
		{schema.Type{Name: "varchar", Charset: "tis620"}, true, "", "a\xdbb", "a\uFFFDb", typemap.InvalidBytes},
		{schema.Type{Name: "json"}, true, "", `"a\u0000\\u0000"`, `"a\\\\u0000"`, typemap.NulCharacter},
		{schema.Type{Name: "longtext", JSON: true}, true, "", "oh \"no\"", `"oh \\"no\\""`, typemap.InvalidJSON},
		{schema.Type{Name: "longtext", JSON: true}, true, "jsonb", `"\ud800!"`, `"\\ufffd!"`, typemap.InvalidBytes},
		{schema.Type{Name: "time"}, true, "", "-00:00:01", "00:00:00", typemap.OutOfRange},
		{schema.Type{Name: "time"}, false, "", "24:00:01", `\N`, typemap.OutOfRange},
		{schema.Type{Name: "int"}, true, "smallint", "-40000", "-32768", typemap.OutOfRange},
		{schema.Type{Name: "int"}, false, "smallint", "40000", `\N`, typemap.OutOfRange},
		{schema.Type{Name: "int"}, true, "numeric(4,2)", "-100", "-99.99", typemap.OutOfRange},
		{schema.Type{Name: "int"}, true, "boolean", "2", "t", typemap.OutOfRange},
		{schema.Type{Name: "double"}, true, "real", "1e300", "3.4028235e+38", typemap.OutOfRange},
		{schema.Type{Name: "varchar"}, true, "integer", "x", "0", typemap.OutOfRange},
		{schema.Type{Name: "varchar"}, true, "boolean", "maybe", "f", typemap.OutOfRange},
		{schema.Type{Name: "varchar"}, true, "varchar(2)", "äöü", "äö", typemap.OutOfRange},
		{schema.Type{Name: "enum", Values: []string{"a"}}, true, "", "0", "", typemap.InvalidEnum},
	} {
		column, err := typemap.New(schema.Column{Type: c.typ, NotNull: c.notNull}, typemap.Settings{Override: c.override})
		if err != nil {
			t.Fatal(err)
		}
		var notes typemap.Notes
		want := typemap.Notes{}
		want.Counts[c.rule]++
		got, err := column.Text(nil, []byte(c.text), &notes)
		if err != nil || string(got) != c.want || notes.Counts != want.Counts {
			t.Errorf("%s (override %q): %q becomes %q with %v (%v), want %q with %v", c.typ.Name, c.override, c.text, got, notes, err, c.want, want)
		}
	}
}

// TestOverrides: what can be done is, what cannot says what can.
func TestOverrides(t *testing.T) {
	for _, c := range []struct {
		typ      schema.Type
		override string
		sql      string // "" for an error
		text     string
		want     string
	}{
		{schema.Type{Name: "int"}, "BOOL", "boolean", "1", "t"},
		{schema.Type{Name: "int"}, " int8 ", "bigint", "-1", "-1"},
		{schema.Type{Name: "int"}, "decimal(10, 2)", "numeric(10,2)", "5", "5"},
		{schema.Type{Name: "int"}, "double  precision", "double precision", "5", "5"},
		{schema.Type{Name: "int"}, "my.domain", "my.domain", "5", "5"},
		{schema.Type{Name: "int"}, "jsonb", "", "", ""},
		{schema.Type{Name: "int"}, "int; drop table x", "", "", ""},
		{schema.Type{Name: "int"}, "", "integer", "5", "5"},
		{schema.Type{Name: "decimal", Precision: 10, Scale: 2}, "bigint", "bigint", "-0.50", "-1"},
		{schema.Type{Name: "decimal", Precision: 10, Scale: 2}, "bigint", "bigint", "-0.49", "0"},
		{schema.Type{Name: "decimal", Precision: 10, Scale: 2}, "bigint", "bigint", "9.99", "10"},
		{schema.Type{Name: "datetime", Scale: 3}, "timestamp(3) with time zone", "timestamp(3) with time zone", "2020-01-02 03:04:05.678", "2020-01-02 03:04:05.678+00"},
		{schema.Type{Name: "datetime"}, "time", "time without time zone", "2020-01-02 03:04:05", "03:04:05"},
		{schema.Type{Name: "timestamp"}, "timestamp", "timestamp without time zone", "2020-01-02 03:04:05", "2020-01-02 03:04:05"},
		{schema.Type{Name: "date"}, "interval", "", "", ""},
		{schema.Type{Name: "time"}, "interval", "interval", "-838:59:59", "-838:59:59"},
		{schema.Type{Name: "varchar", Length: 9}, `"my type"`, `"my type"`, `a\`, `a\\`},
		{schema.Type{Name: "varchar", Length: 9}, "citext", "citext", "a", "a"},
		{schema.Type{Name: "varchar", Length: 9}, "bytea", "bytea", "é", `\\xc3a9`},
		{schema.Type{Name: "varchar", Length: 9}, "text[]", "", "", ""},
		{schema.Type{Name: "point"}, "varchar(100)", "", "", ""},
		{schema.Type{Name: "point"}, "char(50)", "", "", ""},
		{schema.Type{Name: "point"}, "char", "", "", ""},
		{schema.Type{Name: "vector", Length: 3}, "varchar(100)", "", "", ""},
		{schema.Type{Name: "vector", Length: 3}, "char(50)", "", "", ""},
		{schema.Type{Name: "vector", Length: 3}, "char", "", "", ""},
		{schema.Type{Name: "varchar", Length: 9}, "jsonb", "jsonb", `{"a": 1}`, `{"a": 1}`},
		{schema.Type{Name: "set", Values: []string{`a"`, "b"}}, "text[]", "text[]", "3", `{"a\\"","b"}`},
		{schema.Type{Name: "enum", Values: []string{"yes", "no"}}, "boolean", "boolean", "2", "f"},
		{schema.Type{Name: "binary", Length: 2}, "text", "text", "a", "a"},
		{schema.Type{Name: "blob"}, "integer", "", "", ""},
		{schema.Type{Name: "bit", Length: 3}, "smallint", "smallint", "\x05", "5"},
		{schema.Type{Name: "bit", Length: 3}, "varbit(8)", "bit varying(8)", "\x05", "101"},
	} {
		column, err := typemap.New(schema.Column{Type: c.typ}, typemap.Settings{Override: c.override})
		if c.sql == "" {
			if err == nil {
				t.Errorf("%s becomes %s", c.typ.Name, c.override)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s to %s: %v", c.typ.Name, c.override, err)
			continue
		}
		got, err := column.Text(nil, []byte(c.text), new(typemap.Notes))
		if err != nil || column.SQL() != c.sql || string(got) != c.want {
			t.Errorf("%s to %s: %s, %q becomes %q (%v), want %s, %q", c.typ.Name, c.override, column.SQL(), c.text, got, err, c.sql, c.want)
		}
	}
}
