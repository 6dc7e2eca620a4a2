package catalogue

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/maintained_tables.sql
var maintainedTablesSQL string

const (
	maintenanceLockSQL   = "SELECT pg_try_advisory_lock($1)"
	maintenanceUnlockSQL = "SELECT pg_advisory_unlock($1)"
	lastMaintenanceSQL   = "SELECT ts_last_maintenance FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	maintainingSQL       = "UPDATE sch_chameleon.t_sources SET b_maintenance = $2 WHERE i_id_source = $1"
	endMaintenanceSQL    = "UPDATE sch_chameleon.t_sources SET b_maintenance = false, ts_last_maintenance = now() WHERE i_id_source = $1"
	maintenanceDueSQL    = "SELECT coalesce(ts_last_maintenance, ts_added) + $2::bigint * interval '1 microsecond' <= now() FROM sch_chameleon.t_sources WHERE i_id_source = $1"
)

// BeginMaintenance takes the right to maintain a source's tables, for the session; false says that
// somebody else is at it.
func BeginMaintenance(ctx context.Context, session DB, source *Source) (begun bool, err error) {
	if err := session.QueryRow(ctx, maintenanceLockSQL, leaseKey("maintenance of "+source.Name)).Scan(&begun); err != nil || !begun {
		return false, reading("beginning the maintenance", err)
	}
	_, err = session.Exec(ctx, maintainingSQL, source.ID, true)
	return true, reading("beginning the maintenance", err)
}

// EndMaintenance gives that right back; whole says that it was all done.
func EndMaintenance(ctx context.Context, session DB, source *Source, whole bool) error {
	var err error
	if whole {
		_, err = session.Exec(ctx, endMaintenanceSQL, source.ID)
	} else {
		_, err = session.Exec(ctx, maintainingSQL, source.ID, false)
	}
	if err != nil {
		return reading("ending the maintenance", err)
	}
	_, err = session.Exec(ctx, maintenanceUnlockSQL, leaseKey("maintenance of "+source.Name))
	return reading("ending the maintenance", err)
}

// MaintenanceDue says whether the last maintenance, or the source's beginning, is so long ago.
func MaintenanceDue(ctx context.Context, db DB, sourceID int64, every time.Duration) (due bool, err error) {
	err = db.QueryRow(ctx, maintenanceDueSQL, sourceID, every.Microseconds()).Scan(&due)
	return due, reading("looking for the last maintenance", err)
}

// LastMaintenance is when a source's tables were maintained last; zero: never.
func LastMaintenance(ctx context.Context, db DB, sourceID int64) (time.Time, error) {
	var at *time.Time
	err := db.QueryRow(ctx, lastMaintenanceSQL, sourceID).Scan(&at)
	return instant(at), reading("looking for the last maintenance", err)
}

// Maintainable is a table in PostgreSQL that can be maintained.
type Maintainable struct {
	Ident string // quoted
	Name  string // schema.table
	Bytes int64  // with its indexes
}

// MaintainableTables lists a source's tables that stand in their places, and those of the catalogue, as
// far as they are this user's.
func MaintainableTables(ctx context.Context, db DB, sourceID int64) ([]Maintainable, error) {
	rows, err := db.Query(ctx, maintainedTablesSQL, sourceID)
	if err != nil {
		return nil, reading("listing the tables to be maintained", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Maintainable])
	return list, reading("listing the tables to be maintained", err)
}
