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
	held.Track(x.set)
	for database := range x.rules.Schemas {
		held.Databases[database] = x.set.Database(database)
	}
	return held
}

// Track adds the parents of the tracked tables, up to the last.
func (h *Held) Track(set *schema.Set) {
	for i := 0; i < len(h.Tracked); i++ {
		for _, key := range h.Tracked[i].ForeignKeys {
			if parent := set.Get(key.References); parent != nil && !slices.Contains(h.Tracked, parent) {
				h.Tracked = append(h.Tracked, parent)
			}
		}
	}
}

// hold parks the tables of a statement that is held. What it would do is not looked at.
func (x *applier) hold(held *Held) {
	for _, name := range held.Names {
		x.effect.leave(name, "ddl_policy holds a statement about it (%s): see show_status, then run apply_held or skip_held", held.Class)
	}
	x.effect.Held, x.effect.Next = held, x.set
}

// concerns lists the replicated tables that a statement defines, each once.
func (x *applier) concerns(statement parse.Statement) []concern {
	c := concerned{x: x}
	switch s := statement.(type) {
	case *parse.CreateTable:
		if s.Temporary || s.IfNotExists && x.set.Get(x.name(s.Name)) != nil {
			return nil
		}
		c.tracked(s.Name, mapping.DropTables, mapping.CreateTables)
		c.coming(s.Name, mapping.CreateTables)
	case *parse.DropTable:
		for _, n := range s.Names {
			if !s.Temporary {
				c.tracked(n, mapping.DropTables)
			}
		}
	case *parse.RenameTable:
		for _, pair := range s.Pairs {
			c.tracked(pair[0], mapping.Renames)
			if !slices.ContainsFunc(s.Pairs, func(p [2]schema.Name) bool { return p[0] == pair[1] }) {
				c.coming(pair[1], mapping.Renames)
			}
		}
	case *parse.Truncate:
		c.tracked(s.Name, mapping.Truncates)
	case *parse.AlterTable:
		c.altered(s)
	case *parse.CreateIndex:
		c.tracked(s.Table, mapping.Indexes)
	case *parse.DropIndex:
		c.tracked(s.Table, classesOf(&parse.DropKey{What: "index", Name: s.Name})...)
	case *parse.Database:
		c.database(s)
	case *parse.Sequence:
		for _, n := range s.Names {
			c.tracked(n, mapping.Sequences)
			if s.Verb == "create" && !s.Temporary {
				c.coming(n, mapping.Sequences)
			}
		}
	}
	return c.list
}

// concerned collects the replicated tables that a statement defines.
type concerned struct {
	x    *applier
	list []concern
}

func (c *concerned) add(name schema.Name, classes ...mapping.Class) {
	at := slices.IndexFunc(c.list, func(o concern) bool { return o.name == name })
	if at < 0 {
		at, c.list = len(c.list), append(c.list, concern{name: name})
	}
	c.list[at].classes = append(c.list[at].classes, classes...)
}

// tracked adds a table that is there.
func (c *concerned) tracked(n schema.Name, classes ...mapping.Class) {
	if t := c.x.set.Get(c.x.name(n)); t != nil && c.x.rules.Wants(t.Name) {
		c.add(t.Name, classes...)
	}
}

// coming adds a table that is not there yet.
func (c *concerned) coming(n schema.Name, classes ...mapping.Class) {
	if n = c.x.name(n); c.x.set.Get(n) == nil && c.x.rules.Wants(n) {
		c.add(n, classes...)
	}
}

func (c *concerned) altered(s *parse.AlterTable) {
	for _, a := range s.Actions {
		c.tracked(s.Name, classesOf(a)...)
		if p, is := a.(*parse.Partition); is && p.Table.Table != "" {
			c.tracked(p.Table, classesOf(a)...)
		}
		if r, is := a.(*parse.Rename); is && c.x.set.Get(c.x.name(s.Name)) != nil {
			c.coming(r.To, mapping.Renames)
		}
	}
}

func (c *concerned) database(s *parse.Database) {
	if s.Verb != "drop" && !s.OrReplace {
		return
	}
	name := cmp.Or(s.Name, c.x.st.Schema)
	for _, t := range c.x.set.Tables() {
		if t.Schema == name || c.x.set.Fold() && strings.EqualFold(t.Schema, name) {
			c.tracked(t.Name, mapping.Databases)
		}
	}
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
