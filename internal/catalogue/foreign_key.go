package catalogue

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
)

//go:embed sql/unvalidated.sql
var unvalidatedSQL string

// ForeignKey is a foreign key in PostgreSQL whose rows have not been looked at.
type ForeignKey struct {
	OID    int64
	Ident  string // of its table, quoted
	Name   string
	Schema string // of its table
	Table  string
	Source schema.Name // the replicated table at one of its ends
}

// Unvalidated lists the foreign keys that were made anew when a source's standing tables were
// filled, as far as both of their tables are up to date.
func Unvalidated(ctx context.Context, db DB, sourceID int64) ([]ForeignKey, error) {
	rows, err := db.Query(ctx, unvalidatedSQL, sourceID)
	if err != nil {
		return nil, reading("listing foreign keys to be validated", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k ForeignKey, err error) {
		err = row.Scan(&k.OID, &k.Ident, &k.Name, &k.Schema, &k.Table, &k.Source.Schema, &k.Source.Table)
		return k, err
	})
	return list, reading("listing foreign keys to be validated", err)
}
