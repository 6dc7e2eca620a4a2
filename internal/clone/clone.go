// Package clone owns the copy of schemas from one PostgreSQL database to another: its steps
// and their order, how statements are put together, and what is left out for which reason. It
// does not own connections, the catalogue, nor who reads about progress.
package clone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/relocate"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/inspect"
	"pgchameleon/internal/target/write"
)

// Copy is one run of the copy.
type Copy struct {
	Source     dial.Config
	Pool       *dial.Pooled // of the target
	Loader     *write.Loader
	Schemas    map[string]string                 // source schema → schema in the target
	Named      func(schema, table string) bool   // limit_tables allows the table
	Skipped    func(schema, table string) bool   // skip_tables names it
	Fillfactor func(names ...string) int         // 0: as the source has it
	Threads    int                               // connections that copy at once
	PartBytes  int64                             // larger tables are read in parts of about this size
	Slot       string                            // of logical replication, made at the snapshot; "": none
	Former     []write.Object                    // what earlier copies have made
	Begun      func() error                      // called once, before anything is changed
	Record     func(tx dial.Tx, r *Result) error // part of the transaction that swaps the copy in
	Board      *status.Board
	Log        *slog.Logger
}

// Result is what a copy came to.
type Result struct {
	Tables  []*Table
	Left    []Left
	Objects []write.Object // what was made, former tables that stay included

	Uncopied map[string][]string // what is never copied, by kind: triggers, privileges and the like
}

// Table is a table of the source that was to be copied.
type Table struct {
	Schema, Name string // on the source
	Target       string // schema
	Key          bool   // it has a primary key
	Partition    bool   // of another table that was copied
	Rows, Bytes  int64
	Estimated    int64
	Failed       error
}

// Left is something that was left out.
type Left struct {
	What  string
	Table *Table // to which it belongs, nil: none
	Cause error
}

// run is the state of a copy.
type run struct {
	*Copy
	server   *pgsql.Server
	target   *inspect.Server
	snapshot *pgsql.Snapshot
	conn     *dial.Conn // in the snapshot
	found    *pgsql.Structure
	names    relocate.Names
	tables   map[uint32]*table
	made     map[uint32]bool
	result   Result

	extensions map[string]string // of the target, with their versions
	mu         sync.Mutex        // over result.Left, made, and the reasons of tables
}

// table is a table with what becomes of it.
type table struct {
	*pgsql.Table
	out    *Table
	line   *status.Table
	family uint32 // one of the tables with which it makes up what is read as one
	binary bool
	reason error // it cannot be copied
}

// Run copies. A table or an index that cannot be copied is told of in the result, and does
// not stop the others; an error means that everything in the target is as before.
func (c *Copy) Run(ctx context.Context) (*Result, error) {
	r := &run{Copy: c, tables: map[uint32]*table{}, made: map[uint32]bool{}}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = r.conn.Close(closing)
		r.snapshot.Close(ctx)
	}()
	if err := r.check(ctx); err != nil {
		return nil, err
	}
	if err := c.Begun(); err != nil {
		return nil, err
	}
	if err := r.all(ctx); err != nil {
		return nil, errors.Join(err, r.clear(ctx))
	}
	r.snapshot.KeepSlot()
	return &r.result, c.Loader.Drop(ctx, r.destinations())
}

const closeTime = 3 * time.Second

// clear takes away what a copy has made that came to nothing.
func (r *run) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTime)
	defer cancel()
	if err := r.Loader.Drop(ctx, r.destinations()); err != nil { // the next copy does it
		r.Log.Warn("the loading schemas could not be dropped", "error", err)
	}
	return nil
}

const clearTime = 10 * time.Second

func (r *run) all(ctx context.Context) error {
	if err := r.Loader.Clean(ctx, r.destinations()); err != nil {
		return err
	}
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"making types, sequences and tables", r.structure},
		{"copying rows", r.rows},
		{"building indexes", r.indexes},
		{"building foreign keys", r.references},
		{"making views", r.views},
		{"setting sequences and comments", r.finish},
	}
	for _, s := range steps {
		r.Log.Info("the copy has come to a step", "step", s.what)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return r.swap(ctx)
}

func (r *run) schemas() []string { return slices.Sorted(maps.Keys(r.Schemas)) }

func (r *run) destinations() []string {
	list := slices.Sorted(maps.Values(r.Schemas))
	return slices.Compact(list)
}

// open locks the source's tables, takes the snapshot and reads what it holds.
func (r *run) open(ctx context.Context) error {
	conn, err := pgsql.Connect(ctx, r.Source)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if r.server, err = pgsql.Facts(ctx, conn, r.schemas()); err != nil {
		return err
	}
	if err := r.suits(ctx); err != nil {
		return err
	}
	before, err := pgsql.Read(ctx, conn, r.schemas(), r.wants)
	if err != nil {
		return err
	}
	idents := make([]string, len(before.Tables))
	for i, t := range before.Tables {
		idents[i] = "ONLY " + pgsql.Ident(t.Schema, t.Name)
	}
	if r.snapshot, err = pgsql.Take(ctx, r.Source, idents, r.Slot); err != nil {
		return err
	}
	if r.conn, err = r.snapshot.Session(ctx); err == nil {
		r.found, err = pgsql.Read(ctx, r.conn, r.schemas(), r.wants)
	}
	if err == nil && !sameTables(before.Tables, r.found.Tables) {
		err = fault.New(fault.Retry, "run the command again", "tables of the source were made or dropped while the snapshot was taken")
	}
	if err != nil {
		if r.conn != nil {
			_ = r.conn.Close(context.WithoutCancel(ctx))
		}
		r.snapshot.Close(ctx)
		return err
	}
	r.place()
	return nil
}

// sameTables makes sure that all tables of the snapshot were locked before it.
func sameTables(locked, seen []*pgsql.Table) bool {
	return slices.EqualFunc(locked, seen, func(a, b *pgsql.Table) bool { return a.OID == b.OID })
}

// suits looks at what both servers are.
func (r *run) suits(ctx context.Context) error {
	var err error
	if r.target, err = inspect.Facts(ctx, r.Pool); err != nil {
		return err
	}
	there, err := pgsql.Facts(ctx, r.Pool, []string{})
	if err != nil {
		return err
	}
	r.extensions = there.Extensions
	switch {
	case r.server.Version < pgsql.Oldest:
		return fault.New(fault.Environment, "upgrade the source to PostgreSQL 12 or later", "the source is too old to be read")
	case len(r.server.Absent) > 0:
		return fault.New(fault.Config, "correct schema_mappings, or database of db_conn", "the source's database %s has no schema %s", r.server.Database, strings.Join(r.server.Absent, ", "))
	case len(r.server.Closed) > 0:
		return fault.New(fault.Environment, "on the source: GRANT USAGE ON SCHEMA "+strings.Join(r.server.Closed, ", ")+" TO the user of db_conn",
			"the source's user may not use schema %s", strings.Join(r.server.Closed, ", "))
	case r.target.ReadOnly:
		return fault.New(fault.Environment, "let pg_conn name the primary server", "the target is read-only")
	}
	if there.Started == r.server.Started && there.OID == r.server.OID {
		for _, to := range r.destinations() {
			if _, also := r.Schemas[to]; also {
				return fault.New(fault.Config, "map it to a schema that is not copied itself", "source and target are the same database, and schema %s would be copied over", to)
			}
		}
	}
	return nil
}

// wants says whether a table is to be copied. A partition goes with the table of which it is one.
func (r *run) wants(t *pgsql.Table, byOID map[uint32]*pgsql.Table) bool {
	named := false
	for at := t; at != nil; {
		if r.Skipped(at.Schema, at.Name) {
			return false
		}
		named = named || r.Named(at.Schema, at.Name)
		if !at.Partition || len(at.Parents) == 0 {
			break
		}
		at = byOID[at.Parents[0]]
	}
	if named && t.Kind == foreign {
		if r.snapshot != nil { // the list that counts
			r.Log.Warn("a foreign table is not copied", "table", t.Schema+"."+t.Name, "partition", t.Partition)
		}
		return false
	}
	return named
}

const (
	foreign     = "f"
	partitioned = "p"
)

// place tells where everything goes.
func (r *run) place() {
	for _, pass := range []bool{true, false} { // what is the schema's own goes before an extension's of its name
		for _, k := range r.found.Names {
			to, mapped := r.Schemas[k.Schema]
			switch home, there := r.target.Extensions[k.Extension]; {
			case (k.Extension != "") != pass:
			case k.Extension == "" && mapped:
				r.names.Put(k.Schema, k.Name, write.LoadingSchema(to))
			case k.Extension != "" && there:
				r.names.Put(k.Schema, k.Name, home)
			case k.Extension != "":
				r.names.Lacks(k.Schema, k.Name, k.Extension)
			}
		}
	}
	for _, t := range r.found.Tables {
		entry := &table{Table: t, family: t.OID, out: &Table{Schema: t.Schema, Name: t.Name, Target: r.Schemas[t.Schema], Estimated: t.Rows}}
		r.result.Tables = append(r.result.Tables, entry.out)
		r.tables[t.OID] = entry
		for _, parent := range t.Parents { // which was placed before
			if above := r.tables[parent]; above != nil {
				r.join(above.family, entry.family)
				entry.out.Partition = entry.out.Partition || t.Partition
			}
		}
		for _, c := range t.Constraints {
			entry.out.Key = entry.out.Key || c.Kind == "p"
		}
		if t.Kind == "r" {
			entry.line = r.Board.Add(t.Schema+"."+t.Name, t.Rows, t.AllBytes)
		}
		entry.binary = r.binary(t)
	}
}

// join makes one family of two.
func (r *run) join(a, b uint32) {
	for _, t := range r.tables {
		if t.family == b {
			t.family = a
		}
	}
}

// tolerant is the version from which on arrays and composites may hold another database's numbers of types.
const tolerant = 140000

// binary says whether rows can go in COPY's binary form: types of extensions need the same version on both sides.
func (r *run) binary(t *pgsql.Table) bool {
	if r.target.Version < tolerant {
		return false
	}
	for _, c := range t.Columns {
		if c.TextOnly {
			return false
		}
		for _, e := range c.Extensions {
			if r.server.Extensions[e] == "" || r.server.Extensions[e] != r.extensions[e] {
				return false
			}
		}
	}
	return true
}

// check refuses what could not be swapped in later.
func (r *run) check(ctx context.Context) error {
	relations := map[string][]string{}
	for _, i := range r.found.Indexes {
		if to, mapped := r.Schemas[i.Schema]; mapped {
			relations[to] = append(relations[to], i.Name)
		}
	}
	for _, s := range r.found.Sequences {
		relations[r.Schemas[s.Schema]] = append(relations[r.Schemas[s.Schema]], s.Name)
	}
	var fresh []write.Object
	for _, t := range r.found.Tables {
		fresh = append(fresh, write.Object{Kind: "table", Schema: r.Schemas[t.Schema], Name: t.Name})
	}
	for _, o := range slices.Concat(r.found.Types, r.found.Views) {
		fresh = append(fresh, write.Object{Kind: o.Kind, Schema: r.Schemas[o.Schema], Name: o.Name})
	}
	return r.Loader.ObjectConflicts(ctx, r.Former, fresh, relations)
}

// fail lets a table be without its copy, and all that are read together with it.
func (r *run) fail(t *table, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.tables {
		if other.family != t.family || other.reason != nil {
			continue
		}
		other.reason = cause
		if other != t {
			other.reason = fmt.Errorf("it belongs together with %s.%s, which cannot be copied: %w", t.Schema, t.Name, cause)
		}
		other.out.Failed = other.reason
		if other.line != nil {
			other.line.Enter(status.Failed, time.Now())
		}
	}
}

// left notes something that is left out.
func (r *run) left(what string, t *table, cause error) {
	l := Left{What: what, Cause: cause}
	if t != nil {
		l.Table = t.out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Left = append(r.result.Left, l)
	r.Log.Warn("a part of the copy is left out", "object", what, "reason", cause.Error())
}

// failed says whether a table goes without its copy.
func (r *run) failed(t *table) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return t.reason != nil
}

// has notes that something was made.
func (r *run) has(oids ...uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, oid := range oids {
		if oid != 0 {
			r.made[oid] = true
		}
	}
}
