// Package ddl owns what a statement of MySQL's data definition does: to the
// tracked schema, and as statements of PostgreSQL. The copy and the stream make
// tables by the same code. It does not own when its statements are run, nor the
// text of MySQL's (that is ddl/parse).
package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

var errNotATable = errors.New("the text is not the definition of a table")

// Effect is what a statement of the stream does.
type Effect struct {
	Next     *schema.Set
	SQL      []string         // for PostgreSQL, in order
	For      []schema.Name    // by statement of SQL: the table on the source that it is about, by its name before
	Created  []schema.Name    // tables that are replicated from here on
	Dropped  []schema.Name    // tables that are gone, by their names before
	Renamed  [][2]schema.Name // old and new names, in order
	Changed  []schema.Name    // tables whose mapping must be made anew, by their names after
	Excluded []Exclusion      // tables that cannot be followed any further
	Proofs   []Proof          // what must hold for it; where it does not, the table's rows must be read again
	Relies   []Reliance       // on what rows in PostgreSQL SQL relies
	Held     *Held            // it is not carried out: the policy holds it
	Omitted  []Omission       // indexes that are not made in PostgreSQL
	Ignored  bool             // it does nothing to what is replicated
}

// Omission is an index that PostgreSQL cannot have.
type Omission struct {
	Table  schema.Name // by its name after
	Index  string
	Reason string
}

// omit notes those of a table's indexes that are left out and were not there before.
func (e *Effect) omit(name schema.Name, indexes []IndexSQL, was map[string]string) {
	for _, index := range indexes {
		if _, known := was[index.Source]; index.Skipped != "" && !known {
			e.Omitted = append(e.Omitted, Omission{Table: name, Index: index.Source, Reason: index.Skipped})
		}
	}
}

// Held says what a policy holds: its tables are among those excluded.
type Held struct {
	Class     mapping.Class
	Names     []schema.Name     // all replicated tables that the statement is about
	Tracked   []*schema.Table   // those that there were, as before it, and the parents whose changes cascade to them
	Databases map[string]string // the default collations that there were
}

// Exclusion says why a table is to be parked.
type Exclusion struct {
	Name   schema.Name
	Reason string
	Refill bool // its definition is known, but its rows must be read again from the source
	Wanted bool // it is no failure: the policy, or what is replicated, asks for it
	Kept   bool // the policy leaves what is in PostgreSQL as it is
}

// Reliance is what statements of an Effect take for granted of rows in PostgreSQL. Where
// it does not hold, they must not run, and the tables need their rows again.
type Reliance struct {
	Tables  []schema.Name // of these, by their names before, all rows are there
	Of      schema.Name   // whose rows are chosen by their values,
	Columns []string      // of these columns, which no rule has changed; where none is named, it does not matter
	Settled bool          // the rows are those of the stream's position, not newer ones
	Broken  string        // why this does not hold; "" where nothing speaks against it
}

// Untranslatable is the error for a statement that cannot be read.
type Untranslatable struct {
	Names  []schema.Name // replicated tables that it seems to be about
	Reason string
}

// Error tells the reason and the tables.
func (e *Untranslatable) Error() string {
	names := make([]string, len(e.Names))
	for i, n := range e.Names {
		names[i] = n.String()
	}
	return fmt.Sprintf("%s (tables: %s)", e.Reason, strings.Join(names, ", "))
}

// needsCopy is the reason for a table that comes into the replica by a rename.
const needsCopy = "it came in by a rename from a table that is not replicated and needs a copy: sync_tables"

func (e *Effect) run(name schema.Name, sql ...string) {
	for _, s := range sql {
		e.SQL, e.For = append(e.SQL, s), append(e.For, name)
	}
}

func (e *Effect) exclude(name schema.Name, format string, args ...any) {
	e.lift(name)
	e.Excluded = append(e.Excluded, Exclusion{Name: name, Reason: fmt.Sprintf(format, args...)})
}

// refill parks a table whose rows must be read again from the source.
func (e *Effect) refill(name schema.Name, format string, args ...any) {
	e.exclude(name, format, args...)
	e.Excluded[len(e.Excluded)-1].Refill = true
}

// leave parks a table that the policy leaves as it is.
func (e *Effect) leave(name schema.Name, format string, args ...any) {
	e.exclude(name, format, args...)
	last := &e.Excluded[len(e.Excluded)-1]
	last.Wanted, last.Kept = true, true
}

// lift takes an exclusion back: the name has come to stand for another table.
func (e *Effect) lift(name schema.Name) {
	e.Excluded = slices.DeleteFunc(e.Excluded, func(x Exclusion) bool { return x.Name == name })
}

// change notes that a table's mapping must be made anew.
func (e *Effect) change(name schema.Name) {
	if !slices.Contains(e.Changed, name) {
		e.Changed = append(e.Changed, name)
	}
}
