package inspect

import (
	"context"
	"fmt"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// Sequence gives the text of SHOW CREATE SEQUENCE of MariaDB, and the first value that the
// sequence has not reserved.
func Sequence(ctx context.Context, conn *client.Conn, name schema.Name) (definition, next string, err error) {
	for _, ask := range []struct {
		sql  string
		into func(row []string)
	}{
		{"SHOW CREATE SEQUENCE " + quote(name), func(row []string) { definition = row[len(row)-1] }},
		{"SELECT next_not_cached_value FROM " + quote(name), func(row []string) { next = row[0] }},
	} {
		rows, err := dial.Text(ctx, conn, ask.sql)
		if err != nil {
			return "", "", fmt.Errorf("reading the sequence %s: %w", name, err)
		}
		if len(rows) != 1 || len(rows[0]) == 0 {
			return "", "", fmt.Errorf("reading the sequence %s: the server gives %d rows", name, len(rows))
		}
		ask.into(rows[0])
	}
	return definition, next, nil
}
