package config

import (
	"fmt"
	"strings"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TypeOverride is one entry of type_override. It is for all columns of the type in the
// tables, and for those that Columns means besides.
type TypeOverride struct {
	Type    string
	To      string
	Tables  []string // patterns of database.table
	Columns []string // patterns of database.table.column
}

func (c *Config) readOverrides(d *decoder, key string, n *node) {
	c.TypeOverrides = nil
	d.each(key, n, func(e entry) {
		o := TypeOverride{Type: e.key.text}
		owner := fmt.Sprintf("%s of %q", key, e.key.text)
		before := len(d.problems)
		d.dictionary(e.value, owner, []field{
			{name: "override_to", required: true, value: text{to: &o.To, what: "a PostgreSQL type"}},
			{name: "override_tables", value: names{to: &o.Tables, what: `a list of database.table, or "*"`, check: tablePattern}},
			{name: "override_columns", value: names{to: &o.Columns, what: `a list of database.table.column`, check: columnPattern}},
		})
		if len(d.problems) == before {
			o.check(d, owner, e)
		}
		c.TypeOverrides = append(c.TypeOverrides, o)
	})
}

// check tries the override on columns of its type.
func (o *TypeOverride) check(d *decoder, owner string, e entry) {
	if len(o.Tables)+len(o.Columns) == 0 {
		d.fail(e.value.line, e.value.column, `%s has neither override_tables nor override_columns: give one of them; override_tables: ["*"] is for all tables`, owner)
	}
	columns, err := meant(o.Type)
	if err != nil {
		d.fail(e.key.line, e.key.column, "type_override: %v", err)
		return
	}
	if err := overridable(columns, o.To); err != nil {
		at := e.value.entry("override_to").value
		d.fail(at.line, at.column, "override_to: %v", err)
	}
}

// overridable says why none of the columns can become a PostgreSQL type.
func overridable(columns []schema.Column, to string) (first error) {
	if strings.TrimSpace(to) == "" {
		return fmt.Errorf("it must be a PostgreSQL type, not %q", to)
	}
	for _, column := range columns {
		_, err := typemap.New(column, typemap.Settings{Override: to})
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (c *Config) showOverrides() string {
	var all []string
	for _, o := range c.TypeOverrides {
		all = append(all, fmt.Sprintf("%s → %s (%s)", o.Type, o.To, strings.Join(append(o.Tables[:len(o.Tables):len(o.Tables)], o.Columns...), ", ")))
	}
	return strings.Join(all, "; ")
}
