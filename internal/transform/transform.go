package transform

import (
	"errors"
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
	run    bool // cascades are to be run here: the source does not log what they do
	set    *schema.Set
	tables map[schema.Name]*tracked

	reached map[schema.Name]int64 // by key: to where sequences have come since they were put into the set

	images   imageReader
	shadows  *Shadows // nil: shadow tables are replicated like any others
	sessions sessions
}

// New gives a transformer whose tracked schema is set. cascades says that the
// source does not log what foreign keys do to children, so that it must be done again.
func New(set *schema.Set, rules *mapping.Rules, cascades bool) *Transformer {
	x := &Transformer{rules: rules, run: cascades, reached: map[schema.Name]int64{}}
	x.set = set
	x.track(set, nil)
	return x
}

// TableError says that a table's rows cannot be turned into changes. The table
// has to be excluded; it tells nothing about other tables.
type TableError struct {
	Table  schema.Name
	Err    error
	Refill bool // its definition on the source is another than the tracked one: it can be read again
}

// Error names the table and the cause.
func (e *TableError) Error() string { return fmt.Sprintf("table %s: %v", e.Table, e.Err) }

// Unwrap gives the cause.
func (e *TableError) Unwrap() error { return e.Err }

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

// Lost is the original of a value that a rule changed in a row that is written.
type Lost struct {
	Table  schema.Name
	Schema string // in PostgreSQL
	Name   string
	Column string // on the source
	Rule   typemap.Rule
	Key    string // of the row, as COPY text
	Value  []byte
}

// Report is what rules did to the values of an event.
type Report struct {
	Noted []Noted
	Lost  []Lost
}

// Covered says of a table that its copy already holds what the present
// transaction did.
type Covered func(schema.Name) (bool, error)

// Rows turns one row event into changes; none if its table is not tracked, or
// if its copy and those of all its children have them already. The error is a
// *TableError where it tells something about one table only: this one, or a child of
// it, without which the rows can be had.
func (x *Transformer) Rows(r *event.Rows, covered Covered) ([]*change.Rows, Report, error) {
	t := x.tables[x.Key(schema.Name{Schema: r.Map.Schema, Table: r.Map.Table})]
	if t == nil || t.source.Sequence != nil {
		return nil, Report{}, nil
	}
	own, err := covered(t.source.Name)
	if err != nil || own && len(t.below) == 0 {
		return nil, Report{}, err
	}
	if len(t.lost) > 0 && r.Action != event.Insert {
		return nil, Report{}, t.lost[0]
	}
	spared, err := t.spared(covered)
	if err != nil {
		return nil, Report{}, err
	}
	list, report, err := t.rows(r, &x.images)
	if err != nil {
		var other *contradiction
		return nil, Report{}, &TableError{Table: t.source.Name, Err: err, Refill: errors.As(err, &other)}
	}
	for _, rows := range list {
		rows.Spared = spared
		if own {
			rows.Table = t.hidden
		}
	}
	if own || t.change.Hidden {
		report = Report{}
	}
	return list, report, nil
}

// spared lists the tables below t that cascades must leave alone.
func (t *tracked) spared(covered Covered) ([]*change.Table, error) {
	var list []*change.Table
	seen := map[*tracked]bool{t: true}
	for below := t.below; len(below) > 0; below = below[1:] {
		child := below[0]
		if seen[child] {
			continue
		}
		seen[child] = true
		newer, err := covered(child.source.Name)
		if err != nil {
			return nil, err
		}
		if newer {
			list = append(list, child.change)
			continue // and all below it, by the meaning of Spared
		}
		below = append(below[:len(below):len(below)], child.below...)
	}
	return list, nil
}
