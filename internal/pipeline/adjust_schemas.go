package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/inspect"
	"pgchameleon/internal/target/write"
)

// added lists the databases that have come to be mapped.
func (a *adjustment) added() []string {
	var list []string
	for _, database := range slices.Sorted(maps.Keys(a.after)) {
		if _, is := a.before[database]; !is {
			list = append(list, database)
		}
	}
	return list
}

// removed lists the databases that are not mapped any more.
func removed(before, after map[string]string) []string {
	var list []string
	for _, database := range slices.Sorted(maps.Keys(before)) {
		if _, is := after[database]; !is {
			list = append(list, database)
		}
	}
	return list
}

// renamed gives the PostgreSQL schemas that get other names.
func renamed(before, after map[string]string) map[string]string {
	list := map[string]string{}
	for database, from := range before {
		if to, is := after[database]; is && to != from {
			list[from] = to
		}
	}
	return list
}

// remap carries other mappings over: schemas are renamed, databases forgotten.
func (a *adjustment) remap(ctx context.Context, tx target.Tx) error {
	if maps.Equal(a.before, a.after) {
		return nil
	}
	id := a.lease.Source.ID
	if err := a.rename(ctx, tx, renamed(a.before, a.after)); err != nil {
		return err
	}
	for _, database := range a.added() { // before any sequence comes in
		if _, err := tx.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+mapping.Quote(a.after[database])); err != nil {
			return refusedRename(err)
		}
	}
	gone := removed(a.before, a.after)
	names := make([]schema.Name, len(gone)) // with a database goes its collation
	for i, database := range gone {
		names[i].Schema = database
	}
	for _, t := range a.known {
		if _, mapped := a.rules.Target(t.Source.Schema); !mapped && !slices.Contains(gone, t.Source.Schema) {
			gone = append(gone, t.Source.Schema) // as the server spells it
		}
	}
	for _, t := range a.tracked.Tables() {
		if _, mapped := a.rules.Target(t.Name.Schema); !mapped {
			names = append(names, t.Name)
		}
	}
	if err := catalogue.ForgetSchemas(ctx, tx, id, gone...); err != nil {
		return err
	}
	if err := catalogue.DropDefinitions(ctx, tx, id, names...); err != nil {
		return err
	}
	if err := catalogue.NoteVersions(ctx, tx, id, "update_schema_mappings"); err != nil {
		return err
	}
	a.replica.log.Info("the schema mappings have changed", "removed", gone, "added", a.added(), "renamed", renamed(a.before, a.after))
	return catalogue.SetMappings(ctx, tx, id, a.after)
}

// rename gives schemas other names, all at once. What was being filled in them begins anew.
func (a *adjustment) rename(ctx context.Context, tx target.Tx, moved map[string]string) error {
	if len(moved) == 0 {
		return nil
	}
	id := a.lease.Source.ID
	shared, err := catalogue.Sharing(ctx, tx, a.replica.spec.Name, a.before)
	if err != nil {
		return err
	}
	var places []*mapping.Table
	for from := range moved {
		if others := shared[from]; len(others) > 0 {
			return fault.New(fault.State, "take the change of schema_mappings back", "the schema %q belongs to source %q too and cannot be renamed", from, others[0].Name)
		}
		places = append(places, &mapping.Table{Schema: from})
	}
	loader := &write.Loader{Pool: a.pool, Keep: a.replica.spec.KeepExisting, Log: a.replica.log}
	if err := loader.Abandon(ctx, places); err != nil {
		return err
	}
	var names []schema.Name
	for _, t := range a.known {
		if _, is := moved[t.Schema]; is {
			names = append(names, t.Source)
		}
	}
	if err := catalogue.RestartRefillsOf(ctx, tx, id, names...); err != nil {
		return err
	}
	there, err := inspect.Schemas(ctx, tx, slices.Sorted(maps.Keys(moved))...)
	if err != nil {
		return err
	}
	var away, home []string
	for _, s := range there {
		if !s.Exists {
			continue
		}
		aside := mapping.Identifier("_" + s.Name + "_renamed")
		away = append(away, fmt.Sprintf("ALTER SCHEMA %s RENAME TO %s", mapping.Quote(s.Name), mapping.Quote(aside)))
		home = append(home, fmt.Sprintf("ALTER SCHEMA %s RENAME TO %s", mapping.Quote(aside), mapping.Quote(moved[s.Name])))
	}
	for _, sql := range slices.Concat(away, home) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return refusedRename(err)
		}
	}
	return catalogue.MoveSchemas(ctx, tx, id, moved)
}

const duplicateSchema = "42P06"

func refusedRename(err error) error {
	err = target.Classify(err)
	switch {
	case target.Code(err) == duplicateSchema:
		return fault.New(fault.State, "rename or drop the schema that is there, or name another one in schema_mappings", "making or renaming a schema: %w", err)
	case fault.KindOf(err) == fault.Retry:
		return err
	}
	return fault.New(fault.State, "let the user of pg_conn own the schema and have CREATE on the database, or take the change of schema_mappings back", "making or renaming a schema: %w", err)
}

// adjustOrRefuse is adjust for a process that follows the source: mappings that cannot be carried
// over are refused, with a line in the error log, and the source goes on by those it has.
func (r *Replica) adjustOrRefuse(ctx context.Context, lease *catalogue.Lease, pool *target.Pooled, from *origin) error {
	err := r.adjust(ctx, lease, pool, from)
	if fault.KindOf(err) != fault.State || errors.Is(err, catalogue.ErrFenced) {
		return err
	}
	r.log.Error("the schema mappings stay as they are", "error", err)
	message := fmt.Sprintf("update_schema_mappings: %v", err)
	if _, logged := catalogue.LogError(ctx, pool, catalogue.LoggedError{SourceID: lease.Source.ID, Message: message}); logged != nil {
		return logged
	}
	if err := catalogue.WantMappings(ctx, pool, lease.Source.ID, nil); err != nil {
		return err
	}
	r.spec.Rules.Schemas = lease.Source.Schemas
	return r.adjust(ctx, lease, pool, from)
}
