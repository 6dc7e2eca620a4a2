package transform

import (
	"fmt"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/typemap"
)

// rows decodes the images of one event. All lines share one buffer. A plain
// table gives one element, a system-versioned one may give several.
func (t *tracked) rows(r *event.Rows, images *imageReader) ([]*change.Rows, Report, error) {
	if t.err != nil {
		return nil, Report{}, t.err
	}
	decoder, err := t.decoderFor(r.Map)
	if err != nil {
		return nil, Report{}, err
	}
	images.begin(t, decoder, r)
	out := runs{table: t.change, event: r}
	for len(images.data) > 0 {
		before, after, err := images.pair(r)
		if err != nil {
			return nil, Report{}, fmt.Errorf("%w (a row of the event at offset %d)", err, r.Offset)
		}
		out.add(before, after)
	}
	return out.list, Report{Noted: images.noted(), Lost: images.lost}, nil
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
