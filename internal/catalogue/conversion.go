package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

//go:embed sql/add_conversions.sql
var addConversionsSQL string

//go:embed sql/conversions.sql
var conversionsSQL string

//go:embed sql/keep_originals.sql
var keepOriginalsSQL string

//go:embed sql/forget_values.sql
var forgetValuesSQL string

// Conversion counts the values of a column that were changed by a stated rule.
type Conversion struct {
	Table  schema.Name `json:"-"`
	Column string      `json:"t_source_column"`
	Rule   string      `json:"t_rule"`
	Count  int64       `json:"i_count"`
	Kept   int64       `json:"-"` // of so many the original is kept
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
		err := row.Scan(&c.Table.Schema, &c.Table.Table, &c.Column, &c.Rule, &c.Count, &c.Kept)
		return c, err
	})
	return list, reading("reading conversions", err)
}

// Original is a value as the source has it, which a rule has changed.
type Original struct {
	Table  schema.Name // on the source
	Schema string      // in PostgreSQL
	Name   string
	Column string // on the source
	Rule   string
	Key    string // of its row, as COPY text
	Value  []byte
}

// KeepOriginals stores originals with the discarded rows, but for each column and
// rule not more than limit in all; -1 means that there is no limit. AddConversions must
// have counted them. It gives the columns and rules for which there is no room any more.
func KeepOriginals(ctx context.Context, db DB, sourceID int64, stage Stage, p event.Position, limit int, list ...Original) ([]Conversion, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var columns [8][]string
	for _, o := range list {
		for i, text := range []string{o.Table.Schema, o.Table.Table, o.Schema, o.Name, o.Column, o.Rule, printable(o.Key), printable(string(o.Value))} {
			columns[i] = append(columns[i], text)
		}
	}
	rows, err := db.Query(ctx, keepOriginalsSQL, sourceID, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6], columns[7],
		string(stage), encode(p), limit)
	if err != nil {
		return nil, reading("keeping originals", err)
	}
	full, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Conversion, error) {
		var c Conversion
		err := row.Scan(&c.Table.Schema, &c.Table.Table, &c.Column, &c.Rule)
		return c, err
	})
	return full, reading("keeping originals", err)
}

// ForgetValues is for a table whose copy begins anew: what rules did to its values and
// which rows its copy discarded will be told again.
func ForgetValues(ctx context.Context, db DB, sourceID int64, name schema.Name) error {
	_, err := db.Exec(ctx, forgetValuesSQL, sourceID, name.Schema, name.Table)
	return reading("forgetting a table's originals", err)
}
