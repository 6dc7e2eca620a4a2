package write

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

// Comparison holds rows of the source against those of a table, which PostgreSQL does as the
// table's types have them: in a temporary table. It is for one goroutine, and nobody writes to the table
// meanwhile.
type Comparison struct {
	conn  *pgxpool.Conn
	table *mapping.Table
	heap  *mapping.Table // the rows of the source
	found int64          // of them that the table has
}

// Differences are what a comparison has found, in rows.
type Differences struct {
	Refused   int64 // of the source, that PostgreSQL cannot hold
	Missing   int64 // of the others, that the table does not have
	Different int64 // that have other values in the table
	Extra     int64 // of the table, that the source does not have
}

// Compare begins a comparison on a session of its own. Close ends it.
func Compare(ctx context.Context, pool *dial.Pooled, t *mapping.Table) (*Comparison, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, dial.Classify(err)
	}
	heap := t.In("pg_temp")
	heap.Name = "chameleon_compared"
	c := &Comparison{conn: conn, table: t, heap: heap}
	err = c.in(ctx, func(tx pgx.Tx) error {
		return run(ctx, tx, "create temporary table "+mapping.Quote(heap.Name)+" as select "+c.columns("")+" from "+t.Ident()+" with no data")
	})
	if err != nil {
		c.Close(ctx)
		return nil, err
	}
	return c, nil
}

func (c *Comparison) columns(of string) string {
	names := make([]string, len(c.table.Columns))
	for i, column := range c.table.Columns {
		names[i] = of + mapping.Quote(column.Name)
	}
	return strings.Join(names, ", ")
}

// row is a row's text, of which types without an equality have one too.
func (c *Comparison) row(of string) string { return "row(" + c.columns(of) + ")::text" }

func (c *Comparison) in(ctx context.Context, do func(pgx.Tx) error) error {
	return dial.InTx(ctx, c.conn, do)
}

// Rows holds lines of COPY text against the table. A fault.Data says that PostgreSQL refused
// a row; with pieces such rows are left out and counted.
func (c *Comparison) Rows(ctx context.Context, rows io.Reader, pieces bool) (d Differences, err error) {
	err = c.in(ctx, func(tx pgx.Tx) (err error) {
		if len(c.table.Key) > 0 {
			if err := run(ctx, tx, "truncate "+c.heap.Ident()); err != nil {
				return err
			}
		}
		var n int64
		if pieces {
			n, err = CopyPieces(ctx, tx, c.heap, rows, func([]byte, error) error {
				d.Refused++
				return nil
			})
		} else {
			n, err = Copy(ctx, tx, c.heap, rows, false)
		}
		if err != nil || len(c.table.Key) == 0 {
			return err
		}
		if err := run(ctx, tx, "analyze "+c.heap.Ident()); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, c.keyed()).Scan(&d.Missing, &d.Different); err != nil {
			return dial.Classify(err)
		}
		c.found += n - d.Missing
		return nil
	})
	return d, err
}

// keyed looks for the rows by their key.
func (c *Comparison) keyed() string {
	var same []string
	for _, at := range c.table.Key {
		name := mapping.Quote(c.table.Columns[at].Name)
		same = append(same, "t."+name+" = s."+name)
	}
	return fmt.Sprintf("select count(*) filter (where t.ctid is null), count(*) filter (where t.ctid is not null and %s <> %s) from %s as s left join %s as t on %s",
		c.row("s."), c.row("t."), c.heap.Ident(), c.table.Ident(), strings.Join(same, " and "))
}

// End tells what can be told only when all rows were there.
func (c *Comparison) End(ctx context.Context) (d Differences, err error) {
	if len(c.table.Key) > 0 {
		var total int64
		if err := c.conn.QueryRow(ctx, "select count(*) from "+c.table.Ident()).Scan(&total); err != nil {
			return d, dial.Classify(err)
		}
		d.Extra = total - c.found
		return d, nil
	}
	less := func(a, b string) string {
		return fmt.Sprintf("(select count(*) from (select %[1]s from %[2]s as a except all select %[3]s from %[4]s as b) as d)", c.row("a."), a, c.row("b."), b)
	}
	err = c.conn.QueryRow(ctx, "select "+less(c.heap.Ident(), c.table.Ident())+", "+less(c.table.Ident(), c.heap.Ident())).Scan(&d.Missing, &d.Extra)
	return d, dial.Classify(err)
}

// Close gives the session back.
func (c *Comparison) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rollbackTime)
	defer cancel()
	if _, err := c.conn.Exec(ctx, "drop table if exists "+c.heap.Ident()); err != nil {
		_ = c.conn.Conn().Close(ctx) // the table goes with the session
	}
	c.conn.Release()
}
