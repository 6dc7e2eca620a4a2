package config

import (
	"fmt"
	"strconv"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/typemap"
)

// ValueRules is value_rules: what is done with values that PostgreSQL cannot hold.
type ValueRules struct {
	General       []mapping.ValueRule
	ByType        []mapping.ValueRule
	ByColumn      []mapping.ValueRule
	KeepOriginals int // of each column and rule; -1: all
}

// mostOriginals are kept by default: enough to see what happened, and no second copy of
// a table.
const mostOriginals = 100_000

// fields are the keys of value_rules.
func (v *ValueRules) fields() []field {
	return append(ruleFields(&v.General, mapping.ValueRule{}),
		field{name: "by_type", value: custom{v.readByType, func() string { return showRules(v.ByType) }, "types with rules"},
			doc: "Rules for columns of a type, instead of those for all. Each key is a type as in `type_override`; below it stand rules as above."},
		field{name: "by_column", value: custom{v.readByColumn, func() string { return showRules(v.ByColumn) }, "columns with rules"},
			doc: "Rules for columns, instead of those for their types. Each key is a pattern of `database.table.column`; below it stand rules as above."},
		field{name: "keep_originals", value: originals{&v.KeepOriginals},
			doc: "How many original values are kept in the discarded-rows table for each column and rule, where a rule loses something. What comes behind is counted all the same. `0` keeps none."},
	)
}

// ruleFields are the rules as keys. What is read becomes a copy of one with its rule and
// handling, and is appended to list.
func ruleFields(list *[]mapping.ValueRule, one mapping.ValueRule) []field {
	var fields []field
	for _, rule := range typemap.AllRules() {
		one.Rule = rule
		fields = append(fields, field{name: rule.Key(), value: handling{list, one}, doc: "For " + rule.About() + ". By default: " + rule.Default() + "."})
	}
	return fields
}

func (v *ValueRules) readByType(d *decoder, key string, n *node) {
	v.ByType = nil
	d.each(key, n, func(e entry) {
		if _, err := meant(e.key.text); err != nil {
			d.fail(e.key.line, e.key.column, "%s: %v", key, err)
		}
		d.dictionary(e.value, fmt.Sprintf("%s of %q", key, e.key.text), ruleFields(&v.ByType, mapping.ValueRule{Type: e.key.text}))
	})
}

func (v *ValueRules) readByColumn(d *decoder, key string, n *node) {
	v.ByColumn = nil
	d.each(key, n, func(e entry) {
		if err := columnPattern(e.key.text); err != nil {
			d.fail(e.key.line, e.key.column, "%s: %v", key, err)
		}
		d.dictionary(e.value, fmt.Sprintf("%s of %q", key, e.key.text), ruleFields(&v.ByColumn, mapping.ValueRule{Column: e.key.text}))
	})
}

func showRules(list []mapping.ValueRule) string {
	var all []string
	for _, v := range list {
		all = append(all, fmt.Sprintf("%s: %s → %s", v.Type+v.Column, v.Rule.Key(), v.Handling))
	}
	return strings.Join(all, "; ")
}

// handling is what a rule does; null is a word here.
type handling struct {
	to  *[]mapping.ValueRule
	one mapping.ValueRule
}

func (v handling) read(d *decoder, key string, n *node) {
	s, ok := d.word(key, n, v.takes())
	if !ok {
		return
	}
	does, err := v.one.Rule.Handling(s)
	if err != nil {
		near := ""
		if word := Nearest(s, v.one.Rule.Actions()); word != "" {
			near = fmt.Sprintf("; did you mean %q?", word)
		}
		d.fail(n.line, n.column, "%v%s", err, near)
		return
	}
	v.one.Handling = does
	*v.to = append(*v.to, v.one)
}

func (v handling) show() string {
	shown := typemap.Handling{}
	for _, given := range *v.to {
		if given.Rule == v.one.Rule {
			shown = given.Handling
		}
	}
	return shown.String()
}

func (v handling) takes() string { return alternatives(v.one.Rule.Actions()) }

// originals is a number, or all.
type originals struct{ to *int }

func (v originals) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	if !ok {
		return
	}
	if strings.EqualFold(strings.TrimSpace(s), "all") {
		*v.to = -1
		return
	}
	i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil || i < 0 {
		d.fail(n.line, n.column, "%s must be %s, not %s", key, v.takes(), n.describe())
		return
	}
	*v.to = int(i)
}

func (v originals) show() string {
	if *v.to < 0 {
		return "all"
	}
	return strconv.Itoa(*v.to)
}

func (v originals) takes() string { return "a whole number from 0 to 2147483647, or all" }
