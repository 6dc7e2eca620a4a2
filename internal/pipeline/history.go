package pipeline

import (
	"context"
	"maps"
	"strings"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/dial"
)

// note says in the history of the tracked schema which statement made the new versions.
func (w *writer) note(ctx context.Context, tx target.Tx, st *event.Statement) error {
	return catalogue.NoteVersions(ctx, tx, w.sourceID, w.shown(st))
}

// collations gives the default collations of the mapped databases.
func collations(rules *mapping.Rules, set *schema.Set) map[string]string {
	list := make(map[string]string, len(rules.Schemas))
	for name := range rules.Schemas {
		list[name] = set.Database(name)
	}
	return list
}

// withDatabases completes a tracked schema by its databases as of the same position. Of those
// that are not known, which a mapping has brought since, what the source says now must do.
func withDatabases(ctx context.Context, db target.DB, id int64, from *origin, rules *mapping.Rules, set *schema.Set) (*schema.Set, error) {
	known, err := catalogue.Databases(ctx, db, id)
	if err != nil {
		return nil, err
	}
	for name := range rules.Schemas {
		if _, is := known[name]; is {
			continue
		}
		err := target.InTx(ctx, db, func(tx target.Tx) error { return putDatabases(ctx, tx, id, from, rules, known) })
		if err != nil {
			return nil, err
		}
		break
	}
	for name := range rules.Schemas {
		set = set.WithDatabase(name, known[name])
	}
	return set, nil
}

// putDatabases stores what the source says of the mapped databases that are not known,
// from the applied position on, and adds them to known.
func putDatabases(ctx context.Context, tx target.Tx, id int64, from *origin, rules *mapping.Rules, known map[string]string) error {
	present, err := inspect.Collations(ctx, from.conn)
	if err != nil {
		return err
	}
	if rules.Fold { // the server may spell a name otherwise
		for name, collation := range maps.Clone(present) {
			present[strings.ToLower(name)] = collation
		}
	}
	missing := map[string]string{}
	for name := range rules.Schemas {
		if _, is := known[name]; !is {
			collation, is := present[name]
			if !is && rules.Fold {
				collation = present[strings.ToLower(name)]
			}
			if missing[name] = collation; known != nil {
				known[name] = collation
			}
		}
	}
	if err := catalogue.PutDatabases(ctx, tx, id, missing); err != nil {
		return err
	}
	return catalogue.SealVersions(ctx, tx, id, event.Position{}, time.Time{}, catalogue.EndedVersions)
}

// track stores tables that are tracked without being copied.
func (c *initial) track(ctx context.Context, definitions ...*schema.Table) error {
	return target.InTx(ctx, c.pool, func(tx target.Tx) error {
		if err := catalogue.PutDefinitions(ctx, tx, c.lease.Source.ID, tracked(c.rules, definitions...)...); err != nil {
			return err
		}
		return catalogue.SealVersions(ctx, tx, c.lease.Source.ID, event.Position{}, time.Time{}, catalogue.EndedVersions)
	})
}
