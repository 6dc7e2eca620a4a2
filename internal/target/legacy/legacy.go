// Package legacy owns what pg_chameleon has left in the target: its catalogue, of versions
// 1.x and 2.0, and the tables that it made, as PostgreSQL has them. It does not own what any of
// it means to the tables of a source, nor our own catalogue.
package legacy

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

// Schema is the catalogue's schema, which ours has taken over by name.
const Schema = "sch_chameleon"

var (
	//go:embed sources.sql
	sourcesSQL string
	//go:embed batches.sql
	batchesSQL string
	//go:embed tables.sql
	tablesSQL string
	//go:embed errors.sql
	errorsSQL string
	//go:embed discarded.sql
	discardedSQL string
	//go:embed sessions.sql
	sessionsSQL string
	//go:embed free_name.sql
	freeNameSQL string
)

const (
	isLegacySQL = `SELECT to_regclass('sch_chameleon.t_replica_batch') IS NOT NULL AND to_regclass('sch_chameleon.t_migrations') IS NULL`
	versionSQL  = `SELECT t_version FROM sch_chameleon.v_version`
	hasSQL      = `SELECT to_regclass($1) IS NOT NULL`
	lockSQL     = `LOCK TABLE sch_chameleon.t_sources, sch_chameleon.t_replica_batch, sch_chameleon.t_replica_tables IN ACCESS EXCLUSIVE MODE NOWAIT`
)

// Place is a place in a binary log, by file and offset; the zero Place is none.
type Place struct {
	File   string
	Offset uint64
}

// Catalogue is what pg_chameleon's catalogue says.
type Catalogue struct {
	Version string // "2.0.10", "1.7"
	Sources []Source
}

// Old says that the catalogue is one of pg_chameleon 1.
func (c *Catalogue) Old() bool { return strings.HasPrefix(c.Version, "1.") }

// Source is a source of the catalogue.
type Source struct {
	ID      int64
	Name    string
	Type    string            // mysql, pgsql
	Status  string            // ready, initialising, initialised, syncing, synced, stopped, running, error
	Schemas map[string]string // by name on the source; nil in version 1, which has one Target
	Target  string            // the PostgreSQL schema, in version 1
	Batches []Batch           // those that are not replayed, and the newest; oldest first
	Tables  []Table
}

// Batch is what was read of the binary log from a place on, up to the place of the next one.
type Batch struct {
	ID        int64
	Place     Place
	GTIDs     string
	Processed bool // it was read to its end
	Replayed  bool
	Left      int64 // changes that are still to be replayed; -1: none was ever replayed, since there is no list of them
}

// Table is a table that the catalogue has, by its names in PostgreSQL.
type Table struct {
	Schema    string
	Name      string
	Key       []string
	Place     Place  // as of which it was copied; zero once the replica has passed it
	Enabled   bool   // false: it was taken out of the replica
	Error     string // the last one
	Discarded int64  // changes that could not be stored
}

// Is says whether the target has a catalogue of pg_chameleon's.
func Is(ctx context.Context, db dial.DB) (is bool, err error) {
	if err = db.QueryRow(ctx, isLegacySQL).Scan(&is); err != nil {
		return false, fmt.Errorf("looking for a catalogue of pg_chameleon: %w", dial.Classify(err))
	}
	return is, nil
}

// Read reads the catalogue.
func Read(ctx context.Context, db dial.DB) (*Catalogue, error) {
	c, err := read(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue of pg_chameleon: %w", dial.Classify(err))
	}
	return c, nil
}

func read(ctx context.Context, db dial.DB) (*Catalogue, error) {
	c := &Catalogue{}
	if err := db.QueryRow(ctx, versionSQL).Scan(&c.Version); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, sourcesSQL)
	if err != nil {
		return nil, err
	}
	c.Sources, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Source, err error) {
		var mappings []byte
		if err := row.Scan(&s.ID, &s.Name, &s.Type, &s.Status, &mappings, &s.Target); err != nil || mappings == nil {
			return s, err
		}
		return s, json.Unmarshal(mappings, &s.Schemas)
	})
	if err != nil {
		return nil, err
	}
	for i := range c.Sources {
		if err := c.Sources[i].fill(ctx, db); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (s *Source) fill(ctx context.Context, db dial.DB) error {
	rows, err := db.Query(ctx, batchesSQL, s.ID)
	if err != nil {
		return err
	}
	s.Batches, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Batch, err error) {
		return b, row.Scan(&b.ID, &b.Place.File, &b.Place.Offset, &b.GTIDs, &b.Processed, &b.Replayed, &b.Left)
	})
	if err != nil {
		return err
	}
	if rows, err = db.Query(ctx, tablesSQL, s.ID); err != nil {
		return err
	}
	s.Tables, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Table, err error) {
		return t, row.Scan(&t.Schema, &t.Name, &t.Key, &t.Place.File, &t.Place.Offset, &t.Enabled)
	})
	if err != nil {
		return err
	}
	at := make(map[[2]string]*Table, len(s.Tables))
	for i := range s.Tables {
		at[[2]string{s.Tables[i].Schema, s.Tables[i].Name}] = &s.Tables[i]
	}
	return s.troubles(ctx, db, at)
}

// troubles adds to the tables what the catalogue's logs say of them.
func (s *Source) troubles(ctx context.Context, db dial.DB, at map[[2]string]*Table) error {
	for table, sql := range map[string]string{"sch_chameleon.t_error_log": errorsSQL, "sch_chameleon.t_discarded_rows": discardedSQL} {
		var has bool
		if err := db.QueryRow(ctx, hasSQL, table).Scan(&has); err != nil {
			return err
		}
		if !has { // in versions before it
			continue
		}
		rows, err := db.Query(ctx, sql, s.ID)
		if err != nil {
			return err
		}
		var schemaName, name, message string
		var count int64
		_, err = pgx.ForEachRow(rows, []any{&schemaName, &name, &message, &count}, func() error {
			if t := at[[2]string{schemaName, name}]; t != nil {
				t.Discarded += count
				if message != "" {
					t.Error = message
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Session is one of another program that works with the catalogue.
type Session struct {
	PID  int64
	User string
	Name string // its application_name
}

// Sessions lists the sessions of pg_chameleon's processes.
func Sessions(ctx context.Context, db dial.DB) ([]Session, error) {
	_, err := db.Exec(ctx, "SELECT pg_stat_clear_snapshot()") // within a transaction the view stays as it was first seen
	var rows pgx.Rows
	if err == nil {
		rows, err = db.Query(ctx, sessionsSQL)
	}
	if err == nil {
		var list []Session
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Session]); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("looking for sessions of pg_chameleon: %w", dial.Classify(err))
}

// Kept gives the name under which the catalogue is to be kept: one that is free.
func (c *Catalogue) Kept(ctx context.Context, db dial.DB) (name string, err error) {
	major, rest, _ := strings.Cut(c.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if err := db.QueryRow(ctx, freeNameSQL, "_"+Schema+"_"+major+"_"+minor).Scan(&name); err != nil {
		return "", fmt.Errorf("looking for a name to keep the catalogue of pg_chameleon under: %w", dial.Classify(err))
	}
	return name, nil
}

// Keep locks the catalogue, lets check look whether it is as it was, and renames it.
func Keep(ctx context.Context, tx dial.Tx, name string, check func() error) error {
	if _, err := tx.Exec(ctx, lockSQL); err != nil {
		return fmt.Errorf("locking the catalogue of pg_chameleon: %w", dial.Classify(err))
	}
	if err := check(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ALTER SCHEMA "+Schema+" RENAME TO "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("keeping the catalogue of pg_chameleon as %s: %w", name, dial.Classify(err))
	}
	return nil
}
