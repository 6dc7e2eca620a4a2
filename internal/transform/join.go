package transform

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/schema"
)

// Join takes tables into the tracked schema, in the place of those of the same names.
func (x *Transformer) Join(tables ...*schema.Table) {
	changed := map[schema.Name]bool{}
	for _, t := range tables {
		changed[x.Key(t.Name)] = true
	}
	x.track(x.set.With(nil, tables...), changed)
}

// Tracks gives a table of the tracked schema, or nil.
func (x *Transformer) Tracks(name schema.Name) *schema.Table { return x.set.Get(name) }

// Below lists the tracked tables, other than itself, whose rows change with a table's
// without that the source tells.
func (x *Transformer) Below(name schema.Name) []schema.Name {
	own := x.tables[x.Key(name)]
	if own == nil {
		return nil
	}
	var list []schema.Name
	seen := map[*tracked]bool{own: true}
	for queue := slices.Clone(own.below); len(queue) > 0; queue = queue[1:] {
		if t := queue[0]; !seen[t] {
			seen[t] = true
			list = append(list, t.source.Name)
			queue = append(queue, t.below...)
		}
	}
	return list
}

// BelowExcluded is the reason for a table that goes with its parent.
func BelowExcluded(parent schema.Name) string {
	return "its rows change with those of " + parent.String() + " by a foreign key, which this source does not log, and that table is excluded; sync_tables brings both back"
}

// withChildren excludes, along with the tables that an effect excludes, those below them:
// they would miss what foreign keys do. It is called while the former schema is tracked.
func (x *Transformer) withChildren(effect *ddl.Effect) {
	if effect.Held != nil {
		x.holdChildren(effect)
		return
	}
	for _, e := range slices.Clone(effect.Excluded) {
		former := e.Name
		for _, pair := range effect.Renamed {
			if pair[1] == e.Name {
				former = pair[0]
			}
		}
		for _, name := range x.Below(former) {
			for _, pair := range effect.Renamed {
				if pair[0] == name {
					name = pair[1]
				}
			}
			if !slices.ContainsFunc(effect.Excluded, func(o ddl.Exclusion) bool { return o.Name == name }) && !slices.Contains(effect.Dropped, name) {
				effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Reason: BelowExcluded(e.Name), Refill: e.Refill, Wanted: e.Wanted})
			}
		}
	}
}

// withoutParents lets tables be filled again that an effect puts below one that is not tracked,
// as one that is excluded is not: what its foreign key does to them would be missed. Together
// they come back. It is called while the former schema is tracked.
func (x *Transformer) withoutParents(effect *ddl.Effect) {
	if !x.run || effect.Held != nil {
		return
	}
	for _, name := range slices.Concat(effect.Created, effect.Changed) {
		t := effect.Next.Get(name)
		if t == nil || !x.rules.Wants(name) || slices.ContainsFunc(effect.Excluded, func(o ddl.Exclusion) bool { return o.Name == name }) {
			continue
		}
		for _, key := range t.ForeignKeys {
			_, mapped := x.rules.Target(key.References.Schema)
			if !mapped || !acts(&key) || effect.Next.Get(key.References) != nil || x.had(name, key.Name) {
				continue
			}
			effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Refill: true,
				Reason: "its rows change with those of " + key.References.String() + " by a foreign key, which this source does not log, and that table is not followed; it needs a copy: sync_tables"})
			unmake(effect, name)
			break
		}
	}
}

// unmake takes a table out of an effect that would make it: the one that is filled comes in its place.
func unmake(effect *ddl.Effect, name schema.Name) {
	if !slices.Contains(effect.Created, name) {
		return
	}
	effect.Created = slices.DeleteFunc(slices.Clone(effect.Created), func(n schema.Name) bool { return n == name })
	effect.Omitted = slices.DeleteFunc(slices.Clone(effect.Omitted), func(o ddl.Omission) bool { return o.Table == name })
	sql, about := effect.SQL, effect.For
	effect.SQL, effect.For = nil, nil
	for i, statement := range sql {
		if about[i] != name || strings.HasPrefix(statement, "DROP ") { // what CREATE OR REPLACE replaces goes
			effect.SQL, effect.For = append(effect.SQL, statement), append(effect.For, about[i])
		}
	}
}

// had says whether a tracked table has a foreign key of this name already.
func (x *Transformer) had(name schema.Name, key string) bool {
	before := x.set.Get(name)
	return before != nil && slices.ContainsFunc(before.ForeignKeys, func(f schema.ForeignKey) bool { return f.Name == key })
}

func acts(key *schema.ForeignKey) bool {
	return slices.ContainsFunc([]schema.Rule{key.OnDelete, key.OnUpdate}, func(r schema.Rule) bool { return r == "cascade" || r == "set null" })
}

// holdChildren lets the tables below those that are held wait with them.
func (x *Transformer) holdChildren(effect *ddl.Effect) {
	held := effect.Held
	for _, parent := range slices.Clone(held.Names) {
		for _, name := range x.Below(parent) {
			if slices.Contains(held.Names, name) || !x.rules.Wants(name) {
				continue
			}
			held.Names = append(held.Names, name)
			reason := "its rows change with those of " + parent.String() + " by a foreign key, which this source does not log, and a statement about that table is held"
			effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Reason: reason, Wanted: true, Kept: true})
			if t := x.set.Get(name); !slices.Contains(held.Tracked, t) {
				held.Tracked = append(held.Tracked, t)
			}
		}
	}
	held.Track(x.set)
}
