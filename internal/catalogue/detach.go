package catalogue

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
)

//go:embed sql/begin_detachment.sql
var beginDetachmentSQL string

//go:embed sql/put_detach_steps.sql
var putDetachStepsSQL string

//go:embed sql/detachment.sql
var detachmentSQL string

//go:embed sql/retire_source.sql
var retireSourceSQL string

const (
	detachStepsSQL = `SELECT i_step, t_kind, t_object, t_statements, t_violations, b_first, i_needs, t_state, t_note
		FROM sch_chameleon.t_detach_steps WHERE i_id_detachment = $1 ORDER BY i_step`
	detachStepSQL = `UPDATE sch_chameleon.t_detach_steps SET t_state = $3, t_note = $4, ts_done = now()
		WHERE i_id_detachment = $1 AND i_step = $2 AND t_state <> 'done'`
)

// Detachment is the record of a source whose replica becomes a database that stands by itself.
type Detachment struct {
	ID       int64
	Source   string
	Position event.Position // all of the source before it is in the tables, none after it
	Compared string         // what came of comparing both sides
	Begun    time.Time
	Detached time.Time // when the source was forgotten; zero: not yet
	Steps    []DetachStep
}

// StepState is where a step of a detachment stands.
type StepState string

// The states of a step.
const (
	StepWaiting StepState = "waiting"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepLeftOut StepState = "left_out" // it cannot be done, which the plan knew
)

// DetachStep is a part of a detachment, done in one transaction.
type DetachStep struct {
	Number     int       `json:"i_step"` // from 1 on
	Kind       string    `json:"t_kind"`
	Object     string    `json:"t_object"`
	SQL        []string  `json:"t_statements"`
	Violations string    `json:"t_violations"` // a query that counts the rows for which it cannot hold; "": none
	First      bool      `json:"b_first"`      // they are counted before, and there must be none
	Needs      int       `json:"i_needs"`      // the step that must have been done; 0: none
	State      StepState `json:"t_state"`
	Note       string    `json:"t_note"`
}

// BeginDetachment records, within tx, that the source is being detached, with the steps
// that are to be done: it is not followed any more. It gives ErrFenced when the epoch is not
// the source's present one.
func BeginDetachment(ctx context.Context, tx DB, sourceID, epoch int64, d *Detachment, by string) error {
	err := tx.QueryRow(ctx, beginDetachmentSQL, sourceID, epoch, d.Compared, by).Scan(&d.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrFenced
	}
	if err != nil {
		return reading("recording the detachment", err)
	}
	steps := make([]DetachStep, len(d.Steps))
	for i, s := range d.Steps {
		s.SQL, s.Note = list(s.SQL), printable(s.Note)
		steps[i] = s
	}
	_, err = tx.Exec(ctx, putDetachStepsSQL, d.ID, steps)
	return reading("recording the steps of the detachment", err)
}

// LastDetachment gives the newest detachment of a source of that name, nil if there was none.
func LastDetachment(ctx context.Context, db DB, source string) (*Detachment, error) {
	if err := current(ctx, db); err != nil {
		return nil, err
	}
	d := &Detachment{}
	var position string
	var detached *time.Time
	err := db.QueryRow(ctx, detachmentSQL, source).Scan(&d.ID, &d.Source, &position, &d.Compared, &d.Begun, &detached)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, reading("reading the detachment", err)
	}
	d.Detached = instant(detached)
	if d.Position, err = event.DecodePosition(position); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, detachStepsSQL, d.ID)
	if err != nil {
		return nil, reading("reading the steps of the detachment", err)
	}
	d.Steps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DetachStep])
	return d, reading("reading the steps of the detachment", err)
}

// SetDetachStep records what became of a step. It belongs into the transaction that does it.
func SetDetachStep(ctx context.Context, db DB, detachmentID int64, step int, state StepState, note string) error {
	_, err := db.Exec(ctx, detachStepSQL, detachmentID, step, string(state), printable(note))
	return reading("recording a step of the detachment", err)
}

// RetireSource forgets a source that was detached; the record of its detachment stays. It
// gives ErrFenced when the epoch is not the source's present one.
func RetireSource(ctx context.Context, db DB, sourceID, epoch, detachmentID int64) error {
	tag, err := db.Exec(ctx, retireSourceSQL, sourceID, epoch, detachmentID)
	if err != nil {
		return reading("forgetting the source", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrFenced
	}
	return nil
}
