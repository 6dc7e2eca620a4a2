package write

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// CopyRaw loads rows as PostgreSQL's COPY writes them, binary or text, and gives the number of rows. table and columns
// are SQL. Errors are as Copy gives them.
func CopyRaw(ctx context.Context, tx pgx.Tx, table, columns string, binary bool, rows io.Reader) (int64, error) {
	format := "text, encoding 'utf8'"
	if binary {
		format = "binary"
	}
	source := &watched{reader: rows}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, source, fmt.Sprintf("copy %s (%s) from stdin (format %s)", table, columns, format))
	if err == nil {
		return tag.RowsAffected(), nil
	}
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "57014" && source.err != nil { // COPY ended because the reader did
		return 0, source.err
	}
	return 0, fmt.Errorf("loading into %s: %w", table, refusedRow(err))
}
