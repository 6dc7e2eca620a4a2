package pipeline

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// copy copies the refill's tables into the loading schema. Afterwards it can be followed.
func (f *refilling) copy(ctx context.Context, from *origin) error {
	c := &initial{
		replica: f.replica, lease: f.lease, origin: from, pool: f.pool, rules: f.rules, board: &status.Board{}, loader: f.loader(),
		definitions: f.replica.definitions(from), apart: true,
	}
	tasks, err := f.tasks(ctx, c)
	if err != nil || len(f.r.Tables) == 0 {
		return err
	}
	if f.r.Step == catalogue.RefillWaiting {
		if err := f.start(ctx, c, tasks); err != nil {
			return err
		}
	}
	if err := f.prepareCopy(ctx, c, tasks); err != nil {
		return err
	}
	if err := f.load(ctx, c, tasks); err != nil {
		return err
	}
	return f.loaded(ctx, c)
}

// start takes the position from which the refill's own stream will begin, and the parents
// as of before that of any copy.
func (f *refilling) start(ctx context.Context, c *initial, tasks []copier.Task) error {
	position, err := c.start(ctx)
	if err != nil {
		return err
	}
	set := schema.NewSet(f.rules.Fold)
	for _, task := range tasks {
		set = set.With(nil, task.Table.Source)
	}
	parents, err := f.parentsOf(ctx, c, set)
	if err != nil {
		return err
	}
	f.r.Step, f.r.Position, f.r.Tracked = catalogue.RefillCopying, position, parents
	f.log.Info("tables are filled from the source while the others are followed", "tables", f.names(), "reason", f.r.Tables[0].Reason, "position", position.String())
	return catalogue.SaveRefill(ctx, f.pool, f.r, parents)
}

// parentsOf lists the tables whose changes cascade to those of the set, as they are now.
func (f *refilling) parentsOf(ctx context.Context, c *initial, set *schema.Set) ([]*schema.Table, error) {
	if c.origin.server.LogsCascades() {
		return []*schema.Table{}, nil
	}
	found, err := c.parentsOf(ctx, set)
	if found == nil {
		found = []*schema.Table{}
	}
	return found, err
}

// tasks reads the tables' definitions. Those that the source has not any more leave the refill.
func (f *refilling) tasks(ctx context.Context, c *initial) ([]copier.Task, error) {
	var tasks []copier.Task
	for _, t := range slices.Clone(f.r.Tables) {
		definition, err := c.definitions.read(ctx, c.origin.conn, t.Source)
		if dial.Number(err) == noSuchTable || dial.Number(err) == noSuchDatabase {
			if err := f.gone(ctx, c, t); err != nil {
				return nil, err
			}
			continue
		}
		var unmapped errUnmapped
		if errors.As(err, &unmapped) {
			return nil, fault.New(fault.Data, "", "reading the definition of table %s: %w", t.Source, unmapped.error)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the definition of table %s: %w", t.Source, err)
		}
		mapped, err := f.rules.Table(f.rules.Hide(definition))
		if err != nil {
			return nil, fault.New(fault.Data, "", "%w", err)
		}
		info, err := inspect.SizedTable(ctx, c.origin.conn, t.Source)
		if err != nil {
			return nil, err
		}
		if err := catalogue.SetEstimates(ctx, f.pool, t.ID, int64(info.Rows), int64(info.Bytes)); err != nil {
			return nil, err
		}
		tasks = append(tasks, copier.Task{Table: mapped, Rows: int64(info.Rows), Bytes: int64(info.Bytes)})
	}
	return tasks, nil
}

const noSuchDatabase = 1049 // ER_BAD_DB_ERROR

// gone takes a table out of the refill that the source has not any more. What stands in its
// place goes too, unless it is followed: then the main stream will meet the statement.
func (f *refilling) gone(ctx context.Context, c *initial, t *catalogue.RefillTable) error {
	f.log.Info("a table went away while it was to be filled", "table", t.Source.String())
	if t.Definition != nil {
		if mapped, err := f.rules.Table(t.Definition); err == nil {
			if err := c.loader.Discard(ctx, mapped); err != nil {
				return err
			}
		}
	}
	f.mu.Lock()
	f.r.Tables = slices.DeleteFunc(slices.Clone(f.r.Tables), func(o *catalogue.RefillTable) bool { return o == t })
	f.mu.Unlock()
	return target.InTx(ctx, f.pool, func(tx target.Tx) error {
		if err := catalogue.LockRefill(ctx, tx, f.r); err != nil {
			return err
		}
		if err := f.remove(ctx, tx, t); err != nil {
			return err
		}
		if len(f.r.Tables) == 0 {
			return catalogue.EndRefill(ctx, tx, f.r)
		}
		return nil
	})
}

func (f *refilling) remove(ctx context.Context, tx target.Tx, t *catalogue.RefillTable) error {
	if t.State != catalogue.Excluded && t.State != catalogue.Failed {
		return catalogue.LeaveRefill(ctx, tx, t.ID)
	}
	if t.Created {
		drops, err := write.Removal(ctx, tx, t.Schema, t.Name)
		if err != nil {
			return err
		}
		for _, sql := range drops {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("dropping the table %s.%s, which the source has dropped: %w", t.Schema, t.Name, target.Classify(err))
			}
		}
	}
	return catalogue.DropTables(ctx, tx, f.lease.Source.ID, t.Source)
}

// prepareCopy makes what the tables need besides themselves.
func (f *refilling) prepareCopy(ctx context.Context, c *initial, tasks []copier.Task) error {
	list := &listing{tasks: tasks}
	if err := c.conflicts(ctx, tasks); err != nil {
		return err
	}
	f.mu.Lock() // two that make the same schema or collation at once would be in each other's way
	defer f.mu.Unlock()
	return errors.Join(c.schemas(ctx), c.collations(ctx, list), c.loader.Prepare(ctx, list.mapped()))
}

// load copies.
func (f *refilling) load(ctx context.Context, c *initial, tasks []copier.Task) error {
	spec := &f.replica.spec
	seal, err := newSeal(f.rules.MaskKey)
	if err != nil {
		return err
	}
	ledger := &refillLedger{
		copyLedger: &copyLedger{
			pool: f.pool, sourceID: f.lease.Source.ID, epoch: f.lease.Epoch, values: newValueLog(f.rules.KeepOriginals), seal: seal, rules: f.rules,
			records: map[schema.Name]*catalogue.Table{},
		},
		refill: f.r,
	}
	for _, t := range f.r.Tables {
		ledger.records[t.Source] = &catalogue.Table{ID: t.ID, Source: t.Source, Schema: t.Schema, Name: t.Name}
	}
	run := &copier.Copier[target.Tx]{
		Source: &copySource{config: spec.MySQL, server: c.origin.server, definitions: c.definitions, rules: f.rules, budget: f.replica.long},
		Target: unswapped{c.loader},
		Ledger: ledger,
		Options: copier.Options{
			Threads: max(1, spec.Threads/copiesAtOnce), ChunkBytes: spec.ChunkBytes, Originals: f.rules.KeepOriginals, OutDir: spec.OutDir, Board: c.board,
			Log: f.log, Now: time.Now, Map: f.rules.Table, Render: c.render,
			Report: func(name schema.Name, index string, err error) {
				if index != "" {
					c.reported(name, index, err)
				}
			},
		},
	}
	result, err := run.Run(ctx, tasks)
	if err != nil {
		return err
	}
	for _, t := range f.r.Tables {
		if err := result.Failed[t.Source]; err != nil {
			if dial.Number(err) == noSuchTable || dial.Number(err) == noSuchDatabase {
				return errAnew{"table " + t.Source.String() + " went away"}
			}
			return fmt.Errorf("copying table %s: %w", t.Source, err)
		}
	}
	return nil
}

// loaded lets the refill be followed, if the parents are still those with which it began.
func (f *refilling) loaded(ctx context.Context, c *initial) error {
	if err := f.reload(ctx); err != nil {
		return err
	}
	set := schema.NewSet(f.rules.Fold)
	for _, t := range f.r.Tables {
		if t.Step != swapped || t.Definition == nil {
			return fault.New(fault.Bug, "", "table %s is %q after its copy", t.Source, t.Step)
		}
		set = set.With(nil, t.Definition)
	}
	parents, err := f.parentsOf(ctx, c, set)
	if err != nil {
		return err
	}
	if !alike(parents, f.r.Tracked) {
		return errAnew{"a table to which its foreign keys lead has changed while it was copied"}
	}
	f.r.Step, f.r.Tracked = catalogue.RefillFollowing, slices.Concat(set.Tables(), parents)
	f.log.Info("tables are copied and catch up", "tables", f.names(), "position", f.r.Position.String())
	return catalogue.SaveRefill(ctx, f.pool, f.r, f.r.Tracked)
}

// alike compares definitions, but for the numbers that AUTO_INCREMENT has reached.
func alike(a, b []*schema.Table) bool {
	bare := func(list []*schema.Table) map[schema.Name]*schema.Table {
		all := map[schema.Name]*schema.Table{}
		for _, t := range list {
			t = t.Clone()
			t.AutoIncrement = 0
			all[t.Name] = t
		}
		return all
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// reload reads what the catalogue has of the refill.
func (f *refilling) reload(ctx context.Context) error {
	list, err := catalogue.Refills(ctx, f.pool, f.lease.Source.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.ID == f.r.ID && r.Round == f.r.Round {
			r.Epoch = f.r.Epoch
			f.mu.Lock()
			defer f.mu.Unlock()
			*f.r = *r
			return nil
		}
	}
	return catalogue.ErrRefillOver
}

// unswapped leaves tables where they are loaded.
type unswapped struct{ *write.Loader }

// Swap only records that the table is ready.
func (u unswapped) Swap(ctx context.Context, _ *mapping.Table, record func(tx target.Tx) error) error {
	return u.Begin(ctx, record)
}

// SwapFree only records that the tables are ready.
func (u unswapped) SwapFree(ctx context.Context, tables []*mapping.Table, record func(tx target.Tx, moved []int) error) error {
	all := make([]int, len(tables))
	for i := range all {
		all[i] = i
	}
	return u.Begin(ctx, func(tx target.Tx) error { return record(tx, all) })
}
