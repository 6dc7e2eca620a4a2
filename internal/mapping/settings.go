package mapping

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// settings finds what the rules say of each column of one table. What cannot be for the
// table is left out from the start: a server may have ten thousand of them.
type settings struct {
	rules     *Rules
	names     columnNames
	overrides []columnOverride
	values    []columnValue // in ascending order of precedence
	masks     []*Masking
	collates  []Collating
}

type columnOverride struct {
	Override
	of  typePattern
	all bool // for all columns, or else for those of Columns
}

type columnValue struct {
	ValueRule
	of typePattern
}

// columnNames are the beginnings of a table's columns' names, up to and with the dot before
// the column: on the source and in PostgreSQL.
type columnNames struct {
	source, target string
	shadowed       string // the table that this one is to replace or has replaced; "" for most
	fold           bool
}

// shadow is how gh-ost and pt-online-schema-change name the new and the old version of a
// table. What is said of the table holds for them too: they change places with it.
var shadow = regexp.MustCompile(`^_+(.+?)(_gho|_new|_old|(_\d{14})?_del)$`)

// longest is how many characters the source's names may have.
const longest = 64

// shadowed gives the name of the table that one of this name is to replace or has replaced,
// "" for most; cut says that its end may be missing.
func shadowed(name string) (base string, cut bool) {
	match := shadow.FindStringSubmatch(name)
	if match == nil {
		return "", false
	}
	return match[1], utf8.RuneCountInString(name) == longest
}

func (r *Rules) columnNames(t *Table) columnNames {
	names := columnNames{source: t.Source.Name.String() + ".", target: t.Schema + "." + t.Name + ".", fold: r.Fold}
	if base, _ := shadowed(t.Source.Name.Table); base != "" {
		names.shadowed = t.Source.Schema + "." + base + "."
	}
	return names
}

// table says whether a pattern of tables means the table.
func (c *columnNames) table(pattern string) bool {
	match := func(prefix string) bool {
		name := strings.TrimSuffix(prefix, ".")
		return glob(pattern, name, c.folds(len(name)))
	}
	return match(c.source) || c.target != c.source && match(c.target) || c.shadowed != "" && match(c.shadowed)
}

// folds gives the byte of a name from which on case does not count, if it is exact before.
func (c *columnNames) folds(exact int) int {
	if c.fold {
		return 0
	}
	return exact
}

// any says whether a pattern of columns may mean one of the table's.
func (c *columnNames) any(pattern string) bool {
	return begins(pattern, c.source, c.folds(len(c.source))) || begins(pattern, c.target, c.folds(len(c.target))) ||
		c.shadowed != "" && begins(pattern, c.shadowed, c.folds(len(c.shadowed)))
}

// column says whether a pattern of columns means the table's column of this name.
func (c *columnNames) column(pattern, name string) bool {
	return glob(pattern, c.source+name, c.folds(len(c.source))) ||
		glob(pattern, c.target+Identifier(name), c.folds(len(c.target))) ||
		c.shadowed != "" && glob(pattern, c.shadowed+name, c.folds(len(c.shadowed)))
}

// settings gives the finder for a table, of which Source, Schema and Name are there.
func (r *Rules) settings(t *Table) *settings {
	s := &settings{rules: r, names: r.columnNames(t)}
	for _, o := range r.Overrides {
		own := columnOverride{Override: Override{Type: o.Type, To: o.To}}
		for _, pattern := range o.Tables {
			own.all = own.all || s.names.table(pattern)
		}
		for _, pattern := range o.Columns {
			if s.names.any(pattern) {
				own.Columns = append(own.Columns, pattern)
			}
		}
		if own.all || own.Columns != nil {
			own.of = readType(o.Type)
			s.overrides = append(s.overrides, own)
		}
	}
	s.values = r.valuesOf(&s.names)
	for i := range r.Masks {
		if m := &r.Masks[i]; s.names.any(m.Column) {
			s.masks = append(s.masks, m)
		}
	}
	if len(t.Source.Key()) == 0 {
		return s // its rows are found by all of their values, which has to be exact
	}
	for _, c := range r.Collates {
		if s.names.any(c.Column) {
			s.collates = append(s.collates, c)
		}
	}
	return s
}

// valuesOf gives the value rules that may be for a table: those for all columns, then those
// for types, then those for columns.
func (r *Rules) valuesOf(names *columnNames) (values []columnValue) {
	var types, columns []columnValue
	for _, v := range r.Values {
		own := columnValue{ValueRule: v}
		if v.Type != "" {
			own.of = readType(v.Type)
		}
		switch {
		case v.Column != "":
			if names.any(v.Column) {
				columns = append(columns, own)
			}
		case v.Type != "":
			types = append(types, own)
		default:
			values = append(values, own)
		}
	}
	return append(append(values, types...), columns...)
}

// column gives the settings of one column.
func (s *settings) column(c *schema.Column) typemap.Settings {
	out := typemap.Settings{Options: s.rules.Types}
	var is typePattern
	if len(s.overrides)+len(s.values) > 0 {
		is = readType(c.Type.Text)
	}
	for i := range s.overrides {
		o := &s.overrides[i]
		if o.of.matches(&is, c.Type.JSON) && (o.all || s.matches(o.Columns, c)) {
			out.Override = o.To
		}
	}
	for i := range s.values {
		v := &s.values[i]
		if (v.Type == "" || v.of.matches(&is, c.Type.JSON)) && (v.Column == "" || s.names.column(v.Column, c.Name)) {
			out.Rules[v.Rule] = v.Handling
		}
	}
	for _, m := range s.masks {
		if s.names.column(m.Column, c.Name) {
			out.Mask = &m.Mask
		}
	}
	if strings.HasSuffix(c.Type.Collation, "_ci") {
		for _, collating := range s.collates {
			if s.names.column(collating.Column, c.Name) {
				out.Collation = collating.Collation
			}
		}
	}
	return out
}

func (s *settings) matches(patterns []string, c *schema.Column) bool {
	for _, pattern := range patterns {
		if s.names.column(pattern, c.Name) {
			return true
		}
	}
	return false
}
