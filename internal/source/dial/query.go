package dial

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
)

// Guard lets a cancelled ctx break what conn is doing: the network connection
// is closed under it. Call release when the work is done; it is true if the
// connection is still whole.
func Guard(ctx context.Context, conn *client.Conn) (release func() bool) {
	under := conn.Conn.Conn
	return context.AfterFunc(ctx, func() { _ = under.Close() })
}

// Query runs one statement and classifies its error. A cancelled ctx breaks
// the connection. The result's strings are valid until its Close.
func Query(ctx context.Context, conn *client.Conn, sql string) (*mysql.Result, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	release := Guard(ctx, conn)
	result, err := conn.Execute(sql)
	if !release() {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, Classify(err)
	}
	return result, nil
}

// Exec runs statements one after the other, up to the first error.
func Exec(ctx context.Context, conn *client.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := Query(ctx, conn, sql); err != nil {
			return err
		}
	}
	return nil
}

// Text runs one statement and gives all values as text; NULL is "".
func Text(ctx context.Context, conn *client.Conn, sql string) ([][]string, error) {
	result, err := Query(ctx, conn, sql)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	if !result.HasResultset() {
		return nil, nil
	}
	rows := make([][]string, result.RowNumber())
	for i := range rows {
		rows[i] = make([]string, result.ColumnNumber())
		for j := range rows[i] {
			value, err := result.GetString(i, j)
			if err != nil {
				return nil, fmt.Errorf("reading a result: %w", err)
			}
			rows[i][j] = strings.Clone(value) // it points into a buffer that Close gives back
		}
	}
	return rows, nil
}
