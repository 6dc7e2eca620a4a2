// Package mapping owns which table and column goes where, by which conversion
// and under which key, and the names of what we make in PostgreSQL. It does
// not own where the rules were read from.
package mapping

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// Rules are a source's mapping rules.
type Rules struct {
	Schemas   map[string]string // source schema → PostgreSQL schema
	Limit     []string          // schema.table; where a schema is named here, only these of its tables
	Skip      []string          // schema.table; not these
	Overrides []Override
	Values    []ValueRule
	Masks     []Masking
	MaskKey   []byte // of the masks, nil if none is configured
	Collates  []Collating
	DDL       []DDLPolicy
	Types     typemap.Options
	// KeepOriginals is how many originals of values that a rule has changed are kept,
	// for each column and rule; -1 means all.
	KeepOriginals int
	StaleVirtual  bool // the source logs virtual columns over an AUTO_INCREMENT column as they were before it had its number: MariaDB
	Fold          bool // the source compares schema and table names without regard to case
	Apart         *Apart

	// Sequences says whether a sequence of the source is replicated; nil: none is.
	Sequences func(schema.Name) bool
}

// Apart narrows rules to tables that are filled apart from the others.
type Apart struct {
	Tables []schema.Name
	Place  func(schemaName string) string // in which PostgreSQL schema they stand meanwhile, by the one where they are to stand
}

// Of the rules below, the last one that is for a column counts. Patterns of tables are
// schema.table, of columns schema.table.column; * stands for any characters (dots too), ?
// for one. They mean the names on the source or in PostgreSQL. Case counts for schemas and
// tables where it does on the source, and never for columns.

// Override replaces the default type of some columns.
type Override struct {
	Type    string   // as TypeMatches takes it: "tinyint(1)", "enum", "int unsigned", "decimal(*"
	To      string   // PostgreSQL type
	Tables  []string // patterns; all columns of these tables
	Columns []string // patterns; these columns too
}

// ValueRule says what is done with values that the target cannot hold. One for a
// column goes before one for a type, and that before one for all.
type ValueRule struct {
	Type     string // as Override has it; "" for any
	Column   string // pattern; "" for any
	Rule     typemap.Rule
	Handling typemap.Handling
}

// Masking hides columns.
type Masking struct {
	Column string // pattern
	Mask   typemap.Mask
}

// Collating says how the target compares columns whose collation ignores case.
type Collating struct {
	Column    string // pattern
	Collation typemap.Collation
}

// Table is a replicated table: both of its sides.
type Table struct {
	Source  *schema.Table
	Schema  string // PostgreSQL schema
	Home    string // the schema where the table is to stand: Schema, unless In has moved it
	Name    string
	Columns []Column
	Key     []int // ordinals in Columns; empty: no key
}

// Column is a replicated column.
type Column struct {
	Ordinal int // in Source.Columns, which is the order of the row images
	Name    string
	Map     *typemap.Column
	Enum    string // name of the column's own enum type, in the table's schema; "" if none
	Next    string // the quoted, qualified name of the sequence whose next value is its default; "" if none is
}

// Type is the column's type as SQL; an enum type is qualified by schema.
func (c Column) Type(schemaName string) string {
	if c.Enum != "" {
		return Quote(schemaName) + "." + Quote(c.Enum)
	}
	return c.Map.SQL()
}

// Collate is the column's COLLATE clause, with a blank before it; "" if it has none. home is
// the schema where the table is to stand.
func (c Column) Collate(home string) string {
	if name, _ := c.Map.ICU(); name != "" {
		return " COLLATE " + Quote(home) + "." + Quote(name)
	}
	return ""
}

// Ident is the table's quoted, qualified name in PostgreSQL.
func (t *Table) Ident() string { return Quote(t.Schema) + "." + Quote(t.Name) }

// In gives the same table as it stands in another PostgreSQL schema, such as
// the loading schema.
func (t *Table) In(schemaName string) *Table {
	moved := *t
	moved.Schema = schemaName
	return &moved
}

// Named gives the same table under another name on the source, whatever the rules say of
// that name.
func (t *Table) Named(name schema.Name) *Table {
	named, source := *t, t.Source.Clone()
	source.Name = name
	named.Source, named.Name, named.Columns = source, Identifier(name.Table), slices.Clone(t.Columns)
	for i := range named.Columns {
		if c := &named.Columns[i]; c.Enum != "" {
			c.Enum = EnumName(name.Table, source.Columns[c.Ordinal].Name)
		}
	}
	return &named
}

// Column gives the ordinal in Columns of a source column, or -1.
func (t *Table) Column(name string) int {
	at := t.Source.Column(name)
	for i, c := range t.Columns {
		if c.Ordinal == at && at >= 0 {
			return i
		}
	}
	return -1
}

// Identities tells by its name on the source what each column became.
func (t *Table) Identities() map[string]string {
	list := make(map[string]string, len(t.Columns))
	for i, c := range t.Columns {
		if len(t.Key) == 0 || slices.Contains(t.Key, i) {
			list[c.Map.Source.Name] = c.Map.KeyIdentity()
		} else {
			list[c.Map.Source.Name] = c.Map.Identity()
		}
	}
	return list
}

// Target gives the PostgreSQL schema of a source schema.
func (r *Rules) Target(source string) (string, bool) {
	if target, ok := r.Schemas[source]; ok || !r.Fold {
		return target, ok
	}
	for from, to := range r.Schemas {
		if strings.EqualFold(from, source) {
			return to, true
		}
	}
	return "", false
}

// Wants says whether a table is to be replicated, by its name alone. A table that is to
// change places with another, by its name, is as that one.
func (r *Rules) Wants(name schema.Name) bool {
	if _, ok := r.Target(name.Schema); !ok {
		return false
	}
	if r.Apart != nil && !slices.ContainsFunc(r.Apart.Tables, func(n schema.Name) bool { return r.equal(n.String(), name.String()) }) {
		return false
	}
	return !r.named(r.Skip, name) && (!r.limits(name.Schema) || r.named(r.Limit, name))
}

// Sequence gives the quoted, qualified name of a sequence of the source in PostgreSQL; "" if it
// is not replicated.
func (r *Rules) Sequence(name schema.Name) string {
	target, mapped := r.Target(name.Schema)
	if !mapped || r.Sequences == nil || !r.Sequences(name) {
		return ""
	}
	return Quote(target) + "." + Quote(Identifier(name.Table))
}

func (r *Rules) equal(a, b string) bool {
	return a == b || r.Fold && strings.EqualFold(a, b)
}

func (r *Rules) named(list []string, name schema.Name) bool {
	base, cut := shadowed(name.Table)
	for _, entry := range list {
		if r.equal(entry, name.String()) || base != "" && r.shadows(entry, schema.Name{Schema: name.Schema, Table: base}.String(), cut) {
			return true
		}
	}
	return false
}

// shadows says whether an entry names the table of a shadow, of whose name only the
// beginning may be known.
func (r *Rules) shadows(entry, base string, cut bool) bool {
	return r.equal(entry, base) || cut && len(entry) > len(base) && r.equal(entry[:len(base)], base)
}

func (r *Rules) limits(schemaName string) bool {
	for _, entry := range r.Limit {
		if at := len(schemaName); len(entry) > at && entry[at] == '.' && r.equal(entry[:at], schemaName) {
			return true
		}
	}
	return false
}

// Table maps a table. A column that cannot be mapped or masked as the rules want it is an
// error that names it.
func (r *Rules) Table(source *schema.Table) (*Table, error) {
	target, ok := r.Target(source.Schema)
	if !ok {
		return nil, fmt.Errorf("mapping table %s: its schema has no mapping", source.Name)
	}
	t := &Table{Source: source, Schema: target, Home: target, Name: Identifier(source.Name.Table)}
	position := make(map[int]int, len(source.Columns))
	key, settings := source.Key(), r.settings(t)
	for i, column := range source.Columns {
		if column.System {
			continue
		}
		if column.LeftOut {
			continue
		}
		own := settings.column(&source.Columns[i])
		if err := settings.made(&source.Columns[i], &own); err != nil {
			return nil, fmt.Errorf("mapping column %s of table %s: %w", column.Name, source.Name, err)
		}
		if err := maskable(source, key, i, own.Mask); err != nil {
			return nil, fmt.Errorf("masking column %s of table %s: %w", column.Name, source.Name, err)
		}
		mapped, err := typemap.New(column, own)
		if err != nil {
			return nil, fmt.Errorf("mapping column %s of table %s: %w", column.Name, source.Name, err)
		}
		c := Column{Ordinal: i, Name: Identifier(column.MadeAs()), Map: mapped}
		if mapped.Enum() != nil {
			c.Enum = EnumName(source.Name.Table, column.MadeAs())
		}
		if d := column.Default; d != nil && d.Sequence != nil {
			c.Next = r.Sequence(*d.Sequence)
		}
		position[i] = len(t.Columns)
		t.Columns = append(t.Columns, c)
	}
	for _, ordinal := range key {
		t.Key = append(t.Key, position[ordinal])
	}
	if err := t.stale(r.StaleVirtual); err != nil {
		return nil, err
	}
	if err := t.derived(); err != nil {
		return nil, err
	}
	if r.Apart != nil {
		t.Schema = r.Apart.Place(t.Schema)
	}
	return t, nil
}
