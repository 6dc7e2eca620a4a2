package typemap_test

import (
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

func masked(t *testing.T, text string) *typemap.Mask {
	t.Helper()
	mask, err := typemap.ParseMask(text)
	if err != nil {
		t.Fatal(err)
	}
	mask = mask.WithKey([]byte("0123456789abcdef"))
	return &mask
}

// TestMasks: what becomes of a value, in which type.
func TestMasks(t *testing.T) {
	for _, c := range []struct {
		mask string
		typ  schema.Type
		sql  string
		text string
		want string // "" where only the length is known
	}{
		{"hash", schema.Type{Name: "int"}, "text", "5", ""},
		{"hash", schema.Type{Name: "enum", Values: []string{"a"}}, "text", "0", ""},
		{"hash", schema.Type{Name: "varbinary"}, "text", "\x00\xff", ""},
		{"null", schema.Type{Name: "varchar", Length: 9}, "character varying(9)", "secret", `\N`},
		{"fixed(a\tb)", schema.Type{Name: "varchar", Length: 9}, "character varying(9)", "secret", `a\tb`},
		{"fixed(7)", schema.Type{Name: "int"}, "integer", "12345", "7"},
		{"fixed(1970-01-01)", schema.Type{Name: "timestamp"}, "timestamp(0) with time zone", "2024-01-01 10:00:00", "1970-01-01 00:00:00+00"},
		{"fixed(b)", schema.Type{Name: "enum", Values: []string{"a", "b"}}, "", "1", "b"},
		{`fixed({"a": 1})`, schema.Type{Name: "json"}, "jsonb", "[1]", `{"a": 1}`},
		{"keep_first(2)", schema.Type{Name: "varchar", Length: 9}, "character varying(9)", "äöü", "äö"},
		{"keep_first(4)", schema.Type{Name: "date"}, "text", "2024-02-29", "2024"},
		{"keep_first(0)", schema.Type{Name: "char", Length: 3}, "character(3)", "abc", ""},
		{"keep_first(9)", schema.Type{Name: "enum", Values: []string{"a"}}, "text", "0", ""},
		{"keep_first(1)", schema.Type{Name: "text", Charset: "latin1"}, "text", "\xe9\xe9", "é"},
	} {
		column, err := typemap.New(schema.Column{Type: c.typ, NotNull: true}, typemap.Settings{Mask: masked(t, c.mask)})
		if err != nil {
			t.Errorf("%s on %s: %v", c.mask, c.typ.Name, err)
			continue
		}
		var originals typemap.Originals
		got, err := column.Text(nil, []byte(c.text), &typemap.NewNotes(1, &originals)[0])
		if err != nil || column.SQL() != c.sql || len(originals.List) > 0 || !column.Masked() {
			t.Errorf("%s on %s: type %q, want %q, %v, originals %v", c.mask, c.typ.Name, column.SQL(), c.sql, err, originals.List)
		}
		if c.mask == "hash" {
			if len(got) != 64 || strings.Trim(string(got), "0123456789abcdef") != "" {
				t.Errorf("the hash of %q is %q", c.text, got)
			}
		} else if string(got) != c.want {
			t.Errorf("%s on %s: %q becomes %q, want %q", c.mask, c.typ.Name, c.text, got, c.want)
		}
		if column.NotNull() != (c.mask != "null") {
			t.Errorf("%s: not null is %v", c.mask, column.NotNull())
		}
	}
}

// TestHashesJoin: equal values have one hash, whatever column they are in, and another
// under another key.
func TestHashesJoin(t *testing.T) {
	hash := func(typ schema.Type, text string, key string) string {
		mask := masked(t, "hash").WithKey([]byte(key))
		got, _, err := field(t, schema.Column{Type: typ}, typemap.Settings{Mask: &mask}, text)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	// printf 5 | openssl dgst -sha256 -hmac key
	const known = "ab20d8bbe394c193b6182ca459324966b8112064e0eb3dc53c1ac80321ffc712"
	int5, big5, text5 := hash(schema.Type{Name: "int"}, "5", "key"), hash(schema.Type{Name: "bigint"}, "5", "key"), hash(schema.Type{Name: "varchar"}, "5", "key")
	if int5 != known || big5 != known || text5 != known {
		t.Errorf("5 has the hashes %s, %s and %s", int5, big5, text5)
	}
	if int5 == hash(schema.Type{Name: "int"}, "5", "another") {
		t.Error("another key gives the same hash")
	}
	if latin := hash(schema.Type{Name: "varchar", Charset: "latin1"}, "\xe9", "key"); latin != hash(schema.Type{Name: "varchar"}, "é", "key") {
		t.Error("é in latin1 and in utf8mb4 have two hashes")
	}
}

// TestMasksThatCannotBe are refused with what can be done.
func TestMasksThatCannotBe(t *testing.T) {
	for _, text := range []string{"", "sha1", "fixed", "keep_first(x)", "keep_first(-1)", "keep_first"} {
		if _, err := typemap.ParseMask(text); err == nil {
			t.Errorf("the mask %q is taken", text)
		}
	}
	for _, c := range []struct {
		mask, override string
		typ            schema.Type
		want           string
	}{
		{"fixed(x)", "", schema.Type{Name: "int"}, "no value of integer"},
		{"fixed(2024-02-30)", "", schema.Type{Name: "date"}, "no value of date"},
		{"fixed(70000)", "smallint", schema.Type{Name: "int"}, "no value of smallint"},
		{"fixed(c)", "", schema.Type{Name: "enum", Values: []string{"a"}}, "no member"},
		{"fixed([1])", "", schema.Type{Name: "vector", Length: 1}, "takes no mask fixed"},
		{"keep_first(2)", "", schema.Type{Name: "blob"}, "take hash, null or fixed"},
		{"hash", "bigint", schema.Type{Name: "int"}, "take one of them away"},
	} {
		_, err := typemap.New(schema.Column{Type: c.typ}, typemap.Settings{Mask: masked(t, c.mask), Override: c.override})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %s gives %v, want an error with %q", c.mask, c.typ.Name, err, c.want)
		}
	}
}
