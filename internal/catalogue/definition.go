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

const definitionsSQL = "SELECT jsb_definition, jsb_mapping FROM sch_chameleon.t_definitions WHERE i_id_source = $1"

// Definition is a table of the tracked schema.
type Definition struct {
	Table   *schema.Table
	Mapping map[string]string // what each column became, as mapping.Table.Identities has it; nil: not known
}

// TrackedSchema loads the source's tables as of the applied position.
func TrackedSchema(ctx context.Context, db DB, sourceID int64) ([]Definition, error) {
	rows, err := db.Query(ctx, definitionsSQL, sourceID)
	if err != nil {
		return nil, reading("reading the tracked schema", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Definition, error) {
		d := Definition{Table: &schema.Table{}}
		err := row.Scan(d.Table, &d.Mapping)
		return d, err
	})
	return list, reading("reading the tracked schema", err)
}

// PutDefinitions stores tables of the tracked schema, with versions of their history.
// It belongs into the transaction that applies the DDL, before SealVersions.
func PutDefinitions(ctx context.Context, db DB, sourceID int64, list ...Definition) error {
	if len(list) == 0 {
		return nil
	}
	tables, mappings := make([]*schema.Table, len(list)), make([]map[string]string, len(list))
	for i, d := range list {
		tables[i], mappings[i] = d.Table, d.Mapping
	}
	if _, err := db.Exec(ctx, putDefinitionsSQL, sourceID, tables, mappings); err != nil {
		return reading("storing the tracked schema", err)
	}
	return putVersions(ctx, db, sourceID, names(tables), tables)
}

// DropDefinitions removes tables from the tracked schema; names that are not
// there are passed over.
func DropDefinitions(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	if len(names) == 0 {
		return nil
	}
	schemas, tables := split(names)
	if _, err := db.Exec(ctx, dropDefinitionsSQL, sourceID, schemas, tables); err != nil {
		return reading("storing the tracked schema", err)
	}
	_, err := db.Exec(ctx, endVersionsSQL, sourceID, schemas, tables)
	return reading("storing the history of the tracked schema", err)
}
