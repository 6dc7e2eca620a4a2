package catalogue

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

//go:embed sql/history.sql
var historySQL string

// migrationLock is the key of the advisory lock under which the catalogue is
// made, changed and dropped.
const migrationLock = 0x63686d6c6e // "chmln"

const (
	lockSQL    = "SELECT pg_advisory_xact_lock($1)"
	versionSQL = "SELECT coalesce(max(i_version), 0) FROM sch_chameleon.t_migrations"
	appliedSQL = "INSERT INTO sch_chameleon.t_migrations (i_version, t_name) VALUES ($1, $2)"
	// existsSQL tells whether the schema is there, whether it is ours, and whether it is pg_chameleon's.
	existsSQL    = `SELECT to_regnamespace('sch_chameleon') IS NOT NULL, to_regclass('sch_chameleon.t_migrations') IS NOT NULL, to_regclass('sch_chameleon.t_replica_batch') IS NOT NULL`
	followersSQL = "SELECT t_source, coalesce(t_host, ''), coalesce(i_pid, 0) FROM sch_chameleon.t_sources"
	dropSQL      = "DROP SCHEMA sch_chameleon CASCADE"
)

// migration is one numbered file.
type migration struct {
	version int
	name    string
	sql     string
}

// migrations lists the files by number, which the embedded folder's order is.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing the migrations: %w", err)
	}
	list := make([]migration, 0, len(names))
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading migration %s: %w", name, err)
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(list)+1 {
			return nil, fmt.Errorf("migration %s does not follow number %d", name, len(list))
		}
		list = append(list, migration{version, base, string(text)})
	}
	return list, nil
}

// Create makes the catalogue, or brings an older one up to date; created says
// whether it was not there before. Any number of processes may do it at once.
func Create(ctx context.Context, db DB) (created bool, err error) {
	err = migrate(ctx, db, func(tx dial.Tx, exists bool) error {
		if exists {
			return nil
		}
		created = true
		_, err := tx.Exec(ctx, historySQL)
		return err
	})
	return created, err
}

// Migrate brings the catalogue up to date. One that is not there, that
// pg_chameleon made, or that a newer program made, is a fault.State.
func Migrate(ctx context.Context, db DB) error {
	return migrate(ctx, db, func(_ dial.Tx, exists bool) error {
		if !exists {
			return missing()
		}
		return nil
	})
}

// migrate runs what is missing, each migration in a transaction of its own
// with the row that records it.
func migrate(ctx context.Context, db DB, prepare func(tx dial.Tx, exists bool) error) error {
	list, err := migrations()
	if err != nil {
		return err
	}
	for done := false; !done; {
		err := dial.InTx(ctx, db, func(tx dial.Tx) error {
			if _, err := tx.Exec(ctx, lockSQL, migrationLock); err != nil {
				return err
			}
			exists, err := ours(ctx, tx)
			if err != nil {
				return err
			}
			if err := prepare(tx, exists); err != nil {
				return err
			}
			version := 0
			if err := tx.QueryRow(ctx, versionSQL).Scan(&version); err != nil {
				return err
			}
			if err := fits(version, len(list)); err != nil {
				return err
			}
			if done = version == len(list); done {
				return nil
			}
			next := list[version]
			if _, err := tx.Exec(ctx, next.sql); err != nil {
				return fmt.Errorf("migration %s: %w", next.name, err)
			}
			_, err = tx.Exec(ctx, appliedSQL, next.version, next.name)
			return err
		})
		if err != nil {
			return fmt.Errorf("bringing the catalogue up to date: %w", err)
		}
	}
	return nil
}

// ours tells whether the catalogue is there. A schema of that name that is not
// ours is an error.
func ours(ctx context.Context, db DB) (bool, error) {
	var exists, is, old bool
	if err := db.QueryRow(ctx, existsSQL).Scan(&exists, &is, &old); err != nil {
		return false, err
	}
	switch {
	case exists && old && !is:
		return false, fault.New(fault.State, "take its replicas over with: chameleon upgrade_replica_schema; or drop it if they are no longer wanted (chameleon drop_replica_schema)",
			"the schema %s in the target database was made by pg_chameleon", Schema)
	case exists && !is:
		return false, fault.New(fault.State, "rename or drop that schema, or use another target database",
			"there is a schema %s in the target database that this program did not make", Schema)
	}
	return exists, nil
}

func fits(version, known int) error {
	if version > known {
		return fault.New(fault.State, "use the newer program that made it",
			"the catalogue has version %d, this program knows version %d", version, known)
	}
	return nil
}

// Version gives the catalogue's version and the one this program works with.
// No catalogue is a fault.State.
func Version(ctx context.Context, db DB) (version, program int, err error) {
	list, err := migrations()
	if err != nil {
		return 0, 0, err
	}
	exists, err := ours(ctx, db)
	if err == nil && !exists {
		err = missing()
	}
	if err == nil {
		err = db.QueryRow(ctx, versionSQL).Scan(&version)
	}
	if err != nil {
		return 0, 0, reading("reading the catalogue's version", err)
	}
	return version, len(list), fits(version, len(list))
}

// current makes sure that the catalogue is of this program's version.
func current(ctx context.Context, db DB) error {
	version, program, err := Version(ctx, db)
	if err == nil && version < program {
		err = fault.New(fault.State, "bring it up to date with: chameleon create_replica_schema",
			"the catalogue has version %d, this program needs version %d", version, program)
	}
	return err
}

// allIdle makes sure that no process follows any source, of a catalogue of whatever version.
func allIdle(ctx context.Context, tx dial.Tx) error {
	rows, err := tx.Query(ctx, followersSQL)
	if err != nil {
		return reading("reading the sources", err)
	}
	sources, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Source, err error) {
		return s, row.Scan(&s.Name, &s.Host, &s.PID)
	})
	if err != nil {
		return reading("reading the sources", err)
	}
	for i := range sources {
		if err := idle(ctx, tx, &sources[i]); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the catalogue, pg_chameleon's own too; the replicated tables
// stay. A source that a process follows is a fault.State. It tells whether there
// was one.
func Drop(ctx context.Context, db DB) (dropped bool, err error) {
	err = dial.InTx(ctx, db, func(tx dial.Tx) error {
		if _, err := tx.Exec(ctx, lockSQL, migrationLock); err != nil {
			return err
		}
		var exists, is, old bool
		if err := tx.QueryRow(ctx, existsSQL).Scan(&exists, &is, &old); err != nil || !exists {
			return err
		}
		if !is && !old {
			_, err := ours(ctx, tx)
			return err
		}
		if is {
			if err := allIdle(ctx, tx); err != nil {
				return err
			}
		}
		dropped = true
		_, err := tx.Exec(ctx, dropSQL)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("dropping the catalogue: %w", err)
	}
	return dropped, nil
}
