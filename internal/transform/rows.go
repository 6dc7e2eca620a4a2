package transform

import (
	"fmt"
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
	return nil
}

// rows decodes the images of one event. All lines share one buffer. A plain
// table gives one element, a system-versioned one may give several.
func (t *tracked) rows(r *event.Rows) ([]*change.Rows, []Noted, error) {
	if t.err != nil {
		return nil, nil, t.err
	}
	decoder, err := t.decoderFor(r.Map)
	if err != nil {
		return nil, nil, err
	}
	images := imageReader{
		decoder: decoder, period: t.period, data: r.Data,
		notes: make([]typemap.Notes, len(t.mapped.Columns)), buffer: make([]byte, 0, len(r.Data)*2),
	}
	out := runs{table: t.change, event: r}
	for len(images.data) > 0 {
		before, after, err := images.pair(r)
		if err != nil {
			return nil, nil, fmt.Errorf("decoding a row of the event at offset %d: %w", r.Offset, err)
		}
		out.add(before, after)
	}
	return out.list, t.noted(images.notes), nil
}

func (t *tracked) noted(notes []typemap.Notes) []Noted {
	var out []Noted
	for i := range notes {
		for rule, count := range notes[i].Counts {
			if count > 0 {
				out = append(out, Noted{t.source.Name, t.source.Columns[t.mapped.Columns[i].Ordinal].Name, typemap.Rule(rule), count})
			}
		}
	}
	return out
}

// imageReader takes the images of an event one after another.
type imageReader struct {
	decoder *typemap.RowDecoder
	period  *typemap.RowDecoder // nil for tables without system versioning
	data    []byte              // what is left
	buffer  []byte              // the lines
	notes   []typemap.Notes
}

// pair reads one row of the event: nil where the action has no such image, or
// where the image is a row of a versioned table's history.
func (i *imageReader) pair(r *event.Rows) (before, after change.Row, err error) {
	first := typemap.Image{Present: r.Before, Data: i.data}
	if r.Action != event.Insert {
		if before, err = i.next(r.Before, nil); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case r.Action == event.Insert:
		after, err = i.next(r.Before, nil)
	case r.Partial:
		after, err = i.next(r.After, &first)
	case r.Action == event.Update:
		after, err = i.next(r.After, nil)
	}
	return before, after, err
}

// next reads one image; where its documents may be changes, those are of the image before.
func (i *imageReader) next(present []byte, before *typemap.Image) (change.Row, error) {
	current := true
	if i.period != nil {
		end, _, err := i.period.Row(nil, present, i.data, make([]typemap.Notes, 1))
		if err != nil {
			return nil, err
		}
		current = isForever(end)
	}
	start := len(i.buffer)
	var line []byte
	var used int
	var err error
	if before == nil {
		line, used, err = i.decoder.Row(i.buffer, present, i.data, i.notes)
	} else {
		line, used, err = i.decoder.Updated(i.buffer, *before, typemap.Image{Present: present, Data: i.data}, i.notes)
	}
	if err != nil {
		return nil, err
	}
	i.buffer, i.data = line, i.data[used:]
	if !current {
		return nil, nil
	}
	return change.Row(line[start:len(line):len(line)]), nil
}

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
