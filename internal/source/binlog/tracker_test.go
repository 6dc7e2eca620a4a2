package binlog

import (
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

func tx(server, file string, end uint64, gtid string) *event.Transaction {
	return &event.Transaction{Server: server, File: file, End: end, GTID: gtid, First: true, Final: true}
}

func TestTrackerMoves(t *testing.T) {
	from := event.Position{Flavor: event.MariaDB, Server: "1", File: "b.000009", Offset: 4, GTIDs: "0-1-5,1-1-1"}
	k, err := NewTracker(from)
	if err != nil || k.Position() != from {
		t.Fatal(k.Position(), err)
	}
	piece := tx("1", "b.000009", 50, "0-1-6")
	piece.Final = false
	for _, x := range []*event.Transaction{piece, tx("1", "b.000009", 100, "0-1-6"), tx("1", "b.000010", 77, "1-1-2")} {
		if err := k.Add(x); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.Position().String(); got != "b.000010:77 (0-1-6,1-1-2)" {
		t.Error(got)
	}
	k.Idle(event.Position{Server: "1", File: "b.000011", Offset: 400})
	if got := k.Position().String(); got != "b.000011:400 (0-1-6,1-1-2)" {
		t.Error(got)
	}
	if err := k.Add(tx("2", "c.000001", 9, "")); err != nil || k.Position() != (event.Position{Flavor: event.MariaDB, Server: "2", File: "c.000001", Offset: 9}) {
		t.Errorf("a transaction without a GTID: %v %v", k.Position(), err)
	}
	if _, err := NewTracker(event.Position{Flavor: event.MySQL, GTIDs: "0-1-2"}); err == nil {
		t.Error("GTIDs of the other flavor were taken")
	}
}

func TestCoversAndReached(t *testing.T) {
	set := func(flavor event.Flavor, server, file string, offset uint64, gtids string) event.Position {
		return event.Position{Flavor: flavor, Server: server, File: file, Offset: offset, GTIDs: gtids}
	}
	for name, c := range map[string]struct {
		at      event.Position // of the tracker, and of the transaction that led there
		gtid    string
		mark    event.Position
		covers  bool
		reached bool
		fails   bool
	}{
		"file before":         {at: set(event.MySQL, "s", "b.000001", 10, ""), mark: set(event.MySQL, "s", "b.000001", 20, ""), covers: true},
		"file same":           {at: set(event.MySQL, "s", "b.000001", 20, ""), mark: set(event.MySQL, "s", "b.000001", 20, ""), covers: true, reached: true},
		"file after":          {at: set(event.MySQL, "s", "b.000001", 30, ""), mark: set(event.MySQL, "s", "b.000001", 20, ""), reached: true},
		"next file":           {at: set(event.MySQL, "s", "b.000002", 4, ""), mark: set(event.MySQL, "s", "b.000001", 20, ""), reached: true},
		"more digits":         {at: set(event.MySQL, "s", "b.1000000", 4, ""), mark: set(event.MySQL, "s", "b.999999", 20, ""), reached: true},
		"other server":        {at: set(event.MySQL, "s", "b.1", 4, ""), mark: set(event.MySQL, "r", "b.1", 20, ""), fails: true},
		"other name":          {at: set(event.MySQL, "s", "b.1", 4, ""), mark: set(event.MySQL, "s", "c.1", 20, ""), fails: true},
		"no mark":             {at: set(event.MySQL, "s", "b.1", 4, ""), mark: event.Position{}, reached: true},
		"gtid covered":        {at: set(event.MySQL, "s", "", 0, one+":1-5"), gtid: one + ":5", mark: set(event.MySQL, "s", "", 0, one+":1-5"), covers: true, reached: true},
		"gtid not covered":    {at: set(event.MySQL, "s", "", 0, one+":1-6"), gtid: one + ":6", mark: set(event.MySQL, "s", "", 0, one+":1-5"), reached: true},
		"gtid to come":        {at: set(event.MySQL, "s", "", 0, one+":1-4"), gtid: one + ":4", mark: set(event.MySQL, "s", "", 0, one+":1-5"), covers: true},
		"file unknown yet":    {at: set(event.MySQL, "s", "", 0, one+":1-9"), gtid: one + ":9", mark: set(event.MySQL, "s", "b.1", 4, one+":1-9"), covers: true},
		"file before gtid":    {at: set(event.MySQL, "s", "b.1", 30, one+":1-9"), gtid: one + ":9", mark: set(event.MySQL, "s", "b.1", 20, one+":1-9"), reached: true},
		"gtid after failover": {at: set(event.MariaDB, "2", "x.1", 4, "0-2-9"), gtid: "0-2-9", mark: set(event.MariaDB, "1", "b.7", 20, "0-1-8"), reached: true},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := NewTracker(c.at)
			if err != nil {
				t.Fatal(err)
			}
			x := tx(c.at.Server, c.at.File, c.at.Offset, c.gtid)
			if c.at.File == "" {
				x.Server = "elsewhere"
			}
			for range 2 { // the second time from the cache
				covers, err1 := k.Covers(c.mark, x)
				reached, err2 := k.Reached(c.mark)
				if covers != c.covers || reached != c.reached || (err1 != nil) != c.fails || (err2 != nil) != c.fails {
					t.Errorf("covers %t %v, reached %t %v", covers, err1, reached, err2)
				}
				if c.fails && (fault.KindOf(err1) != fault.State || fault.HintOf(err1) == "") {
					t.Errorf("%v", err1)
				}
			}
		})
	}
}
