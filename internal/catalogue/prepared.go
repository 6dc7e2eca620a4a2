package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
)

//go:embed sql/put_prepared.sql
var putPreparedSQL string

const (
	preparedSQL     = "SELECT t_xid, b_events FROM sch_chameleon.t_xa_prepared WHERE i_id_source = $1 ORDER BY t_xid, i_piece"
	dropPreparedSQL = "DELETE FROM sch_chameleon.t_xa_prepared WHERE i_id_source = $1 AND t_xid = $2"
)

// PutPrepared keeps a piece of a prepared XA transaction, after the pieces of
// the same XID that are there. How events are written as bytes is the caller's
// matter.
func PutPrepared(ctx context.Context, db DB, sourceID int64, xid string, events []byte, position event.Position) error {
	if events == nil {
		events = []byte{}
	}
	_, err := db.Exec(ctx, putPreparedSQL, sourceID, xid, events, encode(position))
	return reading("keeping a prepared transaction", err)
}

// Prepared gives the pieces of all prepared XA transactions by XID, in their
// order.
func Prepared(ctx context.Context, db DB, sourceID int64) (map[string][][]byte, error) {
	rows, err := db.Query(ctx, preparedSQL, sourceID)
	if err != nil {
		return nil, reading("reading prepared transactions", err)
	}
	pieces := map[string][][]byte{}
	var xid string
	var events []byte
	_, err = pgx.ForEachRow(rows, []any{&xid, &events}, func() error {
		pieces[xid] = append(pieces[xid], events)
		events = nil
		return nil
	})
	return pieces, reading("reading prepared transactions", err)
}

// DropPrepared forgets a prepared transaction that has ended.
func DropPrepared(ctx context.Context, db DB, sourceID int64, xid string) error {
	_, err := db.Exec(ctx, dropPreparedSQL, sourceID, xid)
	return reading("forgetting a prepared transaction", err)
}
