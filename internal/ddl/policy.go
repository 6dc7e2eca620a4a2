package ddl

import (
	"cmp"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// concern is a replicated table that a statement is about, and as what.
type concern struct {
	name    schema.Name
	classes []mapping.Class
}

// ignores says whether a class of statements is to be ignored for a table.
func (x *applier) ignores(name schema.Name, class mapping.Class) bool {
	return x.rules.Judge(name, class) == mapping.Ignore
}

// leaves says whether the statement has left a table of this name in PostgreSQL.
func (x *applier) leaves(name schema.Name) bool {
	return slices.ContainsFunc(x.effect.Excluded, func(e Exclusion) bool { return e.Name == name && e.Wanted })
}

// holds says whether the policy holds the statement: it does when it holds one of its
// classes for one of its tables. All of its tables wait then.
func (x *applier) holds(statement parse.Statement) *Held {
	if len(x.rules.DDL) == 0 {
		return nil
	}
	held := &Held{Tracked: []*schema.Table{}, Databases: map[string]string{}}
	for _, c := range x.concerns(statement) {
		name := c.name
		if t := x.set.Get(name); t != nil {
			name = t.Name
			held.Tracked = append(held.Tracked, t)
		}
		held.Names = append(held.Names, name)
		for _, class := range c.classes {
			if held.Class == "" && x.rules.Judge(name, class) == mapping.Hold {
				held.Class = class
			}
		}
	}
	if held.Class == "" {
		return nil
	}
	for i := 0; i < len(held.Tracked); i++ {
		for _, key := range held.Tracked[i].ForeignKeys {
			if parent := x.set.Get(key.References); parent != nil && !slices.Contains(held.Tracked, parent) {
				held.Tracked = append(held.Tracked, parent)
			}
		}
	}
	for database := range x.rules.Schemas {
		held.Databases[database] = x.set.Database(database)
	}
	return held
}

// hold parks the tables of a statement that is held. What it would do is not looked at.
func (x *applier) hold(held *Held) {
	for _, name := range held.Names {
		x.effect.leave(name, "ddl_policy holds a statement about it (%s): see show_status, then run apply_held or skip_held", held.Class)
	}
	x.effect.Held, x.effect.Next = held, x.set
}

// concerns lists the replicated tables that a statement defines, each once.
func (x *applier) concerns(statement parse.Statement) (list []concern) {
	add := func(name schema.Name, classes ...mapping.Class) {
		at := slices.IndexFunc(list, func(c concern) bool { return c.name == name })
		if at < 0 {
			at, list = len(list), append(list, concern{name: name})
		}
		list[at].classes = append(list[at].classes, classes...)
	}
	tracked := func(n schema.Name, classes ...mapping.Class) {
		if t := x.set.Get(x.name(n)); t != nil && x.rules.Wants(t.Name) {
			add(t.Name, classes...)
		}
	}
	coming := func(n schema.Name, classes ...mapping.Class) {
		if n = x.name(n); x.set.Get(n) == nil && x.rules.Wants(n) {
			add(n, classes...)
		}
	}
	switch s := statement.(type) {
	case *parse.CreateTable:
		if s.Temporary || s.IfNotExists && x.set.Get(x.name(s.Name)) != nil {
			return nil
		}
		tracked(s.Name, mapping.DropTables, mapping.CreateTables)
		coming(s.Name, mapping.CreateTables)
	case *parse.DropTable:
		for _, n := range s.Names {
			if !s.Temporary {
				tracked(n, mapping.DropTables)
			}
		}
	case *parse.RenameTable:
		for _, pair := range s.Pairs {
			tracked(pair[0], mapping.Renames)
			if !slices.ContainsFunc(s.Pairs, func(p [2]schema.Name) bool { return p[0] == pair[1] }) {
				coming(pair[1], mapping.Renames)
			}
		}
	case *parse.Truncate:
		tracked(s.Name, mapping.Truncates)
	case *parse.AlterTable:
		for _, a := range s.Actions {
			tracked(s.Name, classesOf(a)...)
			if p, is := a.(*parse.Partition); is && p.Table.Table != "" {
				tracked(p.Table, classesOf(a)...)
			}
			if r, is := a.(*parse.Rename); is && x.set.Get(x.name(s.Name)) != nil {
				coming(r.To, mapping.Renames)
			}
		}
	case *parse.CreateIndex:
		tracked(s.Table, mapping.Indexes)
	case *parse.DropIndex:
		tracked(s.Table, classesOf(&parse.DropKey{What: "index", Name: s.Name})...)
	case *parse.Database:
		if s.Verb != "drop" && !s.OrReplace {
			return nil
		}
		name := cmp.Or(s.Name, x.st.Schema)
		for _, t := range x.set.Tables() {
			if t.Schema == name || x.set.Fold() && strings.EqualFold(t.Schema, name) {
				tracked(t.Name, mapping.Databases)
			}
		}
	case *parse.Sequence:
		for _, n := range s.Names {
			tracked(n, mapping.Sequences)
			if s.Verb == "create" && !s.Temporary {
				coming(n, mapping.Sequences)
			}
		}
	}
	return list
}

// classesOf gives the classes of a clause of ALTER TABLE; none for what changes nothing.
func classesOf(a parse.Action) []mapping.Class {
	one := func(c mapping.Class) []mapping.Class { return []mapping.Class{c} }
	switch a := a.(type) {
	case *parse.AddColumn:
		return one(mapping.AddColumns)
	case *parse.DropColumn:
		return one(mapping.DropColumns)
	case *parse.ChangeColumn, *parse.RenameColumn, *parse.SetDefault, *parse.Convert:
		return one(mapping.ChangeColumns)
	case *parse.AddKey:
		if index, is := a.Key.(*parse.Index); !is {
			return one(mapping.Constraints)
		} else if index.Kind == schema.PrimaryKey {
			return one(mapping.PrimaryKeys)
		}
		return one(mapping.Indexes)
	case *parse.DropKey:
		switch {
		case a.What == "primary" || strings.EqualFold(a.Name, "PRIMARY"):
			return one(mapping.PrimaryKeys)
		case a.What == "foreign" || a.What == "check" || a.What == "constraint":
			return one(mapping.Constraints)
		}
		return one(mapping.Indexes)
	case *parse.RenameIndex, *parse.SetIndex:
		return one(mapping.Indexes)
	case *parse.SetCheck:
		return one(mapping.Constraints)
	case *parse.Rename:
		return one(mapping.Renames)
	case *parse.Partition:
		if removes(a) {
			return one(mapping.Partitions)
		}
	case *parse.SetOptions:
		var classes []mapping.Class
		if a.Options.Comment != nil {
			classes = append(classes, mapping.Commenting)
		}
		if a.Options.AutoIncrement != nil {
			classes = append(classes, mapping.Sequences)
		}
		return classes
	}
	return nil
}

// removes says whether an action on partitions takes rows away or brings others.
func removes(a *parse.Partition) bool {
	return slices.Contains([]string{"drop", "truncate", "exchange", "convert", "convert table", "discard", "import"}, a.Verb)
}

// diverge notes that a table keeps rows in PostgreSQL that the source has removed. What
// comes is redone from then on, and unique keys that the old rows could break become
// plain indexes.
func (x *applier) diverge(t *schema.Table) {
	if !x.rules.Wants(t.Name) {
		return
	}
	next := t.Clone()
	next.Diverging = true
	draft := newDraft(t, x.d)
	draft.t = next
	x.translate(t, draft)
	x.set = x.set.With(nil, next)
}

// leaveRenamed leaves a table as it is under its old name in PostgreSQL, and does not
// follow it under its new one.
func (x *applier) leaveRenamed(from, to schema.Name) {
	if x.rules.Wants(from) {
		x.effect.leave(from, "it was renamed to %s on the source; ddl_policy ignores rename, so that the table in PostgreSQL stays as it was, under its name", to)
	}
	if x.rules.Wants(to) {
		x.effect.leave(to, "it was %s on the source before; ddl_policy ignores rename, so that it is not followed under its new name", from)
	}
}
