package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// DetachReplica turns a source's replica into a database that stands by itself, and forgets
// the source. One that was interrupted goes on; of one that is over, what had failed is tried
// again. tell is told what is being done.
func (e *Engine) DetachReplica(ctx context.Context, name string, wish status.DetachWish, by status.Actor, tell func(string)) (*status.Detachment, error) {
	spec, err := e.spec(name)
	if err != nil {
		return nil, err
	}
	var done *status.Detachment
	err = e.with(ctx, func(conn *dial.Conn) error {
		d := &detaching{replica: New(spec, e.log), conn: conn, wish: wish, by: fmt.Sprintf("%s on %s", by.User, by.Host), tell: tell}
		record, err := d.run(ctx)
		if record != nil {
			done = detachment(record, d)
		}
		return err
	})
	if err != nil {
		return done, fmt.Errorf("detaching source %s: %w", name, err)
	}
	return done, nil
}

// detaching is one run of a detachment.
type detaching struct {
	replica  *Replica
	conn     *dial.Conn
	wish     status.DetachWish
	by       string
	tell     func(string)
	warnings []string
}

func detachment(record *catalogue.Detachment, d *detaching) *status.Detachment {
	done := &status.Detachment{
		Source: record.Source, Position: shown(record.Position), Planned: d.wish.DryRun, Detached: !record.Detached.IsZero(), Compared: record.Compared, Warnings: d.warnings,
		Steps: []status.DetachStep{},
	}
	for _, s := range record.Steps {
		done.Steps = append(done.Steps, status.DetachStep{Number: s.Number, Kind: s.Kind, Object: s.Object, Statements: s.SQL, State: string(s.State), Note: s.Note})
	}
	return done
}

func (d *detaching) run(ctx context.Context) (*catalogue.Detachment, error) {
	name := d.replica.spec.Name
	record, err := catalogue.LastDetachment(ctx, d.conn, name)
	if err != nil {
		return nil, err
	}
	sources, err := catalogue.Sources(ctx, d.conn)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(sources, func(s catalogue.Source) bool { return s.Name == name })
	switch {
	case at < 0 && record != nil && !record.Detached.IsZero():
		return record, d.again(ctx, record)
	case at < 0:
		_, err := catalogue.Find(ctx, d.conn, name)
		return nil, err
	case sources[at].Status == catalogue.Detaching && record != nil:
		return record, d.goOn(ctx, record)
	}
	if err := mayFollow(&sources[at]); err != nil {
		return nil, err
	}
	return d.begin(ctx, &sources[at])
}

// detachBegun is the error that a source is being detached: its tables cannot be followed any more.
func detachBegun(name string) error {
	return fault.New(fault.State, "finish it: chameleon detach_replica --source "+name, "source %s is being detached", name)
}

// again tries what had failed when the source was detached.
func (d *detaching) again(ctx context.Context, record *catalogue.Detachment) error {
	steps := &detachSteps{replica: d.replica, conn: d.conn, record: record, tell: d.tell}
	if !slices.ContainsFunc(record.Steps, func(s catalogue.DetachStep) bool { return steps.open(&s) }) {
		d.tell(fmt.Sprintf("source %s was detached at %s already; nothing is left to do", record.Source, record.Detached.Format("2006-01-02 15:04:05")))
		return nil
	}
	if d.wish.DryRun {
		return nil
	}
	return steps.run(ctx)
}

// goOn finishes a detachment that was interrupted.
func (d *detaching) goOn(ctx context.Context, record *catalogue.Detachment) error {
	if d.wish.DryRun {
		return nil
	}
	lease, err := catalogue.Lead(ctx, d.replica.spec.Postgres, record.Source)
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	d.tell("going on with the detachment that was interrupted")
	return d.finish(ctx, lease, record)
}

// begin drains, compares, and records the steps, before any is done.
func (d *detaching) begin(ctx context.Context, known *catalogue.Source) (*catalogue.Detachment, error) {
	from, err := d.replica.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer from.close()
	record := &catalogue.Detachment{Source: known.Name, Position: known.Applied}
	if d.wish.DryRun {
		record.Steps, err = d.replica.planDetach(ctx, d.conn, from, known)
		return record, err
	}
	if err := d.quiet(ctx, from, "draining the source"); err != nil {
		return nil, err
	}
	if err := d.upToDate(ctx, known); err != nil {
		return nil, err
	}
	if record.Compared, err = d.agree(ctx, from); err != nil {
		return nil, err
	}
	lease, err := catalogue.Lead(ctx, d.replica.spec.Postgres, known.Name)
	if err != nil {
		return nil, err
	}
	defer lease.Release(ctx)
	record.Position = lease.Applied
	if record.Steps, err = d.replica.planDetach(ctx, d.conn, from, &lease.Source); err != nil {
		return nil, err
	}
	err = dial.InTx(ctx, d.conn, func(tx dial.Tx) error {
		return catalogue.BeginDetachment(ctx, tx, lease.Source.ID, lease.Epoch, record, d.by)
	})
	if err != nil {
		return nil, err
	}
	return record, d.finish(ctx, lease, record)
}

// quiet drains the source, which nobody may write to any more.
func (d *detaching) quiet(ctx context.Context, from *origin, what string) error {
	d.tell(what)
	quiet, err := d.replica.settle(ctx, d.conn, from, d.tell)
	if err != nil {
		return err
	}
	if err := d.noPrepared(ctx, from); err != nil || quiet {
		return err
	}
	if !d.wish.Force {
		return fault.New(fault.State, "stop what writes to it (SET GLOBAL read_only = ON keeps most out), and run this again; --force detaches at some position in between",
			"the source is still written to: replicated tables go on changing")
	}
	d.warn("the source was still written to: what it has committed after the position is not in PostgreSQL")
	return nil
}

// agree wants both sides to be the same, at a position that both have: replicated tables
// must not have changed until the comparison was over.
func (d *detaching) agree(ctx context.Context, from *origin) (string, error) {
	if d.wish.SkipVerify {
		return "both sides were not compared", nil
	}
	d.tell("comparing both sides")
	before, err := d.replica.applied(ctx, d.conn)
	if err != nil {
		return "", err
	}
	compared, err := d.verify(ctx, from)
	if err != nil {
		return "", err
	}
	if err := d.quiet(ctx, from, "draining what has come meanwhile"); err != nil {
		return "", err
	}
	after, err := d.replica.applied(ctx, d.conn)
	if err != nil || after == before {
		return compared, err
	}
	const written = "the source was written to while both sides were compared"
	if !d.wish.Force {
		return "", fault.New(fault.State, "stop what writes to it and run this again; --force detaches all the same", written)
	}
	d.warn(written)
	return compared + "; " + written, nil
}

// noPrepared wants no XA transaction to be open that may still be committed on the source.
func (d *detaching) noPrepared(ctx context.Context, from *origin) error {
	n, err := inspect.Prepared(ctx, from.conn)
	switch {
	case fault.KindOf(err) == fault.Environment:
		d.warn("prepared XA transactions of the source could not be looked for: " + err.Error())
		return nil
	case err != nil || n == 0:
		return err
	case !d.wish.Force:
		return fault.New(fault.State, "commit them or roll them back (XA RECOVER lists them), then run this again; --force leaves them behind",
			"the source has %d prepared XA transactions", n)
	}
	d.warn(fmt.Sprintf("the source has %d prepared XA transactions: if they are committed there, PostgreSQL does not have them", n))
	return nil
}

func (d *detaching) warn(text string) {
	if !slices.Contains(d.warnings, text) {
		d.warnings = append(d.warnings, text)
	}
}

// upToDate wants all tables to be followed.
func (d *detaching) upToDate(ctx context.Context, known *catalogue.Source) error {
	list, err := behind(ctx, d.conn, known)
	if err != nil || len(list) == 0 {
		return err
	}
	if !d.wish.Force {
		return fault.New(fault.State, "bring them back with: chameleon sync_tables --source "+known.Name+" --tables disabled, or leave them as they are with --force",
			"tables are not up to date: %s", strings.Join(list, ", "))
	}
	d.warn("tables are not up to date and stay as they are: " + strings.Join(list, ", "))
	return nil
}

// finish does the steps and forgets the source.
func (d *detaching) finish(ctx context.Context, lease *catalogue.Lease, record *catalogue.Detachment) error {
	steps := &detachSteps{replica: d.replica, conn: d.conn, record: record, tell: d.tell}
	if err := steps.run(ctx); err != nil {
		if kind := fault.KindOf(err); kind == fault.Retry {
			return fault.New(kind, "when PostgreSQL is there, run detach_replica again: it goes on with the step where it was; the replica cannot be followed any more", "%w", err)
		}
		return err
	}
	err := dial.InTx(ctx, d.conn, func(tx dial.Tx) error {
		return catalogue.RetireSource(ctx, tx, lease.Source.ID, lease.Epoch, record.ID)
	})
	if err != nil {
		return err
	}
	again, err := catalogue.LastDetachment(ctx, d.conn, record.Source)
	if err == nil && again != nil {
		record.Detached = again.Detached
	}
	return err
}
