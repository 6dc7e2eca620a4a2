package write

import (
	"slices"
	"strconv"

	"pgchameleon/internal/change"
)

// composeCascade writes the statement for a child's action: o1, o2 … are what
// its columns refer to, n1, n2 … what to refer to instead. If the child has
// children, the columns that these refer to are returned: what they held and,
// unless the rows are deleted, what they hold now.
func (t *table) composeCascade(s *statement, child *change.Child, action change.Action, updated bool) {
	columns := child.Child
	moved := updated && action == change.Cascade
	t.parameters(s, columns, true)
	params := list(columns, ", ", dollar)
	names := list(columns, ", ", numbered("o"))
	if moved {
		t.parameters(s, columns, true)
		params += ", " + list(columns, ", ", func(i, _ int) string { return dollar(len(columns)+i, 0) })
		names += ", " + list(columns, ", ", numbered("n"))
	}
	from := "unnest(" + params + ") as s(" + names + ") where " + list(columns, " and ", func(i, ordinal int) string {
		return "t." + t.quoted(ordinal) + " = s." + numbered("o")(i, 0)
	})
	wanted := referenced(child.Table)
	if !updated && action == change.Cascade {
		s.sql = "delete from " + t.ident + " t using " + from
		if len(wanted) > 0 {
			s.sql += " returning " + list(wanted, ", ", func(_, ordinal int) string { return "t." + t.quoted(ordinal) })
		}
		return
	}
	s.sql = "update " + t.ident + " t set " + list(columns, ", ", func(i, ordinal int) string {
		if moved {
			return t.quoted(ordinal) + " = s." + numbered("n")(i, 0)
		}
		return t.quoted(ordinal) + " = null"
	}) + " from " + from
	if len(wanted) == 0 {
		return
	}
	s.sql += " returning " + list(wanted, ", ", func(_, ordinal int) string {
		if i := slices.Index(columns, ordinal); i >= 0 {
			return "s." + numbered("o")(i, 0)
		}
		return "t." + t.quoted(ordinal)
	}) + ", " + list(wanted, ", ", func(_, ordinal int) string { return "t." + t.quoted(ordinal) })
}

// composeClear deletes the rows whose key others get when their columns change
// from o1, o2 … to n1, n2 ….
func (t *table) composeClear(s *statement, columns []int) {
	t.parameters(s, columns, true)
	t.parameters(s, columns, true)
	s.sql = "delete from " + t.ident + " t using " + t.ident + " c, unnest(" +
		list(columns, ", ", dollar) + ", " + list(columns, ", ", func(i, _ int) string { return dollar(len(columns)+i, 0) }) +
		") as s(" + list(columns, ", ", numbered("o")) + ", " + list(columns, ", ", numbered("n")) + ") where " +
		list(columns, " and ", func(i, ordinal int) string { return "c." + t.quoted(ordinal) + " = s." + numbered("o")(i, 0) }) +
		" and " + list(t.Key, " and ", func(_, ordinal int) string {
		if i := slices.Index(columns, ordinal); i >= 0 {
			return "t." + t.quoted(ordinal) + " = s." + numbered("n")(i, 0)
		}
		return "t." + t.quoted(ordinal) + " = c." + t.quoted(ordinal)
	})
}

func numbered(letter string) func(i, _ int) string {
	return func(i, _ int) string { return letter + strconv.Itoa(i+1) }
}
