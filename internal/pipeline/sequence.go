package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// Sequences of MariaDB are in the tracked schema like tables. In PostgreSQL they stand under
// their names, and give next the first value that the source cannot have handed out.

// sequence follows a row event of a tracked sequence.
func (d *decoder) sequence(s *schema.Table, t *event.Transaction, e *event.Rows, u *unit) error {
	covered, err := d.gate.covered(d.transform.Key(s.Name), t)
	if err != nil || covered {
		return err
	}
	moved, effect := d.transform.Sequence(s, e)
	switch {
	case moved != nil:
		u.steps = append(u.steps, step{moved: moved})
	case effect != nil:
		st := &event.Statement{Schema: s.Schema, SQL: "INSERT INTO " + dial.Quote(s.Schema) + "." + dial.Quote(s.Name.Table) + " VALUES (…)", Time: t.Time}
		u.steps = append(u.steps, step{ddl: &statement{event: st, effect: effect, number: d.bear(effect)}})
	}
	return nil
}

// moveSequences sets the batch's sequences. One that PostgreSQL does not let us set is parked.
func (w *writer) moveSequences(ctx context.Context, tx target.Tx) error {
	excluded := w.applier.Excluded()
	var names []schema.Name
	for name := range w.moved {
		if !slices.Contains(excluded, name.String()) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) })
	if len(names) == 0 {
		return nil
	}
	refused, err := w.setSequences(ctx, tx, names)
	if err != nil && fault.KindOf(err) != fault.Retry && len(names) > 1 { // to know which
		for _, name := range names {
			if refused, err = w.setSequences(ctx, tx, []schema.Name{name}); err != nil {
				refused = []schema.Name{name}
			}
			if err := w.parkSequences(ctx, tx, refused, err); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		refused = names
	}
	if fault.KindOf(err) == fault.Retry {
		return err
	}
	return w.parkSequences(ctx, tx, refused, err)
}

// setSequences sets sequences all together, or leaves tx as it was. Those that are not there are told.
func (w *writer) setSequences(ctx context.Context, tx target.Tx, names []schema.Name) (missing []schema.Name, err error) {
	idents, next := make([]string, len(names)), make([]int64, len(names))
	for i, name := range names {
		idents[i], next[i] = w.moved[name].Ident, w.moved[name].Next
	}
	there, err := write.SetSequences(ctx, tx, idents, next)
	if err != nil {
		return nil, err
	}
	for i := range there {
		if !there[i] {
			missing = append(missing, names[i])
		}
	}
	return missing, catalogue.SetSequences(ctx, tx, w.sourceID, names, next)
}

func (w *writer) parkSequences(ctx context.Context, tx target.Tx, names []schema.Name, cause error) error {
	reason := "the sequence is not in PostgreSQL any more; sync_tables makes it again"
	if cause != nil {
		reason = fmt.Sprintf("PostgreSQL does not let its value be set: %v", cause)
	}
	for _, name := range names {
		if w.exit {
			return fault.New(fault.Data, exitHint, "sequence %s: %s", name, reason)
		}
		if err := w.park(ctx, tx, name, reason, catalogue.LoggedError{}); err != nil {
			return err
		}
		w.forced = true
	}
	return nil
}

// readSequence reads a sequence as it is now; it is followed from the position on.
func readSequence(ctx context.Context, from *origin, name schema.Name, at event.Position) (*schema.Table, error) {
	text, next, err := inspect.Sequence(ctx, from.conn, name)
	if err != nil {
		return nil, err
	}
	t, err := ddl.Sequence(name, text, next, from.dialect)
	if err != nil {
		return nil, errUnmapped{err}
	}
	t.Sequence.AsOf = at.Encode()
	return t, nil
}

// makeSequence brings a sequence of ours to what the source has; one that is not ours must not
// be there yet.
func makeSequence(ctx context.Context, tx target.Tx, rules *mapping.Rules, t *schema.Table, ours bool) error {
	ident := sequenceIdent(rules, t.Name)
	sql := ddl.CreateSequence(ident, t.Sequence)
	if ours {
		sql = append([]string{"CREATE SEQUENCE IF NOT EXISTS " + ident}, ddl.AlterSequence(ident, t.Sequence)...)
	}
	for _, statement := range sql {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return target.Classify(err)
		}
	}
	return nil
}

func sequenceIdent(rules *mapping.Rules, name schema.Name) string {
	destination, _ := rules.Target(name.Schema)
	return mapping.Quote(destination) + "." + mapping.Quote(mapping.Identifier(name.Table))
}

// trackedSequences lists the sequences of the tracked schema.
func trackedSequences(ctx context.Context, db catalogue.DB, sourceID int64) (map[schema.Name]*schema.Table, error) {
	list, err := catalogue.TrackedSchema(ctx, db, sourceID)
	if err != nil {
		return nil, err
	}
	found := map[schema.Name]*schema.Table{}
	for _, d := range list {
		if d.Table.Sequence != nil {
			found[d.Table.Name] = d.Table
		}
	}
	return found, nil
}

// sequences makes the source's sequences, before any table whose columns may take their values.
// One whose name is taken is left out, and told; adopt takes those that are there.
func (c *initial) sequences(ctx context.Context, list *listing, adopt bool) error {
	id := c.lease.Source.ID
	ours, err := trackedSequences(ctx, c.pool, id)
	if err != nil {
		return err
	}
	made := map[schema.Name]bool{}
	for _, database := range slices.Sorted(maps.Keys(c.rules.Schemas)) {
		infos, err := inspect.Tables(ctx, c.origin.conn, database)
		if err != nil {
			return err
		}
		for _, info := range infos {
			if !info.Sequence() || !c.rules.Wants(info.Name) {
				continue
			}
			if made[info.Name], err = c.sequence(ctx, info.Name, ours[info.Name] != nil || adopt); err != nil {
				return err
			}
		}
	}
	for name := range ours {
		if !made[name] {
			if err := c.dropSequence(ctx, name); err != nil {
				return err
			}
		}
	}
	c.rules.Sequences = func(name schema.Name) bool { return made[name] }
	for i := range list.tasks { // it is known only now which defaults they can have
		if list.tasks[i].Table, err = c.rules.Table(list.tasks[i].Table.Source); err != nil {
			return err
		}
	}
	return nil
}

func (c *initial) sequence(ctx context.Context, name schema.Name, ours bool) (made bool, err error) {
	at, err := inspect.Position(ctx, c.origin.conn, c.origin.server)
	if err != nil {
		return false, err
	}
	t, err := readSequence(ctx, c.origin, name, at)
	var unknown errUnmapped
	if dial.Number(err) == noSuchTable {
		return false, nil
	}
	if err != nil && !errors.As(err, &unknown) {
		return false, err
	}
	if err == nil {
		err = target.InTx(ctx, c.pool, func(tx target.Tx) error {
			if err := makeSequence(ctx, tx, c.rules, t, ours); err != nil {
				return err
			}
			if err := catalogue.PutDefinitions(ctx, tx, c.lease.Source.ID, tracked(c.rules, t)...); err != nil {
				return err
			}
			return catalogue.SealVersions(ctx, tx, c.lease.Source.ID, at, time.Time{}, catalogue.EndedVersions)
		})
	}
	if fault.KindOf(err) == fault.Retry || err != nil && ctx.Err() != nil {
		return false, err
	}
	if err != nil {
		return false, c.leaveSequence(ctx, name, fmt.Sprintf("the sequence cannot be made: %v; mend the cause and run sync_tables", err))
	}
	return true, nil
}

// leaveSequence records a sequence that is not followed, and why.
func (c *initial) leaveSequence(ctx context.Context, name schema.Name, reason string) error {
	destination, _ := c.rules.Target(name.Schema)
	record := &catalogue.Table{Source: name, Schema: destination, Name: mapping.Identifier(name.Table), State: catalogue.Failed, Reason: reason}
	c.replica.log.Warn("a sequence is left out", notify.Key, notify.TableExcluded, "table", name.String(), "reason", reason)
	return target.InTx(ctx, c.pool, func(tx target.Tx) error {
		_, err := catalogue.LogError(ctx, tx, catalogue.LoggedError{SourceID: c.lease.Source.ID, Table: name, Schema: record.Schema, Name: record.Name, Message: reason})
		return errors.Join(err, catalogue.PutTables(ctx, tx, c.lease.Source.ID, record))
	})
}

// dropSequence drops a sequence of ours that the source does not have any more, unless something
// of the user's depends on it.
func (c *initial) dropSequence(ctx context.Context, name schema.Name) error {
	if _, err := c.pool.Exec(ctx, "DROP SEQUENCE IF EXISTS "+sequenceIdent(c.rules, name)); err != nil {
		c.replica.log.Warn("a sequence that the source does not have any more stays", "sequence", name.String(), "error", err)
	}
	return target.InTx(ctx, c.pool, func(tx target.Tx) error {
		if err := catalogue.DropDefinitions(ctx, tx, c.lease.Source.ID, name); err != nil {
			return err
		}
		return catalogue.SealVersions(ctx, tx, c.lease.Source.ID, event.Position{}, time.Time{}, catalogue.EndedVersions)
	})
}

// sequences puts the tracked sequences into the gate: what their reading has seen is not done again.
func (g *gate) sequences(set *schema.Set, key func(schema.Name) schema.Name) error {
	for _, t := range set.Tables() {
		if t.Sequence == nil || t.Sequence.AsOf == "" {
			continue
		}
		at, err := event.DecodePosition(t.Sequence.AsOf)
		if err != nil {
			return fmt.Errorf("sequence %s: %w", t.Name, err)
		}
		g.catching[key(t.Name)] = marks{low: at, high: at}
	}
	return nil
}

// knownSequences lets the rules know which sequences are replicated: those of the set in the result.
func knownSequences(rules *mapping.Rules) *atomic.Pointer[schema.Set] {
	known := &atomic.Pointer[schema.Set]{}
	known.Store(schema.NewSet(rules.Fold))
	rules.Sequences = func(name schema.Name) bool {
		t := known.Load().Get(name)
		return t != nil && t.Sequence != nil
	}
	return known
}
