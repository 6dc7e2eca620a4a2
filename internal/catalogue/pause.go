package catalogue

import (
	"context"

	"pgchameleon/internal/target/dial"
)

const (
	pausedSQL   = "SELECT b_paused FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	setPauseSQL = "UPDATE sch_chameleon.t_sources SET b_paused = $2 WHERE i_id_source = $1"
	unrestSQL   = "UPDATE sch_chameleon.t_last_received SET b_resting = false WHERE i_id_source = $1"
)

// Paused tells whether a source's replay is to rest.
func Paused(ctx context.Context, db DB, sourceID int64) (paused bool, err error) {
	err = db.QueryRow(ctx, pausedSQL, sourceID).Scan(&paused)
	return paused, reading("looking whether the replay is paused", err)
}

// SetPaused lets a source's replay rest, or go on. That it rests is what the process that follows
// it says after that.
func SetPaused(ctx context.Context, db DB, sourceID int64, paused bool) error {
	err := dial.InTx(ctx, db, func(tx dial.Tx) error {
		if _, err := tx.Exec(ctx, setPauseSQL, sourceID, paused); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, unrestSQL, sourceID)
		return err
	})
	return reading("pausing the replay", err)
}
