package pipeline

import (
	"context"
	"maps"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// shareable gives the PostgreSQL schemas that a source may share with others: its tables there, by
// their names, are none of theirs.
func (r *Replica) shareable(ctx context.Context, db target.DB) ([]string, error) {
	shared, err := catalogue.Sharing(ctx, db, r.spec.Name, r.spec.Rules.Schemas)
	if err != nil || len(shared) == 0 {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(shared))
	for _, name := range names {
		for _, other := range shared[name] {
			if other.Applied.IsZero() {
				return nil, fault.New(fault.State, "copy source "+other.Name+" first, or give each source a schema of its own in schema_mappings",
					"the schema %q belongs to source %q too, whose tables are not known yet", name, other.Name)
			}
		}
	}
	taken, err := catalogue.Taken(ctx, db, r.spec.Name, names...)
	if err != nil {
		return nil, err
	}
	from, err := r.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer from.close()
	rules := r.spec.Rules
	rules.Fold = from.server.Fold
	for database, to := range rules.Schemas {
		if shared[to] == nil {
			continue
		}
		infos, err := inspect.Tables(ctx, from.conn, database)
		if err != nil {
			return nil, err
		}
		for _, info := range infos {
			if err := meets(&rules, info.Name, to, taken); err != nil && !info.Sequence() {
				return nil, err
			}
		}
	}
	return names, nil
}

// meets is an error if another source has a table where this one is to go.
func meets(rules *mapping.Rules, name schema.Name, to string, taken []catalogue.Place) error {
	if !rules.Wants(name) {
		return nil
	}
	for _, p := range taken {
		if p.Schema == to && p.Table == mapping.Identifier(name.Table) {
			return fault.New(fault.Config, "put one of them into skip_tables, or give each source a schema of its own in schema_mappings",
				"the tables %s and %s of source %q would both become %s.%s", name, p.Of, p.Source, mapping.Quote(p.Schema), mapping.Quote(p.Table))
		}
	}
	return nil
}

// shared tells a loader which of the schemas other sources fill too, and with what.
func (r *Replica) shared(ctx context.Context, db target.DB, loader *write.Loader) error {
	sharing, err := catalogue.Sharing(ctx, db, r.spec.Name, r.spec.Rules.Schemas)
	if err != nil || len(sharing) == 0 {
		return err
	}
	taken, err := catalogue.Taken(ctx, db, r.spec.Name, slices.Collect(maps.Keys(sharing))...)
	if err != nil {
		return err
	}
	loader.Shared = map[string][]string{}
	for name := range sharing {
		loader.Shared[name] = []string{}
	}
	for _, p := range taken {
		loader.Shared[p.Schema] = append(loader.Shared[p.Schema], p.Table)
	}
	return nil
}
