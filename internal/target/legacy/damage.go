package legacy

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

// Any tells of each condition over a table's rows whether some row meets it. The rows are read once.
func Any(ctx context.Context, db dial.DB, ident string, conditions []string) ([]bool, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	list := make([]string, len(conditions))
	for i, condition := range conditions {
		list[i] = "coalesce(bool_or(" + condition + "), false)"
	}
	var found []bool
	sql := fmt.Sprintf("SELECT ARRAY[%s] FROM %s", strings.Join(list, ", "), ident)
	if err := db.QueryRow(ctx, sql).Scan(&found); err != nil {
		return nil, fmt.Errorf("looking at the rows of %s: %w", ident, dial.Classify(err))
	}
	return found, nil
}

// Keys gives the keys, as text, of some of a table's rows that meet a condition.
func Keys(ctx context.Context, db dial.DB, ident string, columns []string, condition string, limit int) ([][]string, error) {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = c + "::text"
	}
	rows, err := db.Query(ctx, fmt.Sprintf("SELECT ARRAY[%s] FROM %s WHERE %s LIMIT %d", strings.Join(texts, ", "), ident, condition, limit))
	if err == nil {
		var keys [][]string
		if keys, err = pgx.CollectRows(rows, pgx.RowTo[[]string]); err == nil {
			return keys, nil
		}
	}
	return nil, fmt.Errorf("looking at the rows of %s: %w", ident, dial.Classify(err))
}

// Held is rows of the source, as lines of COPY text, that are held against a table's.
type Held struct {
	Ident   string
	Columns []string // quoted
	Key     int      // how many of the columns, the first, are the key's
	Lines   io.Reader
}

// Against tells of each condition, over the rows s of the source and t of the table, whether some
// pair of the same key meets it.
func Against(ctx context.Context, conn *dial.Conn, h Held, conditions []string) ([]bool, error) {
	found := make([]bool, len(conditions))
	err := dial.InTx(ctx, conn, func(tx dial.Tx) error {
		columns := strings.Join(h.Columns, ", ")
		if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE chameleon_held ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", columns, h.Ident)); err != nil {
			return err
		}
		if _, err := tx.Conn().PgConn().CopyFrom(ctx, h.Lines, "COPY pg_temp.chameleon_held FROM STDIN"); err != nil {
			return err
		}
		join := make([]string, h.Key)
		for i, c := range h.Columns[:h.Key] {
			join[i] = "s." + c + " = t." + c
		}
		for i, condition := range conditions {
			sql := fmt.Sprintf("SELECT EXISTS (SELECT FROM pg_temp.chameleon_held AS s JOIN %s AS t ON %s WHERE %s)", h.Ident, strings.Join(join, " AND "), condition)
			if err := tx.QueryRow(ctx, sql).Scan(&found[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("holding rows of the source against %s: %w", h.Ident, err)
	}
	return found, nil
}
