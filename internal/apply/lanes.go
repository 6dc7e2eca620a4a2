package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
)

// Lanes write batches side by side, each in a transaction of a connection of its
// own, and commit them strictly in the order in which they came: a reader of
// PostgreSQL sees no state that the source did not have. What a batch changes
// that those before it change too waits until they are committed. It is for one
// goroutine, that of its Applier, which must not write meanwhile.
type Lanes struct {
	applier *Applier
	open    func(ctx context.Context) (Writer, error)
	most    int // 0: there are none
	writers []Writer
	free    chan Writer
	flights []*Flight // that may be on their way
	running sync.WaitGroup
	failed  chan struct{} // closed once a flight has failed
	failure sync.Once
	cause   error
}

// NewLanes gives lanes for the tables of a: at most so many, each with a writer
// that open makes when it is needed for the first time.
func NewLanes(a *Applier, most int, open func(ctx context.Context) (Writer, error)) *Lanes {
	return &Lanes{applier: a, open: open, most: most, free: make(chan Writer, most), failed: make(chan struct{})}
}

// Board takes a batch's rows in, in the source's order, and waits until a lane is
// free. It gives nil if only writing the changes one by one can tell what is wrong
// with them: then they are for the Applier, after Wait. Rows must not be changed
// from now on.
func (l *Lanes) Board(ctx context.Context, rows []*change.Rows) (*Flight, error) {
	p := l.applier.newPlan()
	for _, r := range rows {
		p.add(piece{Rows: r})
	}
	w, err := l.lane(ctx)
	if err != nil {
		return nil, err
	}
	l.flights = slices.DeleteFunc(l.flights, (*Flight).ended)
	f := &Flight{writer: w, counts: map[string]Count{}, folds: map[string]*fold{}, done: make(chan struct{})}
	if !f.prepare(p, l.flights) {
		l.free <- w
		return nil, nil
	}
	l.applier.tally(f.counts, p.units)
	return f, nil
}

// Depart begins to write the batch, which is the one that was boarded last. save
// writes the position, and what the batch did, within the same transaction; landed
// is called when it is committed, in the order of the batches. Once a batch has
// failed, no other is committed.
func (l *Lanes) Depart(ctx context.Context, f *Flight, save func(ctx context.Context, tx pgx.Tx, counts map[string]Count) error, landed func()) {
	l.flights = append(l.flights, f)
	l.running.Go(func() {
		defer close(f.done)
		if err := f.run(ctx, l.broken, save); err != nil {
			_ = f.writer.Rollback(ctx) // the connection is given up
			l.failure.Do(func() { l.cause = err; close(l.failed) })
			return
		}
		f.early, f.late = nil, nil
		landed()
		l.free <- f.writer
	})
}

// lane gives a writer that has nothing to do.
func (l *Lanes) lane(ctx context.Context) (Writer, error) {
	if err := l.broken(); err != nil {
		return nil, err
	}
	if len(l.free) == 0 && len(l.writers) < l.most {
		w, err := l.open(ctx)
		if err != nil {
			return nil, fmt.Errorf("opening one more connection for writing: %w", err)
		}
		l.writers = append(l.writers, w)
		return w, nil
	}
	select {
	case w := <-l.free:
		return w, nil
	case <-l.failed:
		return nil, l.cause
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// None says that there are no lanes.
func (l *Lanes) None() bool { return l.most == 0 }

// Flying counts the batches that are on their way.
func (l *Lanes) Flying() int {
	l.flights = slices.DeleteFunc(l.flights, (*Flight).ended)
	return len(l.flights)
}

// Failed is closed once a batch could not be written; Wait tells why.
func (l *Lanes) Failed() <-chan struct{} { return l.failed }

// Wait waits until all that was taken in is committed, or rolled back.
func (l *Lanes) Wait() error {
	l.running.Wait()
	l.flights = nil
	return l.broken()
}

// broken gives the failure of a batch. One that has failed is told here before its
// flight has ended.
func (l *Lanes) broken() error {
	select {
	case <-l.failed:
		return l.cause
	default:
		return nil
	}
}

// Forget drops what the lanes know of tables, whose definitions may have
// changed. No batch may be on its way.
func (l *Lanes) Forget() {
	for _, w := range l.writers {
		w.Forget()
	}
}

// Flight is a batch on its way.
type Flight struct {
	early, late []change.Step
	folds       map[string]*fold // what it changes, by Table.Source; nil: what exactly is not known
	before      *Flight          // the last one that it waits for; nil: none
	writer      Writer
	counts      map[string]Count
	done        chan struct{}
}

func (f *Flight) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// run writes at once what nobody before has to do with, and the rest after them.
func (f *Flight) run(ctx context.Context, broken func() error, save func(ctx context.Context, tx pgx.Tx, counts map[string]Count) error) error {
	missing, err := f.writer.Write(ctx, f.early)
	if err != nil {
		return err
	}
	f.missed(f.early, missing)
	if f.before != nil {
		select {
		case <-f.before.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		f.before = nil
	}
	if err := broken(); err != nil {
		return err
	}
	if len(f.late) > 0 {
		if missing, err = f.writer.Write(ctx, f.late); err != nil {
			return err
		}
		f.missed(f.late, missing)
	}
	tx, err := f.writer.Tx(ctx)
	if err != nil {
		return err
	}
	if err := save(ctx, tx, f.counts); err != nil {
		return err
	}
	return f.writer.Commit(ctx)
}

func (f *Flight) missed(steps []change.Step, missing []int) {
	for i, step := range steps {
		if step.Set != nil {
			f.lack(step.Set.Table, missing[i])
		}
	}
}

func (f *Flight) lack(t *change.Table, missing int) {
	if missing > 0 {
		n := f.counts[t.Source]
		n.Missing += uint64(missing) // #nosec G115 -- rows of one batch
		f.counts[t.Source] = n
	}
}
