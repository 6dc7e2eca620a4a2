package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// statement runs a DDL statement's translation. What came before is committed
// first; the statement, the tracked schema and the position commit together.
func (w *writer) statement(ctx context.Context, s *statement) error {
	e := s.effect
	w.number = s.number
	if e.Ignored {
		w.batch.Skipped++
		return nil
	}
	if !w.pieces {
		if err := w.commit(ctx); err != nil {
			return err
		}
	}
	w.forced = true
	e, err := w.relied(ctx, e)
	if err != nil {
		return err
	}
	s = &statement{event: s.event, effect: e}
	if w.exit {
		if err := failed(s); err != nil {
			return err
		}
	}
	if w.overtaken(e) {
		return w.fillAll(ctx, s)
	}
	if w.allExcluded(e) {
		w.batch.Skipped++
		return nil
	}
	if err := w.prove(ctx, e); err != nil {
		return err
	}
	inTheWay, err := w.keptInTheWay(ctx, e)
	if err != nil {
		return err
	}
	if len(inTheWay) > 0 {
		return w.keepOut(ctx, s, inTheWay)
	}
	parked, way, err := w.makeWay(ctx, e)
	if err != nil {
		return err
	}
	err = w.applier.Exec(ctx, w.patiently(slices.Concat(way, e.SQL, w.options.made(e, w.rules))))
	if fault.KindOf(err) == fault.Data {
		return w.refused(ctx, s, err)
	}
	if err != nil {
		return err
	}
	w.batch.DDL++
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	for _, write := range []func() error{
		func() error { return w.hold(ctx, tx, s) },
		func() error { return w.leave(ctx, tx, parked, e) },
		func() error { return w.record(ctx, tx, s) },
		func() error { return w.note(ctx, tx, s.event) },
	} {
		if err := write(); err != nil {
			return fmt.Errorf("recording a statement's effect: %w", err)
		}
	}
	if e.Held != nil {
		return nil
	}
	for _, o := range e.Omitted {
		w.log.Info("an index is left out", "table", o.Table.String(), "index", o.Index, "reason", o.Reason)
	}
	w.log.Info("statement applied", "statement", w.shown(s.event), "position", w.following())
	return nil
}

// failed is an error if the statement takes a table out of the replica that nobody wants
// to be taken out.
func failed(s *statement) error {
	for _, x := range s.effect.Excluded {
		if !x.Wanted && !x.Refill {
			return fault.New(fault.Data, exitHint, "table %s: %s", x.Name, x.Reason)
		}
	}
	return nil
}

// shown is a statement's text for logs: without its literals where columns are masked.
func (w *writer) shown(st *event.Statement) string {
	return shownStatement(st, w.rules, w.dialect)
}

func shownStatement(st *event.Statement, rules *mapping.Rules, d parse.Dialect) string {
	if len(rules.Masks) == 0 {
		return st.SQL
	}
	d.SQLMode = st.SQLMode
	return parse.HideLiterals(st.SQL, d)
}

// patiently lets statements give up on a table that others use: while they
// wait for it, all who come later queue up behind them. They are tried again.
func (w *writer) patiently(statements []string) []string {
	if w.lockTimeout <= 0 || len(statements) == 0 {
		return statements
	}
	return append([]string{fmt.Sprintf("SET LOCAL lock_timeout = %d", w.lockTimeout.Milliseconds())}, statements...)
}

// allExcluded says whether the statement only concerns tables that were
// excluded after it was translated.
func (w *writer) allExcluded(e *ddl.Effect) bool {
	excluded := w.applier.Excluded()
	touched := touched(e)
	return len(excluded) > 0 && len(touched) > 0 && len(e.Created) == 0 &&
		!slices.ContainsFunc(touched, func(n schema.Name) bool { return !slices.Contains(excluded, n.String()) })
}

// touched lists the tables that an effect is about, by the names that the
// catalogue has for them before it.
func touched(e *ddl.Effect) []schema.Name {
	names := slices.Concat(e.Changed, e.Dropped)
	for _, pair := range e.Renamed {
		names = append(names, pair[0])
	}
	if e.Held != nil {
		names = append(names, e.Held.Names...)
	}
	return names
}

// refused parks the tables of a statement that PostgreSQL does not take.
func (w *writer) refused(ctx context.Context, s *statement, cause error) error {
	reason := fmt.Sprintf("PostgreSQL refused the statement's translation: %v%s", cause, remedy(cause))
	names := append(touched(s.effect), s.effect.Created...)
	for _, pair := range s.effect.Renamed {
		names = append(names, pair[1]) // by which its rows come from here on
	}
	if w.exit {
		return fault.New(fault.Data, exitHint, "tables %v: %s", names, reason)
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.park(ctx, tx, name, reason, catalogue.LoggedError{SQL: w.shown(s.event)}); err != nil {
			return err
		}
		if s.effect.Next.Get(name) == nil || !copyMends(cause) {
			continue
		}
		if err := w.ask(ctx, tx, name, reason); err != nil {
			return err
		}
	}
	return nil
}

// copyMends says whether a copy of the table would have what a statement was refused for:
// values as the source has made them, and the user's views on the columns of new types.
func copyMends(cause error) bool {
	code := dial.Code(cause)
	return strings.HasPrefix(code, "22") || code == "23502" || code == "0A000"
}

// remedy says what to do about a refusal, where that is not plain from PostgreSQL's words.
func remedy(cause error) string {
	switch code := dial.Code(cause); {
	case code == "2BP01": // a view, a rule, a foreign key of the user's
		return "; nothing of yours is dropped. Drop what depends on it, or change it so that it does not need what the statement drops, and copy the table: sync_tables"
	case code == "0A000":
		return "; the table needs a copy, with which views and rules on it are made again: sync_tables"
	case strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23"):
		return "; what the source made of its values cannot be worked out here, and the table needs a copy: sync_tables"
	}
	return ""
}

// record writes down what a statement has done to the set of tables.
func (w *writer) record(ctx context.Context, tx dial.Tx, s *statement) error {
	e := s.effect
	gone := slices.Clone(e.Dropped)
	put := slices.Concat(e.Created, e.Changed)
	for _, pair := range e.Renamed {
		gone, put = append(gone, pair[0]), append(put, pair[1])
		if t := e.Next.Get(pair[1]); t != nil && t.Sequence != nil {
			continue
		}
		if err := w.renamed(ctx, tx, pair); err != nil {
			return err
		}
	}
	for _, name := range e.Dropped {
		if err := catalogue.DropTables(ctx, tx, w.sourceID, name); err != nil {
			return err
		}
		w.values.forget(name)
	}
	var made []*catalogue.Table
	for _, name := range e.Created {
		if t := e.Next.Get(name); t != nil && w.rules.Wants(name) {
			if t.Sequence != nil { // only those that are parked have a record
				gone = append(gone, name)
				w.applier.Admit(name.String())
				continue
			}
			mapped, err := w.rules.Table(t)
			if err != nil {
				return err
			}
			made = append(made, tableRecord(mapped, catalogue.Replicating))
			w.applier.Admit(name.String())
			w.names[name.String()] = name
		}
	}
	if err := catalogue.PutTables(ctx, tx, w.sourceID, made...); err != nil {
		return err
	}
	if err := catalogue.DropDefinitions(ctx, tx, w.sourceID, gone...); err != nil {
		return err
	}
	var definitions []*schema.Table
	for _, name := range put {
		if t := e.Next.Get(name); t != nil && !slices.Contains(definitions, t) {
			definitions = append(definitions, t)
		}
	}
	if err := catalogue.PutDefinitions(ctx, tx, w.sourceID, tracked(w.rules, definitions...)...); err != nil {
		return err
	}
	if err := catalogue.PutDatabases(ctx, tx, w.sourceID, collations(w.rules, e.Next)); err != nil {
		return err
	}
	if err := w.swapped(ctx, tx, e); err != nil {
		return err
	}
	for _, x := range e.Excluded {
		if err := w.park(ctx, tx, x.Name, x.Reason, catalogue.LoggedError{SQL: w.shown(s.event)}); err != nil {
			return err
		}
		if x.Kept {
			if err := catalogue.KeepTable(ctx, tx, w.sourceID, x.Name, w.tracker.Position()); err != nil {
				return err
			}
		}
		if !x.Refill {
			continue
		}
		if err := w.ask(ctx, tx, x.Name, x.Reason); err != nil {
			return err
		}
	}
	w.known.Store(e.Next)
	return nil
}

// renamed moves a table's record to its new name. A swap goes through a name
// that is free for a moment, in the statement's own order.
func (w *writer) renamed(ctx context.Context, tx dial.Tx, pair [2]schema.Name) error {
	target, _ := w.rules.Target(pair[1].Schema)
	w.names[pair[1].String()] = pair[1]
	w.values.forget(pair[0])
	return catalogue.RenameTable(ctx, tx, w.sourceID, pair[0], pair[1], target, mapping.Identifier(pair[1].Table))
}

// tableRecord is what the catalogue is told of a table that we made.
func tableRecord(t *mapping.Table, state catalogue.State) *catalogue.Table {
	record := &catalogue.Table{Source: t.Source.Name, Schema: t.Schema, Name: t.Name, State: state, Created: true, Definition: t.Source, Mapping: t.Identities()}
	for _, at := range t.Key {
		record.Key = append(record.Key, t.Columns[at].Name)
	}
	return record
}

// caughtUp makes the tables complete whose high mark has been reached: the
// unique keys that were waited with are built, then they count as replicating.
func (w *writer) caughtUp(ctx context.Context, tables []*mapping.Table) error {
	if w.pieces {
		return fault.New(fault.Bug, "", "tables caught up in the middle of a source transaction")
	}
	if err := w.commit(ctx); err != nil {
		return err
	}
	return w.keys(ctx, tables)
}

// kept is an event as it is kept between the phases of an XA transaction.
type kept struct {
	Rows      *event.Rows      `json:"rows,omitempty"`
	Statement *event.Statement `json:"statement,omitempty"`
}

// xa keeps the events of a prepared transaction with the position after its
// preparation, or forgets them when it has ended.
func (w *writer) xa(ctx context.Context, p *prepared) error {
	if err := w.applier.Flush(ctx); err != nil {
		return err
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	w.forced = true
	if p.ended {
		return catalogue.DropPrepared(ctx, tx, w.sourceID, p.xid)
	}
	var list []kept
	for _, e := range p.events {
		switch e := e.(type) {
		case *event.Rows:
			list = append(list, kept{Rows: e})
		case *event.Statement:
			list = append(list, kept{Statement: e})
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("writing down a prepared transaction: %w", err)
	}
	return catalogue.PutPrepared(ctx, tx, w.sourceID, p.xid, w.seal.close(text), w.tracker.Position())
}

// preparedEvents reads back what xa has kept.
func preparedEvents(pieces map[string][][]byte, s *seal) (map[string][]event.Event, error) {
	all := map[string][]event.Event{}
	for xid, list := range pieces {
		for _, text := range list {
			text, err := s.open(text)
			if err != nil {
				return nil, err
			}
			var events []kept
			if err := json.Unmarshal(text, &events); err != nil {
				return nil, fmt.Errorf("reading the prepared transaction %s: %w", xid, err)
			}
			for _, e := range events {
				if e.Rows != nil {
					all[xid] = append(all[xid], e.Rows)
				} else {
					all[xid] = append(all[xid], e.Statement)
				}
			}
		}
	}
	return all, nil
}
