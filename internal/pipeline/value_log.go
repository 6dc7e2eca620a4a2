package pipeline

import (
	"context"
	"slices"
	"sync"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/transform"
)

// valueLog writes down what rules did to values: counts, and as many originals as are
// wanted. It may be used by many goroutines at once.
type valueLog struct {
	limit int // of originals, for each column and rule; -1: none

	mu   sync.Mutex
	full map[valuePlace]bool // there is no room for more originals
}

// valuePlace is a column with a rule.
type valuePlace struct {
	table        schema.Name
	column, rule string
}

func newValueLog(limit int) *valueLog { return &valueLog{limit: limit, full: map[valuePlace]bool{}} }

// keep stores counts and originals within a transaction.
func (l *valueLog) keep(ctx context.Context, tx dial.Tx, sourceID int64, stage catalogue.Stage, p event.Position, counts []catalogue.Conversion, originals []catalogue.Original) error {
	if err := catalogue.AddConversions(ctx, tx, sourceID, counts...); err != nil {
		return err
	}
	l.mu.Lock()
	originals = slices.DeleteFunc(originals, func(o catalogue.Original) bool { return l.limit == 0 || l.full[valuePlace{o.Table, o.Column, o.Rule}] })
	l.mu.Unlock()
	full, err := catalogue.KeepOriginals(ctx, tx, sourceID, stage, p, l.limit, originals...)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range full {
		l.full[valuePlace{c.Table, c.Column, c.Rule}] = true
	}
	return nil
}

// forget lets a table have room again, whose copy begins anew.
func (l *valueLog) forget(name schema.Name) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for place := range l.full {
		if place.table == name {
			delete(l.full, place)
		}
	}
}

// save stores what rules did to the values of a chunk.
func (l *valueLog) save(ctx context.Context, tx dial.Tx, sourceID int64, t *mapping.Table, values copier.Changes) error {
	counts := make([]catalogue.Conversion, len(values.Notes))
	for i, n := range values.Notes {
		counts[i] = catalogue.Conversion{Table: t.Source.Name, Column: n.Column, Rule: n.Rule, Count: n.Count}
	}
	originals := make([]catalogue.Original, len(values.Originals))
	for i, o := range values.Originals {
		originals[i] = catalogue.Original{Table: t.Source.Name, Schema: t.Schema, Name: t.Name, Column: o.Column, Rule: o.Rule, Key: o.Key, Value: o.Value}
	}
	return l.keep(ctx, tx, sourceID, catalogue.InCopy, values.Low, counts, originals)
}

// streamed are the values of the stream's open batch that rules have changed.
type streamed struct {
	notes map[transform.Noted]uint64 // Count is zero in the keys
	lost  []catalogue.Original
}

// manyLost originals are written down before their batch ends.
const manyLost = 10_000

func (s *streamed) add(u unit) {
	for _, n := range u.notes {
		count := n.Count
		n.Count = 0
		s.notes[n] += count
	}
	for _, l := range u.lost {
		s.lost = append(s.lost, catalogue.Original{Table: l.Table, Schema: l.Schema, Name: l.Name, Column: l.Column, Rule: l.Rule.String(), Key: l.Key, Value: l.Value})
	}
}

func (s *streamed) clear() {
	clear(s.notes)
	s.lost = nil
}

func (s *streamed) counts() []catalogue.Conversion {
	var list []catalogue.Conversion
	for n, count := range s.notes {
		list = append(list, catalogue.Conversion{Table: n.Table, Column: n.Column, Rule: n.Rule.String(), Count: int64(count)}) // #nosec G115
	}
	return list
}
