package catalogue

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
)

//go:embed sql/ask_skip.sql
var askSkipSQL string

const (
	skipsSQL = "SELECT i_id_skip, t_gtid, t_server, t_file, i_offset, t_reason, t_asked_by, ts_asked, ts_skipped, t_transaction, i_events, t_tables, t_statement " +
		"FROM sch_chameleon.t_skips WHERE i_id_source = $1 AND (ts_skipped IS NULL OR $2) ORDER BY i_id_skip"
	skippedSQL = "UPDATE sch_chameleon.t_skips SET ts_skipped = now(), t_transaction = $2, i_events = $3, t_tables = $4, t_statement = $5, i_offset = $6 " +
		"WHERE i_id_skip = $1 AND ts_skipped IS NULL"
	withdrawSkipSQL = "DELETE FROM sch_chameleon.t_skips WHERE i_id_source = $1 AND i_id_skip = $2 AND ts_skipped IS NULL"
)

// Skip is a transaction of the source that somebody wants passed over: by its GTID, or by
// a place in a file of the binary log.
type Skip struct {
	ID      int64
	GTID    string
	Server  string // whose file it is, as event.Position has it; "" where that is not known
	File    string
	Offset  uint64 // once it was passed over, where it began
	Reason  string
	AskedBy string
	Asked   time.Time

	Skipped     time.Time // zero: not yet
	Transaction string    // that was passed over
	Events      int64
	Tables      []string // that it would have changed
	Statement   string   // for people: the first of its statements, if it had any
}

// AskSkip stores the wish to pass over a transaction and sets its ID. One that is there
// already is a fault.State.
func AskSkip(ctx context.Context, db DB, sourceID int64, s *Skip, by Actor) error {
	before, after := by.around()
	err := db.QueryRow(ctx, askSkipSQL, sourceID, s.GTID, s.Server, s.File, int64(s.Offset), printable(s.Reason), before, after).Scan(&s.ID) // #nosec G115 -- of a file
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.State, "nothing is to be done: the transaction is passed over when the stream comes to it", "this was asked for already")
	}
	return reading("asking for a transaction to be passed over", err)
}

// Skips lists the transactions that are to be passed over, in the order in which they were
// asked for; all says that those that were passed over come too.
func Skips(ctx context.Context, db DB, sourceID int64, all bool) ([]Skip, error) {
	rows, err := db.Query(ctx, skipsSQL, sourceID, all)
	if err != nil {
		return nil, reading("reading the transactions to be passed over", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Skip, error) {
		var s Skip
		var offset int64
		var skipped *time.Time
		err := row.Scan(&s.ID, &s.GTID, &s.Server, &s.File, &offset, &s.Reason, &s.AskedBy, &s.Asked, &skipped, &s.Transaction, &s.Events, &s.Tables, &s.Statement)
		s.Offset, s.Skipped = uint64(offset), instant(skipped) // #nosec G115 -- as AskSkip has stored it
		return s, err
	})
	return list, reading("reading the transactions to be passed over", err)
}

// SaveSkipped records, in the transaction that saves the position after it, that a
// transaction was passed over. A wish that was taken back meanwhile is a fault.Retry: the
// transaction has to be decoded again.
func SaveSkipped(ctx context.Context, tx DB, s *Skip) error {
	tag, err := tx.Exec(ctx, skippedSQL, s.ID, s.Transaction, s.Events, list(s.Tables), printable(s.Statement), int64(s.Offset)) // #nosec G115 -- of a file
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Retry, "", "the wish to pass over %s was taken back", s.Transaction)
	}
	return reading("recording that a transaction was passed over", err)
}

// WithdrawSkip takes a wish back. One that is not there or was fulfilled is a fault.State.
func WithdrawSkip(ctx context.Context, db DB, sourceID, id int64) error {
	tag, err := db.Exec(ctx, withdrawSkipSQL, sourceID, id)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.State, "chameleon show_status --source NAME lists what is to be passed over", "there is no transaction %d to be passed over", id)
	}
	return reading("taking a wish back", err)
}
