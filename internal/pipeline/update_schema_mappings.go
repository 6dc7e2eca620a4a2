package pipeline

import (
	"context"
	"fmt"
	"maps"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

const (
	takenUpWithin = 30 * time.Second // of other mappings, by the process that follows the source
	takenUpEvery  = 200 * time.Millisecond
)

// mappings has a source followed by the mappings that the catalogue has.
func (r *Replica) mappings(known *catalogue.Source) {
	if !maps.Equal(r.spec.Rules.Schemas, known.Schemas) {
		r.log.Warn("schema_mappings is not as the source is replicated; chameleon update_schema_mappings carries the change over",
			"configuration", r.spec.Rules.Schemas, "replicated", known.Schemas)
	}
	r.spec.Rules.Schemas = known.Schemas
}

// UpdateSchemaMappings has a source replicated by the mappings that the configuration has. The
// process that follows it takes them up; without one they are carried over at once.
func (e *Engine) UpdateSchemaMappings(ctx context.Context, name string, told func()) (*status.Mappings, error) {
	spec, err := e.spec(name)
	if err != nil {
		return nil, err
	}
	var done *status.Mappings
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		wanted := spec.Rules.Schemas
		done = &status.Mappings{Removed: removed(known.Schemas, wanted), Added: removed(wanted, known.Schemas), Renamed: renamed(known.Schemas, wanted)}
		if err := New(spec, e.log).admissible(ctx, conn, done); err != nil {
			return err
		}
		switch {
		case maps.Equal(known.Schemas, wanted):
			return catalogue.WantMappings(ctx, conn, known.ID, nil)
		case known.Status == catalogue.Initialising:
			return fault.New(fault.State, "wait until it is done, or begin the copy anew with: chameleon init_replica --restart --source "+name,
				"source %s is being copied, by the mappings that it had", name)
		case known.Applied.IsZero():
			return catalogue.SetMappings(ctx, conn, known.ID, wanted)
		}
		if err := catalogue.WantMappings(ctx, conn, known.ID, wanted); err != nil {
			return err
		}
		if done.Running, err = alive(ctx, conn, name); err != nil || done.Running {
			if err == nil {
				told()
				err = takenUp(ctx, conn, name, known.ID, wanted)
			}
			return err
		}
		return New(spec, e.log).remap(ctx, known.ID)
	})
	return done, err
}

// admissible looks at what mappings name, on both sides, before anything is changed.
func (r *Replica) admissible(ctx context.Context, conn *dial.Conn, change *status.Mappings) error {
	shareable, err := r.shareable(ctx, conn)
	if err != nil {
		return err
	}
	if err := catalogue.Admissible(ctx, conn, r.spec.Name, r.spec.Rules.Schemas, shareable...); err != nil {
		return err
	}
	from, err := r.reach(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	there, err := inspect.Collations(ctx, from.conn)
	if err != nil {
		return err
	}
	for _, database := range change.Added {
		if _, is := there[database]; !is && !from.server.Fold {
			return fault.New(fault.Config, "correct schema_mappings, or let the user of db_conn see it", "the source has no database %q", database)
		}
	}
	return nil
}

// remap carries other mappings over while nobody follows the source.
func (r *Replica) remap(ctx context.Context, id int64) error {
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	pool, err := dial.Pool(ctx, r.spec.Postgres, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	due, err := catalogue.MappingsDue(ctx, pool, id)
	if err != nil {
		return err
	}
	if !due {
		return fault.New(fault.State, "run: chameleon start_replica --source "+r.spec.Name+"; it carries the mappings over when they have come up",
			"some tables have not come up with the source yet")
	}
	from, err := r.reach(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	err = r.adjust(ctx, lease, pool, from)
	if fault.KindOf(err) == fault.State {
		if failed := catalogue.WantMappings(ctx, pool, id, nil); failed != nil {
			return fmt.Errorf("%w; and taking the wish back: %w", err, failed)
		}
	}
	return err
}

// takenUp waits for the process that follows the source to carry other mappings over.
func takenUp(ctx context.Context, conn *dial.Conn, name string, id int64, wanted map[string]string) error {
	tick := time.NewTicker(takenUpEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(takenUpWithin); ; {
		settings, err := catalogue.SettingsOf(ctx, conn, id) // first: it is settled after the mappings are
		if err != nil {
			return err
		}
		known, err := catalogue.Find(ctx, conn, name)
		switch {
		case err != nil:
			return err
		case maps.Equal(known.Schemas, wanted):
			return nil
		case settings.Wanted == nil:
			return fault.New(fault.State, "see chameleon show_errors --source "+name, "the mappings could not be carried over, and stay as they were")
		case time.Now().After(deadline):
			return fault.New(fault.Retry, "it is done when all tables have come up with the source; chameleon show_status --source "+name+" tells",
				"the running replica has not carried the mappings over yet")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
