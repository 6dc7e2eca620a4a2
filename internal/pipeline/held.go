package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// hold keeps a statement that the policy holds, with all that is needed to carry it out
// later. Its tables are parked after it.
func (w *writer) hold(ctx context.Context, tx dial.Tx, s *statement) error {
	if s.effect.Held == nil {
		return nil
	}
	text, err := json.Marshal(kept{Statement: s.event})
	if err != nil {
		return fmt.Errorf("writing down a held statement: %w", err)
	}
	if w.seal == nil && len(w.rules.Masks) > 0 { // it may hold what masks hide
		text = []byte{}
	}
	prepared, err := catalogue.Prepared(ctx, tx, w.sourceID)
	if err != nil {
		return err
	}
	record := heldRecord(s, w.shown(s.event), w.seal.close(text), w.tracker.Position())
	record.Transaction = w.following()
	record.Exact = len(prepared) == 0 // what they do when they commit would be missed
	if err := catalogue.Hold(ctx, tx, w.sourceID, record, false); err != nil {
		return err
	}
	w.log.Warn("statement held", "id", record.ID, "class", record.Class, "statement", record.Statement, "position", record.Position.String())
	return nil
}

func heldRecord(s *statement, shown string, kept []byte, at event.Position) *catalogue.HeldStatement {
	held := s.effect.Held
	return &catalogue.HeldStatement{
		Class: string(held.Class), Statement: shown, Event: kept, Tracked: held.Tracked, Databases: held.Databases,
		Position: at, At: s.event.Time, Tables: held.Names,
	}
}

// errHeldAgain ends the stream of tables that wait once more.
var errHeldAgain = errors.New("another statement about the tables is held")

// holdAgain holds a statement that tables meet while they are brought up with the stream
// after an earlier one: they wait where they are now.
func (w *sideWriter) holdAgain(ctx context.Context, s *statement) error {
	if err := w.commit(ctx); err != nil {
		return err
	}
	seal, err := newSeal(w.rules.MaskKey)
	if err != nil {
		return err
	}
	shown := shownStatement(s.event, w.rules, w.dialect)
	text, err := json.Marshal(kept{Statement: s.event})
	if err != nil {
		return fmt.Errorf("writing down a held statement: %w", err)
	}
	if seal == nil && len(w.rules.Masks) > 0 {
		text = []byte{}
	}
	record := heldRecord(s, shown, seal.close(text), w.tracker.Position())
	record.Tables = slices.DeleteFunc(slices.Clone(record.Tables), func(n schema.Name) bool { return !slices.Contains(w.names(), n) })
	record.Transaction, record.Exact = record.Position.String(), len(w.open) == 0
	tracked := slices.DeleteFunc(w.set.Tables(), func(t *schema.Table) bool { return slices.Contains(record.Tables, t.Name) })
	rest := slices.DeleteFunc(w.names(), func(n schema.Name) bool { return slices.Contains(record.Tables, n) })
	err = dial.InTx(ctx, w.pool, func(tx dial.Tx) error {
		if err := catalogue.EndRefill(ctx, tx, w.r); err != nil {
			return err
		}
		if err := bringUp(ctx, tx, w.lease.Source.ID, record.Position, false, tracked, rest); err != nil {
			return err
		}
		if err := catalogue.Hold(ctx, tx, w.lease.Source.ID, record, true); err != nil {
			return err
		}
		for _, x := range s.effect.Excluded {
			if !slices.Contains(record.Tables, x.Name) {
				continue
			}
			if err := catalogue.Exclude(ctx, tx, w.lease.Source.ID, x.Name, catalogue.Excluded, x.Reason, record.Position); err != nil {
				return err
			}
			if err := catalogue.KeepTable(ctx, tx, w.lease.Source.ID, x.Name, record.Position); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.log.Warn("statement held", "id", record.ID, "class", record.Class, "statement", record.Statement, "position", record.Position.String())
	return errHeldAgain
}

// keptInTheWay lists the tables that a policy keeps and in whose place the statement puts
// others.
func (w *writer) keptInTheWay(ctx context.Context, e *ddl.Effect) ([]schema.Name, error) {
	names := slices.Clone(e.Created)
	for _, pair := range e.Renamed {
		names = append(names, pair[1])
	}
	if len(names) == 0 {
		return nil, nil
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return catalogue.KeptTables(ctx, tx, w.sourceID, names...)
}

// keepOut does not follow the tables that a statement puts in the place of some that a
// policy keeps. Those stay what they are; the others that it is about are parked.
func (w *writer) keepOut(ctx context.Context, s *statement, inTheWay []schema.Name) error {
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	reason := fmt.Sprintf("ddl_policy keeps %v in PostgreSQL, in whose place the statement puts another table; that is not followed", inTheWay)
	names := append(touched(s.effect), s.effect.Created...)
	for _, pair := range s.effect.Renamed {
		names = append(names, pair[1])
	}
	for _, name := range names {
		entry := catalogue.LoggedError{SourceID: w.sourceID, Table: name, Position: w.tracker.Position(), SQL: w.shown(s.event), Message: reason}
		if !slices.Contains(inTheWay, name) {
			if err := w.park(ctx, tx, name, reason, entry); err != nil {
				return err
			}
			continue
		}
		if _, err := catalogue.LogError(ctx, tx, entry); err != nil {
			return err
		}
		w.applier.Exclude(name.String())
		w.excluded.add(name, w.number)
		w.log.Warn("table not followed", notify.Key, notify.TableExcluded, "table", name.String(), "reason", reason)
	}
	return nil
}
