package pipeline

import (
	"context"
	"fmt"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/transform"
)

func (d *decoder) parkAll(u *unit, below []schema.Name, with exclusion) {
	for _, name := range below {
		if d.transform.Tracks(name) == nil {
			continue
		}
		d.transform.Drop(name)
		u.steps = append(u.steps, step{exclude: &exclusion{table: name, reason: transform.BelowExcluded(with.table), offset: with.offset, refill: with.refill, parent: with.table}})
	}
}

// ask lets a table that was parked be filled from the source.
func (w *writer) ask(ctx context.Context, tx dial.Tx, name schema.Name, reason string) error {
	if w.manual || !w.rules.Wants(name) {
		return nil
	}
	w.filled[name] = true
	return catalogue.RequestRefill(ctx, tx, w.sourceID, reason, name)
}

// makeWay gives the excluded tables in whose place a statement puts others, with the
// statements that drop what we have made for them: what the statement makes of its own goes before what a
// refill would. Refills of tables that it gives other names, or takes away, begin anew.
func (w *writer) makeWay(ctx context.Context, e *ddl.Effect) (parked []catalogue.ParkedTable, sql []string, err error) {
	names := slices.Clone(e.Created)
	for _, pair := range e.Renamed {
		names = append(names, pair[1])
	}
	moved := slices.Concat(names, e.Dropped)
	for _, pair := range e.Renamed {
		moved = append(moved, pair[0])
	}
	if len(moved) == 0 {
		return nil, nil, nil
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := catalogue.RestartRefillsOf(ctx, tx, w.sourceID, moved...); err != nil {
		return nil, nil, err
	}
	if parked, err = catalogue.Parked(ctx, tx, w.sourceID, names...); err != nil {
		return nil, nil, err
	}
	for _, t := range parked {
		if !t.Created {
			continue
		}
		drops, err := write.Removal(ctx, tx, t.Schema, t.Name)
		if err != nil {
			return nil, nil, fmt.Errorf("looking at the table %s.%s: %w", t.Schema, t.Name, err)
		}
		sql = append(sql, drops...)
	}
	return parked, sql, nil
}

// leave forgets excluded tables that have made way: the names stand for others from here on.
func (w *writer) leave(ctx context.Context, tx dial.Tx, parked []catalogue.ParkedTable, e *ddl.Effect) error {
	for _, t := range parked {
		if err := catalogue.DropTables(ctx, tx, w.sourceID, t.Source); err != nil {
			return err
		}
	}
	for _, name := range e.Created {
		w.applier.Admit(name.String())
	}
	for _, pair := range e.Renamed {
		w.applier.Admit(pair[1].String())
	}
	return nil
}
