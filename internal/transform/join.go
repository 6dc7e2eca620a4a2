package transform

import (
	"slices"

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
				effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Reason: BelowExcluded(e.Name), Refill: e.Refill})
			}
		}
	}
}
