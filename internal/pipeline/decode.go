package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/transform"
)

// unit is a source transaction (or a piece of one) ready to be written: its
// steps in the source's order. With no transaction it only carries steps.
type unit struct {
	txn   *event.Transaction
	steps []step
	notes []transform.Noted
	lost  []transform.Lost

	skipped   *skipped           // the transaction is passed over with this piece, its last
	sessions  bool               // what sessions have has changed
	temporary []schema.Temporary // and is this
}

// step is one thing to do: exactly one field is set.
type step struct {
	rows     *change.Rows
	ddl      *statement
	exclude  *exclusion
	caughtUp []*mapping.Table
	xa       *prepared
	shadow   *shadowing
	arrival  *arrival
	rest     *rest
	moved    *transform.Moved
}

// statement is a DDL statement with its translation.
type statement struct {
	event  *event.Statement
	effect *ddl.Effect
	number uint64 // by which names are told from those of later tables
}

// exclusion parks a table.
type exclusion struct {
	table  schema.Name
	reason string
	offset uint64      // of the event in the binlog
	refill bool        // its rows are to be read again from the source
	parent schema.Name // it goes with this table, and is filled again if that is
}

// prepared tells what becomes of a prepared XA transaction: its events are to
// be kept until its commit, or it has ended.
type prepared struct {
	xid    string
	events []event.Event
	ended  bool
}

// decoder is the stage between the relay and the writer. It owns the tracked
// schema as of the last transaction it has decoded, which runs ahead of what
// has been written.
type decoder struct {
	relay     queue
	transform *transform.Transformer
	dialect   parse.Dialect
	tracker   tracker
	gate      *gate
	prepared  map[string][]event.Event                         // XA transactions by XID
	excluded  *nameSet                                         // tables that the writer has excluded meanwhile
	skip      func(action event.Action, name schema.Name) bool // nil: nothing is left out
	wishes    *skips
	passing   *skipped           // the transaction in hand, which is to be passed over
	shadows   *transform.Shadows // nil: shadow tables are replicated like any others
	bare      bool               // columns are masked, and there is no key under which their values may be kept
	log       *slog.Logger
	number    uint64                 // of statements so far, and of tables that came in
	born      map[schema.Name]uint64 // since which of them a name stands for its table
	joints    *joints                // where tables come in that were filled apart; nil: nowhere
	rest      *rest                  // nil: none is ever wanted
	amid      bool                   // what was taken last is not the end of its transaction
}

// tracker follows the stream's position.
type tracker interface {
	positions
	Add(t *event.Transaction) error
	Idle(p event.Position)
	Position() event.Position
}

// decodeBytes is how much binlog one round of decoding takes from the relay.
const decodeBytes = 4 << 20

// run decodes until ctx ends or the relay is closed; it closes out.
func (d *decoder) run(ctx context.Context, out chan<- []unit) error {
	defer close(out)
	if err := d.begin(ctx, out); err != nil {
		return err
	}
	for {
		transactions, err := d.take(ctx, out)
		if err != nil {
			return err
		}
		units := make([]unit, 0, len(transactions)+2)
		if steps := d.forget(); len(steps) > 0 {
			units = append(units, unit{steps: steps})
		}
		for _, t := range transactions {
			u, err := d.unit(t)
			if err != nil {
				return fmt.Errorf("decoding the transaction %s at %s:%d: %w", t.GTID, t.File, t.Start, err)
			}
			units = append(units, u)
		}
		if transactions[len(transactions)-1].Final {
			if units, err = d.caughtUp(units); err != nil {
				return err
			}
		}
		select {
		case out <- units:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := d.meet(ctx, transactions[len(transactions)-1].Final, out); err != nil {
			return err
		}
	}
}

// begin tells of tables that are at their high mark already: nothing may come from the source for a while.
func (d *decoder) begin(ctx context.Context, out chan<- []unit) error {
	units, err := d.caughtUp(nil)
	if err != nil || len(units) == 0 {
		return err
	}
	select {
	case out <- units:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// caughtUp adds the tables that have come to their high mark.
func (d *decoder) caughtUp(units []unit) ([]unit, error) {
	done, err := d.gate.caughtUp()
	if err != nil {
		return nil, err
	}
	if tables := d.mapped(done); len(tables) > 0 {
		units = append(units, unit{steps: []step{{caughtUp: tables}}})
	}
	return units, nil
}

func (d *decoder) unit(t *event.Transaction) (unit, error) {
	u := unit{txn: t}
	if t.Idle != nil {
		d.tracker.Idle(*t.Idle)
		return u, nil
	}
	d.transform.Enter(t)
	events := t.Events
	if d.passOver(t, &u) {
		events = nil
	} else if t.XA != nil {
		events = d.xa(t, &u)
	}
	for _, e := range events {
		if t.Undone {
			if st, is := e.(*event.Statement); is {
				d.transform.Undone(st, d.dialect)
			}
		} else if err := d.event(t, e, &u); err != nil {
			return unit{}, err
		}
	}
	u.temporary, u.sessions = d.transform.Temporary()
	if t.Final {
		if err := d.tracker.Add(t); err != nil {
			return unit{}, fmt.Errorf("advancing the position: %w", err)
		}
	}
	return u, nil
}

// xa gives the events that count now: none at prepare, the prepared ones at
// commit.
func (d *decoder) xa(t *event.Transaction, u *unit) []event.Event {
	switch t.XA.Phase {
	case "prepare":
		events := d.storable(t.Events, u)
		d.prepared[t.XA.XID] = append(d.prepared[t.XA.XID], events...)
		u.steps = append(u.steps, step{xa: &prepared{xid: t.XA.XID, events: events}})
		return nil
	case "rollback":
		delete(d.prepared, t.XA.XID)
		u.steps = append(u.steps, step{xa: &prepared{xid: t.XA.XID, ended: true}})
		return nil
	default:
		events, known := d.prepared[t.XA.XID]
		if !known {
			d.log.Warn("an XA transaction commits that was prepared before the replica began", "gtid", t.GTID, "file", t.File, "offset", t.Start)
		}
		delete(d.prepared, t.XA.XID)
		u.steps = append(u.steps, step{xa: &prepared{xid: t.XA.XID, ended: true}})
		return append(events, t.Events...)
	}
}

// storable gives the events that may be written down until their transaction commits.
// Without a key, rows of masked columns may not: their tables are excluded.
func (d *decoder) storable(events []event.Event, u *unit) []event.Event {
	if !d.bare {
		return events
	}
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		rows, is := e.(*event.Rows)
		if !is {
			return false
		}
		t := d.transform.Table(schema.Name{Schema: rows.Map.Schema, Table: rows.Map.Table})
		if t == nil || !slices.ContainsFunc(t.Columns, func(c mapping.Column) bool { return c.Map.Masked() }) {
			return false
		}
		d.park(u, exclusion{table: t.Source.Name, offset: rows.Offset,
			reason: "rows of an XA transaction have to be kept until it commits, and those of masked columns only encrypted: give a mask_key and copy the table again"})
		return true
	})
}

func (d *decoder) event(t *event.Transaction, e event.Event, u *unit) error {
	switch e := e.(type) {
	case *event.Rows:
		return d.rows(t, e, u)
	case *event.Statement:
		return d.statement(t, e, u)
	default:
		return fmt.Errorf("an event of type %T has no meaning here", e)
	}
}

func (d *decoder) rows(t *event.Transaction, e *event.Rows, u *unit) error {
	if d.skips(e.Action, e.Map) {
		return nil
	}
	own := d.transform.Key(schema.Name{Schema: e.Map.Schema, Table: e.Map.Table})
	if s := d.transform.Tracks(own); s != nil && s.Sequence != nil {
		return d.sequence(s, t, e, u)
	}
	shadow, spared := d.spares(own, u)
	list, report, err := d.transform.Rows(e, func(name schema.Name) (bool, error) {
		return d.gate.covered(d.transform.Key(name), t)
	})
	var bad *transform.TableError
	if errors.As(err, &bad) {
		d.park(u, exclusion{table: bad.Table, reason: fmt.Sprintf("%v (an event in %s at offset %d)", bad.Err, t.File, e.Offset), offset: e.Offset})
		if d.transform.Key(bad.Table) != own {
			return d.rows(t, e, u) // a child that is gone now
		}
		return nil
	}
	if err != nil {
		return err
	}
	if spared {
		u.steps = append(u.steps, step{shadow: &shadowing{name: shadow, rows: list}})
		return nil
	}
	redo := d.gate.redo(own)
	if mapped := d.transform.Table(own); mapped != nil && mapped.Source.Diverging {
		redo = true // rows that the source has removed may be there still
	}
	for _, rows := range list {
		rows.Redo = redo || d.partly(e.Map)
		u.steps = append(u.steps, step{rows: rows})
	}
	u.notes, u.lost = append(u.notes, report.Noted...), append(u.lost, report.Lost...)
	return nil
}

// skips says whether skip_events leaves such changes of the table out.
func (d *decoder) skips(action event.Action, m *event.TableMap) bool {
	return d.skip != nil && d.skip(action, schema.Name{Schema: m.Schema, Table: m.Table})
}

// skipping gives what skip_events leaves out; nil is nothing.
func skipping(lists map[event.Action][]string, rules *mapping.Rules) func(event.Action, schema.Name) bool {
	if len(lists[event.Insert])+len(lists[event.Update])+len(lists[event.Delete]) == 0 {
		return nil
	}
	return func(action event.Action, name schema.Name) bool { return rules.Lists(lists[action], name) }
}

// partly says whether some of the table's changes are left out, so that the
// others may not find what they expect.
func (d *decoder) partly(m *event.TableMap) bool {
	return d.skips(event.Insert, m) || d.skips(event.Update, m) || d.skips(event.Delete, m)
}

func (d *decoder) statement(t *event.Transaction, e *event.Statement, u *unit) error {
	var failure error
	covered := func(name schema.Name) bool {
		newer, err := d.gate.covered(d.transform.Key(name), t)
		failure = errors.Join(failure, err)
		return newer
	}
	effect, err := d.transform.Statement(e, d.dialect, covered)
	if err := errors.Join(err, failure); err != nil {
		return err
	}
	d.gate.unsettled(effect, d.transform.Key)
	for _, name := range effect.Dropped {
		delete(d.gate.catching, d.transform.Key(name))
	}
	for _, pair := range effect.Renamed {
		from, to := d.transform.Key(pair[0]), d.transform.Key(pair[1])
		if m, ok := d.gate.catching[from]; ok {
			delete(d.gate.catching, from)
			d.gate.catching[to] = m
		}
	}
	u.steps = append(u.steps, step{ddl: &statement{event: e, effect: effect, number: d.bear(effect)}})
	d.noteShadows(u)
	return nil
}

// mapped gives the tables of these names as they are mapped now.
func (d *decoder) mapped(names []schema.Name) []*mapping.Table {
	var tables []*mapping.Table
	for _, name := range names {
		if t := d.transform.Table(name); t != nil {
			tables = append(tables, t)
		}
	}
	return tables
}
