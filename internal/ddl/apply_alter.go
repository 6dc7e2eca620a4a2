package ddl

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// alterTable applies the clauses of ALTER TABLE, CREATE INDEX or DROP INDEX.
func (x *applier) alterTable(name schema.Name, s *parse.AlterTable) error {
	before := x.set.Get(name)
	if before == nil {
		x.renameUnknown(name, s)
		return nil
	}
	if before.Sequence != nil {
		x.alterAsTable(before, s)
		return nil
	}
	draft, shown, err := x.drafts(before, s)
	if err != nil {
		return err
	}
	for i := range draft.t.ForeignKeys {
		x.parentOf(&draft.t.ForeignKeys[i], draft.t)
	}
	x.qualify(draft.t)
	if x.rules.Wants(before.Name) {
		x.carry(before, draft, shown)
	} else {
		x.effect.change(before.Name)
	}
	x.set = x.set.With(nil, draft.t)
	x.renameReferences(before, draft)
	if strays(s, x.d) {
		x.rowsAgain(before.Name, "this server takes writes while it divides a table into partitions, and may leave it with other rows than its binary log tells (LOCK=SHARED keeps it from that)")
	}
	if !x.ignores(before.Name, mapping.Partitions) {
		for _, a := range draft.parts {
			x.partitionRows(before, a)
		}
	}
	if draft.rename != nil {
		x.rename(before.Name, x.name(*draft.rename))
	}
	return nil
}

// renameUnknown handles ALTER TABLE of a table that is not tracked: its RENAME, and the
// tables that rows of its partitions go to or come from.
func (x *applier) renameUnknown(name schema.Name, s *parse.AlterTable) {
	for _, a := range s.Actions {
		switch a := a.(type) {
		case *parse.Rename:
			x.rename(name, x.name(a.To))
		case *parse.Partition:
			x.partitionUnknown(name, a)
		}
	}
}

// parentOf completes the columns of a foreign key that names none.
func (x *applier) parentOf(f *schema.ForeignKey, t *schema.Table) {
	parent := x.set.Get(f.References)
	if f.References == t.Name {
		parent = t
	}
	switch {
	case parent == nil:
		return
	case slices.ContainsFunc(f.RefColumns, func(c string) bool { return parent.Column(c) >= 0 }):
		spell(f, parent)
		return
	}
	if at := parent.Index("PRIMARY"); at >= 0 && len(parent.Indexes[at].Parts) == len(f.Columns) {
		f.RefColumns = slices.Clone(f.RefColumns)
		for i, p := range parent.Indexes[at].Parts {
			f.RefColumns[i] = p.Column
		}
	}
}

// translate gives PostgreSQL's statements for a changed table.
func (x *applier) translate(before *schema.Table, draft *draft) {
	x.effect.change(before.Name)
	old, err := x.rules.Table(before)
	if err != nil {
		x.effect.exclude(before.Name, "%v", err)
		return
	}
	next, err := x.rules.Table(draft.t)
	if err != nil {
		x.effect.exclude(before.Name, "%v", err)
		return
	}
	if name := surplus(next); name != "" {
		x.effect.exclude(before.Name, "its new column %s has the name of one that the source has dropped and ddl_policy has kept in PostgreSQL; rename or drop the old one there, and copy the table again", name)
		return
	}
	if draft.refill != "" {
		x.effect.refill(before.Name, "%s; it needs a copy: sync_tables", draft.refill)
		return
	}
	old, kept := withoutSurplus(old, next)
	changes := &diff{before: old, after: next, origin: draft.origin, was: draft.was, statement: x.st, lenient: draft.lenient, d: x.d}
	sql, reason := changes.run()
	if reason != "" {
		x.effect.refill(before.Name, "%s; it needs a copy: sync_tables", reason)
		return
	}
	x.effect.run(before.Name, kept...)
	x.effect.run(before.Name, sql...)
	x.effect.omit(draft.t.Name, Indexes(next), draft.was)
}

// renameReferences tells the tables below a parent of its columns' new names.
func (x *applier) renameReferences(before *schema.Table, draft *draft) {
	to := map[string]string{}
	for i, c := range draft.t.Columns {
		if at := draft.origin[i]; at >= 0 && before.Columns[at].Name != c.Name {
			to[strings.ToLower(before.Columns[at].Name)] = c.Name
		}
	}
	if len(to) == 0 {
		return
	}
	x.references(before.Name, func(f *schema.ForeignKey) {
		f.RefColumns = slices.Clone(f.RefColumns)
		for i, c := range f.RefColumns {
			if name, ok := to[strings.ToLower(c)]; ok {
				f.RefColumns[i] = name
			}
		}
	})
}

// references changes the foreign keys of other tables that name a parent.
func (x *applier) references(parent schema.Name, change func(*schema.ForeignKey)) {
	for _, t := range x.set.Tables() {
		if t.Name == parent || !slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.References == parent }) {
			continue
		}
		t = t.Clone()
		for i := range t.ForeignKeys {
			if t.ForeignKeys[i].References == parent {
				change(&t.ForeignKeys[i])
			}
		}
		x.set = x.set.With(nil, t)
		x.effect.change(t.Name)
	}
}

// rename gives a table another name, schema included. Out of what is wanted, the
// PostgreSQL table stays and is no longer followed; into it, the table needs a
// copy unless it was followed under its old name.
func (x *applier) rename(from, to schema.Name) {
	before := x.set.Get(from)
	wanted := x.rules.Wants(to)
	switch {
	case before == nil && wanted && x.ignores(to, mapping.Renames):
		x.leaveRenamed(from, to)
		return
	case before == nil && wanted:
		x.effect.refill(to, needsCopy)
		return
	case before == nil:
		return
	}
	from = before.Name
	if x.rules.Wants(from) && x.ignores(from, mapping.Renames) {
		x.set = x.set.With([]schema.Name{from})
		x.leaveRenamed(from, to)
		return
	}
	after := before.Clone()
	after.Name = to
	renameChecks(after, from.Table)
	x.references(from, func(f *schema.ForeignKey) { f.References = to })
	for i := range after.ForeignKeys {
		if after.ForeignKeys[i].References == from {
			after.ForeignKeys[i].References = to
		}
	}
	x.set = x.set.With([]schema.Name{from}, after)
	switch {
	case !x.rules.Wants(from) && !wanted:
		x.effect.change(to)
	case !x.rules.Wants(from):
		x.set = x.set.With([]schema.Name{to})
		x.effect.refill(to, needsCopy)
	case !wanted:
		x.set = x.set.With([]schema.Name{to})
		x.effect.exclude(from, "it was renamed to %s, which is not replicated; the table in PostgreSQL stays as it was", to)
		x.effect.Excluded[len(x.effect.Excluded)-1].Wanted = true
	default:
		x.move(before, after)
	}
}

// move renames what we made for a table in PostgreSQL.
func (x *applier) move(before, after *schema.Table) {
	e := x.effect
	e.lift(after.Name)
	for i, c := range e.Changed {
		if c == before.Name {
			e.Changed[i] = after.Name
		}
	}
	if at := slices.IndexFunc(e.Excluded, func(g Exclusion) bool { return g.Name == before.Name }); at >= 0 {
		moved := e.Excluded[at]
		e.Excluded = slices.Delete(e.Excluded, at, at+1)
		e.exclude(after.Name, "%s", moved.Reason)
		e.Excluded[len(e.Excluded)-1].Refill = moved.Refill
		e.Renamed = append(e.Renamed, [2]schema.Name{before.Name, after.Name})
		return
	}
	if before.Sequence != nil {
		x.moveSequence(before, after)
		return
	}
	old, err := x.rules.Table(before)
	if err != nil {
		e.exclude(after.Name, "%v", err)
		return
	}
	next, err := x.rules.Table(after)
	if err != nil {
		e.exclude(after.Name, "%v", err)
		return
	}
	for i, c := range next.Columns {
		if was := old.Columns[i].Map.Identity(); was != c.Map.Identity() {
			e.refill(after.Name, "its column %s was %s as %s and would be %s now; give both names the same override and mask, and copy it: sync_tables", c.Name, was, before.Name, c.Map.Identity())
			e.Renamed = append(e.Renamed, [2]schema.Name{before.Name, after.Name})
			return
		}
	}
	e.Renamed = append(e.Renamed, [2]schema.Name{before.Name, after.Name})
	if old.Schema == next.Schema {
		e.run(before.Name, renameSQL(old, next)...)
		return
	}
	between := old.Named(schema.Name{Schema: before.Schema, Table: mapping.IndexName("moving", after.Name.Table)}) // free in both schemas
	e.run(before.Name, renameSQL(old, between)...)
	e.run(before.Name, "ALTER TABLE "+between.Ident()+" SET SCHEMA "+mapping.Quote(next.Schema))
	for _, c := range between.Columns {
		if c.Enum != "" {
			e.run(before.Name, "ALTER TYPE "+c.Type(between.Schema)+" SET SCHEMA "+mapping.Quote(next.Schema))
		}
	}
	e.run(before.Name, renameSQL(between.In(next.Schema), next)...)
}

// renameSQL renames a table within its schema, and what is named after it.
func renameSQL(before, after *mapping.Table) []string {
	var sql []string
	place := mapping.Quote(before.Schema) + "."
	if before.Name != after.Name {
		sql = append(sql, "ALTER TABLE "+before.Ident()+" RENAME TO "+mapping.Quote(after.Name))
	}
	old, now := Indexes(before), Indexes(after)
	for i := range old {
		if old[i].Skipped == "" && old[i].Name != now[i].Name {
			sql = append(sql, "ALTER INDEX IF EXISTS "+place+mapping.Quote(old[i].Name)+" RENAME TO "+mapping.Quote(now[i].Name))
		}
	}
	for i, c := range before.Columns {
		if c.Enum != "" && c.Enum != after.Columns[i].Enum {
			sql = append(sql, "ALTER TYPE "+c.Type(before.Schema)+" RENAME TO "+mapping.Quote(after.Columns[i].Enum))
		}
		if from, to := sequenceName(before, c), sequenceName(after, after.Columns[i]); source(before, c).AutoIncrement && from != to {
			sql = append(sql, "ALTER SEQUENCE IF EXISTS "+place+mapping.Quote(from)+" RENAME TO "+mapping.Quote(to))
		}
	}
	return sql
}
