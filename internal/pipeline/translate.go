package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// Translate tells what statements of the source would do, in a session whose database
// is given, and does nothing. They build on one another.
func (e *Engine) Translate(ctx context.Context, name, database, statements string) (*status.Translation, error) {
	spec, err := e.spec(name)
	if err != nil {
		return nil, err
	}
	var done *status.Translation
	err = e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		done, err = New(spec, e.log).translate(ctx, conn, known, database, statements)
		return err
	})
	return done, err
}

func (r *Replica) translate(ctx context.Context, conn *dial.Conn, known *catalogue.Source, database, statements string) (*status.Translation, error) {
	from, err := r.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer from.close()
	var options map[string]bool // those of now, before a copy
	if !known.Applied.IsZero() {
		options = known.Options
	}
	rules, err := r.rules(ctx, conn, from.server, options)
	if err != nil {
		return nil, err
	}
	if database == "" && len(rules.Schemas) == 1 {
		database = slices.Collect(maps.Keys(rules.Schemas))[0]
	}
	list, err := parse.Split(statements, from.dialect)
	if err != nil {
		return nil, fault.New(fault.Config, "check the quotes and comments of the text", "reading the statements: %w", err)
	}
	done := &status.Translation{On: "the tables as of the applied position " + known.Applied.String(), Statements: []status.TranslatedStatement{}}
	var set *schema.Set
	if known.Applied.IsZero() {
		done.On = "the tables that the source has now: they have not been copied yet"
		set, err = r.present(ctx, from, rules)
	} else {
		set, err = appliedSet(ctx, conn, known.ID, rules)
	}
	if err != nil {
		return nil, err
	}
	for _, sql := range list {
		st := &event.Statement{Schema: database, SQL: strings.TrimSpace(sql), Time: time.Now()}
		one, next := foretell(set, st, from.dialect, rules)
		done.Statements = append(done.Statements, one)
		set = next
	}
	return done, nil
}

// appliedSet is the tracked schema as of the applied position.
func appliedSet(ctx context.Context, conn *dial.Conn, id int64, rules *mapping.Rules) (*schema.Set, error) {
	list, err := catalogue.TrackedSchema(ctx, conn, id)
	if err != nil {
		return nil, err
	}
	databases, err := catalogue.Databases(ctx, conn, id)
	if err != nil {
		return nil, err
	}
	set := trackedSet(list, rules.Fold)
	for name := range rules.Schemas {
		set = set.WithDatabase(name, databases[name])
	}
	return set, nil
}

// present is the schema that the source has now.
func (r *Replica) present(ctx context.Context, from *origin, rules *mapping.Rules) (*schema.Set, error) {
	set := schema.NewSet(rules.Fold)
	collations, err := inspect.Collations(ctx, from.conn)
	if err != nil {
		return nil, err
	}
	definitions := r.definitions(from)
	for name := range rules.Schemas {
		set = set.WithDatabase(name, collations[name])
		infos, err := inspect.Tables(ctx, from.conn, name)
		if err != nil {
			return nil, err
		}
		for _, info := range infos {
			if !rules.Wants(info.Name) {
				continue
			}
			read := definitions.read
			if info.Sequence() {
				read = func(ctx context.Context, _ *source.Conn, name schema.Name) (*schema.Table, error) {
					return readSequence(ctx, from, name, event.Position{})
				}
			}
			t, err := read(ctx, from.conn, info.Name)
			var unmapped errUnmapped
			switch {
			case errors.As(err, &unmapped): // the copy leaves it out
			case err != nil:
				return nil, err
			default:
				set = set.With(nil, rules.Hide(t))
			}
		}
	}
	return set, nil
}

// foretell tells what one statement does to a set, and the set after it.
func foretell(set *schema.Set, st *event.Statement, d parse.Dialect, rules *mapping.Rules) (status.TranslatedStatement, *schema.Set) {
	done := status.TranslatedStatement{SQL: st.SQL, PostgreSQL: []status.TranslatedForward{}}
	effect, err := ddl.Apply(set, st, d, rules)
	var unknown *ddl.Untranslatable
	switch {
	case errors.As(err, &unknown):
		done.Ignored = len(unknown.Names) == 0
		for _, n := range unknown.Names {
			done.Excluded = append(done.Excluded, status.TranslatedReason{Table: n.String(), Reason: unknown.Reason})
		}
		return done, set
	case err != nil:
		done.Excluded = append(done.Excluded, status.TranslatedReason{Reason: err.Error()})
		return done, set
	}
	done.Ignored = effect.Ignored
	done.Created, done.Dropped = texts(effect.Created), texts(effect.Dropped)
	for _, pair := range effect.Renamed {
		done.Renamed = append(done.Renamed, [2]string{pair[0].String(), pair[1].String()})
	}
	apart := map[string]bool{}
	for _, x := range effect.Excluded {
		reason := status.TranslatedReason{Table: x.Name.String(), Reason: x.Reason}
		apart[reason.Table] = true
		if x.Refill {
			done.Refilled = append(done.Refilled, reason)
		} else {
			done.Excluded = append(done.Excluded, reason)
		}
	}
	if effect.Held != nil {
		done.Held = texts(effect.Held.Names)
	}
	for _, name := range texts(effect.Changed) {
		if !apart[name] {
			done.Changed = append(done.Changed, name)
		}
	}
	works := effect.Works(func(name schema.Name) *mapping.Table {
		if t := set.Get(name); t != nil && rules.Wants(t.Name) {
			if before, err := rules.Table(t); err == nil { // one that cannot be mapped is not there
				return before
			}
		}
		return nil
	})
	for i, sql := range effect.SQL {
		work := works[i]
		done.PostgreSQL = append(done.PostgreSQL, status.TranslatedForward{
			SQL: sql, Table: effect.For[i].String(), Lock: work.Lock, Rewrites: work.Rewrites, Scans: work.Scans,
		})
	}
	return done, effect.Next
}

func texts(names []schema.Name) (list []string) {
	for _, n := range names {
		list = append(list, n.String())
	}
	return list
}
