package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// IndexSQL is an index of a table as PostgreSQL has it.
type IndexSQL struct {
	Source    string // its name on the source
	Name      string // in PostgreSQL, in the table's schema
	SQL       string // the statement that makes it; "" if it is skipped
	Kind      schema.IndexKind
	Key       bool   // it is the one by which rows are found
	Delayable bool   // rows may break it until the table has caught up: a unique one
	Skipped   string // why it is not made; "" if it is
}

// Indexes lists the indexes of a table in the order of the source's. A part of
// a column (a prefix) becomes left("c", n), or substring("c" from 1 for n) for
// bytes. Functional, FULLTEXT, SPATIAL and vector indexes are skipped, and those
// that hold a column whose type PostgreSQL cannot order.
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
	x := IndexSQL{Source: index.Name, Name: indexName(t, index), Kind: index.Kind}
	parts, plain, reason := indexParts(t, index)
	switch {
	case index.Kind == schema.Fulltext || index.Kind == schema.Spatial || index.Kind == schema.Vector:
		x.Skipped = fmt.Sprintf("%s indexes are not made", strings.ToUpper(string(index.Kind)))
	case index.Period:
		x.Skipped = "PostgreSQL has no WITHOUT OVERLAPS before version 18"
	case reason != "":
		x.Skipped = reason
	case index.Kind == schema.PrimaryKey && plain:
		x.SQL = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY (%s)", t.Ident(), mapping.Quote(x.Name), strings.Join(parts, ", "))
	default:
		unique := ""
		if t.Source.Diverging && !isKey(t, index) { // rows that the source no longer has may have the same values
			x.Kind = schema.Plain
		} else if index.Kind != schema.Plain {
			unique, x.Delayable = "UNIQUE ", index.Kind == schema.Unique
		}
		x.SQL = fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", unique, mapping.Quote(x.Name), t.Ident(), strings.Join(parts, ", "))
	}
	return x
}

// unordered are the types that have no order of their own for a b-tree.
var unordered = []string{"json", "point", "geometry", "vector", "xml", "box", "polygon", "path", "line", "lseg", "circle"}

// indexParts writes the columns of an index; plain says that they are whole
// columns without DESC, as a constraint wants them.
func indexParts(t *mapping.Table, index *schema.Index) (parts []string, plain bool, reason string) {
	plain = true
	for _, part := range index.Parts {
		if part.Expr != "" {
			return nil, false, "an index on an expression is not made"
		}
		at := t.Column(part.Column)
		if at < 0 {
			return nil, false, fmt.Sprintf("its column %s is not replicated", part.Column)
		}
		c := t.Columns[at]
		base, _, _ := strings.Cut(c.Map.SQL(), "(")
		if slices.Contains(unordered, strings.TrimSpace(base)) {
			return nil, false, fmt.Sprintf("PostgreSQL has no order for the type %s of column %s", c.Map.SQL(), part.Column)
		}
		sql := mapping.Quote(c.Name)
		if part.Prefix > 0 {
			switch classOf(c.Map.SQL()) {
			case "text":
				sql, plain = fmt.Sprintf("left(%s, %d)", sql, part.Prefix), false
			case "bytea":
				sql, plain = fmt.Sprintf("substring(%s from 1 for %d)", sql, part.Prefix), false
			}
		}
		if part.Desc && index.Kind != schema.PrimaryKey {
			sql, plain = sql+" DESC", false
		}
		parts = append(parts, sql)
	}
	return parts, plain, ""
}
