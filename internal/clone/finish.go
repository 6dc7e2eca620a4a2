package clone

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relocate"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// indexes builds indexes and keys, several at a time, and then puts those of partitions below those of their tables.
func (r *run) indexes(ctx context.Context) error {
	var steps []step
	for _, t := range r.found.Tables {
		for _, c := range t.Constraints {
			if isKey(c) {
				steps = append(steps, r.constraint(r.tables[t.OID], c, c.Definition))
				steps[len(steps)-1].oid = c.Index
			}
		}
	}
	for _, i := range r.found.Indexes {
		t := r.tables[i.Table]
		switch {
		case i.Constraint || t == nil:
		case !i.Valid:
			r.left("index "+i.Schema+"."+i.Name, t, fault.New(fault.Data, "", "it is not valid on the source"))
		default:
			steps = append(steps, step{what: "index " + i.Schema + "." + i.Name, oid: i.OID, table: t, sql: []string{i.SQL}})
		}
	}
	if err := r.together(ctx, steps, r.raise); err != nil {
		return err
	}
	for _, t := range r.found.Tables {
		for _, c := range t.Constraints {
			if isKey(c) && r.made[c.Index] {
				r.has(c.OID)
			}
		}
	}
	if err := r.attach(ctx); err != nil {
		return err
	}
	return r.analyze(ctx)
}

func isKey(c *pgsql.Constraint) bool { return c.Kind == "p" || c.Kind == "u" || c.Kind == "x" }

func (r *run) constraint(t *table, c *pgsql.Constraint, definition string) step {
	only := ""
	if isKey(c) && t.Kind == partitioned {
		only = "ONLY "
	}
	return step{
		what: "constraint " + c.Name + " of table " + t.Schema + "." + t.Name, oid: c.OID, table: t,
		sql: []string{"ALTER TABLE " + only + pgsql.Ident(t.Schema, t.Name) + " ADD CONSTRAINT " + mapping.Quote(c.Name) + " " + definition},
	}
}

// raise builds an index.
func (r *run) raise(ctx context.Context, s step) error {
	sql, err := r.names.All(s.sql...)
	if err != nil {
		return err
	}
	err = again(ctx, func() error { return r.Loader.BuildRaw(ctx, sql...) })
	if err == nil {
		r.has(s.oid)
	}
	return err
}

// together runs steps several at a time. One that fails is left out.
func (r *run) together(ctx context.Context, steps []step, do func(context.Context, step) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, r.Threads))
	for _, s := range steps {
		group.Go(func() error {
			if s.table != nil && r.failed(s.table) {
				return nil
			}
			err := do(ctx, s)
			if ctx.Err() != nil || fault.KindOf(err) == fault.Retry {
				return err
			}
			if err != nil {
				r.without(s, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// attach puts indexes of partitions below those of the partitioned tables, the innermost first.
func (r *run) attach(ctx context.Context) error {
	byOID := map[uint32]*pgsql.Index{}
	for _, i := range r.found.Indexes {
		byOID[i.OID] = i
	}
	var steps []step
	for _, i := range slices.Backward(r.found.Indexes) {
		above := byOID[i.Parent]
		if above == nil || !r.made[i.OID] || !r.made[i.Parent] {
			continue
		}
		steps = append(steps, step{
			what: "index " + i.Schema + "." + i.Name + " as a part of " + above.Name, table: r.tables[i.Table],
			sql: []string{"ALTER INDEX " + pgsql.Ident(above.Schema, above.Name) + " ATTACH PARTITION " + pgsql.Ident(i.Schema, i.Name)},
		})
	}
	for _, i := range r.found.Indexes {
		if t := r.tables[i.Table]; i.Clustered && t != nil && r.made[i.OID] {
			steps = append(steps, step{
				what: "CLUSTER of table " + t.Schema + "." + t.Name, table: t,
				sql: []string{"ALTER TABLE " + pgsql.Ident(t.Schema, t.Name) + " CLUSTER ON " + mapping.Quote(i.Name)},
			})
		}
	}
	return r.build(ctx, steps)
}

// analyze gives the planner what it needs.
func (r *run) analyze(ctx context.Context) error {
	var steps []step
	for _, t := range r.found.Tables {
		steps = append(steps, step{what: "statistics of table " + t.Schema + "." + t.Name, table: r.tables[t.OID], sql: []string{"ANALYZE " + pgsql.Ident(t.Schema, t.Name)}})
	}
	return r.together(ctx, steps, r.raise)
}

// references makes the foreign keys, and the constraints that the source has not validated either.
func (r *run) references(ctx context.Context) error {
	var steps, validations []step
	for _, t := range r.found.Tables {
		entry := r.tables[t.OID]
		for _, c := range t.Constraints {
			if c.Derived || !c.Local || isKey(c) || c.Kind != "f" && c.Valid {
				continue
			}
			other := r.tables[c.References]
			parts := t.Kind == partitioned || other != nil && other.Kind == partitioned // whose keys older versions do not validate whole
			if c.Kind != "f" || !c.Valid || parts && r.target.Version < virtual {
				steps = append(steps, r.constraint(entry, c, c.Definition))
			} else {
				steps = append(steps, r.constraint(entry, c, c.Definition+" NOT VALID"))
				validations = append(validations, step{
					what: "validity of foreign key " + c.Name + " of table " + t.Schema + "." + t.Name, oid: c.OID, table: entry,
					sql: []string{"ALTER TABLE " + pgsql.Ident(t.Schema, t.Name) + " VALIDATE CONSTRAINT " + mapping.Quote(c.Name)},
				})
			}
			if c.Kind == "f" && (other == nil || r.failed(other)) {
				last := steps[len(steps)-1]
				r.left(last.what, entry, fault.New(fault.Data, "", "the table to which it refers is not copied"))
				steps = steps[:len(steps)-1]
			}
		}
	}
	if err := r.build(ctx, steps); err != nil {
		return err
	}
	validations = slices.DeleteFunc(validations, func(s step) bool { return !r.made[s.oid] })
	return r.together(ctx, validations, r.raise)
}

// views makes the views, and the indexes of those that hold rows.
func (r *run) views(ctx context.Context) error {
	var steps []step
	for _, v := range r.found.Views {
		steps = append(steps, r.object(v))
	}
	if err := r.build(ctx, steps); err != nil {
		return err
	}
	steps = nil
	for _, i := range r.found.Indexes {
		if r.tables[i.Table] == nil && r.made[i.Table] {
			steps = append(steps, step{what: "index " + i.Schema + "." + i.Name, oid: i.OID, sql: []string{i.SQL}})
		}
	}
	return r.together(ctx, steps, r.raise)
}

// finish sets the sequences, as late as can be, and the comments.
func (r *run) finish(ctx context.Context) error {
	for _, s := range r.found.Sequences {
		if owner := r.tables[s.Table]; !r.made[s.OID] || owner != nil && r.failed(owner) {
			continue
		}
		at, err := pgsql.Where(ctx, r.conn, pgsql.Ident(s.Schema, s.Name))
		if err == nil {
			place := pgsql.Ident(write.LoadingSchema(r.Schemas[s.Schema]), s.Name)
			err = r.Loader.Attempt(ctx, fmt.Sprintf("SELECT pg_catalog.setval(%s, %d, %t)", mapping.Literal(place), at.Last, at.Called))
		}
		if ctx.Err() != nil || fault.KindOf(err) == fault.Retry {
			return err
		}
		if err != nil {
			return fmt.Errorf("setting the sequence %s.%s: %w", s.Schema, s.Name, err)
		}
	}
	if err := r.comments(ctx); err != nil {
		return err
	}
	return r.tell(ctx)
}

// comments makes the comments, many at once.
func (r *run) comments(ctx context.Context) error {
	const atOnce = 200
	var list []step
	for _, c := range r.found.Comments {
		if r.made[c.On] {
			list = append(list, step{what: "a comment", sql: []string{c.SQL}})
		}
	}
	for batch := range slices.Chunk(list, atOnce) {
		whole := step{what: "comments"}
		for _, s := range batch {
			whole.sql = append(whole.sql, s.sql...)
		}
		err := r.make(ctx, whole)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || fault.KindOf(err) == fault.Retry {
			return err
		}
		if err := r.build(ctx, batch); err != nil { // those that can be made
			return err
		}
	}
	return nil
}

// tell says what of the source's tables and schemas is not copied.
func (r *run) tell(ctx context.Context) (err error) {
	tables, functions := make([]uint32, len(r.found.Tables)), make([]uint32, len(r.found.Functions))
	for i, t := range r.found.Tables {
		tables[i] = t.OID
	}
	for i, f := range r.found.Functions {
		functions[i] = f.OID
	}
	r.result.Uncopied, err = pgsql.Uncopied(ctx, r.conn, tables, slices.Sorted(maps.Keys(r.Schemas)), functions)
	for _, kind := range slices.Sorted(maps.Keys(r.result.Uncopied)) {
		names := r.result.Uncopied[kind]
		r.Log.Warn("not copied: make them in the target by hand, once the application writes there", "kind", kind, "count", len(names), "names", strings.Join(names, ", "))
	}
	return err
}

// swap puts the copy into its place. Former copies of tables that could not be copied now stay.
func (r *run) swap(ctx context.Context) error {
	var former, fresh, kept []write.Object
	stays := map[[2]string]bool{}
	for _, t := range r.tables {
		if t.reason != nil {
			stays[[2]string{r.Schemas[t.Schema], t.Name}] = true
		}
	}
	copied := map[[2]string]bool{}
	for _, t := range r.result.Tables {
		copied[[2]string{t.Target, t.Name}] = true
	}
	for _, o := range r.Former {
		name := [2]string{o.Schema, o.Name}
		switch {
		case !slices.Contains(r.destinations(), o.Schema): // mapped no longer: what was copied stays, and is the user's
		case o.Kind == "table" && stays[name]:
			kept = append(kept, o)
		default:
			former = append(former, o)
			if o.Kind == "table" && !copied[name] {
				r.Log.Info("a table of the former copy is not one of this copy, and is dropped", "table", o.Ident())
			}
		}
	}
	for _, o := range r.result.Objects {
		if o.Kind != "table" || !stays[[2]string{o.Schema, o.Name}] {
			fresh = append(fresh, o)
		}
	}
	err := r.Loader.SwapObjects(ctx, former, fresh, func(tx dial.Tx) error {
		r.result.Objects = slices.Concat(kept, fresh)
		for i, o := range r.result.Objects {
			r.result.Objects[i].Arguments = r.settled(o)
		}
		return r.Record(tx, &r.result)
	})
	if err != nil {
		return err
	}
	for _, t := range r.tables {
		if t.line != nil && t.reason == nil {
			t.line.Enter(status.Done, time.Now())
		}
	}
	return nil
}

// settled gives a function's arguments as they are named where it stands for good.
func (r *run) settled(o write.Object) string {
	if o.Kind != "function" {
		return ""
	}
	var names relocate.Names
	for _, k := range r.found.Names {
		if to, mapped := r.Schemas[k.Schema]; mapped && k.Extension == "" {
			names.Put(write.LoadingSchema(to), k.Name, to)
		}
	}
	arguments, err := names.SQL(o.Arguments)
	if err != nil {
		return o.Arguments
	}
	return arguments
}
