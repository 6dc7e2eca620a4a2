package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/taken.sql
var takenSQL string

// Place is a table in PostgreSQL that a source replicates.
type Place struct {
	Schema, Table string
	Source        string // that has it
	Of            string // schema.table there
}

// Taken lists the tables in schemas that other sources replicate, or have made.
func Taken(ctx context.Context, db DB, source string, schemas ...string) ([]Place, error) {
	rows, err := db.Query(ctx, takenSQL, source, list(schemas))
	if err != nil {
		return nil, reading("reading the tables of other sources", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Place])
	return places, reading("reading the tables of other sources", err)
}

// Sharing gives, for each of the PostgreSQL schemas to which other sources map, those sources.
func Sharing(ctx context.Context, db DB, name string, schemas map[string]string) (map[string][]Source, error) {
	all, err := Sources(ctx, db)
	if err != nil {
		return nil, err
	}
	shared := map[string][]Source{}
	for _, to := range schemas {
		for _, other := range all {
			for _, theirs := range other.Schemas {
				if other.Name != name && theirs == to {
					shared[to] = append(shared[to], other)
				}
			}
		}
	}
	return shared, nil
}
