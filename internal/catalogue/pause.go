package catalogue

import "context"

const (
	pausedSQL   = "SELECT b_paused FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	setPauseSQL = "UPDATE sch_chameleon.t_sources SET b_paused = $2 WHERE i_id_source = $1"
)

// Paused tells whether a source's replay is to rest.
func Paused(ctx context.Context, db DB, sourceID int64) (paused bool, err error) {
	err = db.QueryRow(ctx, pausedSQL, sourceID).Scan(&paused)
	return paused, reading("looking whether the replay is paused", err)
}

// SetPaused lets a source's replay rest, or go on.
func SetPaused(ctx context.Context, db DB, sourceID int64, paused bool) error {
	_, err := db.Exec(ctx, setPauseSQL, sourceID, paused)
	return reading("pausing the replay", err)
}
