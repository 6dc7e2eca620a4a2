package ddl

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// restated gives the clauses of an ALTER TABLE without those that say anew what a column
// is that the same statement adds: MariaDB takes the last definition, at its own place, and
// a default that is set for it. MySQL refuses such statements.
func restated(before *schema.Table, actions []parse.Action, d parse.Dialect) []parse.Action {
	if !d.MariaDB() {
		return actions
	}
	actions = slices.Clone(actions)
	for i := 0; i < len(actions); i++ {
		switch a := actions[i].(type) {
		case *parse.ChangeColumn:
			if at := added(before, actions[:i], a.Old); at >= 0 && strings.EqualFold(a.Old, a.Column.Name) {
				actions[i] = &parse.AddColumn{Column: a.Column, Place: a.Place}
				actions = slices.Delete(actions, at, at+1)
				i--
			}
		case *parse.SetDefault:
			if at := added(before, actions, a.Column); at >= 0 {
				stated := *actions[at].(*parse.AddColumn)
				stated.Column.Default = a.Default
				actions[at] = &stated
				actions = slices.Delete(actions, i, i+1)
				i--
			}
		}
	}
	return actions
}

// added finds the clause that adds a column which there was not, or gives -1.
func added(before *schema.Table, actions []parse.Action, name string) int {
	return slices.IndexFunc(actions, func(a parse.Action) bool {
		add, ok := a.(*parse.AddColumn)
		return ok && strings.EqualFold(add.Column.Name, name) && before.Column(name) < 0
	})
}
