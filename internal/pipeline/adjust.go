package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/dial"
)

// reasonLeftOut is why tables are excluded that the configuration does not name any more.
const reasonLeftOut = "limit_tables and skip_tables leave it out"

// reasonTakenIn is the reason of refills of tables that the configuration has come to name.
const reasonTakenIn = "the configuration takes it in"

// adjustment carries what the configuration asks for over to the catalogue, before the
// source is followed: other mappings, and other tables. Nobody else works on the source.
type adjustment struct {
	replica *Replica
	lease   *catalogue.Lease
	pool    *target.Pooled
	from    *origin
	rules   *mapping.Rules

	before  map[string]string // mappings
	after   map[string]string
	known   []*catalogue.Table
	tracked *schema.Set
}

// adjust brings the catalogue, and the names of PostgreSQL's schemas, to what is asked for.
// What stands in the way of other mappings is told, and the source is followed by those it has.
func (r *Replica) adjust(ctx context.Context, lease *catalogue.Lease, pool *target.Pooled, from *origin) error {
	id := lease.Source.ID
	r.spec.Rules.Schemas = lease.Source.Schemas
	due, err := catalogue.MappingsDue(ctx, pool, id)
	if err != nil {
		return err
	}
	settings, err := catalogue.SettingsOf(ctx, pool, id)
	if err != nil {
		return err
	}
	a := &adjustment{replica: r, lease: lease, pool: pool, from: from, before: lease.Source.Schemas, after: lease.Source.Schemas}
	if due && settings.Wanted != nil {
		a.after = settings.Wanted
	}
	filters := catalogue.Filters{Limit: r.spec.Rules.Limit, Skip: r.spec.Rules.Skip}
	refilter := r.refiltered(settings.Filters)
	if !refilter && settings.Wanted == nil && len(settings.Fills) == 0 {
		return nil
	}
	if err := a.look(ctx); err != nil {
		return err
	}
	schemas := a.added()
	if settings.Filters != nil && refilter {
		schemas = slices.Collect(maps.Keys(a.after))
	}
	wanted, sequences, err := a.present(ctx, schemas)
	if err != nil {
		return err
	}
	err = target.InTx(ctx, pool, func(tx target.Tx) error {
		if err := a.remap(ctx, tx); err != nil {
			return err
		}
		if err := a.choose(ctx, tx, slices.Concat(sequences, wanted)); err != nil {
			return err
		}
		if err := a.fillInPlace(ctx, tx, settings.Fills); err != nil {
			return err
		}
		if err := catalogue.SetFilters(ctx, tx, id, filters); err != nil {
			return err
		}
		return catalogue.SealVersions(ctx, tx, id, event.Position{}, time.Time{}, catalogue.EndedVersions)
	})
	if err != nil {
		return fmt.Errorf("carrying the configuration over: %w", err)
	}
	lease.Source.Schemas = a.after
	return a.makeSequences(ctx, sequences)
}

// makeSequences makes sequences that have come in before tables do whose columns take their values.
// Those of which a crash keeps it come in by themselves, like the tables.
func (a *adjustment) makeSequences(ctx context.Context, names []schema.Name) error {
	c := &initial{replica: a.replica, lease: a.lease, origin: a.from, pool: a.pool, rules: a.rules}
	for _, name := range names {
		made, err := c.sequence(ctx, name, a.replica.spec.KeepExisting)
		if err != nil {
			return err
		}
		if !made {
			continue
		}
		if err := catalogue.DropTables(ctx, a.pool, a.lease.Source.ID, name); err != nil {
			return err
		}
	}
	return nil
}

// look reads what is known of the source, and by which rules it will be followed.
func (a *adjustment) look(ctx context.Context) error {
	a.replica.spec.Rules.Schemas = a.after
	var err error
	if a.rules, err = a.replica.rules(ctx, a.pool, a.from.server, a.lease.Source.Options); err != nil {
		return err
	}
	if a.known, err = catalogue.Tables(ctx, a.pool, a.lease.Source.ID); err != nil {
		return err
	}
	definitions, err := catalogue.TrackedSchema(ctx, a.pool, a.lease.Source.ID)
	a.tracked = trackedSet(definitions, a.rules.Fold)
	return err
}

// present lists the tables of databases that the source has and the rules want, and the sequences
// among them that are not followed.
func (a *adjustment) present(ctx context.Context, databases []string) (tables, sequences []schema.Name, err error) {
	for _, database := range databases {
		infos, err := inspect.Tables(ctx, a.from.conn, database)
		if err != nil {
			return nil, nil, err
		}
		for _, info := range infos {
			switch {
			case !a.rules.Wants(info.Name):
			case !info.Sequence():
				tables = append(tables, info.Name)
			case a.tracked.Get(info.Name) == nil:
				sequences = append(sequences, info.Name)
			}
		}
	}
	return tables, sequences, nil
}

// choose excludes tables that are left out by now, and has those filled that are taken in.
func (a *adjustment) choose(ctx context.Context, tx target.Tx, wanted []schema.Name) error {
	known := map[schema.Name]*catalogue.Table{}
	for _, t := range a.known {
		if _, mapped := a.rules.Target(t.Source.Schema); !mapped {
			continue // it was forgotten with its database
		}
		known[t.Source] = t
		parked := t.State == catalogue.Excluded || t.State == catalogue.Failed
		switch wants := a.rules.Wants(t.Source); {
		case !wants && !(parked && t.Reason == reasonLeftOut):
			if err := a.leaveOut(ctx, tx, t); err != nil {
				return err
			}
		case wants && parked && t.Reason == reasonLeftOut:
			if err := a.takeIn(ctx, tx, t.Source, t); err != nil {
				return err
			}
		}
	}
	for _, t := range a.tracked.Tables() {
		if _, mapped := a.rules.Target(t.Schema); t.Sequence != nil && mapped && !a.rules.Wants(t.Name) && known[t.Name] == nil {
			if err := a.leaveSequence(ctx, tx, t.Name); err != nil {
				return err
			}
		}
	}
	for _, name := range wanted {
		if known[name] == nil {
			if err := a.takeIn(ctx, tx, name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveOut ends the replication of a table; what foreign keys do by its rows is followed still.
func (a *adjustment) leaveOut(ctx context.Context, tx target.Tx, t *catalogue.Table) error {
	id := a.lease.Source.ID
	a.replica.log.Info("a table is left out from here on", "table", t.Source.String())
	if err := catalogue.LeaveRefill(ctx, tx, t.ID); err != nil {
		return err
	}
	if err := catalogue.Exclude(ctx, tx, id, t.Source, catalogue.Excluded, reasonLeftOut, a.lease.Applied); err != nil {
		return err
	}
	if len(a.children(t.Source)) > 0 {
		return nil
	}
	if err := catalogue.DropDefinitions(ctx, tx, id, t.Source); err != nil {
		return err
	}
	return catalogue.NoteVersions(ctx, tx, id, "excluded: "+reasonLeftOut)
}

// leaveSequence ends the replication of a sequence.
func (a *adjustment) leaveSequence(ctx context.Context, tx target.Tx, name schema.Name) error {
	id := a.lease.Source.ID
	destination, _ := a.rules.Target(name.Schema)
	record := &catalogue.Table{Source: name, Schema: destination, Name: mapping.Identifier(name.Table), State: catalogue.Excluded, Created: true}
	if err := catalogue.PutTables(ctx, tx, id, record); err != nil {
		return err
	}
	return a.leaveOut(ctx, tx, record)
}

// takeIn has a table filled from the source. If it was followed for what foreign keys do by its rows,
// the tables below it are filled with it.
func (a *adjustment) takeIn(ctx context.Context, tx target.Tx, name schema.Name, known *catalogue.Table) error {
	id := a.lease.Source.ID
	a.replica.log.Info("a table is taken in", "table", name.String())
	if a.tracked.Get(name) != nil {
		for _, child := range a.children(name) {
			if err := a.parkToFill(ctx, tx, child, "its parent "+name.String()+" comes in, to which a foreign key ties it"); err != nil {
				return err
			}
		}
		if err := catalogue.DropDefinitions(ctx, tx, id, name); err != nil {
			return err
		}
	}
	return a.replica.askOne(ctx, tx, id, a.rules, reasonTakenIn, name, known)
}

// fillInPlace has tables that are followed filled where they stand, and those below them.
func (a *adjustment) fillInPlace(ctx context.Context, tx target.Tx, names []schema.Name) error {
	for _, name := range names {
		if a.tracked.Get(name) == nil || !a.rules.Wants(name) {
			continue // it is not followed any more
		}
		for _, each := range append(a.children(name), name) {
			if err := a.parkToFill(ctx, tx, each, reasonAsked); err != nil {
				return err
			}
		}
	}
	return catalogue.EndFills(ctx, tx, a.lease.Source.ID)
}

// parkToFill excludes a table and has it filled.
func (a *adjustment) parkToFill(ctx context.Context, tx target.Tx, name schema.Name, reason string) error {
	id := a.lease.Source.ID
	if err := catalogue.Exclude(ctx, tx, id, name, catalogue.Excluded, reason, a.lease.Applied); err != nil {
		return err
	}
	if err := catalogue.RequestRefill(ctx, tx, id, reason, name); err != nil {
		return err
	}
	if err := catalogue.DropDefinitions(ctx, tx, id, name); err != nil {
		return err
	}
	return catalogue.NoteVersions(ctx, tx, id, "excluded: "+reason)
}

// adjustable ends a run of the stages when something is asked for that is carried over before the next.
func (s *stream) adjustable(ctx context.Context) error {
	mappings, err := catalogue.MappingsDue(ctx, s.pool, s.lease.Source.ID)
	if err != nil {
		return err
	}
	fills, err := catalogue.FillsDue(ctx, s.pool, s.lease.Source.ID)
	if err == nil && (mappings || fills) {
		return errAgain
	}
	return err
}

// children lists the replicated tables that foreign keys with actions tie to a table, directly or
// not, where the source does not log what those do.
func (a *adjustment) children(name schema.Name) []schema.Name {
	if a.from.server.LogsCascades() {
		return nil
	}
	found := map[schema.Name]bool{}
	for queue := []schema.Name{name}; len(queue) > 0; queue = queue[1:] {
		for _, t := range a.tracked.Tables() {
			ties := slices.ContainsFunc(t.ForeignKeys, func(key schema.ForeignKey) bool { return acts(key) && key.References == queue[0] })
			if ties && t.Name != name && !found[t.Name] {
				found[t.Name] = true
				queue = append(queue, t.Name)
			}
		}
	}
	var list []schema.Name
	for _, t := range a.known {
		if found[t.Source] && a.rules.Wants(t.Source) && t.State != catalogue.Excluded && t.State != catalogue.Failed {
			list = append(list, t.Source)
		}
	}
	return list
}
