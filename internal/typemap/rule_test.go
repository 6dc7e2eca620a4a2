package typemap_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// field converts one value of the text protocol under some settings.
func field(t *testing.T, c schema.Column, s typemap.Settings, text string) (string, []typemap.Original, error) {
	t.Helper()
	column, err := typemap.New(c, s)
	if err != nil {
		t.Fatal(err)
	}
	var originals typemap.Originals
	got, err := column.Text(nil, []byte(text), &typemap.NewNotes(1, &originals)[0])
	return string(got), originals.List, err
}

// TestRulesAsConfigured: each rule with each of its ways, on columns that take NULL
// and on columns that do not.
func TestRulesAsConfigured(t *testing.T) {
	json := schema.Type{Name: "longtext", JSON: true}
	enum := schema.Type{Name: "enum", Values: []string{"a", "b"}}
	for _, c := range []struct {
		rule     typemap.Rule
		handling string
		typ      schema.Type
		override string
		text     string
		nullable string
		notNull  string // "" for an error in both
	}{
		{typemap.ZeroDate, "default", schema.Type{Name: "date"}, "", "0000-00-00", `\N`, "-infinity"},
		{typemap.ZeroDate, "nearest", schema.Type{Name: "date"}, "", "0000-00-00", "0001-01-01", "0001-01-01"},
		{typemap.ZeroDate, "nearest", schema.Type{Name: "date"}, "", "2023-02-31", "2023-02-28", "2023-02-28"},
		{typemap.ZeroDate, "nearest", schema.Type{Name: "datetime"}, "", "2024-02-00 10:11:12", "2024-02-01 10:11:12", "2024-02-01 10:11:12"},
		{typemap.ZeroDate, "nearest", schema.Type{Name: "timestamp"}, "date", "2024-00-31 00:00:00", "2024-01-31", "2024-01-31"},
		{typemap.ZeroDate, "-infinity", schema.Type{Name: "timestamp"}, "", "0000-00-00 00:00:00", "-infinity", "-infinity"},
		{typemap.ZeroDate, "infinity", schema.Type{Name: "date"}, "", "0000-00-00", "infinity", "infinity"},
		{typemap.ZeroDate, "1970-01-01", schema.Type{Name: "timestamp"}, "", "0000-00-00 00:00:00", "1970-01-01 00:00:00+00", "1970-01-01 00:00:00+00"},
		{typemap.ZeroDate, "1970-01-01 10:00:00", schema.Type{Name: "datetime"}, "", "0000-00-00 00:00:00", "1970-01-01 10:00:00", "1970-01-01 10:00:00"},
		{typemap.ZeroDate, "1970-01-01 10:00:00", schema.Type{Name: "date"}, "", "2024-00-00", "1970-01-01", "1970-01-01"},
		{typemap.ZeroDate, "error", schema.Type{Name: "date"}, "", "0000-00-00", "", ""},
		{typemap.OutOfRange, "nearest", schema.Type{Name: "time"}, "", "-01:00:00", "00:00:00", "00:00:00"},
		{typemap.OutOfRange, "nearest", schema.Type{Name: "time", Scale: 3}, "", "838:59:59.000", "24:00:00", "24:00:00"},
		{typemap.OutOfRange, "error", schema.Type{Name: "time"}, "", "24:00:01", "", ""},
		{typemap.OutOfRange, "default", schema.Type{Name: "tinyint"}, "boolean", "2", "t", "t"},
		{typemap.OutOfRange, "null", schema.Type{Name: "tinyint"}, "boolean", "2", `\N`, "t"},
		{typemap.OutOfRange, "error", schema.Type{Name: "tinyint"}, "boolean", "-1", "t", "t"}, // -1 is MySQL's other true
		{typemap.OutOfRange, "error", schema.Type{Name: "tinyint"}, "boolean", "2", "", ""},
		{typemap.OutOfRange, "null", schema.Type{Name: "varchar", Length: 9}, "varchar(2)", "äöü", `\N`, "äö"},
		{typemap.OutOfRange, "nearest", schema.Type{Name: "int"}, "smallint", "-40000", "-32768", "-32768"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "uuid", "no uuid", `\N`, "00000000-0000-0000-0000-000000000000"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "uuid", "{0123456789abcdef0123456789ABCDEF}", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "inet", "10.1.2.3/8", "10.1.2.3/8", "10.1.2.3/8"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "inet", "localhost", `\N`, "0.0.0.0"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "timestamp", "yesterday", `\N`, "-infinity"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "timestamptz", "2024-02-29T10:11:12.5", "2024-02-29T10:11:12.5+00", "2024-02-29T10:11:12.5+00"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "date", "2024-02-30", `\N`, "-infinity"}, // a zero date, by its form
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "interval", "-100:00:01", "-100:00:01", "-100:00:01"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varchar"}, "time", "soon", `\N`, "00:00:00"},
		{typemap.OutOfRange, "default", schema.Type{Name: "varbinary", Length: 16}, "uuid", "\x01\x02", `\N`, "01020000-0000-0000-0000-000000000000"},
		{typemap.OutOfRange, "default", json, "jsonb", `{"n":1e999999}`, `"{\\"n\\":1e999999}"`, `"{\\"n\\":1e999999}"`},
		{typemap.Rounded, "default", schema.Type{Name: "decimal", Precision: 9, Scale: 3}, "numeric(9,1)", "-1.250", "-1.3", "-1.3"},
		{typemap.Rounded, "default", schema.Type{Name: "decimal", Precision: 9, Scale: 3}, "numeric(9,1)", "1.200", "1.2", "1.2"},
		{typemap.Rounded, "error", schema.Type{Name: "decimal", Precision: 9, Scale: 3}, "integer", "1.500", "", ""},
		{typemap.Rounded, "null", schema.Type{Name: "datetime"}, "date", "2024-02-29 00:00:01", `\N`, "2024-02-29"},
		{typemap.Rounded, "error", schema.Type{Name: "datetime"}, "date", "2024-02-29 00:00:00", "2024-02-29", "2024-02-29"},
		{typemap.Rounded, "default", schema.Type{Name: "datetime", Scale: 6}, "timestamp(3)", "2024-02-29 00:00:01.123456", "2024-02-29 00:00:01.123", "2024-02-29 00:00:01.123"},
		{typemap.Rounded, "error", schema.Type{Name: "time", Scale: 2}, "time(0)", "10:00:00.10", "", ""},
		{typemap.Rounded, "null", schema.Type{Name: "double"}, "real", "0.1", `\N`, "0.1"},
		{typemap.Rounded, "error", schema.Type{Name: "float"}, "real", "0.1", "0.1", "0.1"},
		{typemap.Rounded, "error", schema.Type{Name: "int"}, "real", "16777217", "", ""},
		{typemap.NulCharacter, "default", schema.Type{Name: "text"}, "", "a\x00b\x00", "ab", "ab"},
		{typemap.NulCharacter, "replace", schema.Type{Name: "text"}, "", "a\x00b", "a\uFFFDb", "a\uFFFDb"},
		{typemap.NulCharacter, "null", schema.Type{Name: "text"}, "", "a\x00b", `\N`, "ab"},
		{typemap.NulCharacter, "error", schema.Type{Name: "json"}, "", `{"a":"\u0000"}`, "", ""},
		{typemap.NulCharacter, "replace", schema.Type{Name: "json"}, "", `{"a":"\u0000"}`, `{"a":"\\ufffd"}`, `{"a":"\\ufffd"}`},
		{typemap.NulCharacter, "null", schema.Type{Name: "json"}, "", `{"a":"\u0000"}`, `\N`, `{"a":""}`},
		{typemap.NulCharacter, "error", json, "", `{"a":"\u0000"}`, `{"a":"\\u0000"}`, `{"a":"\\u0000"}`}, // json holds it
		{typemap.InvalidBytes, "remove", schema.Type{Name: "text"}, "", "a\xffb", "ab", "ab"},
		{typemap.InvalidBytes, "null", schema.Type{Name: "text", Charset: "ascii"}, "", "a\xffb", `\N`, "a\uFFFDb"},
		{typemap.InvalidBytes, "error", schema.Type{Name: "text", Charset: "ucs2"}, "", "\x00", "", ""},
		{typemap.InvalidBytes, "remove", json, "jsonb", `"\ud800x"`, `"x"`, `"x"`},
		{typemap.InvalidEnum, "default", enum, "", "0", "", ""},
		{typemap.InvalidEnum, "null", enum, "", "0", `\N`, ""},
		{typemap.InvalidEnum, "null", enum, "text", "0", `\N`, ""},
		{typemap.InvalidJSON, "keep", json, "", "so", `"so"`, `"so"`},
		{typemap.InvalidJSON, "null", json, "", "so", `\N`, `"so"`},
		{typemap.InvalidJSON, "error", json, "jsonb", "{", "", ""},
		{typemap.DuplicateKey, "default", json, "jsonb", `{"a":1,"b":{"a":2},"a":3}`, `{"a":1,"b":{"a":2},"a":3}`, `{"a":1,"b":{"a":2},"a":3}`},
		{typemap.DuplicateKey, "null", json, "jsonb", `[{"a":1,"a":3}]`, `\N`, `[{"a":1,"a":3}]`},
		{typemap.DuplicateKey, "error", json, "jsonb", `[{"a":1},{"a":3}]`, `[{"a":1},{"a":3}]`, `[{"a":1},{"a":3}]`},
		{typemap.DuplicateKey, "error", json, "jsonb", `{"a":1,"a":3}`, "", ""},
	} {
		handling, err := c.rule.Handling(c.handling)
		if err != nil {
			t.Fatal(err)
		}
		settings := typemap.Settings{Override: c.override}
		settings.Rules[c.rule] = handling
		for notNull, want := range map[bool]string{false: c.nullable, true: c.notNull} {
			got, _, err := field(t, schema.Column{Type: c.typ, NotNull: notNull}, settings, c.text)
			if refused := want == "" && c.rule != typemap.InvalidEnum; err != nil != refused || !refused && got != want {
				t.Errorf("%s: %s, %s (override %q, not null %v): %q becomes %q (%v), want %q", c.rule.Key(), c.handling, c.typ.Name, c.override, notNull, c.text, got, err, want)
			}
			if err != nil && (!strings.Contains(err.Error(), c.rule.Key()) || strings.Contains(err.Error(), c.text)) {
				t.Errorf("%s: the refusal %q names no rule, or tells the value", c.rule.Key(), err)
			}
		}
	}
}

// TestOriginals: what a rule changed is handed on as the source has it.
func TestOriginals(t *testing.T) {
	for _, c := range []struct {
		typ      schema.Type
		override string
		text     string
		want     []typemap.Original
	}{
		{schema.Type{Name: "date"}, "", "2024-00-01", []typemap.Original{{Rule: typemap.ZeroDate, Value: []byte("2024-00-01")}}},
		{schema.Type{Name: "time"}, "", "-10:00:00", []typemap.Original{{Rule: typemap.OutOfRange, Value: []byte("-10:00:00")}}},
		{schema.Type{Name: "datetime"}, "date", "2024-01-01 10:00:00", []typemap.Original{{Rule: typemap.Rounded, Value: []byte("2024-01-01 10:00:00")}}},
		{schema.Type{Name: "text"}, "", "tab\t\x00", []typemap.Original{{Rule: typemap.NulCharacter, Value: []byte("tab\t\x00")}}},
		{schema.Type{Name: "text", Charset: "cp1250"}, "", "\x81é", []typemap.Original{{Rule: typemap.InvalidBytes, Value: []byte("\x81é")}}},
		{schema.Type{Name: "text"}, "", "\x00\xff", []typemap.Original{{Rule: typemap.NulCharacter, Value: []byte("\x00\xff")}, {Rule: typemap.InvalidBytes, Value: []byte("\xff")}}},
		{schema.Type{Name: "json"}, "", `{"a":"\u0000\u0000"}`, []typemap.Original{{Rule: typemap.NulCharacter, Value: []byte(`{"a":"\u0000\u0000"}`)}}},
		{schema.Type{Name: "bigint"}, "smallint", "70000", []typemap.Original{{Rule: typemap.OutOfRange, Value: []byte("70000")}}},
		{schema.Type{Name: "varchar", Length: 5}, "varchar(2)", "abc", []typemap.Original{{Rule: typemap.OutOfRange, Value: []byte("abc")}}},
		{schema.Type{Name: "text"}, "", "all is well", nil},
	} {
		_, got, err := field(t, schema.Column{Type: c.typ}, typemap.Settings{Override: c.override}, c.text)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s (override %q) of %q (%v): the originals (+) are not (-)\n%s", c.typ.Name, c.override, c.text, err, diff)
		}
	}
}

// TestRulesByName: what a configuration writes is read back, and what it cannot say is
// refused with what it can.
func TestRulesByName(t *testing.T) {
	for _, rule := range typemap.AllRules() {
		for _, action := range rule.Actions() {
			if action == "a date" {
				action = "1999-12-31"
			}
			if got, err := rule.Handling(action); err != nil || got.String() != action {
				t.Errorf("%s: %s is read as %s (%v)", rule.Key(), action, got, err)
			}
		}
		for _, wrong := range []string{"", "sometimes", "1999-13-31", "31.12.1999"} {
			if _, err := rule.Handling(wrong); err == nil || !strings.Contains(err.Error(), "it takes default, ") {
				t.Errorf("%s: %q gives %v", rule.Key(), wrong, err)
			}
		}
	}
}

// TestIdentities: what a column was written as, told apart where it matters.
func TestIdentities(t *testing.T) {
	date := schema.Column{Type: schema.Type{Name: "date", Text: "date"}}
	identity := func(c schema.Column, s typemap.Settings) (string, string) {
		t.Helper()
		column, err := typemap.New(c, s)
		if err != nil {
			t.Fatal(err)
		}
		return column.Identity(), column.KeyIdentity()
	}
	var infinite, other typemap.Settings
	infinite.Rules[typemap.ZeroDate], _ = typemap.ZeroDate.Handling("-infinity")
	other.Rules[typemap.InvalidJSON], _ = typemap.InvalidJSON.Handling("null")
	for _, c := range []struct {
		settings   typemap.Settings
		plain, key string
	}{
		{typemap.Settings{}, "date", "date"},
		{infinite, "date", "date; zero_date -infinity"},
		{other, "date", "date"},
		{typemap.Settings{Override: "text"}, "text", "text"},
		{typemap.Settings{Mask: masked(t, "null")}, "date; null", "date; null"},
	} {
		if plain, key := identity(date, c.settings); plain != c.plain || key != c.key {
			t.Errorf("%+v: %q and %q, want %q and %q", c.settings, plain, key, c.plain, c.key)
		}
	}
	one, _ := identity(date, typemap.Settings{Mask: masked(t, "hash")})
	mask := masked(t, "hash").WithKey([]byte("another key"))
	two, _ := identity(date, typemap.Settings{Mask: &mask})
	if one == two || !strings.HasPrefix(one, "text; hash ") {
		t.Errorf("hashes under two keys are %q and %q", one, two)
	}
}
