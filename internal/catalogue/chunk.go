package catalogue

import (
	"context"
	_ "embed"
	"errors"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/save_chunk.sql
var saveChunkSQL string

//go:embed sql/fold_chunks.sql
var foldChunksSQL string

const chunksSQL = "SELECT i_chunk, b_lower, b_upper, i_rows, i_bytes, i_discarded FROM sch_chameleon.t_chunks WHERE i_id_table = $1 ORDER BY i_chunk"

// ErrChunkTaken says that a chunk of that number has been copied already: the
// transaction must be rolled back.
var ErrChunkTaken = errors.New("this chunk has been copied by another process")

// Chunk is a finished part of a table's copy. What its bounds mean is the
// copier's matter.
type Chunk struct {
	Number       int64
	Lower, Upper []byte // nil: the table's end
	Rows, Bytes  int64
	Discarded    int64
}

// Chunks lists the finished chunks of a table by number.
func Chunks(ctx context.Context, db DB, tableID int64) ([]Chunk, error) {
	rows, err := db.Query(ctx, chunksSQL, tableID)
	if err != nil {
		return nil, reading("reading chunks", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Chunk, error) {
		var c Chunk
		err := row.Scan(&c.Number, &c.Lower, &c.Upper, &c.Rows, &c.Bytes, &c.Discarded)
		return c, err
	})
	return list, reading("reading chunks", err)
}

// SaveChunk records a finished chunk, as the last statement of the transaction
// that copied it: from here to its commit that transaction holds back SaveApplied. It
// gives ErrFenced or ErrChunkTaken when the transaction must be rolled back.
func SaveChunk(ctx context.Context, tx DB, epoch, tableID int64, c Chunk) error {
	var leads, saved bool
	err := tx.QueryRow(ctx, saveChunkSQL, tableID, epoch, c.Number, c.Lower, c.Upper, c.Rows, c.Bytes, c.Discarded).Scan(&leads, &saved)
	switch {
	case err != nil:
		return reading("saving a chunk", err)
	case !leads:
		return ErrFenced
	case !saved:
		return ErrChunkTaken
	}
	return nil
}

// FoldChunks ends the copies of tables: their chunks are forgotten, the sums kept.
func FoldChunks(ctx context.Context, db DB, tableIDs ...int64) error {
	_, err := db.Exec(ctx, foldChunksSQL, tableIDs)
	return reading("folding chunks", err)
}
