package pipeline

import (
	"context"
	"fmt"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

// detachSteps goes through the steps of a detachment, each in one transaction with the record
// of what became of it.
type detachSteps struct {
	replica *Replica
	conn    *dial.Conn
	record  *catalogue.Detachment
	tell    func(string)
}

// run does what is open. What PostgreSQL refuses is noted, and the rest done.
func (d *detachSteps) run(ctx context.Context) error {
	open := 0
	for i := range d.record.Steps {
		if d.open(&d.record.Steps[i]) {
			open++
		}
	}
	done := 0
	for i := range d.record.Steps {
		s := &d.record.Steps[i]
		if !d.open(s) {
			continue
		}
		done++
		d.tell(fmt.Sprintf("step %d of %d: %s %s", done, open, s.Kind, s.Object))
		if s.Needs > 0 && d.record.Steps[s.Needs-1].State != catalogue.StepDone {
			s.Note = fmt.Sprintf("it needs step %d", s.Needs)
			continue
		}
		if err := d.step(ctx, s); err != nil {
			return fmt.Errorf("step %d, %s %s: %w", s.Number, s.Kind, s.Object, err)
		}
	}
	return nil
}

func (d *detachSteps) open(s *catalogue.DetachStep) bool {
	return s.State == catalogue.StepWaiting || s.State == catalogue.StepFailed
}

// step does one step. An error is one of the connection: it can be gone on with later.
func (d *detachSteps) step(ctx context.Context, s *catalogue.DetachStep) error {
	refused, note := "", ""
	if s.State == catalogue.StepWaiting && s.Needs == 0 {
		note = s.Note // of the plan: in which way it is not the same
	}
	err := dial.InTx(ctx, d.conn, func(tx dial.Tx) error {
		if err := d.waitForLocks(ctx, tx); err != nil {
			return err
		}
		if s.First {
			count, err := violations(ctx, tx, s)
			if err != nil || count > 0 {
				refused = fmt.Sprintf("%d rows hold other values than the expression gives", count)
				return err
			}
		}
		for _, sql := range s.SQL {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return dial.Classify(err)
			}
		}
		return catalogue.SetDetachStep(ctx, tx, d.record.ID, s.Number, catalogue.StepDone, note)
	})
	switch {
	case err == nil && refused == "":
		s.State, s.Note = catalogue.StepDone, note
		return nil
	case err != nil:
		if ctx.Err() != nil || d.conn.IsClosed() {
			return err
		}
		refused = d.explain(ctx, s, err)
	}
	s.State, s.Note = catalogue.StepFailed, refused
	noted := catalogue.SetDetachStep(ctx, d.conn, d.record.ID, s.Number, s.State, s.Note)
	if noted != nil && err != nil && d.conn.IsClosed() {
		return err // which tells more than that the connection is gone
	}
	return noted
}

// waitForLocks bounds how long readers of the tables are waited for.
func (d *detachSteps) waitForLocks(ctx context.Context, tx dial.Tx) error {
	timeout := d.replica.spec.LockTimeout
	if timeout <= 0 {
		return nil
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", timeout.Milliseconds()))
	return dial.Classify(err)
}

// explain says why PostgreSQL has refused a step, with the number of rows at fault.
func (d *detachSteps) explain(ctx context.Context, s *catalogue.DetachStep, cause error) string {
	text := cause.Error()
	if s.Violations == "" || s.First || fault.KindOf(cause) != fault.Data {
		return text
	}
	count, err := violations(ctx, d.conn, s)
	if err != nil || count == 0 {
		return text
	}
	return fmt.Sprintf("%d rows are against it; new rows are held to it all the same. To find them: %s", count, strings.Replace(s.Violations, "count(*)", "*", 1))
}

// violations counts the rows for which a step cannot hold.
func violations(ctx context.Context, db dial.DB, s *catalogue.DetachStep) (n int64, err error) {
	if err := db.QueryRow(ctx, s.Violations).Scan(&n); err != nil {
		return 0, dial.Classify(err)
	}
	return n, nil
}
