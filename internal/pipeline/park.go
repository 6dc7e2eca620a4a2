package pipeline

import (
	"context"
	"fmt"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// exclude parks a table whose rows cannot be decoded or that a statement has
// taken out of our reach.
func (w *writer) exclude(ctx context.Context, e *exclusion) error {
	if w.exit {
		return fault.New(fault.Data, exitHint, "table %s: %s", e.table, e.reason)
	}
	if err := w.applier.Flush(ctx); err != nil {
		return err
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	w.forced = true
	refill := e.refill || w.filled[e.parent]
	if err := w.park(ctx, tx, e.table, e.reason, catalogue.LoggedError{}); err != nil || !refill {
		return err
	}
	return w.ask(ctx, tx, e.table, e.reason)
}

const exitHint = "on_error_replay is exit: mend the cause, then run enable_replica and start_replica; or set it to continue, which excludes the table and goes on"

// park takes a table out of the replica within tx: it stays as it is in
// PostgreSQL, the reason goes into the error log.
func (w *writer) park(ctx context.Context, tx dial.Tx, name schema.Name, reason string, e catalogue.LoggedError) error {
	position := w.tracker.Position()
	e.SourceID, e.Table, e.Position = w.sourceID, name, position
	if e.Message == "" {
		e.Message = reason
	}
	if e.Schema == "" {
		e.Schema, _ = w.rules.Target(name.Schema)
		e.Name = name.Table
	}
	if _, err := catalogue.LogError(ctx, tx, e); err != nil {
		return err
	}
	err := catalogue.Exclude(ctx, tx, w.sourceID, name, catalogue.Excluded, reason, position)
	if fault.KindOf(err) == fault.State { // it was never replicated: a table that came by a rename
		err = catalogue.PutTables(ctx, tx, w.sourceID, &catalogue.Table{
			Source: name, Schema: e.Schema, Name: e.Name, State: catalogue.Excluded, Created: w.rules.Sequence(name) != "",
		})
		if err == nil {
			err = catalogue.Exclude(ctx, tx, w.sourceID, name, catalogue.Excluded, reason, position)
		}
	}
	if err != nil {
		return err
	}
	if err := catalogue.DropDefinitions(ctx, tx, w.sourceID, name); err != nil {
		return err
	}
	if err := catalogue.NoteVersions(ctx, tx, w.sourceID, "excluded: "+reason); err != nil {
		return err
	}
	w.applier.Exclude(name.String())
	delete(w.filled, name)
	w.excluded.add(name, w.number)
	w.log.Warn("table excluded", notify.Key, notify.TableExcluded, "table", name.String(), "position", position.String(), "reason", reason)
	return nil
}

// isolate is told by the applier of a change that PostgreSQL refused.
func (w *writer) isolate(ctx context.Context, tx dial.Tx, f apply.Failure) error {
	name := w.names[f.Table.Source]
	message := fmt.Sprintf("%s of a row in %s, offset %d: %v", f.Action, f.Transaction, f.Offset, f.Err)
	if w.exit {
		return fault.New(fault.Data, exitHint, "table %s: %s", f.Table.Source, message)
	}
	row := f.After
	if row == nil {
		row = f.Before
	}
	err := catalogue.DiscardRow(ctx, tx, catalogue.Discarded{
		SourceID: w.sourceID, Table: name, Schema: f.Table.Schema, Name: f.Table.Name, Stage: catalogue.InStream,
		Position: w.tracker.Position(), Reason: message, Row: row,
	})
	if err != nil {
		return err
	}
	w.forced = true
	return w.park(ctx, tx, name, message, catalogue.LoggedError{Schema: f.Table.Schema, Name: f.Table.Name, SQL: f.Statement})
}
