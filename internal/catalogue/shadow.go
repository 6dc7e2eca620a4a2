package catalogue

import (
	"context"
	_ "embed"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
)

//go:embed sql/put_shadow.sql
var putShadowSQL string

//go:embed sql/add_digest.sql
var addDigestSQL string

const (
	shadowsSQL = `SELECT t_source_schema, t_source_table, jsb_shadow, b_spared, i_rows, n_digest::text, t_refused
		FROM sch_chameleon.t_shadows WHERE i_id_source = $1 ORDER BY 1, 2`
	dropShadowsSQL = `DELETE FROM sch_chameleon.t_shadows
		WHERE i_id_source = $1 AND (t_source_schema, t_source_table) IN (SELECT * FROM unnest($2::text[], $3::text[]))`
)

// Shadow is a table that a tool for online schema changes fills until it takes another's place.
type Shadow struct {
	Name   schema.Name
	Known  json.RawMessage // what is known of it, as who stores it writes that down
	Spared bool            // its rows are not written

	// Of the rows that are not written; AddDigest keeps them.
	Digest  Digest
	Refused string // why the digest could not be kept; "" if it could
}

// Digest stands for a set of rows: how many there are, and the sum of their hashes.
type Digest struct {
	Rows int64
	Sum  string // a whole number
}

// Shadows lists a source's shadow tables.
func Shadows(ctx context.Context, db DB, sourceID int64) ([]Shadow, error) {
	rows, err := db.Query(ctx, shadowsSQL, sourceID)
	if err != nil {
		return nil, reading("reading the shadow tables", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Shadow, error) {
		var s Shadow
		err := row.Scan(&s.Name.Schema, &s.Name.Table, &s.Known, &s.Spared, &s.Digest.Rows, &s.Digest.Sum, &s.Refused)
		return s, err
	})
	return list, reading("reading the shadow tables", err)
}

// PutShadow stores what is known of a shadow table; its digest stays. It belongs into the
// transaction that applies what it was learnt from.
func PutShadow(ctx context.Context, db DB, sourceID int64, s Shadow) error {
	_, err := db.Exec(ctx, putShadowSQL, sourceID, s.Name.Schema, s.Name.Table, s.Known, s.Spared)
	return reading("storing a shadow table", err)
}

// AddDigest adds to a shadow table's digest, and remembers that its rows are not written.
// refused says why rows of it could not be told; "" if they could.
func AddDigest(ctx context.Context, db DB, sourceID int64, name schema.Name, d Digest, refused string) error {
	_, err := db.Exec(ctx, addDigestSQL, sourceID, name.Schema, name.Table, d.Rows, d.Sum, refused)
	return reading("storing a shadow table's digest", err)
}

// DropShadows forgets shadow tables; names that are not there are passed over.
func DropShadows(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	if len(names) == 0 {
		return nil
	}
	schemas, tables := split(names)
	_, err := db.Exec(ctx, dropShadowsSQL, sourceID, schemas, tables)
	return reading("forgetting shadow tables", err)
}
