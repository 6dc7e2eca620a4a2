package write

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"pgchameleon/internal/change"
	"pgchameleon/internal/mapping"
)

// table is a target table with the statements that were needed for it so far.
type table struct {
	*change.Table
	ident      string
	columns    []column
	arrays     bool // all columns' types have array types: many rows fit in one statement
	statements map[string]*statement
}

// column is a column as the server knows it; zero if it does not exist.
type column struct {
	oid, array uint32
	comma      byte // between the elements of an array
	equal      bool // = tells exactly whether two values are the same
}

// statement is SQL with its parameters' types.
type statement struct {
	table *change.Table
	sql   string
	types []uint32
	name  string // as prepared on the server; "" if it was not
}

func name(n int) string { return "chameleon_" + strconv.Itoa(n) }

// describing lists a table's columns. Types and not their modifiers matter:
// they are enforced when a value is assigned to the column.
const describing = `select a.attname, t.oid, t.typarray, t.typdelim,
	t.typtype = 'e' or t.oid in (16, 17, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1560, 1562, 1700, 2950),
	t.typcategory = 'A'
from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped`

// textOID is the type text.
const textOID = 25

// learn makes known all tables that the steps are about.
func (c *Changes) learn(ctx context.Context, steps []change.Step) error {
	c.trim()
	for t := range c.concerned(steps) {
		if err := c.learnTable(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// concerned gives the tables that steps write to.
func (c *Changes) concerned(steps []change.Step) iter.Seq[*change.Table] {
	return func(yield func(*change.Table) bool) {
		for _, step := range steps {
			tables := []*change.Table{}
			if step.Set != nil {
				tables = append(tables, step.Set.Table)
			} else {
				tables = change.Below(step.Cascades.Parent)
			}
			for _, t := range tables {
				if !yield(t) {
					return
				}
			}
		}
	}
}

func (c *Changes) learnTable(ctx context.Context, t *change.Table) error {
	if c.tables[t] != nil {
		return nil
	}
	known := &table{
		Table: t, ident: mapping.Quote(t.Schema) + "." + mapping.Quote(t.Name),
		columns: make([]column, len(t.Columns)), statements: map[string]*statement{},
	}
	ask := &statement{table: t, sql: describing, types: []uint32{textOID}}
	err := c.askOnce(ctx, ask, [][]byte{[]byte(known.ident)}, func(a answer) { known.describe(a.rows) })
	if err != nil {
		return err
	}
	if err := c.drain(ctx); err != nil {
		return fmt.Errorf("looking at table %s: %w", t.Source, err)
	}
	c.tables[t] = known
	return nil
}

func (t *table) describe(rows [][][]byte) {
	at := make(map[string]int, len(t.Columns))
	for i, col := range t.Columns {
		at[col.Name] = i
	}
	t.arrays = true
	for _, row := range rows {
		i, ok := at[string(row[0])]
		if !ok {
			continue
		}
		oid, _ := strconv.ParseUint(string(row[1]), 10, 32)
		array, _ := strconv.ParseUint(string(row[2]), 10, 32)
		if string(row[5]) == "t" {
			array = 0 // an array of arrays comes apart into elements
		}
		t.columns[i] = column{oid: uint32(oid), array: uint32(array), comma: row[3][0], equal: string(row[4]) == "t"}
	}
	for _, col := range t.columns {
		t.arrays = t.arrays && col.array != 0
	}
}

// Forget makes the next Write look at its tables anew: definitions may have changed.
func (c *Changes) Forget() { c.stale = true }

// forget drops all that is known of tables: definitions may have changed.
func (c *Changes) forget() {
	c.stale = false
	for t := range c.tables {
		c.drop(t)
	}
}

// doubt forgets what is known of the steps' tables: a refusal may come from
// types that were made anew since.
func (c *Changes) doubt(steps []change.Step) {
	for t := range c.concerned(steps) {
		if c.tables[t] != nil {
			c.drop(t)
		}
	}
}

// trim keeps the number of prepared statements within bounds.
func (c *Changes) trim() {
	if c.stale || c.names-c.kept > maxPrepared || len(c.tables) > maxPrepared {
		c.forget()
		c.kept = c.names
	}
}

func (c *Changes) drop(t *change.Table) {
	for _, s := range c.tables[t].statements {
		if s.name != "" {
			c.spent = append(c.spent, "deallocate "+s.name)
		}
	}
	delete(c.tables, t)
}

// statement gives the statement that goes by key, made the first time.
func (t *table) statement(key string, compose func(s *statement)) *statement {
	s := t.statements[key]
	if s == nil {
		s = &statement{table: t.Table}
		compose(s)
		t.statements[key] = s
	}
	return s
}

func (t *table) quoted(ordinal int) string { return mapping.Quote(t.Columns[ordinal].Name) }

// list joins what each gives for the ordinals.
func list(ordinals []int, separator string, each func(i, ordinal int) string) string {
	parts := make([]string, len(ordinals))
	for i, ordinal := range ordinals {
		parts[i] = each(i, ordinal)
	}
	return strings.Join(parts, separator)
}

func (t *table) names(ordinals []int) string {
	return list(ordinals, ", ", func(_, ordinal int) string { return t.quoted(ordinal) })
}

// parameters adds the types of the columns to a statement.
func (t *table) parameters(s *statement, ordinals []int, arrays bool) {
	for _, ordinal := range ordinals {
		if arrays {
			s.types = append(s.types, t.columns[ordinal].array)
		} else {
			s.types = append(s.types, t.columns[ordinal].oid)
		}
	}
}

func (t *table) all() []int {
	ordinals := make([]int, len(t.Columns))
	for i := range ordinals {
		ordinals[i] = i
	}
	return ordinals
}

func dollar(i, _ int) string { return "$" + strconv.Itoa(i+1) }

// given names a column of the rows that a statement is given.
func given(_, ordinal int) string { return "c" + strconv.Itoa(ordinal) }
