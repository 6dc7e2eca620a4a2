package binlog

import (
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

func TestOneGTID(t *testing.T) {
	const id = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	for _, c := range []struct {
		flavor event.Flavor
		text   string
		want   string // "" for an error
	}{
		{event.MySQL, id + ":42", id + ":42"},
		{event.MySQL, " 3E11FA47-71CA-11E1-9E33-C80AA9429562:0042 ", id + ":42"},
		{event.MySQL, "3e11fa4771ca11e19e33c80aa9429562:42", id + ":42"},
		{event.MySQL, id + ":Tag_1:7", id + ":tag_1:7"},
		{event.MySQL, id + ":1-5", ""},
		{event.MySQL, id + ":5-5", ""},
		{event.MySQL, id + ":1:3", ""},
		{event.MySQL, id + ":1," + id + ":2", ""},
		{event.MySQL, id + ":1:tag:1", ""},
		{event.MySQL, id, ""},
		{event.MySQL, id + ":0", ""},
		{event.MySQL, "0-1-42", ""},
		{event.MySQL, "", ""},
		{event.MariaDB, "0-1-42", "0-1-42"},
		{event.MariaDB, " 00-1-042", "0-1-42"},
		{event.MariaDB, "0-1-42,1-1-3", ""},
		{event.MariaDB, id + ":42", ""},
		{event.MariaDB, "0-1", ""},
		{event.MariaDB, "", ""},
	} {
		got, err := OneGTID(c.flavor, c.text)
		if got != c.want || (c.want == "") != (fault.KindOf(err) == fault.Config && err != nil) {
			t.Errorf("%s: %q gives %q, %v", c.flavor, c.text, got, err)
		}
	}
}

func TestPast(t *testing.T) {
	const id = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	my := event.Position{Flavor: event.MySQL, Server: id, File: "b.000009", Offset: 400, GTIDs: id + ":1-5:tag:1-3"}
	maria := event.Position{Flavor: event.MariaDB, Server: "1", File: "b.000009", Offset: 400, GTIDs: "0-1-5,3-1-2"}
	plain := event.Position{Flavor: event.MySQL, Server: id, File: "b.000009", Offset: 400}
	for _, c := range []struct {
		at     event.Position
		gtid   string
		file   string
		offset uint64
		past   bool
		fails  bool
	}{
		{my, id + ":5", "", 0, true, false}, {my, id + ":6", "", 0, false, false},
		{my, id + ":tag:3", "", 0, true, false}, {my, id + ":tag:4", "", 0, false, false},
		{maria, "0-1-5", "", 0, true, false}, {maria, "0-2-6", "", 0, false, false}, {maria, "7-1-1", "", 0, false, false},
		{plain, id + ":6", "", 0, false, true},
		{my, "", "b.000009", 399, true, false}, {my, "", "b.000009", 400, false, false}, {plain, "", "b.000010", 4, false, false},
		{maria, "", "b.000008", 4000, true, false}, {plain, "", "c.000010", 4, false, true},
	} {
		past, err := Past(c.at, c.gtid, c.file, c.offset)
		if past != c.past || (err != nil) != c.fails {
			t.Errorf("%s, %s%s:%d: %t, %v", c.at, c.gtid, c.file, c.offset, past, err)
		}
	}
}
