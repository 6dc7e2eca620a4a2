package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// unsettled marks what a statement must not rely on, because a copy may hold rows already
// that come later in the stream.
func (g *gate) unsettled(e *ddl.Effect, key func(schema.Name) schema.Name) {
	for i := range e.Relies {
		r := &e.Relies[i]
		if r.Settled && slices.ContainsFunc(r.Tables, func(n schema.Name) bool { return g.redo(key(n)) }) {
			r.Broken = "partitions were exchanged while a copy was catching up"
		}
	}
}

// broken says why what a statement relies on does not hold; "" if it does. tx is the
// transaction that the statement is to run in.
func broken(ctx context.Context, tx dial.Tx, sourceID int64, r *ddl.Reliance, changed *streamed, excluded []string) (string, error) {
	if r.Broken != "" {
		return r.Broken, nil
	}
	for _, name := range r.Tables {
		if slices.Contains(excluded, name.String()) {
			return fmt.Sprintf("its rows were exchanged with those of %s, which is excluded", name), nil
		}
	}
	if len(r.Columns) == 0 {
		return "", nil
	}
	list, err := catalogue.Conversions(ctx, tx, sourceID)
	if err != nil {
		return "", err
	}
	for _, c := range append(list, changed.counts()...) {
		if c.Table == r.Of && c.Count > 0 && slices.ContainsFunc(r.Columns, func(name string) bool { return strings.EqualFold(name, c.Column) }) {
			return fmt.Sprintf("partitions were emptied, and values of column %s, which tells a row's partition, were changed by the rule %s", c.Column, c.Rule), nil
		}
	}
	return "", nil
}

// relied gives an effect without the statements whose premises do not hold: the tables'
// rows are to be read again.
func (w *writer) relied(ctx context.Context, e *ddl.Effect) (*ddl.Effect, error) {
	if len(e.Relies) == 0 {
		return e, nil
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return nil, err
	}
	excluded := w.applier.Excluded()
	held := *e
	for i := range e.Relies {
		r := &e.Relies[i]
		reason, err := broken(ctx, tx, w.sourceID, r, &w.changed, excluded)
		if err != nil {
			return nil, fmt.Errorf("looking for values that rules have changed: %w", err)
		}
		if reason == "" {
			continue
		}
		sql, about := held.SQL, held.For
		held.SQL, held.For, held.Excluded = nil, nil, slices.Clone(held.Excluded)
		for at, statement := range sql {
			if !slices.Contains(r.Tables, about[at]) {
				held.SQL, held.For = append(held.SQL, statement), append(held.For, about[at])
			}
		}
		for _, name := range r.Tables {
			if t := e.Next.Get(name); t != nil && !slices.Contains(excluded, name.String()) {
				held.Excluded = append(held.Excluded, ddl.Exclusion{Name: name, Refill: true, Reason: reason + "; it needs a copy: sync_tables"})
			}
		}
	}
	return &held, nil
}
