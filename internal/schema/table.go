// Package schema owns a table as MySQL means it (types with their signedness
// and character set, keys, defaults) and immutable versions of the set of
// tables. It does not own SQL text, PostgreSQL types or connections.
package schema

import "slices"

// Name is a table's qualified name on the source.
type Name struct {
	Schema string `json:"schema"`
	Table  string `json:"table"`
}

// String gives schema.table, unquoted, for messages.
func (n Name) String() string { return n.Schema + "." + n.Table }

// Table is one version of a table's definition. It is never changed once it
// is part of a Set: Clone it first.
type Table struct {
	Name
	Columns       []Column      `json:"columns"`
	Indexes       []Index       `json:"indexes,omitempty"` // as SHOW CREATE TABLE orders them; the primary key first
	ForeignKeys   []ForeignKey  `json:"foreign_keys,omitempty"`
	Checks        []Check       `json:"checks,omitempty"`
	Engine        string        `json:"engine,omitempty"`
	Charset       string        `json:"charset,omitempty"`
	Collation     string        `json:"collation,omitempty"`
	Comment       string        `json:"comment,omitempty"`
	AutoIncrement uint64        `json:"auto_increment,omitempty"` // the next value, 0 if not known
	Versioned     bool          `json:"versioned,omitempty"`      // MariaDB: WITH SYSTEM VERSIONING
	Partitioning  *Partitioning `json:"partitioning,omitempty"`   // nil: it has none
	Sequence      *Sequence     `json:"sequence,omitempty"`       // MariaDB: it is a sequence, which has no columns here; never changed, like the table

	// What the replica has done otherwise, because a statement was to be ignored.
	Diverging bool     `json:"diverging,omitempty"` // rows that the source has removed are still there
	Surplus   []string `json:"surplus,omitempty"`   // columns that the source has dropped are still there
}

// Column is a column in the order of the row images.
type Column struct {
	Name          string     `json:"name"`
	Type          Type       `json:"type"`
	NotNull       bool       `json:"not_null,omitempty"`
	Default       *Default   `json:"default,omitempty"`   // nil: none stated
	OnUpdate      string     `json:"on_update,omitempty"` // the expression of ON UPDATE, as "current_timestamp(6)"
	AutoIncrement bool       `json:"auto_increment,omitempty"`
	Generated     *Generated `json:"generated,omitempty"`
	Invisible     bool       `json:"invisible,omitempty"`
	Comment       string     `json:"comment,omitempty"`
	System        bool       `json:"system,omitempty"` // MariaDB: ROW START or ROW END of system versioning

	// What the replica has done otherwise, because a statement was to be ignored.
	LeftOut bool    `json:"left_out,omitempty"` // the replica does not have the column
	Made    *Column `json:"made,omitempty"`     // the replica's column is still made after this one
}

// MadeAs is the name by which the replica knows the column.
func (c *Column) MadeAs() string {
	if c.Made != nil {
		return c.Made.Name
	}
	return c.Name
}

// Type is a column type with all that its values' meaning depends on.
type Type struct {
	Name       string   `json:"name"`             // lower case and canonical: int, bigint, decimal, varchar, datetime, enum, geometry, uuid …
	Length     int      `json:"length,omitempty"` // characters, bytes (binary), bits (bit), display width (integers), dimensions (vector); -1 where none is stated
	Precision  int      `json:"precision,omitempty"`
	Scale      int      `json:"scale,omitempty"` // digits after the point; fractional seconds of temporal types; -1 where none is stated (float, double)
	Unsigned   bool     `json:"unsigned,omitempty"`
	Zerofill   bool     `json:"zerofill,omitempty"`
	Values     []string `json:"values,omitempty"` // members of enum and set, in order
	Charset    string   `json:"charset,omitempty"`
	Collation  string   `json:"collation,omitempty"`
	SRID       *uint32  `json:"srid,omitempty"`
	Fixed      bool     `json:"fixed,omitempty"`      // MariaDB: every value of the vector has Length dimensions; MySQL's have up to Length
	Compressed bool     `json:"compressed,omitempty"` // MariaDB COMPRESSED columns
	JSON       bool     `json:"json,omitempty"`       // MariaDB: declared JSON or has CHECK (json_valid(…)); Name is longtext
	Text       string   `json:"text"`                 // as information_schema.COLUMN_TYPE writes it: "int(10) unsigned", "enum('a','b')"
}

// Default is a stated default value.
type Default struct {
	Null bool   `json:"null,omitempty"` // DEFAULT NULL
	Expr bool   `json:"expr,omitempty"` // Text is an SQL expression (current_timestamp(), (a + 1), b'01', uuid())
	Text string `json:"text,omitempty"` // the literal's value without quotes, or the expression

	Charset string `json:"charset,omitempty"` // that an introducer states for Text, which is bytes: x'…' or b'…'
	Number  bool   `json:"-"`                 // the literal is written as a number; of no account once it has the column's form

	Sequence *Name `json:"sequence,omitempty"` // MariaDB: its next value, and nothing else; Text has it too
}

// Generated is a generated column's expression.
type Generated struct {
	Expr   string `json:"expr"`
	Stored bool   `json:"stored,omitempty"`
}

// IndexKind is the sort of an index.
type IndexKind string

// The sorts of index.
const (
	PrimaryKey IndexKind = "primary"
	Unique     IndexKind = "unique"
	Plain      IndexKind = "index"
	Fulltext   IndexKind = "fulltext"
	Spatial    IndexKind = "spatial"
	Vector     IndexKind = "vector" // MariaDB
)

// Index is an index or key.
type Index struct {
	Name      string      `json:"name"` // "PRIMARY" for the primary key
	Kind      IndexKind   `json:"kind"`
	Parts     []IndexPart `json:"parts"`
	Comment   string      `json:"comment,omitempty"`
	Invisible bool        `json:"invisible,omitempty"` // MySQL INVISIBLE, MariaDB IGNORED
	Using     string      `json:"using,omitempty"`     // "btree", "hash" where stated
	Parser    string      `json:"parser,omitempty"`    // of FULLTEXT, in lower case: "ngram"
	Distance  string      `json:"distance,omitempty"`  // MariaDB, of VECTOR, in lower case: "cosine"
	Period    bool        `json:"period,omitempty"`    // MariaDB: has a WITHOUT OVERLAPS part, which is not in Parts
	Own       bool        `json:"own,omitempty"`       // the server made it for a foreign key, and drops it for one that has its columns; not known of tables that were copied
}

// IndexPart is a column, a column's prefix or an expression.
type IndexPart struct {
	Column string `json:"column,omitempty"`
	Expr   string `json:"expr,omitempty"`   // functional part, without the outer parentheses
	Prefix int    `json:"prefix,omitempty"` // characters (or bytes of binary types); 0: all
	Desc   bool   `json:"desc,omitempty"`
}

// Rule is a referential action in lower case: "" (the default), "restrict",
// "no action", "cascade", "set null", "set default".
type Rule string

// ForeignKey is a reference to another table.
type ForeignKey struct {
	Name       string   `json:"name"`
	Columns    []string `json:"columns"`
	References Name     `json:"references"`
	RefColumns []string `json:"ref_columns"`
	OnDelete   Rule     `json:"on_delete,omitempty"`
	OnUpdate   Rule     `json:"on_update,omitempty"`
}

// Check is a CHECK constraint.
type Check struct {
	Name        string `json:"name,omitempty"`
	Expr        string `json:"expr"`
	NotEnforced bool   `json:"not_enforced,omitempty"`
}

// Column gives the ordinal of the named column (names are case-insensitive),
// or -1.
func (t *Table) Column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return equalFold(c.Name, name) })
}

// Index gives the ordinal of the named index in Indexes, or -1.
func (t *Table) Index(name string) int {
	return slices.IndexFunc(t.Indexes, func(i Index) bool { return equalFold(i.Name, name) })
}

// Key gives the column ordinals that identify a row: the primary key, or else
// the first unique key whose columns are all whole and NOT NULL; nil if none.
func (t *Table) Key() []int {
	for _, kind := range []IndexKind{PrimaryKey, Unique} {
		for i := range t.Indexes {
			if t.Indexes[i].Kind != kind {
				continue
			}
			if key := t.identity(&t.Indexes[i]); key != nil {
				return key
			}
		}
	}
	return nil
}

func (t *Table) identity(index *Index) []int {
	if index.Period {
		return nil
	}
	var key []int
	for _, part := range index.Parts {
		at := t.Column(part.Column)
		if part.Column == "" || part.Prefix > 0 || at < 0 || t.Columns[at].System || t.Columns[at].LeftOut ||
			(!t.Columns[at].NotNull && index.Kind != PrimaryKey) {
			return nil
		}
		key = append(key, at)
	}
	return key
}

// Clone copies a table deeply enough that every field may be changed.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns = slices.Clone(t.Columns)
	c.Indexes = slices.Clone(t.Indexes)
	for i := range c.Indexes {
		c.Indexes[i].Parts = slices.Clone(c.Indexes[i].Parts)
	}
	c.ForeignKeys = slices.Clone(t.ForeignKeys)
	for i := range c.ForeignKeys {
		c.ForeignKeys[i].Columns = slices.Clone(c.ForeignKeys[i].Columns)
		c.ForeignKeys[i].RefColumns = slices.Clone(c.ForeignKeys[i].RefColumns)
	}
	c.Checks = slices.Clone(t.Checks)
	c.Partitioning = t.Partitioning.Clone()
	c.Surplus = slices.Clone(t.Surplus)
	return &c
}
