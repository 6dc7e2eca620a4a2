package write

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

//go:embed sql/set_sequences.sql
var setSequencesSQL string

// SetSequences sets sequences, by their quoted and qualified names, to the values that they
// give next. It says of each whether it is there. An error leaves tx as it was.
func SetSequences(ctx context.Context, tx pgx.Tx, names []string, next []int64) ([]bool, error) {
	there := make([]bool, len(names))
	err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
		rows, err := inner.Query(ctx, setSequencesSQL, names, next)
		if err != nil {
			return err
		}
		var n, value int64
		_, err = pgx.ForEachRow(rows, []any{&n, &value}, func() error {
			there[n-1] = true
			return nil
		})
		return err
	})
	return there, dial.Classify(err)
}
