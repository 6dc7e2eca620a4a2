package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/put_objects.sql
var putObjectsSQL string

const objectsSQL = "SELECT t_kind, v_schema_name, v_object_name, t_arguments FROM sch_chameleon.t_copied_objects WHERE i_id_source = $1 ORDER BY i_object"

// Object is something that the copy of a PostgreSQL source has made in the target.
type Object struct {
	Kind         string
	Schema, Name string
	Arguments    string // of a function
}

// Objects lists what a source's copy has made, in the order in which it was made.
func Objects(ctx context.Context, db DB, sourceID int64) ([]Object, error) {
	rows, err := db.Query(ctx, objectsSQL, sourceID)
	if err != nil {
		return nil, reading("reading what was copied", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Object])
	return list, reading("reading what was copied", err)
}

// PutObjects stores what a source's copy has made in the place of what was stored before.
func PutObjects(ctx context.Context, db DB, sourceID int64, objects []Object) error {
	kinds, schemas, names, arguments := make([]string, len(objects)), make([]string, len(objects)), make([]string, len(objects)), make([]string, len(objects))
	for i, o := range objects {
		kinds[i], schemas[i], names[i], arguments[i] = o.Kind, o.Schema, o.Name, o.Arguments
	}
	_, err := db.Exec(ctx, putObjectsSQL, sourceID, kinds, schemas, names, arguments)
	return reading("storing what was copied", err)
}
