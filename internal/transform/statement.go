package transform

import (
	"errors"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// Statement moves the tracked schema on by a DDL statement and tells what
// PostgreSQL must do. covered says of a table that its copy is newer than the
// statement, which then must not touch it. A statement that cannot be
// translated gives an effect that excludes the replicated tables it names.
func (x *Transformer) Statement(st *event.Statement, dialect parse.Dialect, covered func(schema.Name) bool) (*ddl.Effect, error) {
	if x.shadows != nil && x.shadows.overlooks(st) {
		return &ddl.Effect{Next: x.set, Ignored: true}, nil
	}
	x.settle()
	older, newer := x.set, []*schema.Table(nil)
	var hidden []schema.Name
	for _, t := range x.set.Tables() {
		if covered(t.Name) {
			hidden, newer = append(hidden, t.Name), append(newer, t)
		}
	}
	if len(hidden) > 0 {
		older = older.With(hidden)
	}
	effect, st := x.sessional(st, dialect)
	own := effect != nil
	var err error
	if !own {
		effect, err = ddl.Apply(older, st, dialect, x.rules)
	} else {
		effect.Next = older
	}
	var unknown *ddl.Untranslatable
	if errors.As(err, &unknown) {
		effect = &ddl.Effect{Next: older}
		for _, name := range unknown.Names {
			effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Reason: unknown.Reason})
		}
	} else if err != nil {
		return nil, err
	}
	if x.shadows != nil && !own {
		x.shadows.effect(older, effect, st)
	}
	if effect.Ignored || x.meets(effect, hidden) {
		effect = &ddl.Effect{Next: older, Ignored: true}
	}
	if !own {
		x.parents(effect, st, dialect)
	}
	if effect.Ignored {
		effect.Next = x.set
		return effect, nil
	}
	x.follow(effect, newer)
	return effect, nil
}

// parents adds to the effect what the statement does to tables that are tracked
// for their cascades only. In PostgreSQL nothing is to be done for them.
func (x *Transformer) parents(effect *ddl.Effect, st *event.Statement, dialect parse.Dialect) {
	only := schema.NewSet(x.set.Fold())
	for _, t := range x.set.Tables() {
		if !x.rules.Wants(t.Name) {
			only = only.With(nil, t)
		}
	}
	if only.Len() == 0 {
		return
	}
	everything := *x.rules
	everything.Limit, everything.Skip, everything.Apart, everything.DDL = nil, nil, nil, nil
	own, err := ddl.Apply(only, st, dialect, &everything)
	if err != nil || own.Ignored {
		return // a statement that cannot be read shows at the table's next event
	}
	for _, name := range own.Changed {
		if t := own.Next.Get(name); t != nil && only.Get(name) != nil {
			effect.Next, effect.Changed, effect.Ignored = effect.Next.With(nil, t), append(effect.Changed, name), false
		}
	}
	for _, name := range own.Dropped {
		if only.Get(name) != nil {
			effect.Next, effect.Dropped, effect.Ignored = effect.Next.With([]schema.Name{name}), append(effect.Dropped, name), false
		}
	}
}

// meets says whether the statement makes or excludes a table whose copy is
// newer than the statement: it has been overtaken then.
func (x *Transformer) meets(effect *ddl.Effect, newer []schema.Name) bool {
	made := map[schema.Name]bool{}
	for _, name := range effect.Created {
		made[x.Key(name)] = true
	}
	for _, pair := range effect.Renamed {
		made[x.Key(pair[1])] = true
	}
	for _, e := range effect.Excluded {
		made[x.Key(e.Name)] = true
	}
	for _, name := range newer {
		if made[x.Key(name)] {
			return true
		}
	}
	return false
}

// follow takes the effect's schema as the tracked one.
func (x *Transformer) follow(effect *ddl.Effect, newer []*schema.Table) {
	x.withoutParents(effect)
	x.withChildren(effect)
	next := effect.Next.With(nil, newer...)
	changed := map[schema.Name]bool{}
	for _, list := range [][]schema.Name{effect.Created, effect.Dropped, effect.Changed} {
		for _, name := range list {
			changed[x.Key(name)] = true
		}
	}
	for _, pair := range effect.Renamed {
		changed[x.Key(pair[0])], changed[x.Key(pair[1])] = true, true
	}
	for _, e := range effect.Excluded {
		next = next.With([]schema.Name{e.Name})
		changed[x.Key(e.Name)] = true
	}
	effect.Next = next
	x.track(next, changed)
	if x.shadows != nil {
		x.shadows.lost()
	}
}
