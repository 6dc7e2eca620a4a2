package pipeline

import (
	"errors"
	"strings"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
)

func at(offset uint64) event.Position {
	return event.Position{Flavor: event.MariaDB, Server: "1", File: "binlog.000001", Offset: offset}
}

func ending(offset uint64) *event.Transaction {
	return &event.Transaction{Server: "1", File: "binlog.000001", Start: offset - 10, End: offset, First: true, Final: true}
}

// A table that was copied takes nothing before its low mark, redoes what is
// between its marks, and is like any other from its high mark on.
func TestTheGateOfACopiedTable(t *testing.T) {
	tracker, err := binlog.NewTracker(at(100))
	if err != nil {
		t.Fatal(err)
	}
	copied, whole, other := schema.Name{Schema: "s", Table: "copied"}, schema.Name{Schema: "s", Table: "whole"}, schema.Name{Schema: "s", Table: "other"}
	g := &gate{order: tracker, catching: map[schema.Name]marks{copied: {low: at(200), high: at(400)}, whole: {low: at(300), high: at(300)}}}
	for _, step := range []struct {
		end     uint64
		covered map[schema.Name]bool
		redo    map[schema.Name]bool
		caught  int
	}{
		{200, map[schema.Name]bool{copied: true, whole: true}, map[schema.Name]bool{copied: true}, 0},
		{300, map[schema.Name]bool{whole: true}, map[schema.Name]bool{copied: true}, 1},
		{390, nil, map[schema.Name]bool{copied: true}, 0},
		{450, nil, map[schema.Name]bool{copied: true}, 1},
		{500, nil, nil, 0},
	} {
		txn := ending(step.end)
		for _, name := range []schema.Name{copied, whole, other} {
			covered, err := g.covered(name, txn)
			if err != nil || covered != step.covered[name] || g.redo(name) != step.redo[name] {
				t.Errorf("up to %d, %s: covered %v, redo %v, %v", step.end, name, covered, g.redo(name), err)
			}
		}
		if err := tracker.Add(txn); err != nil {
			t.Fatal(err)
		}
		if step.end > 400 && g.redo(copied) {
			t.Errorf("up to %d: what comes beyond the high mark is redone", step.end)
		}
		if done, err := g.caughtUp(); err != nil || len(done) != step.caught {
			t.Errorf("up to %d: %v have caught up, %v", step.end, done, err)
		}
	}
}

type lost struct{}

func (lost) Covers(event.Position, *event.Transaction) (bool, error) { return false, errLost }
func (lost) Reached(event.Position) (bool, error)                    { return false, errLost }

var errLost = errors.New("of another server")

// A position that cannot be compared is an error, never a guess.
func TestPositionsThatCannotBeCompared(t *testing.T) {
	name := schema.Name{Schema: "s", Table: "t"}
	g := &gate{order: lost{}, catching: map[schema.Name]marks{name: {}}}
	if _, err := g.covered(name, ending(100)); !errors.Is(err, errLost) || !strings.Contains(err.Error(), "s.t") {
		t.Errorf("covered: %v", err)
	}
	if _, err := g.caughtUp(); !errors.Is(err, errLost) {
		t.Errorf("caughtUp: %v", err)
	}
}

// Events of prepared XA transactions come back from the catalogue as they were.
func TestPreparedEventsAreKept(t *testing.T) {
	text := `[{"rows":{"Action":1,"Map":{"Schema":"s","Table":"t","Types":"Aw=="},"Data":"AAE="}},{"statement":{"SQL":"CREATE TABLE x (i int)"}}]`
	all, err := preparedEvents(map[string][][]byte{"X'78',X'',1": {[]byte(text), []byte(text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	events := all["X'78',X'',1"]
	if len(events) != 4 {
		t.Fatalf("%d events", len(events))
	}
	rows, statement := events[0].(*event.Rows), events[1].(*event.Statement)
	if rows.Map.Table != "t" || string(rows.Data) != "\x00\x01" || rows.Map.Types[0] != 3 || statement.SQL != "CREATE TABLE x (i int)" {
		t.Errorf("%+v %+v", rows, statement)
	}
}
