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

//go:embed sql/hold.sql
var holdSQL string

//go:embed sql/keep_table.sql
var keepTableSQL string

//go:embed sql/kept_tables.sql
var keptTablesSQL string

//go:embed sql/held.sql
var heldSQL string

const decideHeldSQL = "UPDATE sch_chameleon.t_held_statements SET t_state = $2, ts_decided = now(), t_decided_by = $3 || session_user || $4 WHERE i_id_held = $1 AND t_state = 'held'"

// HeldState is what has become of a held statement.
type HeldState string

// The states of a held statement.
const (
	Held      HeldState = "held"
	Applied   HeldState = "applied"   // by apply_held
	Skipped   HeldState = "skipped"   // by skip_held
	Overtaken HeldState = "overtaken" // its tables were copied again, or excluded once more
)

// HeldStatement is a statement that a policy holds, with all that is needed to carry it
// out later.
type HeldStatement struct {
	ID          int64
	Class       string
	Statement   string            // for people
	Event       []byte            // how it is written is the caller's matter
	Tracked     []*schema.Table   // as of Position: the tables that wait, and the parents whose changes cascade to them
	Databases   map[string]string // default collations as of Position
	Position    event.Position    // up to which the tables have all
	Transaction string            // that the statement is
	At          time.Time         // when it began on the source; zero: not known
	Since       time.Time
	State       HeldState
	Decided     time.Time
	DecidedBy   string
	Tables      []schema.Name // that wait
	Exact       bool          // they have nothing of after Position
}

// Hold stores a held statement and sets its ID. It belongs into the transaction that parks
// its tables, before it does. apart says that they are parked already, and exact all the same
// if h is.
func Hold(ctx context.Context, tx DB, sourceID int64, h *HeldStatement, apart bool) error {
	schemas, tables := split(h.Tables)
	rows, err := tx.Query(ctx, holdSQL, sourceID, h.Class, printable(h.Statement), h.Event, h.Tracked, h.Databases, encode(h.Position), h.Transaction, nullTime(h.At), schemas, tables, h.Exact, apart)
	if err != nil {
		return reading("holding a statement", err)
	}
	_, err = pgx.ForEachRow(rows, []any{&h.ID}, func() error { return nil })
	return reading("holding a statement", err)
}

// HeldStatements lists the statements that are or were held, the oldest first.
func HeldStatements(ctx context.Context, db DB, sourceID int64) ([]*HeldStatement, error) {
	rows, err := db.Query(ctx, heldSQL, sourceID)
	if err != nil {
		return nil, reading("reading held statements", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*HeldStatement, error) {
		h := &HeldStatement{}
		var position string
		var at, decided *time.Time
		var schemas, tables []string
		err := row.Scan(&h.ID, &h.Class, &h.Statement, &h.Event, &h.Tracked, &h.Databases, &position, &h.Transaction, &at, &h.Since,
			&h.State, &decided, &h.DecidedBy, &schemas, &tables, &h.Exact)
		if err != nil {
			return nil, err
		}
		h.At, h.Decided = instant(at), instant(decided)
		for i := range schemas {
			h.Tables = append(h.Tables, schema.Name{Schema: schemas[i], Table: tables[i]})
		}
		if h.Position, err = event.DecodePosition(position); err != nil {
			return nil, fmt.Errorf("held statement %d: %w", h.ID, err)
		}
		return h, nil
	})
	return list, reading("reading held statements", err)
}

// DecideHeld records what has become of a held statement and at whose wish. One that is
// not held any more is a fault.State.
func DecideHeld(ctx context.Context, tx DB, id int64, state HeldState, by Actor) error {
	before, after := by.around()
	tag, err := tx.Exec(ctx, decideHeldSQL, id, string(state), before, after)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.State, "chameleon show_status --source NAME lists what is held", "statement %d is not held any more", id)
	}
	return reading("deciding on a held statement", err)
}

// KeepTable notes that a policy leaves an excluded table in PostgreSQL as it was at a position.
func KeepTable(ctx context.Context, tx DB, sourceID int64, name schema.Name, at event.Position) error {
	_, err := tx.Exec(ctx, keepTableSQL, sourceID, name.Schema, name.Table, encode(at))
	return reading("keeping a table", err)
}

// KeptTables gives those of the named tables whose places must not be taken.
func KeptTables(ctx context.Context, db DB, sourceID int64, names ...schema.Name) ([]schema.Name, error) {
	schemas, tables := split(names)
	rows, err := db.Query(ctx, keptTablesSQL, sourceID, schemas, tables)
	if err != nil {
		return nil, reading("reading kept tables", err)
	}
	kept, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n schema.Name, err error) {
		return n, row.Scan(&n.Schema, &n.Table)
	})
	return kept, reading("reading kept tables", err)
}

// Actor is who gives a command. The role in the database is known there.
type Actor struct {
	User string // of the operating system
	Host string
}

func (a Actor) around() (before, after string) {
	return "role ", fmt.Sprintf(", user %s on %s", a.User, a.Host)
}
