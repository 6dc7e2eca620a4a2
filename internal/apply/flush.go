package apply

import (
	"context"
	"errors"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

// Flush writes all that was taken in. It first tries all of it at once; if
// PostgreSQL refuses that, unit by unit.
func (a *Applier) Flush(ctx context.Context) error {
	p := a.plan
	a.plan = a.newPlan()
	var steps []change.Step
	var good, bad []*unit
	for _, u := range p.units {
		p.close(u)
		if u.clash {
			bad = append(bad, u)
			continue
		}
		good = append(good, u)
		steps = append(steps, u.steps...)
	}
	if len(steps) > 0 {
		missing, err := a.writer.Write(ctx, steps)
		switch {
		case err == nil:
			a.count(good, missing)
		case fault.KindOf(err) != fault.Data || a.options.Isolate == nil:
			return err
		default:
			a.options.Log.Debug("writing the batch table by table", "error", err)
			bad = p.units
		}
	}
	for _, u := range bad {
		if err := a.careful(ctx, u.changes); err != nil {
			return err
		}
	}
	return nil
}

// careful writes the changes of one unit so that a refused one is found: all
// at once, then each half in turn, down to the single row, which is isolated.
func (a *Applier) careful(ctx context.Context, changes []piece) error {
	p := a.newPlan()
	for _, c := range changes {
		p.add(c)
	}
	if len(p.units) == 0 {
		return nil // their table was excluded meanwhile
	}
	clash := false
	var steps []change.Step
	for _, u := range p.units {
		p.close(u)
		steps = append(steps, u.steps...)
		clash = clash || u.clash
	}
	if !clash || p.rows == 1 {
		missing, err := a.writer.Write(ctx, steps)
		if err == nil {
			a.count(p.units, missing)
			return nil
		}
		if fault.KindOf(err) != fault.Data {
			return err
		}
		if p.rows == 1 {
			return a.isolate(ctx, p.units[0].changes[0], err)
		}
	}
	left, right := halves(changes)
	if err := a.careful(ctx, left); err != nil {
		return err
	}
	return a.careful(ctx, right)
}

// halves cuts changes into two that both have rows.
func halves(changes []piece) (left, right []piece) {
	rows := 0
	for _, c := range changes {
		rows += c.Len()
	}
	want := rows / 2
	for i, c := range changes {
		if n := c.Len(); n <= want {
			want -= n
			continue
		}
		left, right = slices.Clone(changes[:i]), slices.Clone(changes[i:])
		if want > 0 {
			head, tail := split(c.Rows, want)
			left = append(left, piece{Rows: head, transaction: c.transaction})
			right[0] = piece{Rows: tail, transaction: c.transaction}
		}
		break
	}
	return left, right
}

// isolate excludes the table that a single change was refused for. If that is a
// child, the change itself is tried again.
func (a *Applier) isolate(ctx context.Context, c piece, cause error) error {
	f := Failure{
		Table: c.Table, Action: c.Action, Err: cause, Offset: c.Offset, Transaction: c.transaction,
	}
	if c.Before != nil {
		f.Before = c.Before[0]
	}
	if c.After != nil {
		f.After = c.After[0]
	}
	var at interface{ Table() *change.Table }
	if errors.As(cause, &at) && at.Table() != nil && at.Table() != c.Table {
		f.Table, f.Parent = at.Table(), c.Table
	}
	var of interface{ Statement() string }
	if errors.As(cause, &of) {
		f.Statement = of.Statement()
	}
	if a.options.Isolate == nil || a.excluded[f.Table.Source] {
		return cause
	}
	tx, err := a.writer.Tx(ctx)
	if err != nil {
		return err
	}
	if err := a.options.Isolate(ctx, tx, f); err != nil {
		return err
	}
	a.excluded[f.Table.Source] = true
	a.fresh = append(a.fresh, f.Table.Source)
	a.options.Log.Warn("table excluded", "table", f.Table.Source, "action", c.Action.String(), "transaction", c.transaction, "error", cause)
	if f.Parent != nil {
		return a.careful(ctx, []piece{c})
	}
	return nil
}

// count adds what units did to the batch's counts.
func (a *Applier) count(units []*unit, missing []int) {
	a.tally(a.counts, units)
	at := 0
	for _, u := range units {
		for i, step := range u.steps {
			if step.Set == nil {
				continue
			}
			if m := missing[at+i] + u.missing[i]; m > 0 {
				n := a.counts[step.Set.Table.Source]
				n.Missing += uint64(m)
				a.counts[step.Set.Table.Source] = n
			}
		}
		at += len(u.steps)
	}
}

// tally adds the rows that the units' changes are about.
func (a *Applier) tally(counts map[string]Count, units []*unit) {
	for _, u := range units {
		for _, c := range u.changes {
			if c.Table.Hidden || a.excluded[c.Table.Source] {
				continue
			}
			n := counts[c.Table.Source]
			switch c.Action {
			case event.Insert:
				n.Inserted += uint64(c.Len())
			case event.Update:
				n.Updated += uint64(c.Len())
			case event.Delete:
				n.Deleted += uint64(c.Len())
			}
			counts[c.Table.Source] = n
		}
	}
}
