package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/transform"
)

// writer is the last stage: it applies units in order, as many together as
// have come in, and commits the position with them.
type writer struct {
	batching
	lanes    *apply.Lanes            // for batches of nothing but rows
	apart    func(cause error) error // what a failure of the lanes means
	epoch    int64
	rules    *mapping.Rules
	dialect  parse.Dialect
	names    map[string]schema.Name // by change.Table.Source
	excluded *nameSet               // tells the decoder
	filled   map[schema.Name]bool   // tables that were excluded to be filled again
	exit     bool                   // on_error_replay: exit
	manual   bool                   // refill: manual
	number   uint64                 // of the last statement

	options     *tableOptions
	lockTimeout time.Duration // how long a statement may wait for a table that others use; 0: as long as it takes

	applied func(at event.Position) // tells the relay what is committed

	keys func(ctx context.Context, tables []*mapping.Table) error

	current *event.Transaction // that came last, for messages
	batch   catalogue.Counters
	log     *slog.Logger
	seal    *seal               // of what is kept of masked columns
	session *[]schema.Temporary // sessions' temporary tables, where they have changed in the batch
	unread  spared              // rows of the batch that are not written
	moved   map[schema.Name]*transform.Moved
	known   *atomic.Pointer[schema.Set] // the tracked schema, for those who fill tables meanwhile
}

const (
	batchRows    = 50_000           // rows after which a batch is committed at the next transaction's end
	saveEvery    = time.Second      // how often the position of transactions without rows is saved
	finishWithin = 8 * time.Second  // how long the batch in hand may take after a stop was asked for
	parkWithin   = 30 * time.Second // for writing down why the replica stopped
)

// run applies what comes until in is closed or ctx ends: then what is in hand
// is finished first.
func (w *writer) run(ctx context.Context, in <-chan []unit) (err error) {
	patient, cancel := lingering(ctx, finishWithin)
	defer cancel()
	defer func() { err = w.landed(ctx, err, cancel) }()
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case units, more := <-in:
			if !more {
				return nil
			}
			if err := w.apply(patient, gather(units, in)); err != nil {
				return err
			}
		case <-w.lanes.Failed():
			return w.lanes.Wait()
		case <-tick.C:
			if w.behind && !w.pieces {
				if err := w.lanes.Wait(); err != nil {
					return err
				}
				if err := w.commit(ctx); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// apply writes the units as one batch, or several where one must end in
// between.
func (w *writer) apply(ctx context.Context, units []unit) error {
	for len(units) > 0 {
		n, plain := len(units), false
		if !w.lanes.None() {
			n, plain = stretch(units)
		}
		taken, err := false, error(nil)
		if plain {
			taken, err = w.fly(ctx, units[:n])
		}
		if err == nil && !taken {
			err = w.one(ctx, units[:n])
		}
		if err != nil {
			return err
		}
		units = units[n:]
	}
	return nil
}

// one writes units after all that came before them.
func (w *writer) one(ctx context.Context, units []unit) error {
	if err := w.lanes.Wait(); err != nil {
		return err
	}
	for _, u := range units {
		if u.txn != nil && u.txn.Idle == nil {
			w.current = u.txn
		}
		if err := w.unit(ctx, u); err != nil {
			return fmt.Errorf("applying %s: %w", w.following(), err)
		}
	}
	if !w.due() {
		return nil
	}
	if err := w.commit(ctx); err != nil {
		return fmt.Errorf("committing up to %s: %w", w.following(), err)
	}
	return nil
}

// following names the transaction up to which is written.
func (w *writer) following() string {
	t := w.current
	if t == nil {
		return "what comes before the first transaction"
	}
	return fmt.Sprintf("transaction %s at %s:%d", t.GTID, t.File, t.Start)
}

// lingering gives a context that ends a while after its parent does.
func lingering(parent context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(after, func() { cancel(context.Cause(parent)) })
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() { stop(); cancel(context.Canceled) }
}

func (w *writer) unit(ctx context.Context, u unit) error {
	t := u.txn
	if t == nil {
		return w.steps(ctx, u)
	}
	if t.Idle != nil {
		before := w.tracker.Position()
		w.tracker.Idle(*t.Idle)
		w.behind = w.behind || w.tracker.Position() != before
		return nil
	}
	w.applier.Transaction(w.following())
	if t.First && !t.Final { // too large to hold: alone in its PostgreSQL transaction
		if err := w.commit(ctx); err != nil {
			return err
		}
		w.pieces = true
	}
	if err := w.steps(ctx, u); err != nil {
		return err
	}
	w.changed.add(u)
	if u.skipped != nil {
		if err := w.passedOver(ctx, u.skipped); err != nil {
			return err
		}
	}
	if u.sessions {
		w.session = &u.temporary
	}
	if !t.Final {
		return w.unburden(ctx)
	}
	return w.finish(ctx, t)
}

// finish is the end of a source transaction.
func (w *writer) finish(ctx context.Context, t *event.Transaction) error {
	if w.pieces && t.Undone {
		w.batch = catalogue.Counters{}
		clear(w.unread)
	}
	full, err := w.batching.finish(ctx, t)
	if err != nil {
		return err
	}
	w.batch.Transactions++
	if full {
		return w.commit(ctx)
	}
	return nil
}

func (w *writer) steps(ctx context.Context, u unit) error {
	for _, s := range u.steps {
		var err error
		if s.rows == nil {
			w.lanes.Forget()
		}
		switch {
		case s.rows != nil:
			w.rows += s.rows.Len()
			err = w.applier.Rows(ctx, s.rows)
		case s.ddl != nil:
			err = w.statement(ctx, s.ddl)
		case s.exclude != nil:
			err = w.exclude(ctx, s.exclude)
		case s.caughtUp != nil:
			err = w.caughtUp(ctx, s.caughtUp)
		case s.xa != nil:
			err = w.xa(ctx, s.xa)
		case s.shadow != nil:
			err = w.shadow(ctx, s.shadow)
		case s.arrival != nil:
			err = w.arrive(ctx, s.arrival)
		case s.rest != nil:
			if err = w.commit(ctx); err == nil {
				s.rest.reached()
			}
		case s.moved != nil:
			w.moved[s.moved.Name] = s.moved
			w.rows++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit ends the batch: rows, counters and position in one transaction.
func (w *writer) commit(ctx context.Context) error {
	if w.empty() {
		return nil
	}
	position, began := w.tracker.Position(), time.Now()
	err := w.applier.Commit(ctx, func(ctx context.Context, tx dial.Tx) error {
		if err := w.keepValues(ctx, tx); err != nil {
			return err
		}
		if err := w.digest(ctx, tx); err != nil {
			return err
		}
		if err := w.moveSequences(ctx, tx); err != nil {
			return err
		}
		if w.forced {
			if err := catalogue.SealVersions(ctx, tx, w.sourceID, position, w.last, catalogue.EndedVersions); err != nil {
				return err
			}
		}
		if w.session != nil {
			if err := catalogue.PutTemporary(ctx, tx, w.sourceID, *w.session); err != nil {
				return err
			}
		}
		return catalogue.SaveApplied(ctx, tx, w.sourceID, w.epoch, position, w.last, sum(w.batch, w.applier.Counts()))
	})
	if err != nil {
		return err
	}
	w.applied(position)
	w.log.Debug("batch committed", "rows", w.rows, "transactions", w.batch.Transactions, "took", time.Since(began), "position", position.String())
	w.committed()
	w.batch = catalogue.Counters{}
	w.session = nil
	clear(w.moved)
	return nil
}

func sum(batch catalogue.Counters, counts map[string]apply.Count) catalogue.Counters {
	for _, c := range counts {
		batch.Inserted += int64(c.Inserted) // #nosec G115 -- rows of one batch
		batch.Updated += int64(c.Updated)   // #nosec G115
		batch.Deleted += int64(c.Deleted)   // #nosec G115
		batch.Missing += int64(c.Missing)   // #nosec G115
	}
	return batch
}
