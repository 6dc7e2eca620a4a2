package copier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
)

const (
	defaultThreads  = 2
	defaultPatience = 10 * time.Minute
)

// Run copies the tables, going on where an earlier run has ended, and swaps
// them in. What befalls one table is in the result and does not keep the
// others from being copied; an error is what ends the whole copy.
func (c *Copier[Tx]) Run(ctx context.Context, tasks []Task) (Result, error) {
	if c.OutDir != "" {
		if err := readyStage(c.OutDir); err != nil {
			return Result{}, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run[Tx]{Copier: c, ctx: ctx, cancel: cancel, result: Result{Failed: map[schema.Name]error{}}}
	r.wake = sync.NewCond(&r.mu)
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.wake.Broadcast()
	})()
	tasks = slices.Clone(tasks)
	slices.SortStableFunc(tasks, func(a, b Task) int { return cmp.Compare(b.Bytes, a.Bytes) })
	for _, task := range tasks {
		t := &table{mapped: task.Table, name: task.Table.Source.Name, rows: task.Rows, bytes: task.Bytes}
		t.line = c.Board.Add(t.name.String(), task.Rows, task.Bytes)
		r.tables = append(r.tables, t)
	}
	var workers errgroup.Group
	for range r.threads() {
		workers.Go(func() error {
			w := &worker{connect: c.Source.Connect, patience: r.patience(), log: c.Log}
			defer w.drop()
			for job := r.next(w); job != nil; job = r.next(w) {
				job()
			}
			return nil
		})
	}
	_ = workers.Wait() // workers tell what went wrong by stop
	if ctx.Err() != nil {
		return r.result, context.Cause(ctx)
	}
	r.swap()
	if ctx.Err() != nil {
		return r.result, context.Cause(ctx)
	}
	return r.result, nil
}

// run is one call of Run.
type run[Tx any] struct {
	*Copier[Tx]
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu     sync.Mutex // of all that follows, and of the tables' fields below theirs
	wake   *sync.Cond // something may have become possible
	tables []*table
	result Result
}

// stop ends the run: nothing can be copied any more.
func (r *run[Tx]) stop(err error) { r.cancel(err) }

// next waits for something that the worker can do; nil says that all is done or over.
func (r *run[Tx]) next(w *worker) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.ctx.Err() == nil {
		if job := r.pick(w); job != nil {
			return job
		}
		if !slices.ContainsFunc(r.tables, func(t *table) bool { return t.stage < ready }) {
			r.wake.Broadcast()
			return nil
		}
		r.wake.Wait()
	}
	return nil
}

// pick chooses: the table that the worker is at, else indexes, since they bring a
// table to its end, else the largest table that has not begun, else a table at which others
// are, so that each worker is at a table of its own as long as there are enough.
func (r *run[Tx]) pick(w *worker) func() {
	if t := w.at; t != nil && t.wantsChunks() {
		return r.take(w, t)
	}
	for _, t := range r.tables {
		if t.wantsIndex() {
			index := t.indexes[0]
			t.indexes, t.busy, t.key = t.indexes[1:], t.busy+1, index.Alone()
			shared := r.shared(t)
			return func() { r.index(t, index, shared) }
		}
	}
	var least *table
	for _, t := range r.tables {
		if t.stage == waiting {
			t.stage, t.busy, w.at = starting, 1, t
			return func() { r.start(w, t) }
		}
		if t.wantsChunks() && (least == nil || t.busy < least.busy) {
			least = t
		}
	}
	if least != nil {
		return r.take(w, least)
	}
	return nil
}

// shared says whether other workers have something to do while one builds an index of the table.
func (r *run[Tx]) shared(t *table) bool {
	return r.threads() > 1 && (t.busy > 1 || len(t.indexes) > 0 && !t.key || slices.ContainsFunc(r.tables, func(o *table) bool { return o != t && o.stage < ready }))
}

func (r *run[Tx]) threads() int { return cmp.Or(r.Threads, defaultThreads) }

func (r *run[Tx]) take(w *worker, t *table) func() {
	t.busy++
	w.at = t
	return func() { r.chunk(w, t) }
}

// failed notes what went wrong with a table. The caller settles it afterwards.
func (r *run[Tx]) failed(t *table, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ctx.Err() != nil:
	case errors.Is(err, ErrStop), fault.KindOf(err) == fault.Retry:
		r.stop(fmt.Errorf("copying table %s: %w", t.name, err))
	case t.err == nil && !t.again:
		t.err = err
		t.cancel()
	}
}

// settle is called by whoever ends a job, and does what comes next when it was
// the table's last one.
func (r *run[Tx]) settle(w *worker, t *table) {
	r.mu.Lock()
	t.busy--
	last := t.busy == 0 && r.ctx.Err() == nil
	var then func()
	switch {
	case !last:
	case t.err != nil:
		t.stage, t.busy = closing, 1
		then = func() { r.fail(t) }
	case t.again:
		t.again, t.stage = false, waiting
	case t.stage == copying && t.dry:
		t.stage, t.busy = closing, 1
		then = func() { r.close(w, t) }
	case t.stage == indexing && len(t.indexes) == 0:
		t.stage, t.busy = closing, 1
		then = func() { r.finish(t) }
	}
	r.wake.Broadcast()
	r.mu.Unlock()
	if then != nil {
		then()
	}
}

// fail ends a table's copy.
func (r *run[Tx]) fail(t *table) {
	err := t.err
	state := t.state
	state.Step, state.Reason = Failed, err.Error()
	saved := retry(r.ctx, r.patience(), r.Log, func() error {
		return r.Target.Begin(r.ctx, func(tx Tx) error { return r.Ledger.Save(r.ctx, tx, t.mapped, state) })
	})
	if saved != nil && r.ctx.Err() == nil {
		r.stop(fmt.Errorf("recording that table %s could not be copied: %w", t.name, saved))
	}
	t.line.Enter(status.Failed, r.Now())
	r.Report(t.name, "", err)
	r.end(t, done, func() { r.result.Failed[t.name] = err })
}

// end brings a table to a stage of its end.
func (r *run[Tx]) end(t *table, stage stage, also func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.stage, t.busy = stage, 0
	t.release()
	if also != nil {
		also()
	}
	r.wake.Broadcast()
}

// reach brings a table to a step, again and again if need be. A commit of which
// we did not hear may have happened: that is looked up before another try, and before the first one if again says so.
func (r *run[Tx]) reach(ctx context.Context, t *table, step Step, again bool, do func() error) error {
	return retry(ctx, r.patience(), r.Log, func() error {
		if again {
			if state, _, err := r.Ledger.State(ctx, t.name); err != nil || state.Step == step {
				return err
			}
		}
		again = true
		return do()
	})
}

func (r *run[Tx]) patience() time.Duration { return cmp.Or(r.Patience, defaultPatience) }
