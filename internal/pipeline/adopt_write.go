package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/legacy"
)

// carryOut takes everything over in one transaction: either the replica is this program's
// afterwards, or it is pg_chameleon's as before.
func (a *adoption) carryOut(ctx context.Context) error {
	return dial.InTx(ctx, a.conn, func(tx dial.Tx) error {
		if err := a.quiet(ctx, tx); err != nil {
			return err
		}
		if err := legacy.Keep(ctx, tx, a.plan.Kept, func() error { return a.unchanged(ctx, tx) }); err != nil {
			return err
		}
		if _, err := catalogue.Create(ctx, tx); err != nil {
			return err
		}
		for _, s := range a.sources {
			if err := s.store(ctx, tx); err != nil {
				return fmt.Errorf("source %s: %w", s.name(), err)
			}
		}
		return nil
	})
}

// unchanged makes sure that the catalogue is as it was when it was looked at.
func (a *adoption) unchanged(ctx context.Context, tx dial.Tx) error {
	now, err := legacy.Read(ctx, tx)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(now, a.old) {
		return fault.New(fault.State, "make sure that no process of pg_chameleon is at work, and run this again", "pg_chameleon's catalogue has changed while it was looked at")
	}
	return nil
}

// store registers the source with its tables and its position.
func (s *adopting) store(ctx context.Context, tx dial.Tx) error {
	added, err := catalogue.AddSource(ctx, tx, s.name(), "mysql", s.replica.spec.Rules.Schemas)
	if err != nil || s.start.IsZero() {
		return err
	}
	if err := catalogue.SetOptions(ctx, tx, added.ID, options(s.rules)); err != nil {
		return err
	}
	if err := catalogue.SaveApplied(ctx, tx, added.ID, added.Epoch, s.start, time.Time{}, catalogue.Counters{}); err != nil {
		return err
	}
	if err := s.storeTables(ctx, tx, added.ID); err != nil {
		return err
	}
	if err := putDatabases(ctx, tx, added.ID, s.origin, s.rules, nil); err != nil {
		return err
	}
	return catalogue.SetStatus(ctx, tx, added.ID, catalogue.Stopped)
}

func (s *adopting) storeTables(ctx context.Context, tx dial.Tx, id int64) error {
	var followed []*schema.Table
	for _, v := range s.verdicts {
		if len(v.reasons) > 0 {
			if err := s.exclude(ctx, tx, id, v); err != nil {
				return err
			}
			continue
		}
		if err := s.settle(ctx, tx, v); err != nil {
			return err
		}
		record := tableRecord(v.fitted.Mapped, catalogue.CatchingUp)
		record.Created = !s.replica.spec.KeepExisting
		record.Low, record.High = v.bounds.before, v.bounds.after
		if err := catalogue.PutTables(ctx, tx, id, record); err != nil {
			return err
		}
		followed = append(followed, v.fitted.Source)
	}
	if err := catalogue.PutDefinitions(ctx, tx, id, tracked(s.rules, followed...)...); err != nil {
		return err
	}
	if err := catalogue.NoteVersions(ctx, tx, id, "taken over from pg_chameleon"); err != nil {
		return err
	}
	return catalogue.SealVersions(ctx, tx, id, event.Position{}, time.Time{}, catalogue.EndedVersions)
}

// settle lets the table in PostgreSQL have the names and defaults that later statements expect.
func (s *adopting) settle(ctx context.Context, tx dial.Tx, v *verdict) error {
	if s.replica.spec.KeepExisting {
		return nil
	}
	statements := v.fitted.SQL
	if timeout := s.replica.spec.LockTimeout; timeout > 0 && len(statements) > 0 {
		statements = append([]string{fmt.Sprintf("SET LOCAL lock_timeout = %d", timeout.Milliseconds())}, statements...)
	}
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("preparing table %s: %s: %w", v.name, sql, dial.Classify(err))
		}
	}
	return nil
}

// exclude records a table that is not followed, with the reason.
func (s *adopting) exclude(ctx context.Context, tx dial.Tx, id int64, v *verdict) error {
	if v.gone {
		return nil
	}
	record := &catalogue.Table{Source: v.name, Schema: v.target[0], Name: v.target[1], State: catalogue.Excluded, Created: v.made && !s.replica.spec.KeepExisting}
	if err := catalogue.PutTables(ctx, tx, id, record); err != nil {
		return err
	}
	reason := "taken over from pg_chameleon: " + strings.Join(v.reasons, "; ")
	if err := catalogue.Exclude(ctx, tx, id, v.name, catalogue.Excluded, reason, s.start); err != nil {
		return err
	}
	_, err := catalogue.LogError(ctx, tx, catalogue.LoggedError{SourceID: id, Table: v.name, Schema: v.target[0], Name: v.target[1], Position: s.start, Message: reason})
	return err
}
