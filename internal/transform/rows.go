package transform

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// agrees checks the tracked definition against the event's own description of
// the table, so that a row is never written shifted.
func agrees(t *schema.Table, m *event.TableMap) error {
	if len(m.Types) != len(t.Columns) {
		return fmt.Errorf("the binlog has %d columns where the tracked definition has %d; copy the table again", len(m.Types), len(t.Columns))
	}
	for i, name := range m.Names {
		if !strings.EqualFold(name, t.Columns[i].Name) {
			return fmt.Errorf("column %d is %s in the binlog and %s in the tracked definition; copy the table again", i+1, name, t.Columns[i].Name)
		}
	}
	for i, members := range m.Members {
		if c := &t.Columns[i]; members != nil && !sameMembers(&c.Type, members) {
			return fmt.Errorf("the members of column %s are not the same in the binlog and in the tracked definition; copy the table again", c.Name)
		}
	}
	return nil
}

// sameMembers compares an enum's or a set's members with those of the binlog, which
// are in the column's character set: one by one where that is UTF-8.
func sameMembers(t *schema.Type, members []string) bool {
	switch t.Charset {
	case "utf8mb4", "utf8mb3", "utf8", "ascii":
		return slices.Equal(t.Values, members)
	}
	return len(t.Values) == len(members)
}

// rows decodes the images of one event. All lines share one buffer. A plain
// table gives one element, a system-versioned one may give several.
func (t *tracked) rows(r *event.Rows) ([]*change.Rows, Report, error) {
	if t.err != nil {
		return nil, Report{}, t.err
	}
	decoder, err := t.decoderFor(r.Map)
	if err != nil {
		return nil, Report{}, err
	}
	images := newImageReader(t, decoder, r)
	out := runs{table: t.change, event: r}
	for len(images.data) > 0 {
		before, after, err := images.pair(r)
		if err != nil {
			return nil, Report{}, fmt.Errorf("%w (a row of the event at offset %d)", err, r.Offset)
		}
		out.add(before, after)
	}
	return out.list, Report{Noted: t.noted(images.notes), Lost: images.lost}, nil
}

func (t *tracked) noted(notes []typemap.Notes) []Noted {
	var out []Noted
	for i := range notes {
		for rule, count := range notes[i].Counts {
			if count > 0 {
				out = append(out, Noted{t.source.Name, t.column(i), typemap.Rule(rule), count})
			}
		}
	}
	return out
}

// column names a mapped column as the source does.
func (t *tracked) column(i int) string { return t.source.Columns[t.mapped.Columns[i].Ordinal].Name }

// runs gathers changes into a change.Rows for each run of one action.
type runs struct {
	table *change.Table
	event *event.Rows
	list  []*change.Rows
}

func (o *runs) add(before, after change.Row) {
	switch {
	case before != nil && after != nil:
		rows := o.run(event.Update)
		rows.Before, rows.After = append(rows.Before, before), append(rows.After, after)
	case before != nil:
		rows := o.run(event.Delete)
		rows.Before = append(rows.Before, before)
	case after != nil:
		rows := o.run(event.Insert)
		rows.After = append(rows.After, after)
	}
}

func (o *runs) run(action event.Action) *change.Rows {
	if n := len(o.list); n > 0 && o.list[n-1].Action == action {
		return o.list[n-1]
	}
	rows := &change.Rows{Table: o.table, Action: action, NoChecks: o.event.NoChecks, Offset: o.event.Offset}
	o.list = append(o.list, rows)
	return rows
}
