package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
)

//go:embed sql/add_conversions.sql
var addConversionsSQL string

//go:embed sql/conversions.sql
var conversionsSQL string

// Conversion counts the values of a column that were changed by a stated rule.
type Conversion struct {
	Table  schema.Name `json:"-"`
	Column string      `json:"t_source_column"`
	Rule   string      `json:"t_rule"`
	Count  int64       `json:"i_count"`
}

// AddConversions adds to the counts, in one round trip. In a transaction it
// comes before SaveApplied or SaveChunk.
func AddConversions(ctx context.Context, db DB, sourceID int64, conversions ...Conversion) error {
	if len(conversions) == 0 {
		return nil
	}
	type line struct {
		Schema string `json:"t_source_schema"`
		Table  string `json:"t_source_table"`
		Conversion
	}
	lines := make([]line, len(conversions))
	for i, c := range conversions {
		lines[i] = line{c.Table.Schema, c.Table.Table, c}
	}
	_, err := db.Exec(ctx, addConversionsSQL, sourceID, lines)
	return reading("counting conversions", err)
}

// Conversions lists a source's counts by table, column and rule.
func Conversions(ctx context.Context, db DB, sourceID int64) ([]Conversion, error) {
	rows, err := db.Query(ctx, conversionsSQL, sourceID)
	if err != nil {
		return nil, reading("reading conversions", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Conversion, error) {
		var c Conversion
		err := row.Scan(&c.Table.Schema, &c.Table.Table, &c.Column, &c.Rule, &c.Count)
		return c, err
	})
	return list, reading("reading conversions", err)
}
