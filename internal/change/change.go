// Package change owns what PostgreSQL must do, grouped by source transaction,
// with values already encoded for COPY. It does not own MySQL's types or the
// user's rules, and nobody here connects to anything.
package change

import (
	"bytes"

	"pgchameleon/internal/event"
)

// Table is a replicated table as PostgreSQL has it. Two versions of a table
// are two Tables; compare by pointer.
type Table struct {
	Source   string // schema.table on the source, for messages and counters
	Schema   string
	Name     string
	Columns  []Column
	Key      []int    // ordinals in Columns that identify a row; empty: no key, whole rows are matched
	Uniques  [][]int  // ordinals of each further unique key
	Children []*Child // tables whose rows InnoDB changes when a row here is deleted or its key changed
	Hidden   bool     // not replicated itself: only its deletes and key changes matter, for Children
}

// Below lists the tables that cascades from t reach.
func Below(t *Table) []*Table {
	var list []*Table
	seen := map[*Table]bool{}
	for next := []*Table{t}; len(next) > 0; next = next[1:] {
		for _, child := range next[0].Children {
			if !seen[child.Table] {
				seen[child.Table] = true
				list, next = append(list, child.Table), append(next, child.Table)
			}
		}
	}
	return list
}

// Column is a target column.
type Column struct {
	Name string
	Type string // as SQL, schema-qualified where it is a type of ours
}

// Child is a foreign key with an action, seen from the parent.
type Child struct {
	Table    *Table
	Parent   []int // ordinals of the referenced columns in the parent
	Child    []int // ordinals of the referencing columns in the child
	OnDelete Action
	OnUpdate Action
}

// Action is what InnoDB does to a child's rows.
type Action uint8

// The actions that change rows; None also stands for RESTRICT and NO ACTION.
const (
	None Action = iota
	Cascade
	SetNull
)

// Row is one row as a line of COPY text format: fields in the order of
// Table.Columns, separated by tabs, escaped, \N for NULL, without the newline.
type Row []byte

// Field gives the i-th field, still escaped.
func (r Row) Field(i int) []byte {
	for ; i > 0; i-- {
		tab := bytes.IndexByte(r, '\t')
		if tab < 0 {
			return nil
		}
		r = r[tab+1:]
	}
	if tab := bytes.IndexByte(r, '\t'); tab >= 0 {
		return r[:tab]
	}
	return r
}

// Fields gives some fields with tabs between, still escaped.
func (r Row) Fields(ordinals []int) []byte {
	var list []byte
	for i, ordinal := range ordinals {
		if i > 0 {
			list = append(list, '\t')
		}
		list = append(list, r.Field(ordinal)...)
	}
	return list
}

// Null is the COPY text field of a NULL.
const Null = `\N`

// Rows are changes of one kind to rows of one table, in the source's order.
type Rows struct {
	Table  *Table
	Action event.Action
	Before []Row // Update and Delete
	After  []Row // Insert and Update
	// NoChecks: the source's session had foreign_key_checks off, no cascade ran.
	NoChecks bool
	// Redo: the table is catching up after its copy, so each change may be there
	// already: an insert replaces, a delete or update of an absent row is no error.
	Redo bool
	// Spared are tables that cascades of these changes must leave alone, with all
	// below them: their copy is newer than the event. Usually there are none.
	Spared []*Table
	Offset uint64 // of the event in the binlog, for messages
}

// Len is the number of changed rows.
func (r *Rows) Len() int { return max(len(r.Before), len(r.After)) }
