package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// errLanded ends a refill's own stream: its tables are the main one's.
var errLanded = errors.New("the tables are followed with the others")

// lookEvery is how often a refill's own stream looks where the main one is.
const lookEvery = 200 * time.Millisecond

// sideWriter is the last stage of a refill's own stream: it applies units where the tables
// are loaded, and commits the refill's position with them.
type sideWriter struct {
	*refilling
	batching
	loader  *write.Loader
	set     *schema.Set // as of what has been written
	rules   *mapping.Rules
	dialect parse.Dialect

	altered bool            // the set is not as it was saved
	waiting bool            // for tables to come to their high mark
	open    map[string]bool // XA transactions that are prepared

	asked *request        // the main stream was asked to wait
	place *event.Position // there it waits
}

// run applies what comes until the tables are handed over, in is closed or ctx ends.
func (w *sideWriter) run(ctx context.Context, in <-chan []unit) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	defer w.release()
	for {
		var place <-chan event.Position
		var left <-chan struct{}
		if w.asked != nil {
			place, left = w.asked.place, w.asked.left
		}
		select {
		case units, more := <-in:
			if !more {
				return nil
			}
			if err := w.apply(ctx, gather(units, in)); err != nil {
				return err
			}
		case <-tick.C:
			if w.behind && !w.pieces && time.Since(w.saved) >= saveEvery {
				if err := w.commit(ctx); err != nil {
					return err
				}
			}
		case p := <-place:
			w.place = &p
		case <-left:
			w.asked, w.place = nil, nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := w.near(ctx); err != nil {
			return err
		}
	}
}

// release lets the main stream go on that was asked to wait.
func (w *sideWriter) release() {
	if w.asked != nil {
		close(w.asked.arrival)
		w.asked, w.place = nil, nil
	}
}

// near asks the main stream to wait once this one has come to where that was lately, and
// hands the tables over once it has come to where that waits.
func (w *sideWriter) near(ctx context.Context) error {
	if w.pieces || w.waiting || len(w.open) > 0 {
		return nil
	}
	switch {
	case w.asked == nil:
		main, known := w.joints.position()
		if !known {
			return nil
		}
		reached, err := w.tracker.Reached(main)
		if err != nil || !reached {
			return err
		}
		if asked := newRequest(w.lows()); w.joints.ask(asked) { // or others are before us
			w.asked = asked
		}
	case w.place != nil:
		reached, err := w.tracker.Reached(*w.place)
		if err != nil || !reached {
			return err
		}
		return w.handOver(ctx)
	}
	return nil
}

// lows lists the positions as of which the tables were known by their names.
func (w *sideWriter) lows() []event.Position {
	var list []event.Position
	for _, t := range w.r.Tables {
		if !t.Low.IsZero() {
			list = append(list, t.Low)
		}
	}
	return list
}

// handOver gives the tables to the main stream, which waits at or before where this one is.
func (w *sideWriter) handOver(ctx context.Context) error {
	if err := w.commit(ctx); err != nil {
		return err
	}
	at := w.tracker.Position()
	a := &arrival{at: at, result: w.asked.result}
	for _, t := range w.set.Tables() {
		switch {
		case w.rules.Wants(t.Name):
			a.tables = append(a.tables, t)
		case !w.refilling.rules.Wants(t.Name):
			a.others = append(a.others, t)
		}
	}
	a.land = w.land(a.tables, at)
	asked := w.asked
	w.asked, w.place = nil, nil
	asked.arrival <- a
	select {
	case err := <-asked.result:
		return w.handedOver(at, err)
	case <-asked.left:
		return nil
	case <-ctx.Done():
		select {
		case err := <-asked.result: // a hand-over that fails ends the main stream too
			return w.handedOver(at, err)
		default:
			return context.Cause(ctx)
		}
	}
}

func (w *sideWriter) handedOver(at event.Position, err error) error {
	if err != nil {
		return errHandOver{err}
	}
	w.r.Position = at
	return errLanded
}

// errHandOver is what kept the main stream from taking tables over.
type errHandOver struct{ error }

func (e errHandOver) Error() string { return "handing over to the stream: " + e.error.Error() }
func (e errHandOver) Unwrap() error { return e.error }

func (w *sideWriter) apply(ctx context.Context, units []unit) error {
	ctx, cancel := lingering(ctx, finishWithin)
	defer cancel()
	for _, u := range units {
		if err := w.unit(ctx, u); err != nil {
			return err
		}
	}
	if !w.due() {
		return nil
	}
	return w.commit(ctx)
}

func (w *sideWriter) unit(ctx context.Context, u unit) error {
	t := u.txn
	switch {
	case t == nil:
		return w.steps(ctx, u)
	case t.Idle != nil:
		w.tracker.Idle(*t.Idle)
		w.behind = true
		return nil
	}
	w.applier.Transaction(fmt.Sprintf("transaction %s at %s:%d", t.GTID, t.File, t.Start))
	if t.First && !t.Final {
		if err := w.commit(ctx); err != nil {
			return err
		}
		w.pieces = true
	}
	if err := w.steps(ctx, u); err != nil {
		return err
	}
	w.changed.add(u)
	if !t.Final {
		return w.unburden(ctx)
	}
	return w.finish(ctx, t)
}

func (w *sideWriter) finish(ctx context.Context, t *event.Transaction) error {
	full, err := w.batching.finish(ctx, t)
	if err != nil {
		return err
	}
	if w.r.Skip = false; full {
		return w.commit(ctx)
	}
	return nil
}

func (w *sideWriter) steps(ctx context.Context, u unit) error {
	for _, s := range u.steps {
		var err error
		switch {
		case s.rows != nil:
			w.rows += s.rows.Len()
			err = w.applier.Rows(ctx, s.rows)
		case s.ddl != nil:
			err = w.statement(ctx, s.ddl)
		case s.exclude != nil:
			err = errAnew{s.exclude.reason}
		case s.caughtUp != nil:
			err = w.caughtUp(ctx, s.caughtUp)
		case s.xa != nil && s.xa.ended:
			delete(w.open, s.xa.xid)
			w.forced = true
		case s.xa != nil:
			w.open[s.xa.xid] = true
			w.forced = true
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// statement does to the tables where they are loaded what a statement did on the source. One
// that gives them other names, or whose rows cannot be worked out, lets the refill begin anew.
func (w *sideWriter) statement(ctx context.Context, s *statement) error {
	e := s.effect
	if e.Ignored {
		return nil
	}
	if e.Held != nil && w.r.InPlace {
		return w.holdAgain(ctx, s)
	}
	if len(e.Excluded) > 0 {
		return errAnew{e.Excluded[0].Reason}
	}
	gone := slices.ContainsFunc(e.Dropped, func(name schema.Name) bool { return w.rules.Wants(name) })
	if gone || len(e.Created)+len(e.Renamed) > 0 {
		return errAnew{"it was dropped, made or renamed"}
	}
	if !w.pieces {
		if err := w.commit(ctx); err != nil {
			return err
		}
	}
	for i := range e.Relies {
		tx, err := w.changes.Tx(ctx)
		if err != nil {
			return err
		}
		reason, err := broken(ctx, tx, w.sourceID, &e.Relies[i], &w.changed, w.applier.Excluded())
		if err != nil {
			return err
		}
		if reason != "" {
			return errAnew{reason}
		}
	}
	if err := w.applier.Exec(ctx, e.SQL); err != nil {
		return fmt.Errorf("altering the table where it is loaded: %w", err)
	}
	w.forced, w.altered, w.set = true, true, e.Next
	return nil
}

// caughtUp builds what had to wait for the high mark, where the tables are loaded.
func (w *sideWriter) caughtUp(ctx context.Context, tables []*mapping.Table) error {
	if err := w.commit(ctx); err != nil {
		return err
	}
	for _, mapped := range tables {
		at := slices.IndexFunc(w.r.Tables, func(t *catalogue.RefillTable) bool { return t.Source == mapped.Source.Name })
		if at < 0 {
			continue
		}
		t := w.r.Tables[at]
		pending, err := decodePending(t.Pending)
		if err != nil {
			return err
		}
		for _, index := range pending {
			if err := w.buildKey(ctx, w.loader, mapped, index); err != nil {
				return err
			}
		}
		t.Step, t.Pending = complete, nil
		err = dial.InTx(ctx, w.pool, func(tx dial.Tx) error {
			return errors.Join(catalogue.LockRefill(ctx, tx, w.r), catalogue.SaveRefillTable(ctx, tx, t))
		})
		if err != nil {
			return err
		}
	}
	w.waiting = slices.ContainsFunc(w.r.Tables, func(t *catalogue.RefillTable) bool { return t.Step == swapped })
	return nil
}

// commit ends the batch: rows and position in one transaction.
func (w *sideWriter) commit(ctx context.Context) error {
	if w.empty() {
		return nil
	}
	err := w.applier.Commit(ctx, func(ctx context.Context, tx dial.Tx) error {
		if err := w.keepValues(ctx, tx); err != nil {
			return err
		}
		var tracked []*schema.Table
		if w.altered {
			tracked = w.set.Tables()
		}
		w.r.Position, w.r.OpenXA, w.r.Reached = w.tracker.Position(), len(w.open) > 0, w.last
		return catalogue.SaveRefill(ctx, tx, w.r, tracked)
	})
	if err != nil {
		return err
	}
	w.altered = false
	w.committed()
	return nil
}
