package write

import (
	"context"
	"io"

	"pgchameleon/internal/change"
)

// insert writes new rows.
func (c *Changes) insert(ctx context.Context, t *table, rows []change.Row) error {
	if len(rows) < copyRows {
		return c.run(ctx, t, rows, t.inserts())
	}
	sql := "copy " + t.ident + " (" + t.names(t.all()) + ") from stdin"
	if err := c.settle(ctx); err != nil {
		return err
	}
	if _, err := c.conn.PgConn().CopyFrom(ctx, &lines{rows: rows}, sql); err != nil {
		return refuse(err, t.Table, sql)
	}
	return nil
}

// lines reads rows as COPY wants them.
type lines struct {
	rows []change.Row
	at   int // within the first row; its length: the newline
}

// Read fills p.
func (l *lines) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(l.rows) == 0 {
			if n == 0 {
				return 0, io.EOF
			}
			break
		}
		row := l.rows[0]
		part := copy(p[n:], row[l.at:])
		n, l.at = n+part, l.at+part
		if l.at == len(row) && n < len(p) {
			p[n] = '\n'
			n++
			l.rows, l.at = l.rows[1:], 0
		}
	}
	return n, nil
}
