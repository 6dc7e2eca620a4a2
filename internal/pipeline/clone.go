package pipeline

import (
	"context"
	"errors"
	"fmt"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/clone"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// clone copies a source that is PostgreSQL itself. It begins anew each time: its snapshot ends with it.
func (r *Replica) clone(ctx context.Context, board *status.Board, ready func()) error {
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	if lease.Source.Type != catalogue.PgSQL {
		return fault.New(fault.State, "run: chameleon drop_source --source "+r.spec.Name+", then add_source", "source %s was added as one of type %s", r.spec.Name, lease.Source.Type)
	}
	if err := r.published(ctx); err != nil {
		return err
	}
	pool, err := target.Pool(ctx, r.spec.Postgres, r.spec.Threads+2)
	if err != nil {
		return err
	}
	defer pool.Close()
	id, begun := lease.Source.ID, false
	former, err := catalogue.Objects(ctx, pool, id)
	if err != nil {
		return err
	}
	c := r.copyOf(pool, former)
	c.Board = board
	c.Begun = func() error {
		begun = true
		ready()
		return r.status(ctx, pool, id, catalogue.Initialising)
	}
	c.Record = func(tx target.Tx, result *clone.Result) error { return r.recordClone(ctx, tx, lease, result) }
	result, err := c.Run(ctx)
	switch {
	case err == nil:
		return r.reportClone(ctx, pool, id, result)
	case ctx.Err() == nil && begun:
		r.remember(ctx, pool, id, err)
	case begun:
		_ = r.status(ctx, pool, id, catalogue.Stopped)
	}
	return err
}

// copyOf gives the copy of the source as it is configured.
func (r *Replica) copyOf(pool *target.Pooled, former []catalogue.Object) *clone.Copy {
	spec := &r.spec
	limited := mapping.Rules{Schemas: spec.Rules.Schemas, Limit: spec.Rules.Limit}
	skipping := mapping.Rules{Schemas: spec.Rules.Schemas, Skip: spec.Rules.Skip}
	c := &clone.Copy{
		Source: *spec.PgSQL, Pool: pool, Schemas: spec.Rules.Schemas, Fillfactor: spec.Fillfactor, Threads: spec.Threads,
		PartBytes: clonePart, Slot: spec.Slot, Log: r.log,
		Named:   func(s, t string) bool { return limited.Wants(schema.Name{Schema: s, Table: t}) },
		Skipped: func(s, t string) bool { return !skipping.Wants(schema.Name{Schema: s, Table: t}) },
		Loader: &write.Loader{
			Pool: pool, Ours: func(string, string) bool { return false }, GrantSelect: spec.Grants, LockTimeout: spec.LockTimeout, Builders: spec.Threads, Log: r.log,
		},
	}
	for _, o := range former {
		c.Former = append(c.Former, write.Object(o))
	}
	return c
}

// clonePart is about how much of a large table is one COPY.
const clonePart = 64 << 20

// recordClone writes down what was copied, in the transaction that puts it into its place.
func (r *Replica) recordClone(ctx context.Context, tx target.Tx, lease *catalogue.Lease, result *clone.Result) error {
	id := lease.Source.ID
	if err := catalogue.ResetSource(ctx, tx, id, lease.Epoch); err != nil {
		return err
	}
	known, err := catalogue.Tables(ctx, tx, id)
	if err != nil {
		return err
	}
	now := map[schema.Name]bool{}
	records := make([]*catalogue.Table, len(result.Tables))
	for i, t := range result.Tables {
		record := &catalogue.Table{
			Source: schema.Name{Schema: t.Schema, Table: t.Name}, Schema: t.Target, Name: t.Name, State: catalogue.Copied, Created: true, EstimatedRows: t.Estimated,
		}
		if t.Failed != nil {
			record.State, record.Reason = catalogue.Failed, t.Failed.Error()
		}
		records[i], now[record.Source] = record, true
	}
	var gone []schema.Name
	for _, t := range known {
		if !now[t.Source] {
			gone = append(gone, t.Source)
		}
	}
	objects := make([]catalogue.Object, len(result.Objects))
	for i, o := range result.Objects {
		objects[i] = catalogue.Object(o)
	}
	if err := catalogue.PutTables(ctx, tx, id, records...); err != nil {
		return err
	}
	for i, t := range result.Tables {
		if err := catalogue.SetCopied(ctx, tx, records[i].ID, t.Rows, t.Bytes); err != nil {
			return err
		}
	}
	return errors.Join(catalogue.DropTables(ctx, tx, id, gone...), catalogue.PutObjects(ctx, tx, id, objects),
		catalogue.SetStatus(ctx, tx, id, catalogue.Initialised))
}

// reportClone logs what was left out, in the catalogue too. Tables that failed are an error.
func (r *Replica) reportClone(ctx context.Context, pool *target.Pooled, id int64, result *clone.Result) error {
	for _, l := range result.Left {
		e := catalogue.LoggedError{SourceID: id, Message: fmt.Sprintf("%s is left out: %v", l.What, l.Cause)}
		if t := l.Table; t != nil {
			e.Table, e.Schema, e.Name = schema.Name{Schema: t.Schema, Table: t.Name}, t.Target, t.Name
		}
		if _, err := catalogue.LogError(ctx, pool, e); err != nil {
			return err
		}
	}
	var failed []error
	hint := ""
	for _, t := range result.Tables {
		if t.Failed == nil {
			continue
		}
		name := schema.Name{Schema: t.Schema, Table: t.Name}
		failed = append(failed, fmt.Errorf("table %s: %w", name, t.Failed))
		if hint == "" {
			hint = fault.HintOf(t.Failed)
		}
		if _, err := catalogue.LogError(ctx, pool, catalogue.LoggedError{SourceID: id, Table: name, Schema: t.Target, Name: t.Name,
			Message: fmt.Sprintf("copying the table: %v", t.Failed)}); err != nil {
			return err
		}
	}
	if len(failed) == 0 {
		return nil
	}
	if hint == "" {
		hint = "the other tables are copied; chameleon show_errors tells more"
	}
	return fault.New(fault.Data, hint, "%d tables could not be copied: %w", len(failed), errors.Join(failed...))
}
