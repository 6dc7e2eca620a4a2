package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/change"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/transform"
)

// shadowing is news of tables that online schema changes fill: rows that are not to be
// written, or what has become known of the tables.
type shadowing struct {
	name schema.Name
	rows []*change.Rows
	put  []transform.Shadow
	gone []schema.Name
}

// spared are rows that are not written, by their table: only their digest is kept.
type spared map[schema.Name]*unwritten

type unwritten struct {
	rows  []*change.Rows
	bytes int
}

// unwrittenBytes bounds the rows whose digest is waited with.
const unwrittenBytes = 16 << 20

// shadowing gives the decoder what the catalogue knows of shadow tables.
func (s *stream) shadowing(ctx context.Context) error {
	stored, err := catalogue.Shadows(ctx, s.pool, s.lease.Source.ID)
	if err != nil {
		return err
	}
	known := make([]transform.Shadow, len(stored))
	for i, one := range stored {
		if err := json.Unmarshal(one.Known, &known[i]); err != nil {
			return fmt.Errorf("reading what is known of the shadow table %s: %w", one.Name, err)
		}
		known[i].Spared = one.Spared
	}
	held := len(s.rules.DDL) > 0 // a swap that waits for an operator must find the shadow's rows
	s.decoder.shadows = s.decoder.transform.Shadowing(s.origin.dialect, known, s.replica.spec.ReplicateShadows || held)
	return nil
}

// spares says of a table with a row event whether its rows are not to be written.
func (d *decoder) spares(name schema.Name, u *unit) (schema.Name, bool) {
	if d.shadows == nil {
		return name, false
	}
	name, spared := d.shadows.Spares(name, func(n schema.Name) bool {
		_, catching := d.gate.catching[d.transform.Key(n)]
		return !catching && !d.partly(&event.TableMap{Schema: n.Schema, Table: n.Table})
	})
	d.noteShadows(u)
	return name, spared
}

// noteShadows lets the writer store what has become known of shadow tables.
func (d *decoder) noteShadows(u *unit) {
	if d.shadows == nil {
		return
	}
	if put, gone := d.shadows.Changes(); len(put)+len(gone) > 0 {
		u.steps = append(u.steps, step{shadow: &shadowing{put: put, gone: gone}})
	}
}

// shadow takes in news of shadow tables.
func (w *writer) shadow(ctx context.Context, s *shadowing) error {
	for _, rows := range s.rows {
		kept := w.unread[s.name]
		if kept == nil {
			kept = &unwritten{}
			w.unread[s.name] = kept
		}
		kept.rows = append(kept.rows, rows)
		for _, row := range rows.Before {
			kept.bytes += len(row)
		}
		for _, row := range rows.After {
			kept.bytes += len(row)
		}
		w.rows += rows.Len()
	}
	kept := w.unread[s.name]
	if len(s.put)+len(s.gone) == 0 && (kept == nil || kept.bytes < unwrittenBytes) {
		return nil
	}
	if err := w.applier.Flush(ctx); err != nil {
		return err
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	if err := w.digest(ctx, tx); err != nil {
		return err
	}
	return w.storeShadows(ctx, tx, s)
}

func (w *writer) storeShadows(ctx context.Context, tx dial.Tx, s *shadowing) error {
	if len(s.put)+len(s.gone) > 0 {
		w.forced = true
	}
	if err := catalogue.DropShadows(ctx, tx, w.sourceID, s.gone...); err != nil {
		return err
	}
	for _, one := range s.put {
		text, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("writing down what is known of the shadow table %s: %w", one.Name, err)
		}
		if err := catalogue.PutShadow(ctx, tx, w.sourceID, catalogue.Shadow{Name: one.Name, Known: text, Spared: one.Spared}); err != nil {
			return err
		}
		if !one.Spared {
			continue
		}
		if err := catalogue.SetState(ctx, tx, w.sourceID, catalogue.Spared, one.Name); err != nil {
			return err
		}
		w.log.Info("a shadow table's rows are not written", "table", one.Name.String(), "tool", one.Tool, "of", one.Of.String(), "broken", one.Broken)
	}
	return nil
}

// digest adds the rows that are not written to their tables' digests, within tx.
func (w *writer) digest(ctx context.Context, tx dial.Tx) error {
	for name, kept := range w.unread {
		if len(kept.rows) == 0 {
			continue
		}
		var rows int64
		var sums []string
		refused, err := within(ctx, tx, func(part dial.Tx) (err error) {
			rows, sums, err = write.Digest(ctx, part, kept.rows[0].Table, kept.rows)
			return err
		})
		if err != nil {
			return err
		}
		if sums == nil {
			sums = []string{"0"}
		}
		for i, sum := range sums {
			d := catalogue.Digest{Sum: sum}
			if i == 0 {
				d.Rows = rows
			}
			if err := catalogue.AddDigest(ctx, tx, w.sourceID, name, d, refused); err != nil {
				return err
			}
		}
	}
	clear(w.unread)
	return nil
}

// within does something under a savepoint. What PostgreSQL refuses is undone and told.
func within(ctx context.Context, tx dial.Tx, do func(dial.Tx) error) (refused string, err error) {
	part, err := tx.Begin(ctx)
	if err != nil {
		return "", fmt.Errorf("setting a savepoint: %w", err)
	}
	err = do(part)
	if fault.KindOf(err) == fault.Data {
		refused, err = err.Error(), part.Rollback(ctx)
		return refused, err
	}
	if err != nil {
		return "", err
	}
	return "", part.Commit(ctx)
}

// prove holds the rows of tables that are to be altered in place against what their shadows
// were seen to hold. A table that differs has to be read again.
func (w *writer) prove(ctx context.Context, e *ddl.Effect) error {
	if len(e.Proofs) == 0 {
		return nil
	}
	if err := w.applier.Flush(ctx); err != nil {
		return err
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	if err := w.digest(ctx, tx); err != nil {
		return err
	}
	stored, err := catalogue.Shadows(ctx, tx, w.sourceID)
	if err != nil {
		return err
	}
	for _, p := range e.Proofs {
		reason, err := w.differs(ctx, tx, p, stored)
		if err != nil {
			return err
		}
		if reason != "" {
			e.Refill(p.Table, "it was altered in place instead of taking the rows of %s, and %s; it needs a copy: sync_tables", p.Shadow, reason)
		}
	}
	return nil
}

// differs tells how a table's rows differ from its shadow's; "" if they are the same.
func (w *writer) differs(ctx context.Context, tx dial.Tx, p ddl.Proof, stored []catalogue.Shadow) (string, error) {
	began := time.Now()
	for _, s := range stored {
		if s.Name != p.Shadow {
			continue
		}
		if s.Refused != "" {
			return "PostgreSQL refused some of those: " + s.Refused, nil
		}
		var rows int64
		var sum string
		refused, err := within(ctx, tx, func(part dial.Tx) (err error) {
			rows, sum, err = write.DigestTable(ctx, part, p.Table.String(), p.From, p.Columns)
			return err
		})
		switch {
		case err != nil:
			return "", err
		case refused != "":
			return "PostgreSQL could not compare them: " + refused, nil
		case rows != s.Digest.Rows:
			return fmt.Sprintf("it has %d rows where those were %d", rows, s.Digest.Rows), nil
		case sum != s.Digest.Sum:
			return "its rows are not the same as those", nil
		}
		w.log.Info("a table takes its new shape in place", "table", p.Table.String(), "rows", rows, "compared_in", time.Since(began).String())
		return "", nil
	}
	return "nothing is known of those", nil
}

// swapped lets the tables that have taken their new shape in place be replicated as before.
func (w *writer) swapped(ctx context.Context, tx dial.Tx, e *ddl.Effect) error {
	for _, p := range e.Proofs {
		if err := catalogue.SetState(ctx, tx, w.sourceID, catalogue.Replicating, p.Table); err != nil {
			return err
		}
	}
	return nil
}
