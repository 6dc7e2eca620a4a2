package pipeline

import (
	"context"
	"log/slog"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
)

// definitions reads the definitions of a source's tables.
type definitions struct {
	dialect parse.Dialect
	hidden  *inspect.Hidden
	log     *slog.Logger
}

func (r *Replica) definitions(from *origin) *definitions {
	return &definitions{dialect: from.dialect, hidden: from.hidden, log: r.log}
}

// errUnmapped is an error of a definition that is there and means nothing to us.
type errUnmapped struct{ error }

func (e errUnmapped) Unwrap() error { return e.error }

// read gives a table's definition as of now. An errUnmapped says that it was read,
// but is not understood.
func (d *definitions) read(ctx context.Context, conn *dial.Conn, name schema.Name) (*schema.Table, error) {
	text, err := inspect.Definition(ctx, conn, name)
	if err != nil {
		return nil, err
	}
	t, err := ddl.Table(name.Schema, text, d.dialect)
	if err != nil {
		return nil, errUnmapped{err}
	}
	unknown, err := d.hidden.Restore(ctx, conn, t)
	if number := dial.Number(err); number != 0 && number != noSuchTable && fault.KindOf(err) != fault.Retry {
		return nil, errUnmapped{err}
	}
	if err != nil {
		return nil, err
	}
	ddl.Retype(t, d.dialect)
	for _, u := range unknown {
		attrs := []any{"table", name.String(), "column", u.Column}
		if u.Member == 0 {
			d.log.Warn("a default is left out: the server writes its characters beyond U+FFFF as `?` and does not tell them otherwise", attrs...)
			continue
		}
		d.log.Warn("a member is taken for what the server writes: a `?` in it may be a character beyond U+FFFF, which this server tells only by a row that has the member; "+
			"where it is one, run sync_tables for the table once there is such a row", append(attrs, "member", u.Member)...)
	}
	return t, nil
}
