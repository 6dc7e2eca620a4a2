package inspect

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

// Definition is how a table stands.
type Definition struct {
	Schema      string       `json:"schema"`
	Name        string       `json:"name"`
	Columns     []Column     `json:"columns"`
	Constraints []Constraint `json:"constraints"`
	Indexes     []IndexInfo  `json:"indexes"`
	Triggers    []string     `json:"triggers"` // of the user's own
}

// Column is a column in the table's order.
type Column struct {
	Name      string `json:"name"`
	Type      string `json:"type"` // as format_type writes it: "character varying(10)"
	NotNull   bool   `json:"not_null"`
	Default   string `json:"default"`   // as SQL, "" for none
	Identity  bool   `json:"identity"`  // GENERATED … AS IDENTITY
	Generated bool   `json:"generated"` // GENERATED ALWAYS AS (…)
	Comment   string `json:"comment"`
}

// Constraint is a constraint of a table.
type Constraint struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`       // primary key, unique, foreign key, check, exclusion
	Columns    []string `json:"columns"`    // in the constraint's order
	Definition string   `json:"definition"` // as ALTER TABLE … ADD CONSTRAINT takes it
	Valid      bool     `json:"valid"`
}

// IndexInfo is an index, those of constraints included.
type IndexInfo struct {
	Name       string   `json:"name"`
	Unique     bool     `json:"unique"`
	Primary    bool     `json:"primary"`
	Valid      bool     `json:"valid"`
	Constraint bool     `json:"constraint"` // it belongs to a constraint
	Columns    []string `json:"columns"`    // "" for an expression
	Definition string   `json:"definition"` // CREATE INDEX …
}

// Key gives the columns of the primary key, or else those of the first unique
// index over NOT NULL columns; nil if there is none.
func (d *Definition) Key() []string {
	notNull := map[string]bool{}
	for _, c := range d.Columns {
		notNull[c.Name] = c.NotNull
	}
	var key []string
	for _, index := range d.Indexes {
		if index.Primary {
			return index.Columns
		}
		whole := index.Unique && index.Valid && key == nil
		for _, column := range index.Columns {
			whole = whole && notNull[column]
		}
		if whole {
			key = index.Columns
		}
	}
	return key
}

//go:embed definitions.sql
var definitionsSQL string

// Definitions describes all tables of the schemas, in one round trip.
func Definitions(ctx context.Context, db dial.DB, schemas ...string) ([]*Definition, error) {
	return definitions(ctx, db, schemas, nil)
}

// Describe describes one table; nil says that there is none of that name.
func Describe(ctx context.Context, db dial.DB, schema, table string) (*Definition, error) {
	list, err := definitions(ctx, db, []string{schema}, &table)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func definitions(ctx context.Context, db dial.DB, schemas []string, table *string) ([]*Definition, error) {
	rows, err := db.Query(ctx, definitionsSQL, schemas, table)
	if err == nil {
		var list []*Definition
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Definition, error) {
			d := &Definition{}
			return d, row.Scan(&d.Schema, &d.Name, &d.Columns, &d.Constraints, &d.Indexes, &d.Triggers)
		})
		if err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("describing tables of the target: %w", dial.Classify(err))
}

// Dependent is something of the user's own that would be lost with a table.
type Dependent struct {
	Schema string
	Name   string
	Kind   Kind
	Table  string // of the schema that was asked about
}

//go:embed dependents.sql
var dependentsSQL string

// Dependents lists views that read the schema's tables, and tables elsewhere
// whose foreign keys refer to them.
func Dependents(ctx context.Context, db dial.DB, schema string) ([]Dependent, error) {
	rows, err := db.Query(ctx, dependentsSQL, schema)
	if err == nil {
		var list []Dependent
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Dependent])
		if err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("looking for what depends on the tables of schema %s: %w", schema, dial.Classify(err))
}
