package transform

import (
	"errors"
	"strings"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

func text(name, charset string) schema.Column {
	return schema.Column{Name: name, Type: schema.Type{Name: "varchar", Length: 10, Charset: charset, Text: "varchar(10)"}}
}

// All that an event tells of its table has to be what is tracked.
func TestWhatEventsTellOfTheirTable(t *testing.T) {
	table := func() *schema.Table {
		return &schema.Table{
			Name: name("t"), Indexes: []schema.Index{{Name: "PRIMARY", Kind: schema.PrimaryKey, Parts: []schema.IndexPart{{Column: "Id"}, {Column: "d"}}}},
			Columns: []schema.Column{
				{Name: "id", Type: schema.Type{Name: "int", Unsigned: true, Text: "int unsigned"}}, text("v", "latin1"),
				{Name: "d", Type: schema.Type{Name: "decimal", Precision: 10, Scale: 2, Text: "decimal(10,2)"}},
				{Name: "b", Type: schema.Type{Name: "bit", Length: 11, Text: "bit(11)"}}, {Name: "at", Type: schema.Type{Name: "datetime", Scale: 3, Text: "datetime(3)"}},
				{Name: "e", Type: schema.Type{Name: "enum", Charset: "cp1251", Values: []string{"a", "я"}, Text: "enum('a','я')"}},
				{Name: "end", System: true, Type: schema.Type{Name: "timestamp", Scale: 6, Text: "timestamp(6)"}},
				{Name: "bin", Type: schema.Type{Name: "varbinary", Length: 5, Text: "varbinary(5)"}},
			},
		}
	}
	said := func() *event.TableMap {
		return &event.TableMap{
			Types: []byte{3, 15, 246, 16, 18, 254, 17, 15}, Meta: []uint16{0, 10, 10<<8 | 2, 1<<8 | 3, 3, 247<<8 | 1, 6, 5},
			Names: []string{"ID", "v", "d", "b", "at", "e", "end", "bin"}, Unsigned: []bool{0: true, 7: false}, Charsets: []string{"", "latin1", "", "", "", "cp1251", "", "binary"},
			Key: []int{0, 2, 6}, Members: [][]string{5: {"a", "\xff"}, 7: nil},
		}
	}
	for want, spoil := range map[string]func(*event.TableMap){
		"": func(*event.TableMap) {},
		"tracked definition has 8 columns, the event 7":                          func(m *event.TableMap) { m.Types, m.Meta = m.Types[:7], m.Meta[:7] },
		"column 2 is v in the tracked definition and w in the event":             func(m *event.TableMap) { m.Names[1] = "w" },
		"column id is unsigned in the tracked definition and signed":             func(m *event.TableMap) { m.Unsigned[0] = false },
		"column d is signed in the tracked definition and unsigned":              func(m *event.TableMap) { m.Unsigned[2] = true },
		"set of column v is latin1 in the tracked definition and utf8mb4":        func(m *event.TableMap) { m.Charsets[1] = "utf8mb4" },
		"set of column bin is  in the tracked definition and latin1":             func(m *event.TableMap) { m.Charsets[7] = "latin1" },
		"column d is decimal(10,2) in the tracked definition and decimal(12,4)":  func(m *event.TableMap) { m.Meta[2] = 12<<8 | 4 },
		"column b is bit(11) in the tracked definition and has 12 digits":        func(m *event.TableMap) { m.Meta[3] = 1<<8 | 4 },
		"column at is datetime(3) in the tracked definition and has 6 digits":    func(m *event.TableMap) { m.Meta[4] = 6 },
		"members of column e are enum('a','я') in the tracked definition":        func(m *event.TableMap) { m.Members[5][0] = "b" },
		"and others in the event, which has 3":                                   func(m *event.TableMap) { m.Members[5] = []string{"a", "\xff", "c"} },
		"primary key is (d, id) in the tracked definition and (id) in the event": func(m *event.TableMap) { m.Key = []int{0} },
		"primary key is (d, id) in the tracked definition and () in the event":   func(m *event.TableMap) { m.Key = nil },
		"primary key has a column 9 in the event":                                func(m *event.TableMap) { m.Key = []int{8} },
	} {
		m := said()
		spoil(m)
		err := agrees(table(), m)
		var other *contradiction
		if want == "" && err != nil || want != "" && (!errors.As(err, &other) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "needs a copy")) {
			t.Errorf("%q: %v", want, err)
		}
	}
	unique := table()
	unique.Indexes[0].Name, unique.Indexes[0].Kind = "u", schema.Unique
	if err := agrees(unique, said()); err == nil {
		t.Error("a unique key with columns that may be NULL was taken for the primary key")
	}
	unique.Columns[0].NotNull, unique.Columns[2].NotNull = true, true
	if err := agrees(unique, said()); err != nil {
		t.Errorf("a unique key without NULL is the primary key to the server: %v", err)
	}
	hashed, more := table(), said()
	more.Types, more.Meta, more.Names = append(more.Types, 8), append(more.Meta, 0), append(more.Names, "DB_ROW_HASH_1")
	if err := agrees(hashed, more); err == nil {
		t.Error("a column more was taken for the hash of a unique key that is not there")
	}
	hashed.Indexes = append(hashed.Indexes, schema.Index{Name: "h", Kind: schema.Unique, Parts: []schema.IndexPart{{Column: "v"}}})
	if err := agrees(hashed, more); err == nil {
		t.Error("a column more was taken for the hash of a unique key that is short enough for an index")
	}
	hashed.Indexes[1].Using = "hash"
	if err := agrees(hashed, more); err != nil {
		t.Errorf("the hash of a unique key was taken for a column: %v", err)
	}
	more.Names[8] = "w"
	if err := agrees(hashed, more); err == nil {
		t.Error("a column was taken for a hash")
	}
	minimal := said()
	minimal.Names, minimal.Key, minimal.Members, minimal.Charsets, minimal.Unsigned = nil, nil, nil, nil, nil
	if err := agrees(table(), minimal); err != nil {
		t.Errorf("what is not told cannot contradict: %v", err)
	}
}

// Columns of one type that have changed their places are found although the wire is the same.
func TestEachDescriptionIsChecked(t *testing.T) {
	set, rules := family()
	x := New(set, rules, true)
	if _, _, err := x.Rows(deleted("child", "id", "p"), holds()); err != nil {
		t.Fatal(err)
	}
	_, _, err := x.Rows(deleted("child", "p", "id"), holds())
	var bad *TableError
	if !errors.As(err, &bad) || !bad.Refill {
		t.Errorf("swapped columns give %v", err)
	}
}
