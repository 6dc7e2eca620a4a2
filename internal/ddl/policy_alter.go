package ddl

import (
	"reflect"
	"slices"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// drafts gives what ALTER TABLE makes of a table: tracked is the table as the source has
// it from here on, with notes of what the replica does otherwise, shown is what
// PostgreSQL's is made after. The two are one unless some of the clauses are to be ignored.
func (x *applier) drafts(before *schema.Table, s *parse.AlterTable) (tracked, shown *draft, err error) {
	ignored := x.ignoredClasses(before, s)
	if actions := x.withoutRemovals(before, s.Actions, ignored); len(actions) < len(s.Actions) {
		s = &parse.AlterTable{Name: s.Name, IfExists: s.IfExists, Actions: actions}
	}
	draft := func(s *parse.AlterTable) (*draft, error) {
		d := newDraft(before, x.d)
		d.outer = databaseCollation(x.set, before.Schema, x.d)
		if err := d.alter(s); err != nil {
			return nil, err
		}
		d.t.Diverging = d.t.Diverging || ignored[mapping.Partitions]
		if d.t.Partitioning != nil && ignored[mapping.Partitions] {
			d.t.Partitioning.Displaced = true // its partitions are no longer the source's
		}
		d.inherit(!ignored[mapping.ChangeColumns])
		d.ignore(ignored)
		return d, nil
	}
	if tracked, err = draft(s); err != nil || len(ignored) == 0 {
		return tracked, tracked, err
	}
	if shown, err = draft(&parse.AlterTable{Actions: carried(before, s.Actions, ignored)}); err != nil {
		return nil, nil, err
	}
	if ignored[mapping.ChangeColumns] {
		shown.asBefore()
	}
	return tracked, shown, nil
}

// ignoredClasses lists the classes of a statement's clauses that are to be ignored.
func (x *applier) ignoredClasses(t *schema.Table, s *parse.AlterTable) map[mapping.Class]bool {
	ignored := map[mapping.Class]bool{}
	if !x.rules.Wants(t.Name) {
		return ignored
	}
	for _, a := range s.Actions {
		for _, class := range classesOf(a) {
			if x.ignores(t.Name, class) {
				ignored[class] = true
			}
		}
	}
	return ignored
}

// withoutRemovals leaves out the clauses that remove rows with their partitions, if they
// are to be ignored. The other table of such a clause keeps its rows too.
func (x *applier) withoutRemovals(t *schema.Table, actions []parse.Action, ignored map[mapping.Class]bool) []parse.Action {
	if !ignored[mapping.Partitions] {
		return actions
	}
	return slices.DeleteFunc(slices.Clone(actions), func(a parse.Action) bool {
		p, is := a.(*parse.Partition)
		if !is || !removes(p) {
			return false
		}
		if other := x.set.Get(x.name(p.Table)); p.Table.Table != "" && other != nil && other != t {
			x.diverge(other)
		}
		return true
	})
}

// carried lists the clauses that PostgreSQL is to show. A unique key that the source no
// longer has goes all the same, since rows to come may break it, and an index gets its
// new name, by which it may be dropped later. What is done to columns is told by their
// notes.
func carried(t *schema.Table, actions []parse.Action, ignored map[mapping.Class]bool) []parse.Action {
	var list []parse.Action
	for _, a := range actions {
		switch k := a.(type) {
		case *parse.AddKey, *parse.SetIndex:
			if ignored[classesOf(a)[0]] {
				continue
			}
		case *parse.DropKey:
			at := t.Index(k.Name)
			if k.What == "primary" {
				at = t.Index("PRIMARY")
			}
			if ignored[classesOf(a)[0]] && at >= 0 && t.Indexes[at].Kind != schema.PrimaryKey && t.Indexes[at].Kind != schema.Unique {
				continue
			}
		case *parse.SetOptions:
			options := *k
			if ignored[mapping.Commenting] {
				options.Options.Comment = nil
			}
			if ignored[mapping.Sequences] {
				options.Options.AutoIncrement = nil
			}
			a = &options
		}
		list = append(list, a)
	}
	return list
}

// inherit takes over what earlier statements that were ignored have left: remade says
// that a change of a column is carried out, which ends what was ignored of it.
func (x *draft) inherit(remade bool) {
	for i, at := range x.origin {
		if at < 0 {
			continue
		}
		c, old := &x.t.Columns[i], &x.before.Columns[at]
		c.LeftOut, c.Made, c.As = old.LeftOut, old.Made, old.As
		if c.As != "" && remade && !reflect.DeepEqual(c.Type, old.Type) {
			c.As = ""
			if x.refill == "" {
				x.refill = "column " + c.Name + " has a type in PostgreSQL that this program has not given it"
			}
		}
		if c.Made == nil || !remade || !altered(old, c) {
			continue
		}
		if !reflect.DeepEqual(c.Made.Type, old.Type) && x.refill == "" {
			x.refill = "an earlier change of column " + c.Name + " was ignored, so that its values are not known"
		}
		c.Made = nil
	}
}

// altered says whether a column is not the same as before.
func altered(before, after *schema.Column) bool {
	b, a := *before, *after
	b.LeftOut, b.Made, b.As, a.LeftOut, a.Made, a.As = false, nil, "", false, nil, ""
	return !reflect.DeepEqual(b, a)
}

// ignore notes what the replica does otherwise because clauses are ignored.
func (x *draft) ignore(ignored map[mapping.Class]bool) {
	stay := map[int]bool{}
	for i, at := range x.origin {
		c := &x.t.Columns[i]
		if at < 0 {
			c.LeftOut = ignored[mapping.AddColumns] && !c.System
			continue
		}
		stay[at] = true
		old := x.before.Columns[at]
		if ignored[mapping.ChangeColumns] && c.Made == nil && !c.LeftOut && (c.Name != old.Name || !reflect.DeepEqual(c.Type, old.Type)) {
			c.Made = &old
		}
	}
	for at := range x.before.Columns {
		if c := &x.before.Columns[at]; ignored[mapping.DropColumns] && !stay[at] && !c.System && !c.LeftOut {
			x.t.Surplus = append(x.t.Surplus, c.MadeAs())
		}
	}
}

// asBefore gives changed columns back what they were, but for NOT NULL, which goes where
// rows to come may have NULL.
func (x *draft) asBefore() {
	for i, at := range x.origin {
		if at < 0 || !altered(&x.before.Columns[at], &x.t.Columns[i]) {
			continue
		}
		c := x.before.Columns[at]
		c.Name, c.Made, c.NotNull = x.t.Columns[i].Name, x.t.Columns[i].Made, c.NotNull && x.t.Columns[i].NotNull
		x.t.Columns[i] = c
	}
}

// carry gives PostgreSQL's statements for a table of which some changes may be ignored.
func (x *applier) carry(before *schema.Table, tracked, shown *draft) {
	if tracked != shown {
		if reason := x.undone(before, tracked.t); reason != "" {
			x.effect.change(before.Name)
			x.effect.exclude(before.Name, "%s", reason)
			return
		}
	}
	x.translate(before, shown)
}

// undone says why an ignored change of a column cannot be lived with: its values have to
// be written, and rows to be found by what PostgreSQL has of them.
func (x *applier) undone(before, after *schema.Table) string {
	kept, err := x.rules.Table(after)
	if err != nil {
		return err.Error()
	}
	plain := after.Clone()
	for i := range plain.Columns {
		plain.Columns[i].Made = nil
	}
	changed, err := x.rules.Table(plain)
	if err != nil {
		return err.Error()
	}
	for i, c := range kept.Columns {
		if at := before.Column(source(kept, c).Name); at >= 0 && before.Columns[at].Made != nil {
			continue // it was lived with before
		}
		if c.Map.SQL() != changed.Columns[i].Map.SQL() && (len(kept.Key) == 0 || slices.Contains(kept.Key, i)) {
			return "rows are found by its column " + source(kept, c).Name + ", whose change ddl_policy ignores: its values in PostgreSQL are not the source's any more"
		}
	}
	return ""
}

// surplus gives a column that has the name of one that the source has dropped and that
// was kept in PostgreSQL, or "".
func surplus(t *mapping.Table) string {
	for _, c := range t.Columns {
		if slices.ContainsFunc(t.Source.Surplus, func(kept string) bool { return mapping.Identifier(kept) == c.Name }) {
			return source(t, c).Name
		}
	}
	return ""
}

// withoutSurplus gives a table without the columns that its next version no longer has
// and that stay in PostgreSQL, and the statements that let them: new rows have nothing in
// them, and no index.
func withoutSurplus(before, after *mapping.Table) (left *mapping.Table, sql []string) {
	fresh := after.Source.Surplus[len(before.Source.Surplus):]
	if len(fresh) == 0 {
		return before, nil
	}
	copied := *before
	copied.Columns, copied.Key = nil, nil
	stays := map[string]bool{}
	drops := &diff{before: before}
	for _, c := range before.Columns {
		if !slices.Contains(fresh, source(before, c).MadeAs()) {
			copied.Columns = append(copied.Columns, c)
			continue
		}
		stays[source(before, c).Name] = true
		if notNull(c) {
			sql = append(sql, alterColumn(before, c, "DROP NOT NULL"))
		}
	}
	for i, index := range Indexes(before) {
		has := func(p schema.IndexPart) bool {
			at := before.Source.Column(p.Column)
			return at >= 0 && stays[before.Source.Columns[at].Name]
		}
		if index.Skipped == "" && slices.ContainsFunc(before.Source.Indexes[i].Parts, has) {
			drops.dropIndex(index)
		}
	}
	return &copied, append(drops.sql, sql...)
}
