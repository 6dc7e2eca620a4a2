package config

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
)

// The keys of ddl_policy that are no class.
const (
	policyDefault = "default"
	policyByTable = "by_table"
)

// ddlPolicy reads and shows ddl_policy.
func ddlPolicy(to *[]mapping.DDLPolicy) custom {
	return custom{
		reads:  func(d *decoder, key string, n *node) { *to = d.readPolicy(key, n) },
		shows:  func() string { return showPolicy(*to) },
		accept: "classes with apply, hold or ignore",
	}
}

// readPolicy gives the entries in ascending order of precedence: the default, the classes,
// then by_table.
func (d *decoder) readPolicy(key string, n *node) (list []mapping.DDLPolicy) {
	var tables []mapping.DDLPolicy
	list = d.policyEntries(key, n, "", func(e entry) {
		d.each(key+" "+policyByTable, e.value, func(e entry) {
			if err := tablePattern(e.key.text); err != nil {
				d.fail(e.key.line, e.key.column, "%s: %v", key, err)
				return
			}
			tables = append(tables, d.policyEntries(fmt.Sprintf("%s of %q", key, e.key.text), e.value, e.key.text, nil)...)
		})
	})
	return append(list, tables...)
}

// policyEntries reads classes with their verdicts; byTable, if there is one, takes the key
// of that name.
func (d *decoder) policyEntries(key string, n *node, table string, byTable func(entry)) (list []mapping.DDLPolicy) {
	verdicts := []string{string(mapping.Carry), string(mapping.Hold), string(mapping.Ignore)}
	known := policyKeys()
	if byTable != nil {
		known = append(known, policyByTable)
	}
	d.each(key, n, func(e entry) {
		word := e.key.text
		switch {
		case !slices.Contains(known, word):
			advice := "; the classes are " + strings.Join(known, ", ")
			if near := Nearest(word, known); near != "" {
				advice = fmt.Sprintf("; did you mean %q?", near)
			}
			d.fail(e.key.line, e.key.column, "unknown class %q in %s%s", word, key, advice)
		case word == policyByTable:
			byTable(e)
		default:
			verdict := ""
			choice{&verdict, verdicts}.read(d, key+" "+word, e.value)
			p := mapping.DDLPolicy{Table: table, Class: mapping.Class(word), Verdict: mapping.Verdict(verdict)}
			if word == policyDefault {
				p.Class = ""
				list = append([]mapping.DDLPolicy{p}, list...)
				return
			}
			list = append(list, p)
		}
	})
	return list
}

// policyKeys are the classes, and default for all that are not given.
func policyKeys() []string {
	known := []string{policyDefault}
	for _, c := range mapping.Classes() {
		known = append(known, string(c.Class))
	}
	return known
}

func showPolicy(list []mapping.DDLPolicy) string {
	var all []string
	for _, p := range list {
		class := policyDefault
		if p.Class != "" {
			class = string(p.Class)
		}
		if p.Table != "" {
			class = p.Table + " " + class
		}
		all = append(all, fmt.Sprintf("%s → %s", class, p.Verdict))
	}
	return strings.Join(all, "; ")
}

// ddlPolicyGuide is the part of the reference on ddl_policy, with its classes.
func ddlPolicyGuide() string {
	var rows strings.Builder
	for _, c := range mapping.Classes() {
		fmt.Fprintf(&rows, "| `%s` | %s |\n", c.Class, c.About)
	}
	return strings.Replace(guide("ddl_policy"), "CLASSES\n", rows.String(), 1)
}
