package transform

import (
	"fmt"
	"strings"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// Transformer turns events into changes by the tracked schema, which its DDL
// statements move on. It is for one goroutine.
type Transformer struct {
	rules  *mapping.Rules
	set    *schema.Set
	tables map[schema.Name]*tracked
}

// New gives a transformer whose tracked schema is set.
func New(set *schema.Set, rules *mapping.Rules) *Transformer {
	x := &Transformer{rules: rules}
	x.set = set
	x.track(set, nil)
	return x
}

// TableError says that a table's rows cannot be turned into changes. The table
// has to be excluded; it tells nothing about other tables.
type TableError struct {
	Table schema.Name
	Err   error
}

// Error names the table and the cause.
func (e *TableError) Error() string { return fmt.Sprintf("table %s: %v", e.Table, e.Err) }

// Unwrap gives the cause.
func (e *TableError) Unwrap() error { return e.Err }

// Set is the tracked schema as of the last event.
func (x *Transformer) Set() *schema.Set { return x.set }

// Table gives a tracked table's mapping, nil if it is not tracked or cannot be mapped.
func (x *Transformer) Table(name schema.Name) *mapping.Table {
	if t := x.tables[x.Key(name)]; t != nil {
		return t.mapped
	}
	return nil
}

// Drop forgets a table: it was excluded or is no longer replicated.
func (x *Transformer) Drop(name schema.Name) {
	x.track(x.set.With([]schema.Name{name}), map[schema.Name]bool{x.Key(name): true})
}

// Key gives the form of a name by which tables are told apart: in lower case
// where the source ignores case.
func (x *Transformer) Key(n schema.Name) schema.Name { return fold(x.set, n) }

func fold(set *schema.Set, n schema.Name) schema.Name {
	if set.Fold() {
		return schema.Name{Schema: strings.ToLower(n.Schema), Table: strings.ToLower(n.Table)}
	}
	return n
}

// Noted is how often a rule was applied to a column's values.
type Noted struct {
	Table  schema.Name
	Column string
	Rule   typemap.Rule
	Count  uint64
}

// Rows turns one row event into changes; nil if its table is not tracked. An
// error is a *TableError.
func (x *Transformer) Rows(r *event.Rows) ([]*change.Rows, []Noted, error) {
	t := x.tables[x.Key(schema.Name{Schema: r.Map.Schema, Table: r.Map.Table})]
	if t == nil {
		return nil, nil, nil
	}
	if t.source.Sequence {
		return nil, nil, nil
	}
	rows, notes, err := t.rows(r)
	if err != nil {
		return nil, nil, &TableError{Table: t.source.Name, Err: err}
	}
	return rows, notes, nil
}
