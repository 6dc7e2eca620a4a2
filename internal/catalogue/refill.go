package catalogue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

//go:embed sql/refills.sql
var refillsSQL string

//go:embed sql/request_refill.sql
var requestRefillSQL string

//go:embed sql/take_refill.sql
var takeRefillSQL string

//go:embed sql/save_refill.sql
var saveRefillSQL string

//go:embed sql/join_refill.sql
var joinRefillSQL string

//go:embed sql/restart_refill.sql
var restartRefillSQL string

//go:embed sql/begin_refill_table.sql
var beginRefillTableSQL string

//go:embed sql/parked.sql
var parkedSQL string

//go:embed sql/restart_refills_of.sql
var restartRefillsSQL string

//go:embed sql/tidy_refills.sql
var tidyRefillsSQL string

//go:embed sql/hurry_refill.sql
var hurryRefillSQL string

//go:embed sql/land_table.sql
var landTableSQL string

const (
	explainSQL        = "UPDATE sch_chameleon.t_replica_tables SET t_reason = $2 WHERE i_id_table = $1 AND enm_state IN ('excluded', 'failed')"
	endRefillSQL      = "DELETE FROM sch_chameleon.t_refills WHERE i_id_refill = $1 AND i_epoch = $2 AND i_round = $3"
	postponeRefillSQL = "UPDATE sch_chameleon.t_refills SET i_tries = $4, ts_next = $5, t_note = $6 WHERE i_id_refill = $1 AND i_epoch = $2 AND i_round = $3"
	leaveRefillSQL    = "DELETE FROM sch_chameleon.t_refill_tables WHERE i_id_table = $1"
	lockRefillSQL     = "SELECT true FROM sch_chameleon.t_refills WHERE i_id_refill = $1 AND i_epoch = $2 AND i_round = $3 FOR UPDATE"
	refillTableSQL    = "UPDATE sch_chameleon.t_refill_tables SET t_step = $2, t_high_mark = $3, t_pending_keys = $4 WHERE i_id_table = $1"
	estimatesSQL      = "UPDATE sch_chameleon.t_replica_tables SET i_estimated_rows = $2, i_estimated_bytes = $3 WHERE i_id_table = $1"
)

// ErrRefillOver says that a refill was ended, has to begin anew, or is another process's by
// now: the transaction must be rolled back.
var ErrRefillOver = errors.New("this refill has been overtaken")

// RefillStep is how far a refill has come.
type RefillStep string

// The steps of a refill, in their order.
const (
	RefillWaiting   RefillStep = "waiting"
	RefillCopying   RefillStep = "copying"   // its tables are copied into the loading schema
	RefillFollowing RefillStep = "following" // a stream of its own brings them up with the main one
)

// Refill is a set of tables that are filled while the stream goes on for all others, and
// come into it together.
type Refill struct {
	ID      int64
	Step    RefillStep
	Epoch   int64 // of who is at it, as TakeRefill was told
	Round   int64 // goes up when it begins anew
	Tables  []*RefillTable
	Tracked []*schema.Table // as of Position, with the parents whose changes cascade to its tables
	// Position is up to where the source's transactions are in the tables.
	Position event.Position
	OpenXA   bool // an XA transaction is prepared whose events are not kept
	InPlace  bool // the tables stand in their places with the rows of Position
	Skip     bool // statements of the first transaction are passed over

	Tries     int // that have failed
	Next      time.Time
	Note      string // why the last one did
	Reached   time.Time
	Requested time.Time
}

// RefillTable is a table of a refill.
type RefillTable struct {
	ID      int64 // as in Table
	Source  schema.Name
	Schema  string // in PostgreSQL
	Name    string
	State   State // of what stands in its place
	Created bool  // we made what stands in its place
	Reason  string

	Step       string // how far its copy has come, in the copier's words; "": not begun
	Definition *schema.Table
	Mapping    map[string]string
	Low, High  event.Position
	Pending    []string
}

// Refills lists a source's refills in the order in which they were asked for.
func Refills(ctx context.Context, db DB, sourceID int64) ([]*Refill, error) {
	rows, err := db.Query(ctx, refillsSQL, sourceID)
	if err != nil {
		return nil, reading("reading the refills", err)
	}
	defer rows.Close()
	var list []*Refill
	for rows.Next() {
		r, t, err := scanRefill(rows)
		if err != nil {
			return nil, reading("reading the refills", err)
		}
		if n := len(list); n == 0 || list[n-1].ID != r.ID {
			list = append(list, r)
		}
		last := list[len(list)-1]
		last.Tables = append(last.Tables, t)
	}
	return list, reading("reading the refills", rows.Err())
}

func scanRefill(rows pgx.Rows) (*Refill, *RefillTable, error) {
	r, t := &Refill{}, &RefillTable{}
	var position, low, high string
	var reached *time.Time
	err := rows.Scan(&r.ID, &r.Step, &r.Round, &position, &r.Tracked, &r.OpenXA, &r.InPlace, &r.Skip, &r.Tries, &r.Next, &r.Note, &reached,
		&r.Requested, &t.ID, &t.Source.Schema, &t.Source.Table, &t.Schema, &t.Name, &t.State, &t.Created,
		&t.Reason, &t.Step, &t.Definition, &t.Mapping, &low, &high, &t.Pending)
	if err != nil {
		return nil, nil, err
	}
	r.Reached = instant(reached)
	for text, p := range map[*string]*event.Position{&position: &r.Position, &low: &t.Low, &high: &t.High} {
		if *p, err = event.DecodePosition(*text); err != nil {
			return nil, nil, fmt.Errorf("table %s: %w", t.Source, err)
		}
	}
	return r, t, nil
}

// RequestRefill asks for tables that the catalogue knows to be filled from the source, each
// for itself; those that are being filled already are passed over.
func RequestRefill(ctx context.Context, db DB, sourceID int64, reason string, names ...schema.Name) error {
	for _, name := range names {
		_, err := db.Exec(ctx, requestRefillSQL, sourceID, name.Schema, name.Table, printable(reason), string(RefillWaiting), "", []*schema.Table{}, false)
		if err != nil {
			return reading("asking for a refill", err)
		}
	}
	return nil
}

// RequestCatchUp asks for a table to be brought up from a position whose rows it has, in its
// place and without a copy. tracked is its definition as of there, with those of the parents
// whose changes cascade to it. skip passes over the statements of the first transaction.
func RequestCatchUp(ctx context.Context, db DB, sourceID int64, name schema.Name, reason string, from event.Position, skip bool, tracked ...*schema.Table) error {
	_, err := db.Exec(ctx, requestRefillSQL, sourceID, name.Schema, name.Table, printable(reason), string(RefillFollowing), encode(from), tracked, skip)
	return reading("asking for a table to be brought up", err)
}

// TakeRefill makes a refill that of the lease of this epoch: a transaction of another one
// that is under way is waited for. ErrRefillOver says that it is not to be had.
func TakeRefill(ctx context.Context, db DB, r *Refill, epoch int64) error {
	tag, err := db.Exec(ctx, takeRefillSQL, r.ID, epoch, r.Round)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrRefillOver
	}
	r.Epoch = epoch
	return reading("taking a refill", err)
}

// SaveRefill records, as the last statement of a transaction, where a refill stands. tracked
// is nil where the definitions are as they were. It may give ErrRefillOver.
func SaveRefill(ctx context.Context, tx DB, r *Refill, tracked []*schema.Table) error {
	var set any
	if tracked != nil {
		set = tracked
	}
	tag, err := tx.Exec(ctx, saveRefillSQL, r.ID, r.Epoch, r.Round, string(r.Step), encode(r.Position), set, r.OpenXA, r.Skip, nullTime(r.Reached))
	if err == nil && tag.RowsAffected() == 0 {
		return ErrRefillOver
	}
	return reading("saving a refill", err)
}

// LockRefill makes sure, to the end of the transaction, that nobody overtakes a refill.
func LockRefill(ctx context.Context, tx DB, r *Refill) error {
	var held bool
	err := tx.QueryRow(ctx, lockRefillSQL, r.ID, r.Epoch, r.Round).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrRefillOver
	}
	return reading("locking a refill", err)
}

// JoinRefill takes tables into a refill, out of others that have not begun.
func JoinRefill(ctx context.Context, tx DB, sourceID, refillID int64, reason string, names ...schema.Name) error {
	schemas, tables := split(names)
	_, err := tx.Exec(ctx, joinRefillSQL, sourceID, refillID, schemas, tables, reason)
	return reading("joining refills", err)
}

// RestartRefill lets a refill begin anew; nil leaves its tries and the time of the next one as they are.
func RestartRefill(ctx context.Context, db DB, r *Refill, note string, tries *int, next *time.Time) error {
	_, err := db.Exec(ctx, restartRefillSQL, r.ID, tries, next, printable(note))
	return reading("beginning a refill anew", err)
}

// PostponeRefill lets a refill go on at another time.
func PostponeRefill(ctx context.Context, db DB, r *Refill, tries int, next time.Time, note string) error {
	_, err := db.Exec(ctx, postponeRefillSQL, r.ID, r.Epoch, r.Round, tries, next, printable(note))
	return reading("postponing a refill", err)
}

// LeaveRefill takes one table out of its refill.
func LeaveRefill(ctx context.Context, db DB, tableID int64) error {
	_, err := db.Exec(ctx, leaveRefillSQL, tableID)
	return reading("leaving a refill", err)
}

// EndRefill forgets a refill. It may give ErrRefillOver.
func EndRefill(ctx context.Context, tx DB, r *Refill) error {
	tag, err := tx.Exec(ctx, endRefillSQL, r.ID, r.Epoch, r.Round)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrRefillOver
	}
	return reading("ending a refill", err)
}

// BeginRefillTable records that a table's copy begins (anew) and forgets its chunks.
func BeginRefillTable(ctx context.Context, tx DB, t *RefillTable) error {
	_, err := tx.Exec(ctx, beginRefillTableSQL, t.ID, t.Step, t.Definition, t.Mapping, encode(t.Low), encode(t.High), list(t.Pending))
	return reading("recording the beginning of a copy", err)
}

// SaveRefillTable records how far a table's copy has come.
func SaveRefillTable(ctx context.Context, tx DB, t *RefillTable) error {
	_, err := tx.Exec(ctx, refillTableSQL, t.ID, t.Step, encode(t.High), list(t.Pending))
	return reading("recording a table's copy", err)
}

// SetEstimates stores what a table is thought to have.
func SetEstimates(ctx context.Context, db DB, tableID, rows, bytes int64) error {
	_, err := db.Exec(ctx, estimatesSQL, tableID, rows, bytes)
	return reading("storing estimates", err)
}

// ParkedTable is a table in PostgreSQL that is not followed.
type ParkedTable struct {
	ID      int64
	Source  schema.Name
	Schema  string // in PostgreSQL
	Name    string
	Created bool // we made it
}

// Parked gives those of the named tables that were excluded or have failed.
func Parked(ctx context.Context, db DB, sourceID int64, names ...schema.Name) ([]ParkedTable, error) {
	schemas, tables := split(names)
	rows, err := db.Query(ctx, parkedSQL, sourceID, schemas, tables)
	if err != nil {
		return nil, reading("reading excluded tables", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ParkedTable, error) {
		var t ParkedTable
		err := row.Scan(&t.ID, &t.Source.Schema, &t.Source.Table, &t.Schema, &t.Name, &t.Created)
		return t, err
	})
	return list, reading("reading excluded tables", err)
}

// RestartRefillsOf lets the refills of tables begin anew whose names have come to stand for
// others.
func RestartRefillsOf(ctx context.Context, db DB, sourceID int64, names ...schema.Name) error {
	schemas, tables := split(names)
	_, err := db.Exec(ctx, restartRefillsSQL, sourceID, schemas, tables)
	return reading("beginning refills anew", err)
}

// TidyRefills forgets refills that have lost all of their tables.
func TidyRefills(ctx context.Context, db DB, sourceID int64) error {
	_, err := db.Exec(ctx, tidyRefillsSQL, sourceID)
	return reading("tidying up refills", err)
}

// Explain gives an excluded table another reason.
func Explain(ctx context.Context, db DB, tableID int64, reason string) error {
	_, err := db.Exec(ctx, explainSQL, tableID, printable(reason))
	return reading("storing the reason of an exclusion", err)
}

// LandTable records that a table of a refill has come into the stream, with its rows as of
// a position.
func LandTable(ctx context.Context, tx DB, t *Table, at event.Position) error {
	_, err := tx.Exec(ctx, landTableSQL, t.ID, list(t.Key), t.Created, t.Definition, t.Mapping, encode(at))
	if err != nil {
		return reading("recording a table that comes in", err)
	}
	return FoldChunks(ctx, tx, t.ID)
}

// HurryRefill lets the refill of a table be tried at once, as if it had not failed yet.
func HurryRefill(ctx context.Context, db DB, sourceID int64, name schema.Name) error {
	_, err := db.Exec(ctx, hurryRefillSQL, sourceID, name.Schema, name.Table)
	return reading("hurrying a refill", err)
}
