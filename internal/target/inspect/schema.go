package inspect

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

// Schema is what the present user may do in a schema.
type Schema struct {
	Name   string
	Exists bool
	Owner  string
	Owned  bool // the user has the owner's rights
	Create bool // may make tables in it
	Usage  bool
}

//go:embed schemas.sql
var schemasSQL string

// Schemas looks at schemas by name, in the given order, those that do not
// exist included.
func Schemas(ctx context.Context, db dial.DB, names ...string) ([]Schema, error) {
	rows, err := db.Query(ctx, schemasSQL, names)
	if err == nil {
		var list []Schema
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Schema])
		if err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("looking at the target's schemas: %w", dial.Classify(err))
}

// Kind is the sort of a relation.
type Kind string

// The sorts of relation.
const (
	Table            Kind = "table"
	PartitionedTable Kind = "partitioned table"
	View             Kind = "view"
	MaterializedView Kind = "materialized view"
	ForeignTable     Kind = "foreign table"
	Sequence         Kind = "sequence"
	Index            Kind = "index"
	Type             Kind = "type"
)

// Relation is a name that is taken in a schema. Types are among them: an enum
// or domain may not share its name with a table.
type Relation struct {
	Schema string
	Name   string
	Kind   Kind
	Owner  string
	Owned  bool // the user has the owner's rights
	OID    uint32
	Rows   int64 // an estimate of tables, -1 where it is not known
	Bytes  int64 // on disk, of tables and what belongs to them
}

//go:embed relations.sql
var relationsSQL string

// Relations lists all that has a name in the schemas, by name.
func Relations(ctx context.Context, db dial.DB, schemas ...string) ([]Relation, error) {
	rows, err := db.Query(ctx, relationsSQL, schemas)
	if err == nil {
		var list []Relation
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Relation])
		if err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("listing the relations of the target: %w", dial.Classify(err))
}
