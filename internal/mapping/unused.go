package mapping

import "pgchameleon/internal/schema"

// Unused is a pattern of columns that means no column.
type Unused struct {
	Setting string // "override", "value rule", "mask" or "collation"
	Pattern string
}

// Unused lists the patterns of columns that mean no column of these tables, in the order of
// the rules. Overrides and value rules are for all sources: those whose pattern begins
// with another source's schema are not listed.
func (r *Rules) Unused(tables []*schema.Table) (list []Unused) {
	look := func(setting, pattern, ofType string) {
		if !r.used(tables, pattern, ofType) {
			list = append(list, Unused{setting, pattern})
		}
	}
	for _, o := range r.Overrides {
		for _, pattern := range o.Columns {
			if r.mayMean(pattern) {
				look("override", pattern, o.Type)
			}
		}
	}
	seen := map[string]bool{"": true} // one entry of the configuration has several rules
	for _, v := range r.Values {
		if !seen[v.Column] && r.mayMean(v.Column) {
			look("value rule", v.Column, "*")
		}
		seen[v.Column] = true
	}
	for _, m := range r.Masks {
		look("mask", m.Column, "*")
	}
	for _, c := range r.Collates {
		look("collation", c.Column, "*")
	}
	return list
}

// used says whether a pattern means a column that has such a type.
func (r *Rules) used(tables []*schema.Table, pattern, ofType string) bool {
	of := readType(ofType)
	for _, source := range tables {
		target, ok := r.Target(source.Schema)
		if !ok {
			continue
		}
		names := r.columnNames(&Table{Source: source, Schema: target, Name: Identifier(source.Name.Table)})
		if !names.any(pattern) {
			continue
		}
		for i := range source.Columns {
			c := &source.Columns[i]
			if !names.column(pattern, c.Name) {
				continue
			}
			if is := readType(c.Type.Text); of.matches(&is, c.Type.JSON) {
				return true
			}
		}
	}
	return false
}

// mayMean says whether a pattern of columns may mean some of the mapped schemas'.
func (r *Rules) mayMean(pattern string) bool {
	for from, to := range r.Schemas {
		if names := (columnNames{source: from + ".", target: to + ".", fold: r.Fold}); names.any(pattern) {
			return true
		}
	}
	return false
}
