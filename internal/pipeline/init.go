package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/change"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	target "pgchameleon/internal/target/dial"
	targetinspect "pgchameleon/internal/target/inspect"
	"pgchameleon/internal/target/write"
)

// InitReplica copies a source's tables. See Replica.Init.
func (e *Engine) InitReplica(ctx context.Context, name string, board *status.Board, restart bool, ready func()) error {
	spec, err := e.either(name)
	if err != nil {
		return err
	}
	replica := New(spec, e.log)
	if spec.PgSQL != nil {
		err = replica.clone(ctx, board, ready)
	} else {
		err = replica.Init(ctx, board, restart, ready)
	}
	if err != nil {
		return fmt.Errorf("copying source %s: %w", name, err)
	}
	return nil
}

// Init copies all tables of the source. A copy that was interrupted goes on
// where it was, unless restart is set. ready is called once the copying has begun for good.
func (r *Replica) Init(ctx context.Context, board *status.Board, restart bool, ready func()) error {
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	if lease.Source.Status == catalogue.Detaching {
		return detachBegun(r.spec.Name)
	}
	if err := r.check(ctx, true); err != nil {
		return err
	}
	from, err := r.reach(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	pool, err := target.Pool(ctx, r.spec.Postgres, 2*r.spec.Threads+2)
	if err != nil {
		return err
	}
	defer pool.Close()
	var options map[string]bool // of a copy that goes on
	if !restart && resumable(&lease.Source) {
		options = lease.Source.Options
		if !maps.Equal(lease.Source.Schemas, r.spec.Rules.Schemas) {
			return fault.New(fault.State, "begin anew with --restart, or take the change of schema_mappings back until the source is copied",
				"the copy was begun with other schema_mappings")
		}
	}
	rules, err := r.rules(ctx, pool, from.server, options)
	if err != nil {
		return err
	}
	c := &initial{replica: r, lease: lease, origin: from, pool: pool, rules: rules, board: board, definitions: r.definitions(from)}
	if err := c.run(ctx, restart, ready); err != nil {
		if ctx.Err() == nil && c.begun {
			r.remember(ctx, pool, lease.Source.ID, err)
			_ = r.status(ctx, pool, lease.Source.ID, catalogue.Initialising) // so that the next run goes on with it
		}
		return err
	}
	return nil
}

// initial is one run of the initial copy.
type initial struct {
	replica *Replica
	lease   *catalogue.Lease
	origin  *origin
	pool    *target.Pooled
	rules   *mapping.Rules
	board   *status.Board
	loader  *write.Loader
	ledger  *copyLedger
	begun   bool // something was changed
	apart   bool // of tables of a replica that runs: all of their indexes are built where they are loaded

	definitions *definitions
}

func (c *initial) run(ctx context.Context, restart bool, ready func()) error {
	id := c.lease.Source.ID
	records, err := catalogue.Tables(ctx, c.pool, id)
	if err != nil {
		return err
	}
	if err := c.prepare(records); err != nil {
		return err
	}
	start, err := c.start(ctx)
	if err != nil {
		return err
	}
	list, err := c.list(ctx, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(c.unused(list), c.conflicts(ctx, list.tasks)); err != nil {
		return err
	}
	if restart || !resumable(&c.lease.Source) {
		if err := c.forget(ctx, start, list); err != nil {
			return err
		}
	}
	c.begun = true
	if err := c.replica.status(ctx, c.pool, id, catalogue.Initialising); err != nil {
		return err
	}
	if err := c.schemas(ctx); err != nil {
		return err
	}
	if err := c.sequences(ctx, list, c.replica.spec.KeepExisting); err != nil {
		return err
	}
	if err := c.collations(ctx, list); err != nil {
		return err
	}
	if err := c.loader.Prepare(ctx, list.mapped()); err != nil {
		return err
	}
	ready()
	failed, err := c.copy(ctx, list)
	if err != nil {
		return err
	}
	if err := c.parents(ctx); err != nil {
		return err
	}
	if err := c.tidy(ctx, list); err != nil {
		return err
	}
	if err := c.replica.status(ctx, c.pool, id, catalogue.Initialised); err != nil {
		return err
	}
	return c.report(failed)
}

// tidy drops the loading schemas that nobody needs any more.
func (c *initial) tidy(ctx context.Context, list *listing) error {
	if err := c.replica.shared(ctx, c.pool, c.loader); err != nil {
		return err
	}
	return c.loader.Tidy(ctx, list.mapped())
}

// schemas makes the destination schemas that are absent, those without tables
// too: the stream may bring some.
func (c *initial) schemas(ctx context.Context) error {
	names := slices.Sorted(maps.Values(c.rules.Schemas))
	there, err := targetinspect.Schemas(ctx, c.pool, slices.Compact(names)...)
	if err != nil {
		return err
	}
	for _, s := range there {
		if s.Exists {
			continue
		}
		if _, err := c.pool.Exec(ctx, "CREATE SCHEMA "+mapping.Quote(s.Name)); err != nil {
			return fmt.Errorf("making the schema %s: %w", s.Name, target.Classify(err))
		}
	}
	return nil
}

// collations makes the collations of the tables' columns before any table: two that were made
// at once would be in each other's way.
func (c *initial) collations(ctx context.Context, list *listing) error {
	var made []string
	for _, t := range list.mapped() {
		for _, sql := range ddl.Collations(t) {
			if c.replica.spec.KeepExisting || slices.Contains(made, sql) {
				continue
			}
			if _, err := c.pool.Exec(ctx, sql); err != nil {
				return fmt.Errorf("making a collation of table %s: %w", t.Source.Name, target.Classify(err))
			}
			made = append(made, sql)
		}
	}
	return nil
}

// resumable says whether there is a copy to go on with.
func resumable(s *catalogue.Source) bool {
	return s.Status == catalogue.Initialising && !s.Applied.IsZero()
}

func (c *initial) prepare(records []*catalogue.Table) error {
	ours, known := map[[2]string]bool{}, map[schema.Name]*catalogue.Table{}
	for _, t := range records {
		known[t.Source] = t
		if t.Created {
			ours[[2]string{t.Schema, t.Name}] = true
		}
	}
	spec := &c.replica.spec
	c.loader = &write.Loader{
		Pool: c.pool, Ours: func(schemaName, table string) bool { return ours[[2]string{schemaName, table}] },
		GrantSelect: spec.Grants, LockTimeout: spec.LockTimeout, Builders: spec.Threads, Keep: spec.KeepExisting, Log: c.replica.log,
	}
	seal, err := newSeal(c.rules.MaskKey)
	c.ledger = &copyLedger{
		pool: c.pool, sourceID: c.lease.Source.ID, epoch: c.lease.Epoch, made: !spec.KeepExisting, values: newValueLog(c.rules.KeepOriginals), seal: seal, rules: c.rules,
		records: known, asked: map[schema.Name]bool{},
	}
	return err
}

// start is where the stream will begin: at or before every table's low mark.
func (c *initial) start(ctx context.Context) (event.Position, error) {
	p, err := inspect.Position(ctx, c.origin.conn, c.origin.server)
	if err != nil {
		return p, err
	}
	if p.GTIDs != "" && p.Flavor == event.MySQL {
		// The log's end may be ahead of the executed set, which is what counts.
		p.File, p.Offset = "", 0
	}
	return p, c.noPrepared(ctx)
}

// noPrepared makes sure that no XA transaction was prepared before the start:
// its rows would be in the log before it, its commit after.
func (c *initial) noPrepared(ctx context.Context) error {
	n, err := inspect.Prepared(ctx, c.origin.conn)
	if fault.KindOf(err) == fault.Environment {
		c.replica.log.Warn("prepared XA transactions cannot be looked for", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Environment, "commit them or roll them back (XA RECOVER lists them), then run this again",
			"the source has %d prepared XA transactions", n)
	}
	return nil
}

// forget lets the source begin anew at the position.
func (c *initial) forget(ctx context.Context, start event.Position, list *listing) error {
	id := c.lease.Source.ID
	return target.InTx(ctx, c.pool, func(tx target.Tx) error {
		sequences, err := trackedSequences(ctx, tx, id) // they stay ours
		if err != nil {
			return err
		}
		if err := catalogue.ResetSource(ctx, tx, id, c.lease.Epoch); err != nil {
			return err
		}
		if err := catalogue.PutDefinitions(ctx, tx, id, tracked(c.rules, slices.Collect(maps.Values(sequences))...)...); err != nil {
			return err
		}
		var gone []schema.Name
		for name := range c.ledger.records {
			if !slices.ContainsFunc(list.tasks, func(t copier.Task) bool { return t.Table.Source.Name == name }) {
				gone = append(gone, name)
			}
		}
		if err := catalogue.DropTables(ctx, tx, id, gone...); err != nil {
			return err
		}
		rules := &c.replica.spec.Rules
		if err := errors.Join(catalogue.SetOptions(ctx, tx, id, options(c.rules)), catalogue.SetMappings(ctx, tx, id, rules.Schemas),
			catalogue.SetFilters(ctx, tx, id, catalogue.Filters{Limit: rules.Limit, Skip: rules.Skip})); err != nil {
			return err
		}
		if err := c.enlist(ctx, tx, list); err != nil {
			return err
		}
		if err := catalogue.SaveApplied(ctx, tx, id, c.lease.Epoch, start, time.Time{}, catalogue.Counters{}); err != nil {
			return err
		}
		return putDatabases(ctx, tx, id, c.origin, c.rules, nil)
	})
}

// enlist records tables that have not begun.
func (c *initial) enlist(ctx context.Context, tx target.Tx, list *listing) error {
	var records []*catalogue.Table
	for _, task := range list.tasks {
		record := tableRecord(task.Table, catalogue.Copying)
		record.Created, record.Definition = false, nil
		record.EstimatedRows, record.EstimatedBytes = task.Rows, task.Bytes
		records = append(records, record)
	}
	for name, err := range list.unmapped {
		destination, _ := c.rules.Target(name.Schema)
		records = append(records, &catalogue.Table{
			Source: name, Schema: destination, Name: mapping.Identifier(name.Table), State: catalogue.Failed, Reason: err.Error(),
		})
	}
	if err := catalogue.PutTables(ctx, tx, c.lease.Source.ID, records...); err != nil {
		return err
	}
	for _, record := range records {
		c.ledger.records[record.Source] = record
	}
	return nil
}

// conflicts refuses tables whose place is taken by something that is not ours.
func (c *initial) conflicts(ctx context.Context, tasks []copier.Task) error {
	tables := make([]*mapping.Table, len(tasks))
	for i, task := range tasks {
		tables[i] = task.Table
	}
	found, err := c.loader.Conflicts(ctx, tables, func(t *mapping.Table) []string {
		var names []string
		for _, index := range ddl.Indexes(t) {
			names = append(names, index.Name)
		}
		return names
	})
	if err != nil {
		return err
	}
	for i := range tables {
		if found[i] != nil {
			return found[i]
		}
	}
	return nil
}

// copy runs the copier, and again for tables that have come meanwhile.
func (c *initial) copy(ctx context.Context, list *listing) (map[schema.Name]error, error) {
	failed := map[schema.Name]error{}
	for name, err := range list.unmapped {
		c.reported(name, "", err)
		failed[name] = err
	}
	seen := map[schema.Name]bool{}
	for len(list.tasks) > 0 {
		for _, task := range list.tasks {
			seen[task.Table.Source.Name] = true
		}
		result, err := c.copier().Run(ctx, list.tasks)
		if err != nil {
			return nil, err
		}
		next, err := c.list(ctx, seen)
		if err != nil {
			return nil, err
		}
		for name, err := range result.Failed {
			if !next.there[name] { // dropped or renamed while it was copied: the stream knows nothing of it either
				if err := c.dropped(ctx, name); err != nil {
					return nil, err
				}
				continue
			}
			failed[name] = err
		}
		if len(next.tasks) > 0 {
			if err := target.InTx(ctx, c.pool, func(tx target.Tx) error { return c.enlist(ctx, tx, &listing{tasks: next.tasks}) }); err != nil {
				return nil, err
			}
		}
		list = next
	}
	return failed, nil
}

func (c *initial) dropped(ctx context.Context, name schema.Name) error {
	c.replica.log.Info("a table went away while it was copied", "table", name.String())
	return catalogue.DropTables(ctx, c.pool, c.lease.Source.ID, name)
}

func (c *initial) copier() *copier.Copier[target.Tx] {
	spec := &c.replica.spec
	return &copier.Copier[target.Tx]{
		Source: &copySource{config: spec.MySQL, server: c.origin.server, definitions: c.definitions, rules: c.rules, budget: c.replica.long},
		Target: c.loader,
		Ledger: c.ledger,
		Options: copier.Options{
			Threads: spec.Threads, ChunkBytes: spec.ChunkBytes, Originals: c.rules.KeepOriginals, OutDir: spec.OutDir, Board: c.board, Log: c.replica.log, Now: time.Now,
			Map: c.rules.Table, Render: c.render, Report: c.reported,
		},
	}
}

// render gives the statements that make a table where it is loaded.
func (c *initial) render(t *mapping.Table) copier.Statements {
	place := c.loader.Place(t)
	s := copier.Statements{Create: ddl.CreateTable(place), Finish: slices.Concat(ddl.Defaults(place), ddl.Comments(place))}
	if c.replica.spec.KeepExisting {
		return copier.Statements{}
	}
	if f := c.fillfactor(t); f > 0 {
		s.Create = append(s.Create, setFillfactor(place.Ident(), f))
	}
	for _, what := range ddl.Omitted(t) {
		c.replica.log.Info("a default is left out", "table", t.Source.Name.String(), "default", what)
	}
	there := ddl.Indexes(t)
	for i, index := range ddl.Indexes(place) {
		if index.Skipped != "" {
			c.replica.log.Info("an index is left out", "table", t.Source.Name.String(), "index", index.Name, "reason", index.Skipped)
			continue
		}
		made := change.Index{Name: index.Name, SQL: index.SQL, Key: isKey(t, &index), Delay: index.Delayable}
		if made.Key { // another one may fail to be built, and is then left out
			made.Beside, made.Adopt = cmp.Or(index.Beside, index.SQL), index.Adopt
		}
		if made.Delay = made.Delay && !made.Key && len(t.Key) > 0; made.Delay && !c.apart {
			made.SQL = there[i].SQL
		}
		s.Indexes = append(s.Indexes, made)
	}
	return s
}

// fillfactor is what the configuration wants for a table; 0: nothing.
func (c *initial) fillfactor(t *mapping.Table) int {
	if c.replica.spec.Fillfactor == nil {
		return 0
	}
	return c.replica.spec.Fillfactor(t.Source.Name.String(), t.Schema+"."+t.Name)
}

// reported hears of a table or an index that could not be copied.
func (c *initial) reported(name schema.Name, index string, cause error) {
	message := fmt.Sprintf("copying the table: %v", cause)
	if index != "" {
		message = fmt.Sprintf("the index %s could not be built and is left out: %v", index, cause)
	}
	if index == "" {
		c.replica.log.Error("a table could not be copied", notify.Key, notify.TableExcluded, "table", name.String(), "error", cause)
	} else {
		c.replica.log.Error("an index could not be built", "table", name.String(), "index", index, "error", cause)
	}
	destination, _ := c.rules.Target(name.Schema)
	ctx, cancel := context.WithTimeout(context.Background(), parkWithin)
	defer cancel()
	if _, err := catalogue.LogError(ctx, c.pool, catalogue.LoggedError{
		SourceID: c.lease.Source.ID, Table: name, Schema: destination, Name: mapping.Identifier(name.Table), Message: message,
	}); err != nil {
		c.replica.log.Error("an error could not be logged in the catalogue", "error", err)
	}
}

// report is the outcome for the user: tables that failed are an error, though
// the others are copied and can be followed.
func (c *initial) report(failed map[schema.Name]error) error {
	var list []error
	for name, err := range failed {
		list = append(list, fmt.Errorf("table %s: %w", name, err))
	}
	if len(list) == 0 {
		return nil
	}
	return fault.New(fault.Data, "the other tables are copied and can be followed; chameleon show_errors tells more",
		"%d tables could not be copied: %w", len(list), errors.Join(list...))
}
