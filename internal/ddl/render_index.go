package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// IndexSQL is an index of a table as PostgreSQL has it.
type IndexSQL struct {
	Source    string // its name on the source
	Name      string // in PostgreSQL, in the table's schema
	SQL       string // the statement that makes it; "" if it is skipped
	Beside    string // of a primary key: makes just its index, for which the table need not be locked,
	Adopt     string // and then makes that the key
	Kind      schema.IndexKind
	Key       bool   // it is the one by which rows are found
	Delayable bool   // rows may break it until the table has caught up: a unique one
	Columns   []int  // ordinals in the table's Columns that a unique one compares, also within expressions
	Skipped   string // why it is not made; "" if it is

	unique     bool
	constraint bool   // a primary key of whole columns
	holds      string // what it is made of, without names of the table and the index
	types      string // of what its expressions are worked out
}

// Indexes lists the indexes of a table in the order of the source's. What becomes of each kind
// is told in docs/ddl.md; one that cannot be made is skipped with the reason.
func Indexes(t *mapping.Table) []IndexSQL {
	list := make([]IndexSQL, 0, len(t.Source.Indexes))
	key := false
	for i := range t.Source.Indexes {
		x := indexSQL(t, &t.Source.Indexes[i])
		if !key && x.Skipped == "" && isKey(t, &t.Source.Indexes[i]) {
			x.Key, key = true, true
		}
		list = append(list, x)
	}
	return list
}

// isKey says whether an index has just the columns of the table's key.
func isKey(t *mapping.Table, index *schema.Index) bool {
	if len(t.Key) == 0 || len(index.Parts) != len(t.Key) || index.Period || index.Kind != schema.PrimaryKey && index.Kind != schema.Unique {
		return false
	}
	for i, part := range index.Parts {
		if part.Column == "" || part.Prefix > 0 || t.Column(part.Column) != t.Key[i] {
			return false
		}
	}
	return true
}

func indexName(t *mapping.Table, index *schema.Index) string {
	if index.Kind == schema.PrimaryKey {
		return mapping.PrimaryKeyName(t.Source.Name.Table)
	}
	return mapping.IndexName(t.Source.Name.Table, index.Name)
}

func indexSQL(t *mapping.Table, index *schema.Index) IndexSQL {
	x := &indexing{t: t, index: index, out: IndexSQL{Source: index.Name, Name: indexName(t, index), Kind: index.Kind}}
	x.write()
	out := x.out
	if t.Source.Diverging && out.unique && !out.constraint && !isKey(t, index) { // rows that the source no longer has may have the same values
		out.unique, out.Columns, out.Kind = false, nil, schema.Plain
	}
	switch {
	case out.Skipped != "":
		out.holds = ""
	case out.constraint:
		name := mapping.Quote(out.Name)
		out.SQL = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY %s", t.Ident(), name, out.holds)
		out.Beside = fmt.Sprintf("CREATE UNIQUE INDEX %s ON %s %s", name, t.Ident(), out.holds)
		out.Adopt = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY USING INDEX %s", t.Ident(), name, name)
	default:
		unique := ""
		if out.unique {
			unique, out.Delayable = "UNIQUE ", index.Kind == schema.Unique
		}
		out.SQL = fmt.Sprintf("CREATE %sINDEX %s ON %s %s", unique, mapping.Quote(out.Name), t.Ident(), out.holds)
	}
	return out
}

// indexing writes one index.
type indexing struct {
	t     *mapping.Table
	index *schema.Index
	out   IndexSQL
}

func (x *indexing) skip(format string, args ...any) {
	if x.out.Skipped == "" {
		x.out.Skipped = fmt.Sprintf(format, args...)
	}
}

func (x *indexing) write() {
	columns := x.columns()
	switch {
	case x.index.Period:
		x.skip("the period of WITHOUT OVERLAPS is two columns on the source, and PostgreSQL wants one of a range type")
	case x.out.Skipped != "":
	case x.index.Kind == schema.Fulltext:
		x.fulltext(columns)
	case x.index.Kind == schema.Spatial:
		x.spatial(columns)
	case x.index.Kind == schema.Vector:
		x.vector(columns)
	default:
		x.btree()
	}
}

// columns finds the mapped column of each part, the zero Column for expressions.
func (x *indexing) columns() []mapping.Column {
	list := make([]mapping.Column, len(x.index.Parts))
	for i, part := range x.index.Parts {
		if part.Expr != "" {
			continue
		}
		at := x.t.Column(part.Column)
		if at < 0 {
			x.skip("its column %s is not replicated", part.Column)
			continue
		}
		list[i] = x.t.Columns[at]
	}
	return list
}

// unordered are the types that have no order of their own for a b-tree.
var unordered = []string{"json", "point", "geometry", "vector", "xml", "box", "polygon", "path", "line", "lseg", "circle"}

// btree writes an index that is ordered on the source, by hash too: whole columns, parts of
// columns and expressions.
func (x *indexing) btree() {
	x.out.unique = x.index.Kind != schema.Plain
	x.out.constraint = x.index.Kind == schema.PrimaryKey
	var parts []string
	for _, part := range x.index.Parts {
		var sql string
		if part.Expr != "" {
			if x.elements(part.Expr) {
				return
			}
			sql = x.expression(part.Expr)
		} else {
			sql = x.part(part)
		}
		if part.Desc && x.index.Kind != schema.PrimaryKey {
			sql += " DESC"
		}
		parts = append(parts, sql)
	}
	if !x.out.unique {
		x.out.Columns = nil
	}
	x.out.holds = "(" + strings.Join(parts, ", ") + ")"
}

// part writes a column, or its first characters or bytes.
func (x *indexing) part(part schema.IndexPart) string {
	at := x.t.Column(part.Column)
	c := x.t.Columns[at]
	class, base := classOf(c.Map.SQL()), bareType(c.Map.SQL())
	if slices.Contains(unordered, base) {
		x.skip("PostgreSQL has no order for the type %s of column %s", c.Map.SQL(), part.Column)
	}
	x.out.Columns = append(x.out.Columns, at)
	name := mapping.Quote(c.Name)
	wrapped := ""
	switch {
	case class != "text" && class != "bytea" || c.Map.Masked(): // a mask's values have no such part
	case part.Prefix > 0 && class == "text":
		wrapped = fmt.Sprintf("left(%s, %d)", name, part.Prefix)
	case part.Prefix > 0:
		wrapped = fmt.Sprintf("substring(%s from 1 for %d)", name, part.Prefix)
	case x.out.unique && isBlob(source(x.t, c).Type.Name) && class == "text": // MariaDB: by a hash of its own
		wrapped = fmt.Sprintf("md5(%s::text)", name)
	case x.out.unique && isBlob(source(x.t, c).Type.Name):
		wrapped = fmt.Sprintf("md5(%s)", name)
	}
	if wrapped == "" {
		return name
	}
	x.out.constraint = false
	x.out.types += base + c.Collate("") + ";"
	return wrapped
}

func bareType(sql string) string {
	base, _, _ := strings.Cut(sql, "(")
	return strings.TrimSpace(base)
}

// expression writes a functional part.
func (x *indexing) expression(text string) string {
	r, err := expr.Index(x.t, text, parse.Dialect{})
	switch {
	case err != nil:
		x.skip("its expression has no exact translation: %v", err)
	case !r.Immutable:
		x.skip("PostgreSQL takes only immutable expressions, and this one follows settings or the members of a type")
	case r.Type == "" || r.Type == "enum" || len(r.Columns) == 0:
		x.skip("its expression is no value of a type that PostgreSQL orders, or of no column")
	case r.Loose != "":
		x.out.unique = false
	}
	x.out.Columns = append(x.out.Columns, r.Columns...)
	x.reads(r.Columns)
	return "(" + r.SQL + ")"
}

// reads notes of which types an expression is worked out: it has another form under others.
func (x *indexing) reads(columns []int) {
	x.out.constraint = false
	for _, at := range columns {
		c := x.t.Columns[at]
		x.out.types += bareType(c.Map.SQL()) + c.Collate("") + ";"
	}
}

// elements writes a multi-valued index, which is one of a JSON array's elements.
func (x *indexing) elements(text string) bool {
	r, ok := expr.Elements(x.t, text, parse.Dialect{})
	if !ok {
		return false
	}
	if len(x.index.Parts) > 1 {
		x.skip("an index of a JSON array's elements and of other columns has no counterpart")
	}
	x.out.unique, x.out.constraint = false, false
	x.reads(r.Columns)
	x.out.holds = "USING gin ((" + r.SQL + "))"
	return true
}
