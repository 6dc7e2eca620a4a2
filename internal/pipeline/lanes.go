package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/transform"
)

const (
	laneRows  = 2_000           // a smaller batch is not worth a lane of its own,
	laneBytes = 2 << 20         // unless it has large rows;
	laneMost  = 32 << 20        // with very large ones it is written alone, for two take much memory
	laneLocks = 5 * time.Second // how long a lane waits for a lock; two may wait for one another where PostgreSQL cannot see it
	apartFor  = time.Minute     // how long batches go one after the other once lanes have failed; doubled each time
	apartMost = time.Hour
)

// openLanes makes the lanes that the configuration asks for; connections are
// made when they are needed.
func (s *stream) openLanes() {
	most := s.replica.spec.ApplyThreads
	if most < 2 || time.Now().Before(s.replica.apartUntil) {
		most = 0
	}
	s.writer.lanes = apply.NewLanes(s.writer.applier, most, func(ctx context.Context) (apply.Writer, error) {
		conn, err := target.Connect(ctx, s.replica.spec.Postgres)
		if err != nil {
			return nil, err
		}
		s.extra = append(s.extra, conn)
		w, err := write.NewChanges(ctx, conn)
		if err != nil {
			return nil, err
		}
		return w, w.LimitLocks(ctx, laneLocks)
	})
	s.writer.apart = s.replica.apart
}

// apart decides what a failure of the lanes means. If PostgreSQL has refused a
// change or a lock, batches are applied one after the other for a while: then it
// shows what is wrong with them, if anything is.
func (r *Replica) apart(cause error) error {
	switch code := target.Code(cause); {
	case fault.KindOf(cause) == fault.Data:
	case code == "40P01" || code == "40001" || code == "55P03": // deadlock_detected, serialization_failure, lock_not_available
	default:
		return cause
	}
	if time.Since(r.apartUntil) > apartMost {
		r.apartTime = 0
	}
	r.apartTime = min(max(apartFor, 2*r.apartTime), apartMost)
	r.apartUntil = time.Now().Add(r.apartTime)
	r.log.Info("batches could not be applied side by side; they are applied one after the other for a while", "while", r.apartTime.String(), "error", cause)
	return errAgain
}

// landed waits for what is on its way when the stage ends with err. If it was the
// stop of the whole, that may land; otherwise it is given up.
func (w *writer) landed(ctx context.Context, err error, giveUp context.CancelFunc) error {
	if err != nil && ctx.Err() == nil {
		giveUp()
	}
	failed := w.lanes.Wait()
	if failed != nil && (err == nil || ctx.Err() == nil && errors.Is(err, failed)) {
		return w.apart(failed)
	}
	return err
}

// stretch gives the number of units that are to be written together next, and whether they are for a lane: nothing
// but rows, and either all that there is or many. What lies in between may concern databases that are not replicated.
func stretch(units []unit) (n int, plain bool) {
	start := 0
	for i := range len(units) + 1 {
		if i < len(units) && units[i].plain() {
			continue
		}
		switch many := large(units[start:i]); {
		case start == 0 && (many || i == len(units)):
			return i, true
		case many:
			return start, false
		}
		start = i + 1
	}
	return len(units), false
}

// large says whether units are worth a lane of their own.
func large(units []unit) bool {
	rows, bytes := extent(units)
	return rows >= laneRows || bytes >= laneBytes
}

// plain says whether the unit is a whole transaction of nothing but rows.
func (u *unit) plain() bool {
	t := u.txn
	if t == nil || u.skipped != nil || u.sessions || len(u.lost) > manyLost || t.Idle == nil && (!t.First || !t.Final) {
		return false
	}
	return !slices.ContainsFunc(u.steps, func(s step) bool { return s.rows == nil })
}

// fly gives plain units to a lane if they are many.
func (w *writer) fly(ctx context.Context, units []unit) (taken bool, err error) {
	if w.rows > 0 || w.forced || w.pieces {
		return false, nil
	}
	n, bytes := extent(units)
	if bytes > laneMost || !large(units) && (n == 0 || w.lanes.Flying() == 0) {
		return false, nil
	}
	var rows []*change.Rows
	for _, u := range units {
		for _, s := range u.steps {
			rows = append(rows, s.rows)
		}
	}
	f, err := w.lanes.Board(ctx, rows)
	if f == nil || err != nil {
		return false, err
	}
	values := streamed{notes: map[transform.Noted]uint64{}}
	for _, u := range units {
		values.add(u)
		if u.txn.Idle != nil {
			w.tracker.Idle(*u.txn.Idle)
			continue
		}
		if err := w.tracker.Add(u.txn); err != nil {
			return false, fmt.Errorf("advancing the position: %w", err)
		}
		w.last = u.txn.Time
		w.batch.Transactions++
	}
	position, last, batch, beside, began := w.tracker.Position(), w.last, w.batch, w.lanes.Flying(), time.Now()
	w.behind, w.saved, w.batch = false, time.Now(), catalogue.Counters{}
	w.lanes.Depart(ctx, f, func(ctx context.Context, tx target.Tx, counts map[string]apply.Count) error {
		if err := w.values.keep(ctx, tx, w.sourceID, catalogue.InStream, position, values.counts(), values.lost); err != nil {
			return err
		}
		return catalogue.SaveApplied(ctx, tx, w.sourceID, w.epoch, position, last, sum(batch, counts))
	}, func() {
		w.applied(position)
		w.log.Debug("batch committed", "rows", n, "transactions", batch.Transactions, "beside", beside, "took", time.Since(began), "position", position.String())
	})
	return true, nil
}
