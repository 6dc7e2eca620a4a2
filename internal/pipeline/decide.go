package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// ApplyHeld carries held statements out; their tables go on from there.
func (e *Engine) ApplyHeld(ctx context.Context, name string, choice status.Choice, by status.Actor) ([]status.Held, error) {
	return e.decide(ctx, name, choice, by, catalogue.Applied)
}

// SkipHeld leaves PostgreSQL as it is, as a policy that ignores the statements would; their
// tables go on from there.
func (e *Engine) SkipHeld(ctx context.Context, name string, choice status.Choice, by status.Actor) ([]status.Held, error) {
	return e.decide(ctx, name, choice, by, catalogue.Skipped)
}

func (e *Engine) decide(ctx context.Context, name string, choice status.Choice, by status.Actor, state catalogue.HeldState) (done []status.Held, err error) {
	spec, err := e.spec(name)
	if err != nil {
		return nil, err
	}
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		chosen, err := choose(ctx, conn, known, spec.Rules, choice)
		if err != nil {
			return err
		}
		for _, held := range chosen {
			d := &decision{source: known, held: held, lockTimeout: spec.LockTimeout.Milliseconds()}
			if err := d.work(ctx, New(spec, e.log), conn, state); err != nil {
				return err
			}
			err := dial.InTx(ctx, conn, func(tx dial.Tx) error {
				if err := catalogue.DecideHeld(ctx, tx, held.ID, state, catalogue.Actor(by)); err != nil {
					return err
				}
				return d.carryOut(ctx, tx)
			})
			if err != nil {
				return fmt.Errorf("held statement %d: %w", held.ID, err)
			}
			done = append(done, heldStatus(held))
		}
		return nil
	})
	return done, err
}

// choose finds the held statements that are meant.
func choose(ctx context.Context, db catalogue.DB, known *catalogue.Source, rules mapping.Rules, choice status.Choice) ([]*catalogue.HeldStatement, error) {
	list, err := catalogue.HeldStatements(ctx, db, known.ID)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(h *catalogue.HeldStatement) bool {
		named := func(n schema.Name) bool {
			target, _ := rules.Target(n.Schema)
			return choice.Table(n.String(), target+"."+mapping.Identifier(n.Table))
		}
		return h.State != catalogue.Held || choice.ID != 0 && h.ID != choice.ID || choice.ID == 0 && !slices.ContainsFunc(h.Tables, named)
	})
	if len(list) == 0 {
		return nil, fault.New(fault.State, fmt.Sprintf("chameleon show_status --source %s lists what is held", known.Name), "no such statement is held")
	}
	return list, nil
}

// decision carries out what was decided on a held statement.
type decision struct {
	source      *catalogue.Source
	held        *catalogue.HeldStatement
	rules       *mapping.Rules
	effect      *ddl.Effect
	copies      string // why the tables have to be copied; "" if they go on from the statement
	lockTimeout int64  // milliseconds
}

// work works out what the statement does under a policy to the tables as they were.
func (d *decision) work(ctx context.Context, r *Replica, conn *dial.Conn, state catalogue.HeldState) error {
	from, err := r.reach(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	if d.rules, err = r.rules(ctx, conn, from.server, d.source.Options); err != nil {
		return err
	}
	d.rules.DDL = nil
	if state == catalogue.Skipped {
		d.rules.DDL = []mapping.DDLPolicy{{Verdict: mapping.Ignore}}
	}
	filling, err := catalogue.Refills(ctx, conn, d.source.ID)
	if err != nil {
		return err
	}
	for _, f := range filling {
		for _, t := range f.Tables {
			if slices.Contains(d.held.Tables, t.Source) {
				return fault.New(fault.State, "wait for it: chameleon show_status shows when it is done", "the table %s is being filled from the source already", t.Source)
			}
		}
	}
	switch {
	case len(d.held.Event) == 0:
		d.copies = "the statement was not kept, because columns are masked and there is no mask_key"
	case !d.held.Exact:
		d.copies = "it was catching up when a statement about it was held"
	}
	if d.copies != "" {
		return nil
	}
	st, err := d.statement()
	if err != nil {
		return err
	}
	set := schema.NewSet(d.rules.Fold, d.held.Tracked...)
	for database, collation := range d.held.Databases {
		set = set.WithDatabase(database, collation)
	}
	if d.effect, err = ddl.Apply(set, st, from.dialect, d.rules); err != nil { // it cannot be read
		d.copies = err.Error()
	} else if d.sequences() && state == catalogue.Skipped {
		d.effect = skippedSequences(set, d.held.Tables)
	} else if d.sequences() {
		d.copies = "a statement about it that was held is carried out, and a sequence is read from the source then"
	}
	return nil
}

// sequences says whether the statement is about a sequence.
func (d *decision) sequences() bool {
	return slices.ContainsFunc(append(d.effect.Next.Tables(), d.held.Tracked...), func(t *schema.Table) bool {
		return t.Sequence != nil && slices.Contains(d.held.Tables, t.Name)
	})
}

// skippedSequences leaves all that a statement is about as it is.
func skippedSequences(set *schema.Set, names []schema.Name) *ddl.Effect {
	e := &ddl.Effect{Next: set}
	for _, name := range names {
		e.Excluded = append(e.Excluded, ddl.Exclusion{
			Name: name, Reason: "a statement about it that was held was skipped: it stays as it was, and sync_tables follows it again", Wanted: true, Kept: true,
		})
	}
	return e
}

func (d *decision) statement() (*event.Statement, error) {
	seal, err := newSeal(d.rules.MaskKey)
	if err != nil {
		return nil, err
	}
	text, err := seal.open(d.held.Event)
	if err != nil {
		return nil, err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("reading the held statement %d: %w", d.held.ID, err)
	}
	return k.Statement, nil
}

// carryOut does in PostgreSQL what was worked out, and lets the tables go on.
func (d *decision) carryOut(ctx context.Context, tx dial.Tx) error {
	if d.copies != "" {
		return catalogue.RequestRefill(ctx, tx, d.source.ID, d.copies, d.held.Tables...)
	}
	if err := d.run(ctx, tx); err != nil {
		return err
	}
	for _, pair := range d.effect.Renamed {
		target, _ := d.rules.Target(pair[1].Schema)
		if err := catalogue.RenameTable(ctx, tx, d.source.ID, pair[0], pair[1], target, mapping.Identifier(pair[1].Table)); err != nil {
			return err
		}
	}
	if err := catalogue.DropTables(ctx, tx, d.source.ID, d.effect.Dropped...); err != nil {
		return err
	}
	if err := d.created(ctx, tx); err != nil {
		return err
	}
	parked := map[schema.Name]bool{}
	for _, x := range d.effect.Excluded {
		parked[x.Name] = true
		if err := d.leave(ctx, tx, x); err != nil {
			return err
		}
	}
	following := slices.DeleteFunc(d.following(), func(n schema.Name) bool { return parked[n] })
	return bringUp(ctx, tx, d.source.ID, d.held.Position, true, d.effect.Next.Tables(), following)
}

// bringUp asks for tables to be brought up with the stream, all together: foreign keys may
// tie them to one another.
func bringUp(ctx context.Context, tx dial.Tx, sourceID int64, from event.Position, skip bool, tracked []*schema.Table, names []schema.Name) error {
	if len(names) == 0 {
		return nil
	}
	if err := catalogue.RequestCatchUp(ctx, tx, sourceID, names[0], broughtUp, from, skip, tracked...); err != nil {
		return err
	}
	list, err := catalogue.Refills(ctx, tx, sourceID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if slices.ContainsFunc(r.Tables, func(t *catalogue.RefillTable) bool { return t.Source == names[0] }) {
			return catalogue.JoinRefill(ctx, tx, sourceID, r.ID, broughtUp, names[1:]...)
		}
	}
	return fault.New(fault.Bug, "", "table %s is not known to the catalogue", names[0])
}

// created tells the catalogue of the tables that the statement has made.
func (d *decision) created(ctx context.Context, tx dial.Tx) error {
	for _, name := range d.effect.Created {
		mapped, err := d.rules.Table(d.effect.Next.Get(name))
		if err != nil {
			return err
		}
		if err := catalogue.PutTables(ctx, tx, d.source.ID, tableRecord(mapped, catalogue.Excluded)); err != nil {
			return err
		}
		if err := catalogue.Exclude(ctx, tx, d.source.ID, name, catalogue.Excluded, broughtUp, d.held.Position); err != nil {
			return err
		}
	}
	return nil
}

// run runs the statement's translation.
func (d *decision) run(ctx context.Context, tx dial.Tx) error {
	sql := d.effect.SQL
	if d.lockTimeout > 0 {
		sql = append([]string{fmt.Sprintf("SET LOCAL lock_timeout = %d", d.lockTimeout)}, sql...)
	}
	for _, statement := range sql {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fault.New(fault.KindOf(err), "nothing was changed: mend the cause and run the command again, or run skip_held", "PostgreSQL refused the statement's translation: %w", err)
		}
	}
	return nil
}

// leave records why a table does not go on, or that it has to be copied.
func (d *decision) leave(ctx context.Context, tx dial.Tx, x ddl.Exclusion) error {
	if x.Refill {
		return catalogue.RequestRefill(ctx, tx, d.source.ID, x.Reason, x.Name)
	}
	err := catalogue.Exclude(ctx, tx, d.source.ID, x.Name, catalogue.Excluded, x.Reason, d.held.Position)
	if err == nil && x.Kept {
		err = catalogue.KeepTable(ctx, tx, d.source.ID, x.Name, d.held.Position)
	}
	if fault.KindOf(err) == fault.State { // no longer a table that the catalogue knows
		return nil
	}
	return err
}

// broughtUp is the reason of a table that goes on.
const broughtUp = "a statement about it that was held was decided on, and it is brought up with the stream"

// following lists the tables that go on from the statement, by their names after it.
func (d *decision) following() []schema.Name {
	names := slices.Clone(d.held.Tables)
	for _, pair := range d.effect.Renamed {
		names = slices.DeleteFunc(names, func(n schema.Name) bool { return n == pair[0] || n == pair[1] })
	}
	for _, pair := range d.effect.Renamed {
		names = append(names, pair[1])
	}
	slices.SortFunc(names, func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) })
	return slices.DeleteFunc(slices.Compact(names), func(n schema.Name) bool {
		t := d.effect.Next.Get(n)
		return t == nil || !d.rules.Wants(n)
	})
}
