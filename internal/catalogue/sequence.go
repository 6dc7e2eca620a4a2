package catalogue

import (
	"context"
	_ "embed"

	"pgchameleon/internal/schema"
)

//go:embed sql/set_sequences.sql
var setSequencesSQL string

// SetSequences keeps to where tracked sequences have come. That is no new version of them.
func SetSequences(ctx context.Context, db DB, sourceID int64, names []schema.Name, next []int64) error {
	schemas, tables := split(names)
	_, err := db.Exec(ctx, setSequencesSQL, sourceID, schemas, tables, next)
	return reading("storing the values of sequences", err)
}
