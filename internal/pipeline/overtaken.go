package pipeline

import (
	"context"
	"fmt"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/write"
)

// overtaken says whether a statement that renames tables was translated before one of them
// was excluded: what PostgreSQL is to do with it then relies on a table that makes way.
func (w *writer) overtaken(e *ddl.Effect) bool {
	excluded := w.applier.Excluded()
	if len(excluded) == 0 {
		return false
	}
	var between []schema.Name
	for _, pair := range e.Renamed {
		if !slices.Contains(between, pair[0]) && slices.Contains(excluded, pair[0].String()) {
			return true
		}
		between = append(between, pair[1])
	}
	return false
}

// fillAll lets all tables that an overtaken statement is about be filled from the source. What
// we have made for the names that it leaves without a table is dropped.
func (w *writer) fillAll(ctx context.Context, s *statement) error {
	e := s.effect
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	names := append(touched(e), e.Created...)
	for _, pair := range e.Renamed {
		names = append(names, pair[1])
	}
	if err := catalogue.RestartRefillsOf(ctx, tx, w.sourceID, names...); err != nil {
		return err
	}
	const reason = "it was renamed together with a table that had just been excluded; it needs a copy: sync_tables"
	entry := catalogue.LoggedError{SQL: w.shown(s.event)}
	var gone []schema.Name
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		if err := w.park(ctx, tx, name, reason, entry); err != nil {
			return err
		}
		if e.Next.Get(name) == nil {
			gone = append(gone, name)
		} else if err := w.ask(ctx, tx, name, reason); err != nil {
			return err
		}
	}
	for _, x := range e.Excluded {
		if err := w.park(ctx, tx, x.Name, x.Reason, entry); err != nil {
			return err
		}
		if x.Refill {
			if err := w.ask(ctx, tx, x.Name, x.Reason); err != nil {
				return err
			}
		}
		gone = slices.DeleteFunc(gone, func(n schema.Name) bool { return n == x.Name })
	}
	parked, err := catalogue.Parked(ctx, tx, w.sourceID, gone...)
	if err != nil {
		return err
	}
	for _, t := range parked {
		if t.Created {
			drops, err := write.Removal(ctx, tx, t.Schema, t.Name)
			if err == nil {
				err = w.applier.Exec(ctx, w.patiently(drops))
			}
			if err != nil {
				return fmt.Errorf("dropping the table %s.%s: %w", t.Schema, t.Name, err)
			}
		}
		if err := catalogue.DropTables(ctx, tx, w.sourceID, t.Source); err != nil {
			return err
		}
	}
	return w.note(ctx, tx, s.event)
}
