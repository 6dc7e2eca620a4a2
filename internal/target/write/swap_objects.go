package write

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/loaded_objects.sql
var loadedObjectsSQL string

//go:embed sql/object_conflicts.sql
var objectConflictsSQL string

// Object is a table or something else that stands in a schema by itself.
type Object struct {
	Kind      string // table, view, materialized view, sequence, function, type, domain, collation
	Schema    string // where it stands, or is to stand
	Name      string
	Arguments string // of a function, with their parentheses
}

// Ident is its qualified name as SQL.
func (o Object) Ident() string { return o.in(o.Schema) }

func (o Object) in(schema string) string {
	return mapping.Quote(schema) + "." + mapping.Quote(o.Name) + o.Arguments
}

func (o Object) relation() bool {
	return o.Kind == "table" || o.Kind == "view" || o.Kind == "materialized view"
}

// places are tables without anything but their schema, for what works on schemas.
func places(schemas []string) []*mapping.Table {
	list := make([]*mapping.Table, len(schemas))
	for i, s := range schemas {
		list[i] = &mapping.Table{Schema: s}
	}
	return list
}

// Clean makes the loading schemas of destinations anew, empty. What an earlier try has left in them goes.
func (l *Loader) Clean(ctx context.Context, destinations []string) error {
	if err := l.Drop(ctx, destinations); err != nil {
		return err
	}
	return l.Prepare(ctx, places(destinations))
}

// Drop drops the loading schemas of destinations with all that is in them. What something outside needs is never dropped.
func (l *Loader) Drop(ctx context.Context, destinations []string) error {
	return l.eachSchema(ctx, places(destinations), "dropping the loading schema of", func(ctx context.Context, tx pgx.Tx, destination string) error {
		name := LoadingSchema(destination)
		comment, exists, err := schemaComment(ctx, tx, name)
		if err != nil || !exists || comment != marker {
			return err // one that is not ours is for Prepare to refuse
		}
		rows, err := texts(ctx, tx, loadedObjectsSQL, mapping.Quote(name))
		if err != nil {
			return err
		}
		objects := make([]Object, len(rows))
		for i, row := range rows {
			objects[i] = Object{Kind: row[0], Schema: name, Name: row[1], Arguments: row[2]}
		}
		if err := l.dropAll(ctx, tx, objects); err != nil {
			return err
		}
		return run(ctx, tx, "drop schema "+mapping.Quote(name))
	})
}

// ObjectConflicts refuses objects whose place is taken by something that was not made
// before. relations are the names that come along, as of indexes, by schema.
func (l *Loader) ObjectConflicts(ctx context.Context, former, fresh []Object, relations map[string][]string) error {
	taken, old := map[string][]string{}, map[string][]string{}
	for schema, names := range relations {
		taken[schema] = slices.Clone(names)
	}
	for _, o := range fresh {
		if o.Kind != "function" && o.Kind != "collation" {
			taken[o.Schema] = append(taken[o.Schema], o.Name)
		}
	}
	for _, o := range former {
		old[o.Schema] = append(old[o.Schema], o.Name)
	}
	return l.Begin(ctx, func(tx pgx.Tx) error {
		if err := unsubscribed(ctx, tx, former); err != nil {
			return err
		}
		for _, schema := range slices.Sorted(maps.Keys(taken)) {
			found, err := texts(ctx, tx, objectConflictsSQL, mapping.Quote(schema), textArray(taken[schema]), textArray(old[schema]))
			if err != nil {
				return err
			}
			if len(found) > 0 {
				return fault.New(fault.State, "rename or drop it, or map the source schema to another one",
					"%s.%s, needed for the copy, exists and was not made by this program", mapping.Quote(schema), mapping.Quote(found[0][0]))
			}
		}
		return nil
	})
}

// unsubscribed refuses former tables that a subscription writes to: it would not know the new ones.
func unsubscribed(ctx context.Context, tx pgx.Tx, former []Object) error {
	var idents []string
	for _, o := range former {
		if o.Kind == "table" {
			idents = append(idents, o.Ident())
		}
	}
	found, err := texts(ctx, tx, `select s.subname, i.name from unnest($1::text[]) as i (name) join pg_subscription_rel r on r.srrelid = to_regclass(i.name)
		join pg_subscription s on s.oid = r.srsubid limit 1`, textArray(idents))
	if err != nil || len(found) == 0 {
		return err
	}
	return fault.New(fault.State, "on the target: DROP SUBSCRIPTION "+mapping.Quote(found[0][0])+", then run the command again",
		"the subscription %s writes to the table %s, which is to be replaced", found[0][0], found[0][1])
}

// SwapObjects moves objects from their loading schemas into their places, in one transaction that also runs record.
// What was made before makes room; users' views, functions, grants, triggers and rules on it are made
// again on what has its name. Tables in use are waited for as Swap does.
func (l *Loader) SwapObjects(ctx context.Context, former, fresh []Object, record func(tx pgx.Tx) error) error {
	err := l.patiently(ctx, func() string { return "former tables" }, func(tx pgx.Tx) error {
		if err := run(ctx, tx, l.lockTimeout(), "set local search_path to ''"); err != nil {
			return err
		}
		again, err := l.clearAway(ctx, tx, former)
		if err != nil {
			return err
		}
		if err := l.move(ctx, tx, fresh); err != nil {
			return err
		}
		for _, d := range slices.Backward(again) {
			if err := restore(ctx, tx, d.on, []dependant{d.dependant}); err != nil {
				return err
			}
		}
		for _, o := range fresh {
			if o.relation() {
				if err := l.grant(ctx, tx, &mapping.Table{Schema: o.Schema, Name: o.Name}); err != nil {
					return err
				}
			}
		}
		if err := run(ctx, tx, "set local search_path to default"); err != nil {
			return err
		}
		return record(tx)
	})
	if err != nil {
		return fmt.Errorf("swapping in the copy: %w", err)
	}
	return nil
}

// rebuilt is a dependant with the relation that it was on.
type rebuilt struct {
	dependant
	on *mapping.Table
}

// clearAway drops what was made before, and gives what has to be made again in the order in which it was dropped.
func (l *Loader) clearAway(ctx context.Context, tx pgx.Tx, former []Object) ([]rebuilt, error) {
	oids := map[string]Object{}
	var order []string
	var there []Object
	for _, o := range former {
		if !o.relation() {
			continue
		}
		found, err := texts(ctx, tx, "select c.oid::text from pg_class c where c.oid = to_regclass($1)", o.Ident())
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			oids[found[0][0]] = o
			order = append(order, found[0][0])
			there = append(there, o)
		}
	}
	if err := lockTables(ctx, tx, there); err != nil {
		return nil, err
	}
	var again []rebuilt
	seen := map[string]bool{}
	for _, oid := range order {
		list, err := l.onFormer(ctx, tx, oid, oids, seen)
		if err != nil {
			return nil, err
		}
		again = append(again, list...)
	}
	for _, d := range again {
		if d.drop != "" {
			if err := run(ctx, tx, d.drop); err != nil {
				return nil, needed(err, "the table "+d.on.Ident())
			}
		}
	}
	return again, l.dropAll(ctx, tx, former)
}

func lockTables(ctx context.Context, tx pgx.Tx, list []Object) error {
	var idents []string
	for _, o := range list {
		if o.Kind == "table" {
			idents = append(idents, o.Ident())
		}
	}
	if len(idents) == 0 {
		return nil
	}
	return run(ctx, tx, "lock table "+strings.Join(idents, ", ")+" in access exclusive mode")
}

// onFormer reads what users have made on a former relation. formers are all of these by their
// OIDs; what was seen is not given twice.
func (l *Loader) onFormer(ctx context.Context, tx pgx.Tx, oid string, formers map[string]Object, seen map[string]bool) ([]rebuilt, error) {
	o := formers[oid]
	on := &mapping.Table{Schema: o.Schema, Name: o.Name}
	policies, err := texts(ctx, tx, "select polname from pg_policy where polrelid = $1::oid", oid)
	if err != nil {
		return nil, err
	}
	if len(policies) > 0 {
		return nil, fault.New(fault.State, "drop it, then run the command again and make it anew", "the table %s has the row security policy %s", on.Ident(), policies[0][0])
	}
	rows, err := texts(ctx, tx, dependantsSQL, oid)
	if err != nil {
		return nil, err
	}
	var list []rebuilt
	for _, row := range rows {
		_, former := formers[row[1]]
		if former || seen[row[1]] || row[0] == "f" {
			continue
		}
		seen[row[1]] = true
		d, err := describeDependant(ctx, tx, row[0], row[1])
		if err != nil {
			return nil, err
		}
		list = append(list, rebuilt{d, on})
	}
	if o.Kind == "table" {
		own, err := statements(ctx, tx, relationSQL, oid)
		if err != nil {
			return nil, err
		}
		list = append(list, rebuilt{dependant{name: "grant, rule or trigger on the old table", again: own}, on})
	}
	return list, nil
}

// dropAll drops objects that may need one another: again and again those that nothing needs any more, and all tables at once.
func (l *Loader) dropAll(ctx context.Context, tx pgx.Tx, former []Object) error {
	var drops []string
	var tables []string
	for _, o := range former {
		if o.Kind == "table" {
			tables = append(tables, o.Ident())
			continue
		}
		drops = append(drops, "drop "+o.Kind+" if exists "+o.Ident())
	}
	if len(tables) > 0 { // which may refer to one another
		drops = append(drops, "drop table if exists "+strings.Join(tables, ", "))
	}
	for len(drops) > 0 {
		var left []string
		var last error
		for _, sql := range drops {
			if err := guarded(ctx, tx, sql); dial.Code(err) == dependentObjects {
				left, last = append(left, sql), err
			} else if err != nil {
				return err
			}
		}
		if len(left) == len(drops) {
			return needed(last, "what an earlier copy has made")
		}
		drops = left
	}
	return nil
}

// guarded runs a statement so that the transaction goes on where it fails.
func guarded(ctx context.Context, tx pgx.Tx, sql string) error {
	if err := run(ctx, tx, "savepoint chameleon_object"); err != nil {
		return err
	}
	err := run(ctx, tx, sql)
	if err != nil {
		if undone := run(ctx, tx, "rollback to savepoint chameleon_object"); undone != nil {
			return undone
		}
	}
	if released := run(ctx, tx, "release savepoint chameleon_object"); released != nil {
		return released
	}
	return err
}

// move puts objects into their places. Functions go first: the types of their arguments are
// named by the schema where they still are.
func (l *Loader) move(ctx context.Context, tx pgx.Tx, fresh []Object) error {
	for _, functions := range []bool{true, false} {
		for _, o := range fresh {
			if (o.Kind == "function") == functions {
				if err := run(ctx, tx, fmt.Sprintf("alter %s %s set schema %s", o.Kind, o.in(LoadingSchema(o.Schema)), mapping.Quote(o.Schema))); err != nil {
					return err
				}
			}
		}
	}
	return moveConstructors(ctx, tx, fresh)
}

// constructorsSQL lists the functions of a schema that came with its range types, which do not go with them.
const constructorsSQL = `select format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
	from pg_proc p join pg_namespace n on n.oid = p.pronamespace
	join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i' and d.refclassid = 'pg_type'::regclass
	where p.pronamespace = to_regnamespace($1)`

func moveConstructors(ctx context.Context, tx pgx.Tx, fresh []Object) error {
	seen := map[string]bool{}
	for _, o := range fresh {
		if seen[o.Schema] {
			continue
		}
		seen[o.Schema] = true
		rows, err := texts(ctx, tx, constructorsSQL, mapping.Quote(LoadingSchema(o.Schema)))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := run(ctx, tx, "alter function "+row[0]+" set schema "+mapping.Quote(o.Schema)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attempt runs statements in a transaction of their own. Their errors are classified, and tell no values of rows.
func (l *Loader) Attempt(ctx context.Context, statements ...string) error {
	err := l.Begin(ctx, func(tx pgx.Tx) error { return run(ctx, tx, statements...) })
	if err != nil {
		return refusedRow(err)
	}
	return nil
}
