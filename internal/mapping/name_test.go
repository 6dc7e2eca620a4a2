package mapping

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIdentifiersFitAndStayApart(t *testing.T) {
	long := strings.Repeat("a", 64)
	emoji := strings.Repeat("😀", 16) // 64 bytes
	for _, name := range []string{"plain", "With Capitals", `quo"te`, long, emoji, strings.Repeat("é", 40)} {
		got := Identifier(name)
		if len(got) > 63 || !utf8.ValidString(got) {
			t.Errorf("Identifier(%q) = %q: %d bytes", name, got, len(got))
		}
		if len(name) <= 63 && got != name {
			t.Errorf("Identifier(%q) = %q: a name that fits was changed", name, got)
		}
		if Identifier(name) != got {
			t.Errorf("Identifier(%q) is not the same every time", name)
		}
	}
	if Identifier(long+"x") == Identifier(long+"y") {
		t.Error("two long names with one beginning became one")
	}
}

func TestMadeNamesDoNotMeet(t *testing.T) {
	seen := map[string]string{}
	for _, pair := range [][2]string{
		{"orders", "by_date"}, {"orders__by", "date"}, {"orders", "by__date"}, {"orders_", "by_date"}, {"orders", "_by_date"},
		{strings.Repeat("t", 60), "a"}, {strings.Repeat("t", 60), "b"}, {"t", strings.Repeat("i", 64)}, {"t", strings.Repeat("i", 63) + "j"},
	} {
		name := IndexName(pair[0], pair[1])
		if len(name) > 63 {
			t.Errorf("IndexName(%q, %q) = %q has %d bytes", pair[0], pair[1], name, len(name))
		}
		if other, taken := seen[name]; taken {
			t.Errorf("%v and %s are both %q", pair, other, name)
		}
		seen[name] = pair[0] + "." + pair[1]
	}
	if got := IndexName("orders", "by_date"); got != "orders__by_date" {
		t.Errorf("a plain index is named %q", got)
	}
}

func TestQuoting(t *testing.T) {
	for in, want := range map[string]string{`a`: `"a"`, `a"b`: `"a""b"`, `A b`: `"A b"`} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s", in, got)
		}
	}
	for in, want := range map[string]string{`a`: `'a'`, `it's`: `'it''s'`, `a\b`: ` E'a\\b'`} {
		if got := Literal(in); got != want {
			t.Errorf("Literal(%q) = %s", in, got)
		}
	}
}
