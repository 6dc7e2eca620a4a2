package pipeline

import (
	"context"
	"errors"
	"fmt"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
	target "pgchameleon/internal/target/dial"
)

// reasonEmpty is the reason why tables that were made without rows are not followed.
const reasonEmpty = "copy_schema has made it without rows"

// CopySchema makes a source's tables in the target without their rows. It gives how many were
// made; those that could not be are an error.
func (e *Engine) CopySchema(ctx context.Context, name string) (made int, err error) {
	spec, err := e.spec(name)
	if err != nil {
		return 0, err
	}
	err = e.with(ctx, func(conn *target.Conn) error { // before it is told that somebody follows it
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		return uncopied(known)
	})
	if err == nil {
		made, err = New(spec, e.log).copySchema(ctx)
	}
	if err != nil {
		return made, fmt.Errorf("copying the schema of source %s: %w", name, err)
	}
	return made, nil
}

// uncopied refuses a source whose tables have rows in PostgreSQL.
func uncopied(s *catalogue.Source) error {
	if s.Status == catalogue.Ready {
		return nil
	}
	return fault.New(fault.State, "nothing is to be done: its tables are made by the copy; to see what they become, use another database",
		"source %s has been copied, with its rows", s.Name)
}

func (r *Replica) copySchema(ctx context.Context) (made int, err error) {
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return 0, err
	}
	defer lease.Release(ctx)
	if err := uncopied(&lease.Source); err != nil {
		return 0, err
	}
	from, err := r.reach(ctx)
	if err != nil {
		return 0, err
	}
	defer from.close()
	pool, err := target.Pool(ctx, r.spec.Postgres, r.spec.Threads+2)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	rules, err := r.rules(ctx, pool, from.server, nil)
	if err != nil {
		return 0, err
	}
	records, err := catalogue.Tables(ctx, pool, lease.Source.ID)
	if err != nil {
		return 0, err
	}
	keep := r.spec.KeepExisting
	r.spec.KeepExisting = false // what is not there is made; the copy will fill it where it stands
	c := &initial{replica: r, lease: lease, origin: from, pool: pool, rules: rules, board: &status.Board{}, definitions: r.definitions(from), apart: true}
	if err := c.prepare(records); err != nil {
		return 0, err
	}
	return c.skeleton(ctx, keep)
}

// skeleton makes all sequences, and all tables, each in a transaction of its own; keep leaves those alone that are there.
func (c *initial) skeleton(ctx context.Context, keep bool) (made int, err error) {
	list, err := c.list(ctx, nil)
	if err != nil {
		return 0, err
	}
	if err := c.unused(list); err != nil {
		return 0, err
	}
	if list.tasks, err = c.absent(ctx, list.tasks, keep); err != nil {
		return 0, err
	}
	if err := errors.Join(c.conflicts(ctx, list.tasks), c.schemas(ctx)); err != nil {
		return 0, err
	}
	if err := c.sequences(ctx, list, keep); err != nil {
		return 0, err
	}
	if err := errors.Join(c.collations(ctx, list), c.loader.Prepare(ctx, list.mapped())); err != nil {
		return 0, err
	}
	failed := list.unmapped
	for _, t := range list.mapped() {
		err := c.bare(ctx, t)
		if fault.KindOf(err) == fault.Retry || errors.Is(err, catalogue.ErrFenced) || ctx.Err() != nil {
			return made, err
		}
		if err != nil {
			failed[t.Source.Name] = err
			c.reported(t.Source.Name, "", err)
			continue
		}
		made++
	}
	if err := c.tidy(ctx, list); err != nil {
		return made, err
	}
	return made, bareReport(failed)
}

// absent leaves the tables that are to be made. One of ours that has rows by now is no longer what
// copy_schema has made.
func (c *initial) absent(ctx context.Context, tasks []copier.Task, keep bool) ([]copier.Task, error) {
	var left []copier.Task
	for _, task := range tasks {
		t := task.Table
		var there bool
		if err := c.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", t.Ident()).Scan(&there); err != nil {
			return nil, fmt.Errorf("looking for the table %s: %w", t.Ident(), target.Classify(err))
		}
		if there && keep {
			continue
		}
		if there && c.loader.Ours(t.Schema, t.Name) {
			var filled bool
			if err := c.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+t.Ident()+")").Scan(&filled); err != nil {
				return nil, fmt.Errorf("looking into the table %s: %w", t.Ident(), target.Classify(err))
			}
			if filled {
				return nil, fault.New(fault.State, "drop it, or copy the source: init_replica replaces it", "the table %s has rows, which copy_schema would drop", t.Ident())
			}
		}
		left = append(left, task)
	}
	return left, nil
}

// bare makes one table with all of its indexes, where it is loaded, and swaps it in.
func (c *initial) bare(ctx context.Context, t *mapping.Table) error {
	statements := c.render(t)
	err := c.loader.Begin(ctx, func(tx target.Tx) error {
		if _, err := c.loader.Create(ctx, tx, t, statements.Create, nil); err != nil {
			return err
		}
		return c.loader.Finish(ctx, tx, t, statements.Finish)
	})
	if err != nil {
		return err
	}
	for _, index := range statements.Indexes {
		err := c.loader.Begin(ctx, func(tx target.Tx) error { _, err := tx.Exec(ctx, index.SQL); return err })
		if err != nil {
			c.reported(t.Source.Name, index.Name, target.Classify(err))
		}
	}
	return c.loader.Swap(ctx, t, func(tx target.Tx) error {
		record := tableRecord(t, catalogue.Excluded)
		record.Created, record.Definition, record.Reason = true, nil, reasonEmpty
		return catalogue.PutTables(ctx, tx, c.lease.Source.ID, record)
	})
}

func bareReport(failed map[schema.Name]error) error {
	var list []error
	for name, err := range failed {
		list = append(list, fmt.Errorf("table %s: %w", name, err))
	}
	if len(list) == 0 {
		return nil
	}
	return fault.New(fault.Data, "the other tables are there; chameleon show_errors tells more", "%d tables could not be made: %w", len(list), errors.Join(list...))
}
