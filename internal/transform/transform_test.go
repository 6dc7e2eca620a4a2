package transform

import (
	"errors"
	"strings"
	"testing"

	"pgchameleon/internal/change"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

func name(table string) schema.Name { return schema.Name{Schema: "shop", Table: table} }

// numbers makes a table of int columns, the first of them its key; the second
// may refer to a parent.
func numbers(table, parent string, columns ...string) *schema.Table {
	t := &schema.Table{Name: name(table), Indexes: []schema.Index{{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: columns[0]}}}}}
	for _, c := range columns {
		t.Columns = append(t.Columns, schema.Column{Name: c, Type: schema.Type{Name: "int", Length: 11, Text: "int(11)"}})
	}
	t.Columns[0].NotNull = true
	if parent != "" {
		t.ForeignKeys = []schema.ForeignKey{{Name: "fk", Columns: columns[1:2], References: name(parent), RefColumns: []string{"id"}, OnDelete: "cascade"}}
	}
	return t
}

func family() (*schema.Set, *mapping.Rules) {
	set := schema.NewSet(false, numbers("parent", "", "id", "v"), numbers("child", "parent", "id", "p"), numbers("grandchild", "child", "id", "c"))
	return set, &mapping.Rules{Schemas: map[string]string{"shop": "web"}, Skip: []string{"shop.parent"}}
}

// deleted is a row event that deletes the row (1, 2).
func deleted(table string, names ...string) *event.Rows {
	return &event.Rows{
		Action: event.Delete, Before: []byte{3}, Data: []byte{0, 1, 0, 0, 0, 2, 0, 0, 0},
		Map: &event.TableMap{Schema: "shop", Table: table, Types: []byte{3, 3}, Meta: []uint16{0, 0}, Nullable: []byte{2}, Names: names, Key: []int{0}},
	}
}

func holds(tables ...string) Covered {
	return func(n schema.Name) (bool, error) {
		for _, t := range tables {
			if n.Table == t {
				return true, nil
			}
		}
		return false, nil
	}
}

func TestAParentKnowsItsChildren(t *testing.T) {
	set, rules := family()
	x := New(set, rules, true)
	parent, child := x.tables[name("parent")].change, x.tables[name("child")].change
	if !parent.Hidden || child.Hidden || len(parent.Children) != 1 || parent.Children[0].Table != child || parent.Children[0].OnDelete != change.Cascade {
		t.Errorf("parent %+v", parent)
	}
	if len(child.Children) != 1 || child.Children[0].Child[0] != 1 {
		t.Errorf("child %+v", child)
	}
	x.Drop(name("grandchild"))
	if again := x.tables[name("parent")].change; again == parent || again.Children[0].Table != x.tables[name("child")].change || len(again.Children[0].Table.Children) != 0 {
		t.Error("a table below was dropped, but the tables above still know it")
	}
	if logged := New(set, rules, false); len(logged.tables[name("parent")].change.Children) != 0 {
		t.Error("where the source logs what foreign keys do, nothing is to be run")
	}
}

func TestRowsBecomeLines(t *testing.T) {
	set, rules := family()
	x := New(set, rules, true)
	list, _, err := x.Rows(deleted("child", "id", "p"), holds())
	if err != nil || len(list) != 1 || string(list[0].Before[0]) != "1\t2" || list[0].Action != event.Delete || list[0].Table.Schema != "web" {
		t.Fatalf("%+v, %v", list, err)
	}
	if list, _, err := x.Rows(deleted("unknown"), holds()); err != nil || list != nil {
		t.Errorf("a table that is not tracked gave %v, %v", list, err)
	}
}

// What a copy holds already is left alone, at each table for itself.
func TestCopiesThatAreNewerThanTheEvent(t *testing.T) {
	set, rules := family()
	x := New(set, rules, true)
	child, grandchild := x.tables[name("child")], x.tables[name("grandchild")]
	list, _, err := x.Rows(deleted("grandchild"), holds("grandchild"))
	if err != nil || list != nil {
		t.Errorf("a table without children: %v, %v", list, err)
	}
	list, _, err = x.Rows(deleted("child"), holds("child"))
	if err != nil || len(list) != 1 || list[0].Table != child.hidden || !list[0].Table.Hidden || len(list[0].Spared) != 0 {
		t.Errorf("a parent whose copy is newer must still drive its cascades: %+v, %v", list, err)
	}
	list, _, err = x.Rows(deleted("child"), holds("grandchild"))
	if err != nil || len(list) != 1 || list[0].Table != child.change || len(list[0].Spared) != 1 || list[0].Spared[0] != grandchild.change {
		t.Errorf("a child whose copy is newer must be spared: %+v, %v", list, err)
	}
}

// A row is never written shifted: whatever does not agree with the tracked
// definition is an error of that table.
func TestEventsThatContradictTheTrackedSchema(t *testing.T) {
	set, rules := family()
	for story, spoil := range map[string]func(*event.Rows){
		"another column name":  func(r *event.Rows) { r.Map.Names = []string{"id", "other"} },
		"another column count": func(r *event.Rows) { r.Map.Types, r.Map.Meta = []byte{3}, []uint16{0} },
		"another type":         func(r *event.Rows) { r.Map.Types = []byte{3, 252}; r.Map.Meta = []uint16{0, 2} },
		"a partial image":      func(r *event.Rows) { r.Before, r.Data = []byte{1}, []byte{0, 1, 0, 0, 0} },
		"an image that is cut": func(r *event.Rows) { r.Data = r.Data[:7] },
		"an unknown value option": func(r *event.Rows) {
			r.Action, r.Partial, r.After, r.Data = event.Update, true, r.Before, append(r.Data, 2)
		},
	} {
		x := New(set, rules, true)
		r := deleted("child", "id", "p")
		spoil(r)
		list, _, err := x.Rows(r, holds())
		var bad *TableError
		if !errors.As(err, &bad) || bad.Table != name("child") || list != nil || !strings.HasPrefix(err.Error(), "table shop.child: ") || bad.Refill != strings.HasPrefix(story, "another") {
			t.Errorf("%s: %v, %v", story, list, err)
		}
	}
}

func TestTheEndOfTime(t *testing.T) {
	for field, want := range map[string]bool{
		"2038-01-19 03:14:07.999999+00": true, "2106-02-07 06:28:15.999999+00": true, "18446744073709551615": true,
		"2026-01-01 00:00:00.000000+00": false, "1234": false,
	} {
		if isForever([]byte(field)) != want {
			t.Errorf("isForever(%s) is not %v", field, want)
		}
	}
}

// A member that is another in the binlog than in the tracked definition is never written.
func TestMembersAgreeWithTheBinlog(t *testing.T) {
	of := func(charset string) *schema.Set {
		return schema.NewSet(false, &schema.Table{Name: name("e"), Columns: []schema.Column{{Name: "e", Type: schema.Type{Name: "enum", Charset: charset, Values: []string{"a", "?"}, Text: "enum('a','?')"}}}})
	}
	for _, x := range []struct {
		charset string
		members []string
		agree   bool
	}{
		{"utf8mb4", nil, true}, {"utf8mb4", []string{"a", "?"}, true}, {"utf8mb4", []string{"a", "😀"}, false}, {"utf8mb4", []string{"a"}, false},
		{"latin1", []string{"a", "\xe9"}, true}, {"latin1", []string{"a", "b", "c"}, false},
	} {
		set := of(x.charset)
		rows := &event.Rows{Action: event.Insert, Before: []byte{1}, Data: []byte{0, 2}, Map: &event.TableMap{
			Schema: "shop", Table: "e", Types: []byte{254}, Meta: []uint16{247<<8 | 1}, Nullable: []byte{1}, Members: [][]string{x.members},
		}}
		tracker := New(set, &mapping.Rules{Schemas: map[string]string{"shop": "web"}}, true)
		_, _, err := tracker.tables[name("e")].rows(rows, &imageReader{})
		if (err == nil) != x.agree || err != nil && !strings.Contains(err.Error(), "members of column e") {
			t.Errorf("%s %q: %v", x.charset, x.members, err)
		}
	}
}

// Where the source does not log cascades, a table's children are excluded with it.
func TestChildrenAreExcludedWithTheirParent(t *testing.T) {
	nothing := func(schema.Name) bool { return false }
	for _, cascades := range []bool{true, false} {
		set, rules := family()
		x := New(set, rules, cascades)
		effect, err := x.Statement(&event.Statement{Schema: "shop", SQL: "UPDATE child SET p = 3"}, parse.Dialect{Flavor: event.MariaDB, Version: 101100}, nothing)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range effect.Excluded {
			if !e.Refill || x.Tracks(e.Name) != nil {
				t.Errorf("%+v", e)
			}
			got = append(got, e.Name.Table)
		}
		if want := map[bool]string{true: "child grandchild", false: "child"}[cascades]; strings.Join(got, " ") != want {
			t.Errorf("with cascades to be run %v: %v are excluded", cascades, got)
		}
		if x.Tracks(name("parent")) == nil {
			t.Error("the parent is gone")
		}
		x.Join(numbers("child", "parent", "id", "p"), numbers("grandchild", "child", "id", "c"))
		if below := x.Below(name("parent")); cascades != (len(below) == 2) {
			t.Errorf("after they have come back, below the parent are %v", below)
		}
	}
}
