package catalogue

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

//go:embed sql/tables.sql
var tablesSQL string

//go:embed sql/put_tables.sql
var putTablesSQL string

//go:embed sql/add_table.sql
var addTableSQL string

//go:embed sql/set_state.sql
var setStateSQL string

//go:embed sql/save_copy.sql
var saveCopySQL string

//go:embed sql/exclude.sql
var excludeSQL string

//go:embed sql/rename_table.sql
var renameTableSQL string

//go:embed sql/drop_tables.sql
var dropTablesSQL string

const (
	copiedSQL  = "UPDATE sch_chameleon.t_replica_tables SET i_copied_rows = $2, i_copied_bytes = $3 WHERE i_id_table = $1"
	createdSQL = "UPDATE sch_chameleon.t_replica_tables SET b_created = $2 WHERE i_id_table = ANY ($1)"
	pendingSQL = "UPDATE sch_chameleon.t_replica_tables SET t_pending_keys = $2 WHERE i_id_table = $1"
)

// State is where a table stands.
type State string

// The states of a table, in their order.
const (
	Copying     State = "copying"     // chunks go into the loading schema
	Loaded      State = "loaded"      // rows and indexes are there, not swapped in yet
	CatchingUp  State = "catching_up" // in its place; the stream has not come to the high mark
	Replicating State = "replicating"
	Copied      State = "copied"   // of a source that is copied and not followed
	Spared      State = "shadow"   // a shadow table whose rows are not written
	Excluded    State = "excluded" // parked by the stream, with a reason
	Failed      State = "failed"   // its copy could not be done, with a reason
)

// Table is what the catalogue knows of a replicated table.
type Table struct {
	ID     int64 // given by PutTables
	Source schema.Name
	Schema string // in PostgreSQL
	Name   string
	Key    []string // columns that identify a row; empty: whole rows are matched
	State  State
	Since  time.Time // when it came to this state

	Created    bool              // we made it, so we may replace it
	Definition *schema.Table     // with which its copy began; nil if none was given
	Mapping    map[string]string // what each column becomes, as mapping.Table.Identities has it; nil: not known
	Low, High  event.Position
	Pending    []string // names of unique keys that are built once the high mark is reached

	Reason     string         // why it is excluded or failed
	ExcludedAt event.Position // the first transaction that it lacks comes after

	EstimatedRows, EstimatedBytes int64
	CopiedRows, CopiedBytes       int64 // finished chunks included
	DiscardedRows                 int64 // by the copy
}

// Tables lists a source's tables by name, in one round trip.
func Tables(ctx context.Context, db DB, sourceID int64) ([]*Table, error) {
	return readTables(ctx, db, tablesSQL+byName, sourceID, true)
}

// TablesBare is Tables without the tables' definitions and mappings, which are most of what there is to read.
func TablesBare(ctx context.Context, db DB, sourceID int64) ([]*Table, error) {
	return readTables(ctx, db, tablesSQL+byName, sourceID, false)
}

const byName = ` ORDER BY t.t_source_schema COLLATE "C", t.t_source_table COLLATE "C"`

// TableOf gives one table of a source, or nil.
func TableOf(ctx context.Context, db DB, sourceID int64, name schema.Name) (*Table, error) {
	found, err := readTables(ctx, db, tablesSQL+" AND t.t_source_schema = $3 AND t.t_source_table = $4", sourceID, true, name.Schema, name.Table)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

func readTables(ctx context.Context, db DB, sql string, args ...any) ([]*Table, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, reading("reading the tables", err)
	}
	list, err := pgx.CollectRows(rows, scanTable)
	return list, reading("reading the tables", err)
}

func scanTable(row pgx.CollectableRow) (*Table, error) {
	t := &Table{}
	var low, high, excluded string
	err := row.Scan(&t.ID, &t.Source.Schema, &t.Source.Table, &t.Schema, &t.Name, &t.Key, &t.State, &t.Since, &t.Created, &t.Definition, &t.Mapping,
		&low, &high, &t.Pending, &t.Reason, &excluded, &t.EstimatedRows, &t.EstimatedBytes, &t.CopiedRows, &t.CopiedBytes, &t.DiscardedRows)
	if err != nil {
		return nil, err
	}
	for text, position := range map[*string]*event.Position{&low: &t.Low, &high: &t.High, &excluded: &t.ExcludedAt} {
		if *position, err = event.DecodePosition(*text); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Source, err)
		}
	}
	return t, nil
}

// entry is a table as the statement that stores it reads it.
type entry struct {
	Schema         string            `json:"t_source_schema"`
	Table          string            `json:"t_source_table"`
	TargetSchema   string            `json:"v_schema_name"`
	TargetTable    string            `json:"v_table_name"`
	Key            []string          `json:"v_table_pkey"`
	State          State             `json:"enm_state"`
	Created        bool              `json:"b_created"`
	Definition     *schema.Table     `json:"jsb_definition"`
	Mapping        map[string]string `json:"jsb_mapping"`
	Low            string            `json:"t_low_mark"`
	High           string            `json:"t_high_mark"`
	Pending        []string          `json:"t_pending_keys"`
	Reason         string            `json:"t_reason"`
	EstimatedRows  int64             `json:"i_estimated_rows"`
	EstimatedBytes int64             `json:"i_estimated_bytes"`
}

// PutTables stores tables whole, in one round trip, and sets their IDs. A table
// of the same source name is replaced, its chunks and counts are forgotten;
// that we made it stays known.
func PutTables(ctx context.Context, db DB, sourceID int64, tables ...*Table) error {
	entries := make([]entry, 0, len(tables))
	byName := make(map[schema.Name]*Table, len(tables))
	for _, t := range tables {
		entries = append(entries, entry{
			Schema: t.Source.Schema, Table: t.Source.Table, TargetSchema: t.Schema, TargetTable: t.Name, Key: list(t.Key), State: t.State,
			Created: t.Created, Definition: t.Definition, Mapping: t.Mapping, Low: encode(t.Low), High: encode(t.High), Pending: list(t.Pending), Reason: t.Reason,
			EstimatedRows: t.EstimatedRows, EstimatedBytes: t.EstimatedBytes,
		})
		byName[t.Source] = t
	}
	if len(entries) == 0 {
		return nil
	}
	rows, err := db.Query(ctx, putTablesSQL, sourceID, entries)
	if err != nil {
		return reading("storing tables", err)
	}
	var name schema.Name
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Table, &id}, func() error {
		byName[name].ID = id
		return nil
	})
	return reading("storing tables", err)
}

// SetCopied stores how much was copied of a table without chunks.
func SetCopied(ctx context.Context, db DB, tableID, rows, bytes int64) error {
	_, err := db.Exec(ctx, copiedSQL, tableID, rows, bytes)
	return reading("storing what was copied of a table", err)
}

// AddTable records a table that is not followed yet, as excluded; one that is known already
// stays as it is.
func AddTable(ctx context.Context, db DB, sourceID int64, t *Table) error {
	_, err := db.Exec(ctx, addTableSQL, sourceID, t.Source.Schema, t.Source.Table, t.Schema, t.Name, printable(t.Reason))
	return reading("recording a table", err)
}

// SetState moves tables to a state and clears the reason of an exclusion.
// A table that is not there is a fault.State.
func SetState(ctx context.Context, db DB, sourceID int64, state State, names ...schema.Name) error {
	schemas, tables := split(names)
	tag, err := db.Exec(ctx, setStateSQL, sourceID, string(state), schemas, tables)
	if err != nil {
		return reading("setting the state of tables", err)
	}
	return all(tag.RowsAffected(), names)
}

// Exclude parks a table (state Excluded, or Failed for one whose copy could not
// be done) with the reason, at the position up to which it has everything.
func Exclude(ctx context.Context, db DB, sourceID int64, name schema.Name, state State, reason string, at event.Position) error {
	tag, err := db.Exec(ctx, excludeSQL, sourceID, name.Schema, name.Table, string(state), printable(reason), encode(at))
	if err != nil {
		return reading("excluding a table", err)
	}
	return all(tag.RowsAffected(), []schema.Name{name})
}

// RenameTable gives a table its new names on both sides. A table that had the name before and
// is no longer followed is forgotten.
func RenameTable(ctx context.Context, db DB, sourceID int64, from, to schema.Name, targetSchema, targetTable string) error {
	if from != to {
		if err := DropTables(ctx, db, sourceID, to); err != nil {
			return err
		}
	}
	tag, err := db.Exec(ctx, renameTableSQL, sourceID, from.Schema, from.Table, to.Schema, to.Table, targetSchema, targetTable)
	if err != nil {
		return reading("renaming a table", err)
	}
	return all(tag.RowsAffected(), []schema.Name{from})
}

// DropTables forgets tables, their chunks and conversions; names that are not
// there are passed over.
func DropTables(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	schemas, tables := split(names)
	_, err := db.Exec(ctx, dropTablesSQL, sourceID, schemas, tables)
	return reading("forgetting tables", err)
}

// SaveCopy stores how far a table's copy has come: its state, its high mark, and the unique keys that
// are still to be built. A table that is not there is a fault.State.
func SaveCopy(ctx context.Context, db DB, t *Table, state State, high event.Position, pending []string) error {
	tag, err := db.Exec(ctx, saveCopySQL, t.ID, string(state), encode(high), list(pending))
	if err != nil {
		return reading("storing how far the copy of a table has come", err)
	}
	return all(tag.RowsAffected(), []schema.Name{t.Source})
}

// SetCreated records that the tables in their places were made by us, or that they no
// longer are.
func SetCreated(ctx context.Context, db DB, created bool, tableIDs ...int64) error {
	_, err := db.Exec(ctx, createdSQL, tableIDs, created)
	return reading("recording who made a table", err)
}

// SetPending stores the names of the unique keys that are still to be built.
func SetPending(ctx context.Context, db DB, tableID int64, keys []string) error {
	_, err := db.Exec(ctx, pendingSQL, tableID, list(keys))
	return reading("storing the keys still to be built", err)
}

// all is an error unless as many rows were found as there are names.
func all(found int64, names []schema.Name) error {
	if found == int64(len(names)) {
		return nil
	}
	return fault.New(fault.State, "", "of the tables %v only %d are registered in the catalogue", names, found)
}

func split(names []schema.Name) (schemas, tables []string) {
	schemas, tables = make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		schemas[i], tables[i] = name.Schema, name.Table
	}
	return schemas, tables
}

// encode gives the stored text of a position, "" for the zero one.
func encode(p event.Position) string {
	if p.IsZero() {
		return ""
	}
	return p.Encode()
}

// list gives an empty array where there is none, since NULL is not allowed.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
