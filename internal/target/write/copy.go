package write

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

// Copy loads rows in a format of COPY, with the table's columns in their order, and
// gives the number of rows. An error of the reader is given as it is; after any
// error the transaction can only be rolled back.
func Copy(ctx context.Context, tx pgx.Tx, t *mapping.Table, rows io.Reader, binary bool) (int64, error) {
	return CopyRaw(ctx, tx, t.Ident(), columnList(t), binary, rows)
}

// columnList names the table's columns.
func columnList(t *mapping.Table) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = mapping.Quote(c.Name)
	}
	return strings.Join(columns, ", ")
}

// watched remembers why its reader ended, unless it just came to its end. The
// driver waits for the reader before it gives the server's answer to the end.
type watched struct {
	reader io.Reader
	err    error
}

// Read reads on.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// refusedRow classifies an error of COPY: fault.Data means that PostgreSQL has
// something against a row, which is told without the row's values.
func refusedRow(err error) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return dial.Classify(err)
	}
	switch said.Code[:min(2, len(said.Code))] {
	case "22", "23", "54", "P0": // values, constraints, sizes, what a trigger says
		return fault.New(fault.Data, "", "%s%w", describe(said), silent{err})
	}
	if err = dial.Classify(err); fault.KindOf(err) == fault.Data {
		return &fault.Error{Kind: fault.Environment, Err: err}
	}
	return err
}

// silent keeps an error in the chain but its text, which may hold values, out
// of the message.
type silent struct{ error }

// Error is empty.
func (silent) Error() string { return "" }

// Unwrap gives the error.
func (s silent) Unwrap() error { return s.error }

const (
	pieceBytes = 256 << 10
	pieceGuard = "savepoint chameleon_piece"
	pieceBack  = "rollback to savepoint chameleon_piece; release savepoint chameleon_piece"
	pieceKeep  = "release savepoint chameleon_piece"
)

// CopyPieces loads like Copy, but in small pieces. Where PostgreSQL refuses a
// piece it is halved until the rows at fault are found; refused is called for
// each of them (a line without its newline, valid during the call), and the others are loaded.
func CopyPieces(ctx context.Context, tx pgx.Tx, t *mapping.Table, rows io.Reader, refused func(row []byte, cause error) error) (int64, error) {
	p := &pieces{ctx: ctx, tx: tx, table: t, refused: refused}
	in := bufio.NewReaderSize(rows, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			p.text = append(p.text, line...)
			p.ends = append(p.ends, len(p.text))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if len(p.text) >= pieceBytes || err != nil {
			if failed := p.load(0, len(p.ends)); failed != nil {
				return 0, failed
			}
			p.text, p.ends = p.text[:0], p.ends[:0]
		}
		if err != nil {
			return p.loaded, nil
		}
	}
}

// pieces is the state of CopyPieces: the lines of the piece in hand.
type pieces struct {
	ctx     context.Context
	tx      pgx.Tx
	table   *mapping.Table
	refused func([]byte, error) error
	text    []byte
	ends    []int
	loaded  int64
}

// load loads the lines from and up to, without to.
func (p *pieces) load(from, to int) error {
	if from == to {
		return nil
	}
	start := 0
	if from > 0 {
		start = p.ends[from-1]
	}
	text := p.text[start:p.ends[to-1]]
	if err := p.run(pieceGuard); err != nil {
		return err
	}
	n, err := Copy(p.ctx, p.tx, p.table, bytes.NewReader(text), false)
	if err == nil {
		p.loaded += n
		return p.run(pieceKeep)
	}
	if fault.KindOf(err) != fault.Data {
		return err
	}
	if undone := p.run(pieceBack); undone != nil {
		return undone
	}
	if to-from == 1 {
		return p.refused(bytes.TrimSuffix(text, []byte("\n")), err)
	}
	middle := from + (to-from)/2
	if err := p.load(from, middle); err != nil {
		return err
	}
	return p.load(middle, to)
}

func (p *pieces) run(sql string) error {
	if _, err := p.tx.Conn().PgConn().Exec(p.ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("setting a savepoint: %w", dial.Classify(err))
	}
	return nil
}
