package pipeline

import (
	"context"
	"errors"
	"strings"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// reasonAsked is the reason of refills that somebody asked for.
const reasonAsked = "sync_tables asked for it"

// SyncTables asks for tables, as schema.table, to be filled from the source; none means all
// that are excluded.
func (e *Engine) SyncTables(ctx context.Context, name string, tables []string) (*status.Sync, error) {
	return e.fill(ctx, name, reasonAsked, func(_ context.Context, a *asking) ([]schema.Name, error) {
		return wantedNames(a.rules, tables, a.known)
	})
}

// asking is what is known of a source when tables are asked for.
type asking struct {
	from  *origin
	rules *mapping.Rules
	known []*catalogue.Table

	sequences map[schema.Name]*schema.Table // those that are followed
}

// fill asks for the tables that choose names to be filled from the source.
func (e *Engine) fill(ctx context.Context, name, reason string, choose func(context.Context, *asking) ([]schema.Name, error)) (*status.Sync, error) {
	spec, err := e.spec(name)
	if err != nil {
		return nil, err
	}
	done := &status.Sync{}
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		if err := mayFollow(known); err != nil {
			return err
		}
		if done.Running, err = alive(ctx, conn, name); err != nil {
			return err
		}
		r := New(spec, e.log)
		r.spec.Rules.Schemas = known.Schemas
		from, err := r.reach(ctx)
		if err != nil {
			return err
		}
		defer from.close()
		a := &asking{from: from}
		if a.rules, err = r.rules(ctx, conn, from.server, nil); err != nil {
			return err
		}
		if a.known, err = catalogue.Tables(ctx, conn, known.ID); err != nil {
			return err
		}
		if a.sequences, err = trackedSequences(ctx, conn, known.ID); err != nil {
			return err
		}
		names, err := choose(ctx, a)
		if err != nil {
			return err
		}
		return r.ask(ctx, conn, known.ID, a, reason, names, done)
	})
	return done, err
}

func alive(ctx context.Context, conn *dial.Conn, name string) (bool, error) {
	list, err := catalogue.Summaries(ctx, conn)
	for i := range list {
		if list[i].Name == name {
			return summarised(&list[i]).Alive && list[i].Status == catalogue.Running, err
		}
	}
	return false, err
}

// ask requests that tables be filled.
func (r *Replica) ask(ctx context.Context, conn dial.DB, id int64, a *asking, reason string, names []schema.Name, done *status.Sync) error {
	known := map[schema.Name]*catalogue.Table{}
	for _, t := range a.known {
		known[t.Source] = t
	}
	definitions := r.definitions(a.from)
	return dial.InTx(ctx, conn, func(tx dial.Tx) error {
		for _, name := range names {
			_, err := definitions.read(ctx, a.from.conn, name)
			if number := source.Number(err); number == noSuchTable || number == noSuchDatabase {
				done.Missing = append(done.Missing, name.String())
				continue
			}
			var unmapped errUnmapped
			if err != nil && !errors.As(err, &unmapped) {
				return err
			}
			if err := r.askOne(ctx, tx, id, a.rules, reason, name, known[name]); err != nil {
				return err
			}
			done.Tables = append(done.Tables, name.String())
		}
		return nil
	})
}

func (r *Replica) askOne(ctx context.Context, tx dial.Tx, id int64, rules *mapping.Rules, reason string, name schema.Name, known *catalogue.Table) error {
	switch {
	case known == nil:
		destination, _ := rules.Target(name.Schema)
		if err := catalogue.AddTable(ctx, tx, id, &catalogue.Table{
			Source: name, Schema: destination, Name: mapping.Identifier(name.Table), Reason: "it has not been copied yet",
		}); err != nil {
			return err
		}
	case r.spec.KeepExisting && known.State != catalogue.Excluded && known.State != catalogue.Failed:
		return catalogue.WantFills(ctx, tx, id, name) // it is followed, and must not be while it is filled where it stands
	}
	if err := catalogue.RequestRefill(ctx, tx, id, reason, name); err != nil {
		return err
	}
	return catalogue.HurryRefill(ctx, tx, id, name)
}

// wantedNames reads the names of tables, which must be replicated ones; without any it lists
// all that are excluded.
func wantedNames(rules *mapping.Rules, tables []string, known []*catalogue.Table) ([]schema.Name, error) {
	var names []schema.Name
	if len(tables) == 0 {
		for _, t := range known {
			if (t.State == catalogue.Excluded || t.State == catalogue.Failed) && rules.Wants(t.Source) {
				names = append(names, t.Source)
			}
		}
		return names, nil
	}
	for _, text := range tables {
		database, table, found := strings.Cut(strings.TrimSpace(text), ".")
		name := schema.Name{Schema: database, Table: table}
		if !found || database == "" || table == "" {
			return nil, fault.New(fault.Config, "name it as schema.table, as the source has it", "%q is not the name of a table", text)
		}
		if !rules.Wants(name) {
			return nil, fault.New(fault.Config, "see schema_mappings, limit_tables and skip_tables in the configuration", "table %s is not one that is to be replicated", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// fillRefills tells of the tables that are filled while the others are followed.
func fillRefills(ctx context.Context, conn *dial.Conn, d *status.Detail, tables []*catalogue.Table) error {
	refills, err := catalogue.Refills(ctx, conn, d.ID)
	if err != nil {
		return err
	}
	byID := map[int64]*catalogue.Table{}
	for _, t := range tables {
		byID[t.ID] = t
	}
	for _, r := range refills {
		for _, m := range r.Tables {
			line := status.Refill{
				Source: m.Source.String(), Target: m.Schema + "." + m.Name, Step: string(r.Step), Position: shown(r.Position), Reason: m.Reason, Tries: r.Tries, Note: r.Note,
			}
			if t := byID[m.ID]; t != nil {
				line.AsOf, line.EstimatedRows = shown(t.ExcludedAt), t.EstimatedRows
				if r.Step != catalogue.RefillWaiting {
					line.CopiedRows = t.CopiedRows
				}
			}
			if r.Step == catalogue.RefillFollowing {
				line.Step = string(catalogue.CatchingUp)
				if !r.Reached.IsZero() {
					line.Lag = max(0, time.Since(r.Reached))
				}
			}
			d.Refills = append(d.Refills, line)
		}
	}
	return nil
}
