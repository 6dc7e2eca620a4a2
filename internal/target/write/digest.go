package write

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
)

// digestBytes bounds the rows of one statement of Digest.
const digestBytes = 8 << 20

// Digest lets PostgreSQL read rows as the table's types have them, without writing them. It
// gives how many more rows there are after the changes, and the sum of the hashes of those
// that have come less those that are gone. PostgreSQL's refusal of a value is of kind
// fault.Data and leaves tx unusable.
func Digest(ctx context.Context, tx pgx.Tx, t *change.Table, changes []*change.Rows) (rows int64, sums []string, err error) {
	x := &digest{table: t, columns: make([][]*string, len(t.Columns))}
	put := func(list []change.Row, sign int16) error {
		for _, row := range list {
			x.add(row, sign)
			rows += int64(sign)
			if x.bytes >= digestBytes {
				if err := x.send(ctx, tx); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, c := range changes {
		if err := put(c.Before, -1); err != nil {
			return 0, nil, err
		}
		if err := put(c.After, 1); err != nil {
			return 0, nil, err
		}
	}
	return rows, x.sums, x.send(ctx, tx)
}

// digest gathers rows, column by column.
type digest struct {
	table   *change.Table
	signs   []int16
	columns [][]*string
	bytes   int
	split   [][]byte
	sums    []string
}

func (x *digest) add(row change.Row, sign int16) {
	x.signs, x.bytes = append(x.signs, sign), x.bytes+len(row)
	x.split = fields(row, x.split)
	for i, field := range x.split {
		var value *string
		if !isNull(field) {
			text := string(plain(field))
			value = &text
		}
		x.columns[i] = append(x.columns[i], value)
	}
}

func (x *digest) send(ctx context.Context, tx pgx.Tx) error {
	if len(x.signs) == 0 {
		return nil
	}
	texts, names := make([]string, len(x.columns)), make([]string, len(x.columns))
	arrays, arguments := make([]string, len(x.columns)), []any{x.signs}
	for i, c := range x.table.Columns {
		names[i] = fmt.Sprintf("c%d", i)
		texts[i] = fmt.Sprintf("c%d::%s::text", i, c.Type)
		arrays[i] = fmt.Sprintf("$%d::text[]", i+2)
		arguments = append(arguments, x.columns[i])
	}
	sql := fmt.Sprintf("select coalesce(sum(sign * %s::numeric), 0)::text from unnest($1::smallint[], %s) as r (sign, %s)",
		hash(texts), strings.Join(arrays, ", "), strings.Join(names, ", "))
	var sum string
	if err := tx.QueryRow(ctx, sql, arguments...).Scan(&sum); err != nil {
		return fmt.Errorf("reading rows of the shadow table %s: %w", x.table.Source, refuse(err, x.table, ""))
	}
	x.sums = append(x.sums, sum)
	x.signs, x.bytes = x.signs[:0], 0
	for i := range x.columns {
		x.columns[i] = x.columns[i][:0]
	}
	return nil
}

// hash is that of a row, of which each column is given as text.
func hash(texts []string) string {
	return "hashtextextended(row(" + strings.Join(texts, ", ") + ")::text, 0)"
}

// DigestTable gives how many rows a table has and the sum of their hashes, each column
// written as the expression says. An error of kind fault.Data leaves tx unusable.
func DigestTable(ctx context.Context, tx pgx.Tx, source, from string, texts []string) (rows int64, sum string, err error) {
	const whole = "set local enable_seqscan = on" // the settings are for few rows
	if _, err = tx.Exec(ctx, whole); err == nil {
		err = tx.QueryRow(ctx, fmt.Sprintf("select count(*), coalesce(sum(%s), 0)::text from %s", hash(texts), from)).Scan(&rows, &sum)
	}
	if err != nil {
		return 0, "", fmt.Errorf("reading table %s: %w", source, refuse(err, &change.Table{Source: source}, ""))
	}
	return rows, sum, nil
}
