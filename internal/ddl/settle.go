package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Found is what PostgreSQL has of a table that another program made.
type Found struct {
	Sequences map[string]string // by column: the name of the sequence that it owns
	Indexes   []FoundIndex
	Enums     map[string]string // by column: the name of the enum type that is to be the column's own
	Labels    map[string]int    // by column: how many labels that type has
	NotNull   map[string]bool   // by column
}

// FoundIndex is an index over whole columns.
type FoundIndex struct {
	Name            string
	Columns         []string
	Primary, Unique bool
}

// Settle gives the statements that let a table of another program's making be altered by
// statements of the stream: names of what belongs to it as this program gives them, its
// defaults and comments, and NULL where the source may have it.
func Settle(t *mapping.Table, found *Found) []string {
	var sql []string
	place := mapping.Quote(t.Schema) + "."
	for _, c := range t.Columns {
		if name := found.Enums[c.Name]; c.Enum != "" && name != "" {
			if name != c.Enum {
				sql = append(sql, "ALTER TYPE "+place+mapping.Quote(name)+" RENAME TO "+mapping.Quote(c.Enum))
			}
			for _, label := range c.Map.Enum()[found.Labels[c.Name]:] {
				sql = append(sql, fmt.Sprintf("ALTER TYPE %s ADD VALUE %s", c.Type(t.Schema), strings.TrimSpace(mapping.Literal(label))))
			}
		}
		if source(t, c).AutoIncrement {
			if name := found.Sequences[c.Name]; name != "" && name != sequenceName(t, c) {
				sql = append(sql, "ALTER SEQUENCE "+place+mapping.Quote(name)+" RENAME TO "+mapping.Quote(sequenceName(t, c)))
			}
		} else if value, _ := defaultSQL(t, c); value != "" {
			sql = append(sql, setDefault(t, c, value))
		}
		if found.NotNull[c.Name] && !notNull(c) {
			sql = append(sql, alterColumn(t, c, "DROP NOT NULL"))
		}
	}
	return append(append(sql, settleIndexes(t, found.Indexes)...), Comments(t)...)
}

// settleIndexes renames the indexes that are the source's.
func settleIndexes(t *mapping.Table, found []FoundIndex) []string {
	var sql []string
	taken := map[string]bool{}
	for _, f := range found {
		taken[f.Name] = true
	}
	for i, index := range Indexes(t) {
		columns := wholeColumns(t, &t.Source.Indexes[i])
		if index.Skipped != "" || columns == nil || taken[index.Name] {
			continue
		}
		at := slices.IndexFunc(found, func(f FoundIndex) bool {
			return taken[f.Name] && f.Primary == index.constraint && f.Unique == index.unique && slices.Equal(f.Columns, columns)
		})
		if at < 0 {
			continue
		}
		taken[found[at].Name], taken[index.Name] = false, true
		sql = append(sql, fmt.Sprintf("ALTER INDEX %s.%s RENAME TO %s", mapping.Quote(t.Schema), mapping.Quote(found[at].Name), mapping.Quote(index.Name)))
	}
	return sql
}

// wholeColumns names in PostgreSQL the columns of an index that has nothing else; nil for others.
func wholeColumns(t *mapping.Table, index *schema.Index) []string {
	var names []string
	for _, part := range index.Parts {
		at := t.Column(part.Column)
		if part.Column == "" || part.Prefix > 0 || part.Desc || at < 0 {
			return nil
		}
		names = append(names, t.Columns[at].Name)
	}
	return names
}
