package pipeline

import (
	"context"
	"errors"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	target "pgchameleon/internal/target/dial"
)

// The words of on_error_read that are no default.
const (
	waitForSource = "continue"
	leaveSource   = "exit"
)

// errReading says that it was the source that could not be reached or read.
type errReading struct{ error }

func (e errReading) Unwrap() error { return e.error }

// readFailure marks an error of the reading.
func readFailure(err error) error {
	if fault.KindOf(err) != fault.Retry {
		return err
	}
	return errReading{err}
}

// checkOrWait looks for what is in the way before anything is changed. With on_error_read: continue, or where there is
// something to replay without it, a source that cannot be reached is waited for, and looked at when it can.
func (r *Replica) checkOrWait(ctx context.Context, db catalogue.DB, known *catalogue.Source, ready func()) error {
	logged, err := r.remembered(ctx, db, known.ID)
	if err != nil {
		return err
	}
	if r.spec.OnErrorRead == waitForSource || logged != nil {
		from, err := r.reach(ctx)
		if err == nil {
			from.close()
		} else if fault.KindOf(err) == fault.Retry {
			if err := mayFollow(known); err != nil {
				return err
			}
			r.log.Warn("the source cannot be reached and is waited for", "error", err)
			if err := r.status(ctx, db, known.ID, catalogue.Running); err != nil {
				return err
			}
			r.unchecked = true
			ready()
			return nil
		}
	}
	return r.check(ctx, false)
}

// checkAtLast is the look that a source that was away has not had yet.
func (r *Replica) checkAtLast(ctx context.Context) error {
	if !r.unchecked {
		return nil
	}
	if err := r.check(ctx, false); err != nil {
		return err
	}
	r.unchecked = false
	return nil
}

func isReading(err error) bool {
	var failed errReading
	return errors.As(err, &failed)
}

// endsReading says whether an error ends the replica by on_error_read: exit.
func (r *Replica) endsReading(err error) bool {
	return r.spec.OnErrorRead == leaveSource && isReading(err)
}

// leaveOff records that the replica has stopped because the source could not be read. It may be
// started again.
func (r *Replica) leaveOff(ctx context.Context, pool *target.Pooled, id int64, cause error) error {
	err := fault.New(fault.KindOf(cause), "start the replica again once the source can be reached; with on_error_read: retry it is tried again by itself",
		"the source cannot be read, and on_error_read is exit: %w", cause)
	written, cancel := context.WithTimeout(context.WithoutCancel(ctx), parkWithin)
	defer cancel()
	_, logged := catalogue.LogError(written, pool, catalogue.LoggedError{SourceID: id, Message: err.Error()})
	if failed := errors.Join(logged, r.status(ctx, pool, id, catalogue.Stopped)); failed != nil {
		r.log.Error("the cause of the stop could not be recorded", "error", failed)
	}
	return err
}
