package catalogue

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

var (
	//go:embed sql/end_versions.sql
	endVersionsSQL string
	//go:embed sql/end_changed_versions.sql
	endChangedVersionsSQL string
	//go:embed sql/add_versions.sql
	addVersionsSQL string
	//go:embed sql/note_versions.sql
	noteVersionsSQL string
	//go:embed sql/seal_versions.sql
	sealVersionsSQL string
	//go:embed sql/seal_each.sql
	sealEachSQL string
	//go:embed sql/forget_versions.sql
	forgetVersionsSQL string
	//go:embed sql/versions.sql
	versionsSQL string
)

const (
	presentDatabasesSQL = "SELECT t_source_schema, jsb_definition ->> 'collation' FROM sch_chameleon.t_schema_versions " +
		"WHERE i_id_source = $1 AND t_source_table = '' AND t_until IS NULL"
	spansSQL   = "SELECT i_id_version, t_from, t_until FROM sch_chameleon.t_schema_versions WHERE i_id_source = $1 ORDER BY i_id_version"
	chosenSQL  = "SELECT t_source_schema, t_source_table, jsb_definition FROM sch_chameleon.t_schema_versions WHERE i_id_version = ANY ($1) ORDER BY i_id_version"
	horizonSQL = "SELECT t_history_from FROM sch_chameleon.t_sources WHERE i_id_source = $1"
)

// EndedVersions is how many versions that no longer hold are kept for each source. Those
// that ended first are forgotten first; those that hold are always kept.
const EndedVersions = 10_000

// statementBytes bounds what is kept of a statement.
const statementBytes = 64 << 10

// database is what the history holds of a database.
type database struct {
	Collation string `json:"collation"`
}

func names(tables []*schema.Table) []schema.Name {
	list := make([]schema.Name, len(tables))
	for i, t := range tables {
		list[i] = t.Name
	}
	return list
}

// putVersions begins new versions where the definitions are not those that hold.
func putVersions[D any](ctx context.Context, db DB, sourceID int64, names []schema.Name, definitions []D) error {
	schemas, tables := split(names)
	for _, sql := range []string{endChangedVersionsSQL, addVersionsSQL} {
		if _, err := db.Exec(ctx, sql, sourceID, schemas, tables, definitions); err != nil {
			return reading("storing the history of the tracked schema", err)
		}
	}
	return nil
}

// PutDatabases stores databases' default collations ("": it is not there), like PutDefinitions.
func PutDatabases(ctx context.Context, db DB, sourceID int64, collations map[string]string) error {
	var names []schema.Name
	var list []database
	for _, name := range slices.Sorted(maps.Keys(collations)) {
		names, list = append(names, schema.Name{Schema: name}), append(list, database{collations[name]})
	}
	if len(names) == 0 {
		return nil
	}
	return putVersions(ctx, db, sourceID, names, list)
}

// Databases gives the default collations of databases as of the applied position, as
// far as they are known.
func Databases(ctx context.Context, db DB, sourceID int64) (map[string]string, error) {
	rows, err := db.Query(ctx, presentDatabasesSQL, sourceID)
	if err != nil {
		return nil, reading("reading the databases' collations", err)
	}
	list, found := map[string]string{}, [2]string{}
	_, err = pgx.ForEachRow(rows, []any{&found[0], &found[1]}, func() error {
		list[found[0]] = found[1]
		return nil
	})
	return list, reading("reading the databases' collations", err)
}

// NoteVersions says what made or ended the versions of the open transaction of which
// nothing was said yet: a statement, or a reason.
func NoteVersions(ctx context.Context, db DB, sourceID int64, cause string) error {
	_, err := db.Exec(ctx, noteVersionsSQL, sourceID, printable(cause[:min(len(cause), statementBytes)]))
	return reading("storing the history of the tracked schema", err)
}

// SealVersions gives the versions of the open transaction the position from which they hold
// and others end; the zero position is the applied one. at is the source's
// time (zero: not known). Of those that have ended, only the newest keep are left.
func SealVersions(ctx context.Context, db DB, sourceID int64, position event.Position, at time.Time, keep int) error {
	text := ""
	if !position.IsZero() {
		text = position.Encode()
	}
	return seal(ctx, db, sourceID, keep, sealVersionsSQL, sourceID, text, nullTime(at))
}

// SealEach is SealVersions for the versions of some tables, each at a position of its own.
func SealEach(ctx context.Context, db DB, sourceID int64, positions map[schema.Name]event.Position, keep int) error {
	schemas, tables := split(slices.Collect(maps.Keys(positions)))
	texts := make([]string, len(tables))
	for i := range tables {
		texts[i] = positions[schema.Name{Schema: schemas[i], Table: tables[i]}].Encode()
	}
	return seal(ctx, db, sourceID, keep, sealEachSQL, sourceID, schemas, tables, texts)
}

// seal runs a statement that tells how many versions it has ended.
func seal(ctx context.Context, db DB, sourceID int64, keep int, sql string, args ...any) error {
	var ended int64
	err := db.QueryRow(ctx, sql, args...).Scan(&ended)
	if err == nil && ended > 0 {
		_, err = db.Exec(ctx, forgetVersionsSQL, sourceID, keep)
	}
	return reading("storing the history of the tracked schema", err)
}

// SchemaVersion is a version of a table's definition, or of a database's (without a table's name).
type SchemaVersion struct {
	ID         int64
	Name       schema.Name
	From       event.Position
	FromTime   time.Time // by the source's clock; zero where a copy made it
	Statement  string    // that made it; "" where a copy did
	Until      event.Position
	UntilTime  time.Time
	EndedBy    string // the statement that ended it, or the reason of the table's exclusion
	Holds      bool
	Definition json.RawMessage
}

// SchemaVersions lists the history of a database's tables ("": of all) and of a table ("": of all), oldest first.
func SchemaVersions(ctx context.Context, db DB, sourceID int64, database, table string) ([]SchemaVersion, error) {
	rows, err := db.Query(ctx, versionsSQL, sourceID, database, table)
	if err != nil {
		return nil, reading("reading the history of the tracked schema", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (SchemaVersion, error) {
		var v SchemaVersion
		var from, until string
		var fromTime, untilTime *time.Time
		if err := row.Scan(&v.ID, &v.Name.Schema, &v.Name.Table, &from, &fromTime, &v.Statement, &until, &untilTime, &v.EndedBy, &v.Holds, &v.Definition); err != nil {
			return v, err
		}
		v.FromTime, v.UntilTime = instant(fromTime), instant(untilTime)
		var err error
		if v.From, err = event.DecodePosition(from); err == nil {
			v.Until, err = event.DecodePosition(until)
		}
		return v, err
	})
	return list, reading("reading the history of the tracked schema", err)
}

// SchemaAt gives the tables and databases of a source as of a recorded position. reached says
// of a position of the history whether it is at or before that one. A table is in the
// set from its copy's mark on. A position from which the history is no longer whole is a fault.State.
func SchemaAt(ctx context.Context, db DB, sourceID int64, fold bool, reached func(event.Position) (bool, error)) (*schema.Set, error) {
	set, err := schemaAt(ctx, db, sourceID, fold, reached)
	if err != nil {
		return nil, fmt.Errorf("reading the schema as of a position: %w", err)
	}
	return set, nil
}

func schemaAt(ctx context.Context, db DB, sourceID int64, fold bool, reached func(event.Position) (bool, error)) (*schema.Set, error) {
	var horizon string
	if err := db.QueryRow(ctx, horizonSQL, sourceID).Scan(&horizon); err != nil {
		return nil, err
	}
	if past, err := isPast(&horizon, reached); err != nil {
		return nil, err
	} else if !past {
		return nil, fault.New(fault.State, "copy what needs it anew: init_replica", "definitions of that time are no longer kept")
	}
	chosen, err := versionsAt(ctx, db, sourceID, reached)
	if err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, chosenSQL, chosen)
	if err != nil {
		return nil, err
	}
	set := schema.NewSet(fold)
	var name schema.Name
	var text []byte
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Table, &text}, func() error {
		if name.Table == "" {
			var d database
			err := json.Unmarshal(text, &d)
			set = set.WithDatabase(name.Schema, d.Collation)
			return err
		}
		t := &schema.Table{}
		err := json.Unmarshal(text, t)
		set = set.With(nil, t)
		return err
	})
	return set, err
}

// versionsAt lists the versions that hold where reached says.
func versionsAt(ctx context.Context, db DB, sourceID int64, reached func(event.Position) (bool, error)) ([]int64, error) {
	rows, err := db.Query(ctx, spansSQL, sourceID)
	if err != nil {
		return nil, err
	}
	var chosen []int64
	var id int64
	var from string
	var until *string
	_, err = pgx.ForEachRow(rows, []any{&id, &from, &until}, func() error {
		began, err := isPast(&from, reached)
		if err != nil || !began {
			return err
		}
		ended, err := false, error(nil)
		if until != nil {
			ended, err = isPast(until, reached)
		}
		if !ended {
			chosen = append(chosen, id)
		}
		return err
	})
	return chosen, err
}

func isPast(position *string, reached func(event.Position) (bool, error)) (bool, error) {
	if *position == "" {
		return true, nil
	}
	p, err := event.DecodePosition(*position)
	if err != nil {
		return false, err
	}
	return reached(p)
}
