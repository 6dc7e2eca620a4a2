package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Set is an immutable version of the source's tables. With gives the next.
type Set struct {
	tables    map[Name]*Table
	databases map[string]string // default collations
	fold      bool              // table and schema names are case-insensitive (lower_case_table_names 1 or 2)
}

// NewSet gives the set of these tables; fold says that the server compares
// schema and table names without regard to case.
func NewSet(fold bool, tables ...*Table) *Set {
	s := &Set{tables: make(map[Name]*Table, len(tables)), fold: fold}
	for _, t := range tables {
		s.tables[s.key(t.Name)] = t
	}
	return s
}

// Fold says whether names are compared without regard to case.
func (s *Set) Fold() bool { return s.fold }

func (s *Set) key(n Name) Name {
	if s.fold {
		return Name{Schema: strings.ToLower(n.Schema), Table: strings.ToLower(n.Table)}
	}
	return n
}

// Get finds a table, or nil.
func (s *Set) Get(n Name) *Table { return s.tables[s.key(n)] }

// Len is the number of tables.
func (s *Set) Len() int { return len(s.tables) }

// Tables lists the tables by name.
func (s *Set) Tables() []*Table {
	return slices.SortedFunc(maps.Values(s.tables), func(a, b *Table) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name.Table, b.Name.Table))
	})
}

// With gives a set in which the named tables are removed and then the given
// ones put in (replacing those of the same name).
func (s *Set) With(removed []Name, put ...*Table) *Set {
	next := &Set{tables: maps.Clone(s.tables), databases: s.databases, fold: s.fold}
	for _, n := range removed {
		delete(next.tables, s.key(n))
	}
	for _, t := range put {
		next.tables[s.key(t.Name)] = t
	}
	return next
}

// Database gives a schema's default collation, or "" if it is not known.
func (s *Set) Database(name string) string { return s.databases[s.key(Name{Schema: name}).Schema] }

// WithDatabase gives a set that knows a schema's default collation; "" makes it
// forget it.
func (s *Set) WithDatabase(name, collation string) *Set {
	next := &Set{tables: s.tables, databases: maps.Clone(s.databases), fold: s.fold}
	if next.databases == nil {
		next.databases = map[string]string{}
	}
	next.databases[s.key(Name{Schema: name}).Schema] = collation
	return next
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
