package apply_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

// TestRedoEndsWhereTheSourceIs copies each row as it was at some time between
// two marks, then replays all that happened between them.
func TestRedoEndsWhereTheSourceIs(t *testing.T) {
	labs := []*lab{newLab(t, moods, apply.Options{}), newLab(t, moods, apply.Options{FlushRows: 5})}
	made := 0
	rapid.Check(t, func(r *rapid.T) {
		l := rapid.SampledFrom(labs).Draw(r, "pieces")
		made++
		w := &world{table: drawTable(r, fmt.Sprintf("r%d", made), false)}
		if len(w.table.Key) == 0 {
			w.table.Key = []int{0}
			if w.table.Columns[0].Type == "json" {
				w.table.Columns[0].Type = "text"
			}
		}
		w.table.Uniques = nil // they are made when the table has caught up
		l.sql(create(w.table))
		defer l.sql("drop table " + w.table.Name)
		var events []*change.Rows
		history := [][][]string{nil}
		for range rapid.IntRange(1, 60).Draw(r, "changes") {
			if c := w.change(r); c != nil {
				c.Redo = true
				events = append(events, c)
				history = append(history, slices.Clone(w.source))
			}
		}
		copied := insert(w.table)
		read := map[string]int{}
		for at, rows := range history {
			for _, values := range rows {
				if _, known := read[w.key(values)]; !known {
					read[w.key(values)] = rapid.IntRange(0, len(history)-1).Draw(r, "time")
				}
				if read[w.key(values)] == at {
					copied.After = append(copied.After, encode(values))
				}
			}
		}
		l.batch(copied)
		for len(events) > 0 {
			n := rapid.IntRange(1, len(events)).Draw(r, "batch")
			if missing := l.batch(events[:n]...)[w.table.Source].Missing; missing > 0 {
				r.Fatalf("%d rows missing", missing)
			}
			events = events[n:]
		}
		w.missing = 0
		w.target = slices.Clone(w.source)
		w.check(r, l, 0)
	})
}
