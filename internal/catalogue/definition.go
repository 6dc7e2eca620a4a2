package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
)

//go:embed sql/put_definitions.sql
var putDefinitionsSQL string

//go:embed sql/drop_definitions.sql
var dropDefinitionsSQL string

const definitionsSQL = "SELECT jsb_definition FROM sch_chameleon.t_definitions WHERE i_id_source = $1"

// TrackedSchema loads the source's tables as of the applied position; fold as
// in schema.NewSet.
func TrackedSchema(ctx context.Context, db DB, sourceID int64, fold bool) (*schema.Set, error) {
	rows, err := db.Query(ctx, definitionsSQL, sourceID)
	if err != nil {
		return nil, reading("reading the tracked schema", err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*schema.Table, error) {
		t := &schema.Table{}
		return t, row.Scan(t)
	})
	if err != nil {
		return nil, reading("reading the tracked schema", err)
	}
	return schema.NewSet(fold, tables...), nil
}

// PutDefinitions stores tables of the tracked schema, in one round trip. It
// belongs into the transaction that applies the DDL.
func PutDefinitions(ctx context.Context, db DB, sourceID int64, tables ...*schema.Table) error {
	if len(tables) == 0 {
		return nil
	}
	_, err := db.Exec(ctx, putDefinitionsSQL, sourceID, tables)
	return reading("storing the tracked schema", err)
}

// DropDefinitions removes tables from the tracked schema; names that are not
// there are passed over.
func DropDefinitions(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	if len(names) == 0 {
		return nil
	}
	schemas, tables := split(names)
	_, err := db.Exec(ctx, dropDefinitionsSQL, sourceID, schemas, tables)
	return reading("storing the tracked schema", err)
}
