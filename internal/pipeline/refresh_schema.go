package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
)

// reasonRefresh is the reason of refills of a whole schema.
const reasonRefresh = "refresh_schema asked for it"

// RefreshSchema asks for all tables of a schema of the source to be filled from it. Those
// that it does not have any more are left as they are, and told.
func (e *Engine) RefreshSchema(ctx context.Context, name, schemaName string) (*status.Sync, error) {
	return e.fill(ctx, name, reasonRefresh, func(ctx context.Context, a *asking) ([]schema.Name, error) {
		if _, mapped := a.rules.Target(schemaName); !mapped {
			return nil, fault.New(fault.Config, "the databases that are mapped are: "+strings.Join(slices.Sorted(maps.Keys(a.rules.Schemas)), ", "),
				"schema_mappings of source %q has no database %q", name, schemaName)
		}
		return a.schemaTables(ctx, schemaName)
	})
}

// schemaTables lists the tables of a schema that are to be replicated: those that the source
// has, and those that the catalogue knows. Sequences that are not followed come first, for the
// defaults that take their values; those that are followed need nothing.
func (a *asking) schemaTables(ctx context.Context, schemaName string) ([]schema.Name, error) {
	infos, err := inspect.Tables(ctx, a.from.conn, schemaName)
	if err != nil {
		return nil, err
	}
	var names, sequences []schema.Name
	passed := map[schema.Name]bool{} // listed, or not to be
	for _, t := range a.known {
		passed[t.Source] = t.State == catalogue.Spared
	}
	for _, info := range infos {
		switch {
		case !a.rules.Wants(info.Name) || passed[info.Name]:
		case !info.Sequence():
			names, passed[info.Name] = append(names, info.Name), true
		case a.sequences[info.Name] == nil:
			sequences, passed[info.Name] = append(sequences, info.Name), true
		}
	}
	names = append(sequences, names...)
	for _, t := range a.known {
		if a.inSchema(t, schemaName) && !passed[t.Source] {
			names = append(names, t.Source)
		}
	}
	return names, nil
}

func (a *asking) inSchema(t *catalogue.Table, schemaName string) bool {
	same := t.Source.Schema == schemaName || a.rules.Fold && strings.EqualFold(t.Source.Schema, schemaName)
	return same && a.rules.Wants(t.Source)
}
