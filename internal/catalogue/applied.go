package catalogue

import (
	"context"
	_ "embed"
	"time"

	"pgchameleon/internal/event"
)

//go:embed sql/save_applied.sql
var saveAppliedSQL string

//go:embed sql/beat.sql
var beatSQL string

// Counters count what was applied.
type Counters struct {
	Transactions int64
	Inserted     int64
	Updated      int64
	Deleted      int64
	Missing      int64 // updated or deleted rows that were not there
	DDL          int64
	Skipped      int64 // statements and rows that were passed over
}

// SaveApplied records, as the last statement of an apply transaction, that all
// of the source's transactions before the position are in the database. at is
// when the source committed the last of them (zero: not known). The counters are
// added to what is there. It gives ErrFenced when the epoch is not the source's
// present one; the transaction must be rolled back then.
func SaveApplied(ctx context.Context, tx DB, sourceID, epoch int64, position event.Position, at time.Time, c Counters) error {
	tag, err := tx.Exec(ctx, saveAppliedSQL, sourceID, epoch, position.Encode(), nullTime(at),
		c.Transactions, c.Inserted, c.Updated, c.Deleted, c.Missing, c.DDL, c.Skipped)
	if err != nil {
		return reading("saving the applied position", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrFenced
	}
	return nil
}

// Heartbeat is where the reading stands.
type Heartbeat struct {
	Read    event.Position
	At      time.Time // when the source committed what was read last; zero: not known
	Current bool      // all that the source has was read
	Note    string    // what the process is about, such as "waiting for the source to come back"; may be empty
	Relay   Relay     // zero: as it was
	Resting bool      // replay is paused, and what was in hand is applied
}

// Relay is what is between the reading and the applying.
type Relay struct {
	Form         string // memory or postgres; "" if not known
	Transactions int64
	Bytes        int64
	Limit        int64
	Full         bool // the reading waits for room
}

// Beat records where the reading stands, outside of any apply transaction and
// never waiting for one. It gives ErrFenced when another process has
// taken the lease.
func Beat(ctx context.Context, db DB, sourceID, epoch int64, h Heartbeat) error {
	position := ""
	if !h.Read.IsZero() {
		position = h.Read.Encode()
	}
	tag, err := db.Exec(ctx, beatSQL, sourceID, epoch, position, nullTime(h.At), h.Current, h.Note,
		h.Relay.Form, h.Relay.Transactions, h.Relay.Bytes, h.Relay.Limit, h.Relay.Full, h.Resting)
	if err != nil {
		return reading("saving the read position", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrFenced
	}
	return nil
}
