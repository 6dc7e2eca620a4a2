package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

// What has come in is parted into what lanes may write and what must be written in between.
func TestStretches(t *testing.T) {
	rows := func(n int) unit {
		return unit{txn: &event.Transaction{First: true, Final: true}, steps: []step{{rows: &change.Rows{Action: event.Insert, After: make([]change.Row, n)}}}}
	}
	other := unit{txn: &event.Transaction{First: true, Final: true}, steps: []step{{ddl: &statement{}}}}
	piece := unit{txn: &event.Transaction{First: true}, steps: rows(laneRows).steps}
	body := rows(1)
	body.txn.Size = laneBytes
	idle := unit{txn: &event.Transaction{Idle: &event.Position{}}}
	for _, c := range []struct {
		name  string
		units []unit
		want  []string // units of each stretch, and whether they are plain
	}{
		{"few rows", []unit{rows(1), idle, rows(2)}, []string{"3 true"}},
		{"many rows", []unit{rows(laneRows), rows(1)}, []string{"2 true"}},
		{"a statement among few rows", []unit{rows(1), other, rows(2)}, []string{"3 false"}},
		{"statements among many rows", []unit{rows(laneRows), other, other, rows(1), other, rows(laneRows - 1), rows(1), other}, []string{"1 true", "4 false", "2 true", "1 false"}},
		{"a statement before many rows", []unit{rows(3), other, rows(laneRows)}, []string{"2 false", "1 true"}},
		{"few large rows", []unit{other, body, other}, []string{"1 false", "1 true", "1 false"}},
		{"a piece of a transaction", []unit{piece}, []string{"1 false"}},
		{"steps without a transaction", []unit{{steps: rows(laneRows).steps}, rows(laneRows)}, []string{"1 false", "1 true"}},
	} {
		var got []string
		for units := c.units; len(units) > 0; {
			n, plain := stretch(units)
			got = append(got, fmt.Sprint(n, " ", plain))
			units = units[n:]
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
