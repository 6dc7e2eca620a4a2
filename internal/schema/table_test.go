package schema

import (
	"slices"
	"testing"
)

func column(name string, notNull bool) Column { return Column{Name: name, NotNull: notNull} }

func index(kind IndexKind, name string, parts ...IndexPart) Index {
	return Index{Name: name, Kind: kind, Parts: parts}
}

func TestWhatIdentifiesARow(t *testing.T) {
	columns := []Column{column("id", true), column("code", true), column("alias", false)}
	for _, c := range []struct {
		story   string
		indexes []Index
		want    []int
	}{
		{"the primary key", []Index{index(PrimaryKey, "PRIMARY", IndexPart{Column: "code"}, IndexPart{Column: "ID"})}, []int{1, 0}},
		{"the primary key even when a unique key comes first", []Index{index(Unique, "u", IndexPart{Column: "code"}), index(PrimaryKey, "PRIMARY", IndexPart{Column: "id"})}, []int{0}},
		{"a unique key of NOT NULL columns", []Index{index(Unique, "u", IndexPart{Column: "code"})}, []int{1}},
		{"not a unique key that allows NULL", []Index{index(Unique, "u", IndexPart{Column: "alias"})}, nil},
		{"not a unique key over a prefix", []Index{index(Unique, "u", IndexPart{Column: "code", Prefix: 5})}, nil},
		{"not a unique key over an expression", []Index{index(Unique, "u", IndexPart{Expr: "lower(code)"})}, nil},
		{"not a plain index", []Index{index(Plain, "i", IndexPart{Column: "id"})}, nil},
	} {
		table := &Table{Columns: columns, Indexes: c.indexes}
		if got := table.Key(); !slices.Equal(got, c.want) {
			t.Errorf("%s: key is %v, want %v", c.story, got, c.want)
		}
	}
}

func TestASetIsNeverChanged(t *testing.T) {
	a, b := &Table{Name: Name{"s", "a"}}, &Table{Name: Name{"s", "b"}}
	first := NewSet(false, a)
	second := first.With([]Name{a.Name}, b)
	if first.Get(a.Name) != a || first.Get(b.Name) != nil || first.Len() != 1 {
		t.Error("With changed the set it was called on")
	}
	if second.Get(a.Name) != nil || second.Get(b.Name) != b {
		t.Error("With did not give the next set")
	}
	if NewSet(true, a).Get(Name{"S", "A"}) != a || first.Get(Name{"S", "A"}) != nil {
		t.Error("case counts exactly where the server says so")
	}
}
