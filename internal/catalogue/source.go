package catalogue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/sources.sql
var sourcesSQL string

//go:embed sql/add_source.sql
var addSourceSQL string

//go:embed sql/reset_source.sql
var resetSourceSQL string

const (
	lockSourcesSQL = "LOCK TABLE sch_chameleon.t_sources IN SHARE ROW EXCLUSIVE MODE"
	dropSourceSQL  = "DELETE FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	optionsSQL     = "UPDATE sch_chameleon.t_sources SET jsb_options = $2 WHERE i_id_source = $1"
	statusSQL      = "UPDATE sch_chameleon.t_sources SET enm_status = $2::text::sch_chameleon.en_src_status WHERE i_id_source = $1"
	enableSQL      = "UPDATE sch_chameleon.t_sources SET enm_status = 'stopped', b_paused = false, b_maintenance = false WHERE i_id_source = $1"
)

// Status is a source's state as show_status prints it.
type Status string

// The states of a source.
const (
	Ready        Status = "ready" // added, nothing copied yet
	Initialising Status = "initialising"
	Initialised  Status = "initialised"
	Syncing      Status = "syncing"
	Synced       Status = "synced"
	Stopped      Status = "stopped"
	Running      Status = "running"
	Error        Status = "error"
	Detaching    Status = "detaching" // its tables are on the way to standing by themselves: it is not followed any more
)

// The types of a source.
const (
	MySQL = "mysql" // MariaDB too
	PgSQL = "pgsql"
)

// Source is a registered source.
type Source struct {
	ID          int64
	Name        string
	Type        string            // MySQL or PgSQL
	Schemas     map[string]string // source schema → PostgreSQL schema
	Status      Status
	Paused      bool
	Maintenance bool
	Host        string    // of the process that follows it, or last did; "" if none ever did
	PID         int64     // of that process
	Led         time.Time // when that process took the lease
	Epoch       int64
	Applied     event.Position  // zero before the first copy
	Options     map[string]bool // what the target had when the copy began: "postgis", "vector"; nil: not known
}

// Sources lists all sources by name.
func Sources(ctx context.Context, db DB) ([]Source, error) {
	if err := current(ctx, db); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, sourcesSQL)
	if err != nil {
		return nil, reading("reading the sources", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Source, error) {
		var s Source
		var position string
		var led *time.Time
		err := row.Scan(&s.ID, &s.Name, &s.Type, &s.Schemas, &s.Status, &s.Paused, &s.Maintenance, &s.Host, &s.PID, &led, &s.Epoch, &position, &s.Options)
		if err != nil {
			return s, err
		}
		s.Led = instant(led)
		s.Applied, err = event.DecodePosition(position)
		return s, err
	})
	return list, reading("reading the sources", err)
}

// Find gives the source of that name; one that is not there is a fault.State.
func Find(ctx context.Context, db DB, name string) (*Source, error) {
	sources, err := Sources(ctx, db)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		if sources[i].Name == name {
			return &sources[i], nil
		}
	}
	return nil, fault.New(fault.State, "add it with: chameleon add_source --source "+name, "the source %q is not registered in the catalogue", name)
}

// SetOptions stores what the target has at the beginning of a source's copy.
func SetOptions(ctx context.Context, db DB, sourceID int64, options map[string]bool) error {
	_, err := db.Exec(ctx, optionsSQL, sourceID, options)
	return reading("storing the target's options", err)
}

// AddSource registers a source. A name that is taken is a fault.State, a
// PostgreSQL schema that two source schemas map to a fault.Config, but for those that are
// shareable with other sources.
func AddSource(ctx context.Context, db DB, name, kind string, schemas map[string]string, shareable ...string) (*Source, error) {
	err := dial.InTx(ctx, db, func(tx dial.Tx) error {
		if _, err := tx.Exec(ctx, lockSourcesSQL); err != nil {
			return reading("locking the sources", err)
		}
		others, err := Sources(ctx, tx)
		if err != nil {
			return err
		}
		if err := admissible(name, schemas, others, shareable); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, addSourceSQL, name, kind, schemas)
		return reading("registering the source", err)
	})
	if err != nil {
		return nil, fmt.Errorf("adding source %s: %w", name, err)
	}
	return Find(ctx, db, name)
}

func admissible(name string, schemas map[string]string, others []Source, shareable []string) error {
	if slices.ContainsFunc(others, func(s Source) bool { return s.Name == name }) {
		return fault.New(fault.State, "nothing is to be done; to begin anew: chameleon drop_source --source "+name, "the source %q is registered already", name)
	}
	taken := map[string]string{Schema: "the catalogue itself"}
	for _, other := range others {
		for from, to := range other.Schemas {
			if slices.Contains(shareable, to) {
				continue
			}
			taken[to] = fmt.Sprintf("schema %q of source %q", from, other.Name)
		}
	}
	from := make([]string, 0, len(schemas))
	for origin := range schemas {
		from = append(from, origin)
	}
	slices.Sort(from)
	for _, origin := range from {
		to := schemas[origin]
		if to == "" || strings.HasPrefix(to, "pg_") || to == "information_schema" {
			return fault.New(fault.Config, "name another PostgreSQL schema in schema_mappings", "schema %q is mapped to %q, where no table can be", origin, to)
		}
		if owner, is := taken[to]; is {
			return fault.New(fault.Config, "give each source schema a PostgreSQL schema of its own in schema_mappings",
				"schema %q is mapped to %q, which belongs to %s already", origin, to, owner)
		}
		taken[to] = fmt.Sprintf("schema %q of this source", origin)
	}
	return nil
}

// DropSource removes a source with all that the catalogue knows of it; the
// replicated tables stay. A source that a process follows is a fault.State. also is
// done in the same transaction, with the source's id.
func DropSource(ctx context.Context, db DB, name string, also ...func(tx dial.Tx, id int64) error) error {
	err := dial.InTx(ctx, db, func(tx dial.Tx) error {
		source, err := Find(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := idle(ctx, tx, source); err != nil {
			return err
		}
		for _, do := range also {
			if err := do(tx, source.ID); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, dropSourceSQL, source.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("dropping source %s: %w", name, err)
	}
	return nil
}

// SetStatus sets a source's status.
func SetStatus(ctx context.Context, db DB, sourceID int64, status Status) error {
	_, err := db.Exec(ctx, statusSQL, sourceID, string(status))
	return reading("setting the source's status", err)
}

// Enable clears an error, a pause and a maintenance: the source is stopped and
// may be started.
func Enable(ctx context.Context, db DB, sourceID int64) error {
	_, err := db.Exec(ctx, enableSQL, sourceID)
	return reading("enabling the source", err)
}

// ResetSource forgets a source's positions, counters, chunks, tracked schema,
// conversions and prepared transactions, before it is copied anew. The list of
// its tables, the error log and the discarded rows stay.
func ResetSource(ctx context.Context, db DB, sourceID, epoch int64) error {
	var held bool
	err := db.QueryRow(ctx, resetSourceSQL, sourceID, epoch).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrFenced
	}
	return reading("resetting the source", err)
}

// instant gives a time that may be NULL; the zero time stands for NULL.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// nullTime is what is stored for a time: NULL for the zero time.
func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
