package ddl

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// dropChecks drops the checks that are of a dropped column: the server refuses to drop one that
// a check has among others.
func (x *draft) dropChecks(column string) {
	x.t.Checks = slices.DeleteFunc(x.t.Checks, func(k schema.Check) bool {
		found := false
		parse.RenameWords(k.Expr, func(word string) string {
			found = found || strings.EqualFold(word, column)
			return word
		}, x.d)
		return found
	})
}

// dropKeys applies the clauses that name indexes and constraints as they were.
func (x *draft) dropKeys(a parse.Action) error {
	switch a := a.(type) {
	case *parse.DropKey:
		if !x.dropKey(a.What, a.Name) && x.before.Index(a.Name) < 0 { // else it went with its columns
			return x.absent(a.What+" key", a.Name, a.IfExists)
		}
	case *parse.RenameIndex:
		if x.t.Index(a.From) < 0 {
			return x.absent("index", a.From, a.IfExists)
		}
	case *parse.SetCheck:
		for i := range x.t.Checks {
			if strings.EqualFold(x.t.Checks[i].Name, a.Name) {
				x.t.Checks[i].NotEnforced = a.NotEnforced
			}
		}
	}
	return nil
}

// renameIndexes renames all at once, so that two may change places, and then applies the clauses
// that name indexes as they are.
func (x *draft) renameIndexes(actions []parse.Action) error {
	next := x.t.Clone().Indexes
	for _, action := range actions {
		if a, is := action.(*parse.RenameIndex); is {
			if at := x.t.Index(a.From); at >= 0 {
				next[at].Name, next[at].Own = a.To, false
			}
		}
	}
	was := map[string]string{}
	for i := range next {
		if before, is := x.was[x.t.Indexes[i].Name]; is {
			was[next[i].Name] = before
		}
	}
	x.t.Indexes, x.was = next, was
	for _, action := range actions {
		if a, is := action.(*parse.SetIndex); is {
			at := x.t.Index(a.Name)
			if at < 0 {
				if err := x.absent("index", a.Name, a.IfExists); err != nil {
					return err
				}
				continue
			}
			x.t.Indexes[at].Invisible = a.Invisible
		}
	}
	return nil
}

// dropKey drops what has the name, of the sorts that what allows.
func (x *draft) dropKey(what, name string) bool {
	t := x.t
	if what == "check" || what == "constraint" {
		if at := slices.IndexFunc(t.Checks, func(k schema.Check) bool { return strings.EqualFold(k.Name, name) }); at >= 0 {
			t.Checks = slices.Delete(t.Checks, at, at+1)
			return true
		}
	}
	if what == "foreign" || what == "constraint" {
		if at := slices.IndexFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return strings.EqualFold(f.Name, name) }); at >= 0 {
			t.ForeignKeys = slices.Delete(t.ForeignKeys, at, at+1)
			return true
		}
	}
	if what == "foreign" || what == "check" {
		return false
	}
	at := t.Index(name)
	if at < 0 {
		return false
	}
	t.Indexes = slices.Delete(t.Indexes, at, at+1)
	delete(x.was, name)
	return true
}

func (x *draft) addKeys(a parse.Action) error {
	if add, ok := a.(*parse.AddKey); ok {
		if index, ok := add.Key.(*parse.Index); ok && !index.IfNotExists {
			delete(x.was, index.Name)
		}
		x.key(add.Key)
	}
	return nil
}

// rest applies what is left, in the order of the text.
func (x *draft) rest(a parse.Action) error {
	switch a := a.(type) {
	case *parse.Rename:
		to := a.To
		x.rename = &to
	case *parse.Versioning:
		x.t.Versioned = a.Add
		if a.Add {
			if !slices.ContainsFunc(x.t.Columns, func(c schema.Column) bool { return c.System }) {
				x.origin = append(x.origin, -1, -1)
			}
			addSystemColumns(x.t)
			return nil
		}
		for i := len(x.t.Columns) - 1; i >= 0; i-- {
			if x.t.Columns[i].System {
				x.t.Columns, x.origin = slices.Delete(x.t.Columns, i, i+1), slices.Delete(x.origin, i, i+1)
			}
		}
	case *parse.SetPeriod:
		if !a.Drop {
			setPeriod(x.t, a.Period)
		}
	case *parse.Partition:
		return x.partition(a)
	case *parse.Tablespace:
		x.refill = "the table's file was replaced"
	}
	return nil
}
