package catalogue

import (
	"context"
	_ "embed"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/move_schemas.sql
var moveSchemasSQL string

//go:embed sql/forget_schemas.sql
var forgetSchemasSQL string

const (
	settingsSQL     = "SELECT jsb_wanted_mappings, jsb_filters, jsb_wanted_fills FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	wantMappingsSQL = "UPDATE sch_chameleon.t_sources SET jsb_wanted_mappings = $2 WHERE i_id_source = $1"
	setMappingsSQL  = "UPDATE sch_chameleon.t_sources SET jsb_schema_mappings = $2, jsb_wanted_mappings = NULL WHERE i_id_source = $1"
	setFiltersSQL   = "UPDATE sch_chameleon.t_sources SET jsb_filters = $2 WHERE i_id_source = $1"
	wantFillsSQL    = "UPDATE sch_chameleon.t_sources SET jsb_wanted_fills = jsb_wanted_fills || $2::jsonb WHERE i_id_source = $1"
	endFillsSQL     = "UPDATE sch_chameleon.t_sources SET jsb_wanted_fills = '[]' WHERE i_id_source = $1"
	fillsDueSQL     = "SELECT jsb_wanted_fills <> '[]' FROM sch_chameleon.t_sources WHERE i_id_source = $1"
	// Tables that are on their way have statements in waiting that name their schemas.
	mappingsDueSQL = "SELECT jsb_wanted_mappings IS NOT NULL AND NOT EXISTS (SELECT FROM sch_chameleon.t_replica_tables AS t " +
		"WHERE t.i_id_source = s.i_id_source AND t.enm_state IN ('copying', 'loaded', 'catching_up')) FROM sch_chameleon.t_sources AS s WHERE s.i_id_source = $1"
)

// Filters are limit_tables and skip_tables by which a source's list of tables was made.
type Filters struct {
	Limit []string `json:"limit"`
	Skip  []string `json:"skip"`
}

// Settings are what a source's configuration asked for when it was last carried over.
type Settings struct {
	Wanted  map[string]string // mappings that are to take the place of the source's; nil: none
	Filters *Filters          // nil: not known
	Fills   []schema.Name     // tables that are followed and are to be filled where they stand
}

// SettingsOf reads a source's settings.
func SettingsOf(ctx context.Context, db DB, sourceID int64) (Settings, error) {
	var s Settings
	var fills [][2]string
	err := db.QueryRow(ctx, settingsSQL, sourceID).Scan(&s.Wanted, &s.Filters, &fills)
	for _, name := range fills {
		s.Fills = append(s.Fills, schema.Name{Schema: name[0], Table: name[1]})
	}
	return s, reading("reading the source's settings", err)
}

// WantMappings asks for other mappings; nil takes the wish back.
func WantMappings(ctx context.Context, db DB, sourceID int64, schemas map[string]string) error {
	var wish any
	if schemas != nil {
		wish = schemas
	}
	_, err := db.Exec(ctx, wantMappingsSQL, sourceID, wish)
	return reading("asking for other schema mappings", err)
}

// WantFills asks for tables that are followed to be filled where they stand.
func WantFills(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	list := make([][2]string, len(names))
	for i, name := range names {
		list[i] = [2]string{name.Schema, name.Table}
	}
	_, err := db.Exec(ctx, wantFillsSQL, sourceID, list)
	return reading("asking for tables to be filled", err)
}

// EndFills records that this was taken up.
func EndFills(ctx context.Context, db DB, sourceID int64) error {
	_, err := db.Exec(ctx, endFillsSQL, sourceID)
	return reading("taking up tables to be filled", err)
}

// FillsDue says whether there are such tables.
func FillsDue(ctx context.Context, db DB, sourceID int64) (due bool, err error) {
	err = db.QueryRow(ctx, fillsDueSQL, sourceID).Scan(&due)
	return due, reading("looking for tables to be filled", err)
}

// MappingsDue says whether other mappings are asked for and no table is on its way.
func MappingsDue(ctx context.Context, db DB, sourceID int64) (due bool, err error) {
	err = db.QueryRow(ctx, mappingsDueSQL, sourceID).Scan(&due)
	return due, reading("looking for other schema mappings", err)
}

// SetMappings gives a source its mappings; none are asked for any more.
func SetMappings(ctx context.Context, db DB, sourceID int64, schemas map[string]string) error {
	_, err := db.Exec(ctx, setMappingsSQL, sourceID, schemas)
	return reading("storing the schema mappings", err)
}

// SetFilters stores the filters by which the list of tables was made.
func SetFilters(ctx context.Context, db DB, sourceID int64, f Filters) error {
	f.Limit, f.Skip = list(f.Limit), list(f.Skip)
	_, err := db.Exec(ctx, setFiltersSQL, sourceID, f)
	return reading("storing the filters of tables", err)
}

// MoveSchemas records that PostgreSQL schemas have other names, all at once.
func MoveSchemas(ctx context.Context, db DB, sourceID int64, moved map[string]string) error {
	_, err := db.Exec(ctx, moveSchemasSQL, sourceID, moved)
	return reading("recording the names of schemas", err)
}

// ForgetSchemas forgets the tables of databases and what is kept of them, but for the error log
// and the discarded rows. The tracked schema is not touched.
func ForgetSchemas(ctx context.Context, tx dial.Tx, sourceID int64, databases ...string) error {
	_, err := tx.Exec(ctx, forgetSchemasSQL, sourceID, list(databases))
	return reading("forgetting databases", err)
}

// Admissible says whether a source may have these mappings beside the other sources, with which it
// may share some schemas.
func Admissible(ctx context.Context, db DB, name string, schemas map[string]string, shareable ...string) error {
	all, err := Sources(ctx, db)
	if err != nil {
		return err
	}
	var others []Source
	for _, s := range all {
		if s.Name != name {
			others = append(others, s)
		}
	}
	return admissible(name, schemas, others, shareable)
}
