package catalogue

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
)

const (
	temporarySQL    = "SELECT jsb_tables FROM sch_chameleon.t_temporary_tables WHERE i_id_source = $1"
	putTemporarySQL = "INSERT INTO sch_chameleon.t_temporary_tables VALUES ($1, $2) ON CONFLICT (i_id_source) DO UPDATE SET jsb_tables = excluded.jsb_tables"
)

// Temporary gives the temporary tables that the source's sessions had at the applied position.
func Temporary(ctx context.Context, db DB, sourceID int64) ([]schema.Temporary, error) {
	var list []schema.Temporary
	err := db.QueryRow(ctx, temporarySQL, sourceID).Scan(&list)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return list, reading("reading the sessions' temporary tables", err)
}

// PutTemporary stores them. It belongs into the transaction that saves the position.
func PutTemporary(ctx context.Context, db DB, sourceID int64, list []schema.Temporary) error {
	if list == nil {
		list = []schema.Temporary{}
	}
	_, err := db.Exec(ctx, putTemporarySQL, sourceID, list)
	return reading("storing the sessions' temporary tables", err)
}
