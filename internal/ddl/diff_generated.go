package ddl

import (
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// made is a generated column whose values are worked out here.
type made struct {
	column mapping.Column
	sql    string
}

// generate notes a column to be filled by its expression, or says why that cannot be done.
func (x *diff) generate(c mapping.Column) (reason string) {
	const own = "the values of a generated column are worked out by the source"
	if c.Map.Altered() {
		return own
	}
	filled, err := expr.Fill(x.after, source(x.after, c).Generated.Expr, x.d, c)
	switch {
	case err != nil:
		return own + ": " + err.Error()
	case len(filled.ZeroDates) > 0:
		return own + ", and it reads dates that PostgreSQL may not have"
	}
	x.made = append(x.made, made{c, filled.SQL})
	return ""
}

// stale says whether a column that a generated one reads is changed by the statement.
func (x *diff) stale(generated *schema.Column) (changed bool) {
	parse.RenameWords(generated.Generated.Expr, func(name string) string {
		for _, p := range x.kept {
			before, after := source(x.before, p.before), source(x.after, p.after)
			if !strings.EqualFold(after.Name, name) {
				continue
			}
			same := before.Type.Text == after.Type.Text && before.Type.Collation == after.Type.Collation && before.NotNull == after.NotNull
			changed = changed || !same || after.Generated != nil && before.Generated != nil && x.stale(after)
		}
		return name
	}, x.d)
	return changed
}

// fillGenerated gives generated columns their values, in the table's order: one may read
// those before it.
func (x *diff) fillGenerated() {
	for _, c := range x.after.Columns {
		for _, m := range x.made {
			if m.column.Ordinal != c.Ordinal {
				continue
			}
			name := mapping.Quote(c.Name)
			x.add("UPDATE %s SET %s = %s", x.after.Ident(), name, m.sql)
			if notNull(c) {
				x.add("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", x.after.Ident(), name)
			}
		}
	}
}
