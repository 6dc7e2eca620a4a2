package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

// errAgain ends a run of the stages so that the next one begins with what the catalogue has.
var errAgain = errors.New("the tables that are followed have changed")

// meetWithin is how long the main stream waits for one that fills tables apart and was near.
const meetWithin = 5 * time.Second

// lately is how long ago the main stream may have been somewhere for another one to be near that is there.
const lately = 3 * time.Second

// joints is where tables that were filled apart come into the main stream: that waits
// between two transactions until the other one is there or beyond.
type joints struct {
	requests chan *request
	watchers atomic.Int32 // who wants to know where the main stream is
	mu       sync.Mutex
	at       event.Position
	seen     time.Time

	interrupt context.CancelCauseFunc // of the decoder that waits for transactions; nil: it does not
}

// errMeet wakes the decoder: tables want to come in.
var errMeet = errors.New("tables want to come in")

func newJoints() *joints { return &joints{requests: make(chan *request, 1)} }

// position is where the main stream was lately; false where that is not known.
func (j *joints) position() (event.Position, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.at, time.Since(j.seen) < lately
}

// ask puts a request before the main stream, which may have nothing to do; false if another one is there.
func (j *joints) ask(r *request) bool {
	select {
	case j.requests <- r:
		j.ring()
		return true
	default:
		return false
	}
}

// ring wakes the main stream for a request.
func (j *joints) ring() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.interrupt != nil {
		j.interrupt(errMeet)
	}
}

// until gives a context that ends with errMeet when there is a request.
func (j *joints) until(ctx context.Context) (context.Context, func()) {
	if j == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.requests) > 0 && j.watchers.Load() > 0 {
		cancel(errMeet)
	}
	j.interrupt = cancel
	return ctx, func() {
		j.mu.Lock()
		j.interrupt = nil
		j.mu.Unlock()
		cancel(nil)
	}
}

// request asks the main stream to wait.
type request struct {
	after   []event.Position    // where the main stream must have been before: it knows by which names the tables went then
	place   chan event.Position // where it waits; one is sent
	arrival chan *arrival       // one is sent, or it is closed: not this time
	left    chan struct{}       // closed when it does not wait any longer
	result  chan error          // of the arrival; one is sent
}

func newRequest(after []event.Position) *request {
	return &request{after: after, place: make(chan event.Position, 1), arrival: make(chan *arrival, 1), left: make(chan struct{}), result: make(chan error, 1)}
}

// arrival is tables that come into the main stream, with all of their rows as of a
// position at or after where that is.
type arrival struct {
	at     event.Position
	tables []*schema.Table
	others []*schema.Table // not replicated, but their changes drive cascades
	// land swaps the tables in and records them, in a transaction with the main stream's position.
	land   func(ctx context.Context, at event.Position, others []*schema.Table) error
	result chan error
	number uint64 // as of a statement
}

// meet tells where the decoder is, and lets tables in.
func (d *decoder) meet(ctx context.Context, between bool, out chan<- []unit) error {
	if d.joints == nil || !between || d.joints.watchers.Load() == 0 {
		return nil
	}
	here := d.tracker.Position()
	d.joints.mu.Lock()
	d.joints.at, d.joints.seen = here, time.Now()
	d.joints.mu.Unlock()
	var r *request
	select {
	case r = <-d.joints.requests:
	default:
		return nil
	}
	for _, mark := range r.after {
		reached, err := d.tracker.Reached(mark)
		if err != nil {
			return err
		}
		if !reached {
			close(r.left)
			return nil
		}
	}
	r.place <- here
	patience := time.NewTimer(meetWithin)
	defer patience.Stop()
	select {
	case a, open := <-r.arrival:
		if !open {
			return nil
		}
		return d.admit(ctx, a, out)
	case <-patience.C:
		close(r.left)
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// admit follows tables from here on. What their rows hold already is left out, as for any
// table that was copied.
func (d *decoder) admit(ctx context.Context, a *arrival, out chan<- []unit) error {
	a.others = slices.DeleteFunc(a.others, func(t *schema.Table) bool { return d.transform.Tracks(t.Name) != nil })
	d.transform.Join(slices.Concat(a.tables, a.others)...)
	d.number++
	a.number = d.number
	for _, t := range a.tables {
		d.born[d.transform.Key(t.Name)] = d.number
		d.gate.catching[d.transform.Key(t.Name)] = marks{low: a.at, high: a.at}
	}
	select {
	case out <- []unit{{steps: []step{{arrival: a}}}}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// arrive is the moment between two batches at which tables come in.
func (w *writer) arrive(ctx context.Context, a *arrival) error {
	if w.pieces {
		return fault.New(fault.Bug, "", "tables came in in the middle of a source transaction")
	}
	if err := w.commit(ctx); err != nil {
		return err
	}
	w.number = a.number
	err := a.land(ctx, w.tracker.Position(), a.others)
	if err == nil {
		w.known.Store(w.known.Load().With(nil, a.tables...)) // before the next refill looks for sequences
	}
	a.result <- err
	if err != nil || len(a.others) > 0 { // the reader has passed over what those parents did
		return errAgain
	}
	for _, t := range a.tables {
		w.applier.Admit(t.Name.String())
		w.names[t.Name.String()] = t.Name
	}
	return nil
}

// park takes a table out of the tracked schema, with those below it: they would miss what
// foreign keys do to them.
func (d *decoder) park(u *unit, x exclusion) {
	below := d.transform.Below(x.table)
	d.transform.Drop(x.table)
	u.steps = append(u.steps, step{exclude: &x})
	d.parkAll(u, below, x)
}

// forget takes out of the tracked schema what the writer has excluded.
func (d *decoder) forget() []step {
	var u unit
	for _, e := range d.excluded.drain() {
		name := e.name
		if d.born[d.transform.Key(name)] > e.number {
			continue // it stands for another table by now
		}
		below := d.transform.Below(name)
		d.transform.Drop(name)
		d.parkAll(&u, below, exclusion{table: name})
	}
	return u.steps
}

// bear numbers a statement, and notes the names that stand for other tables from it on.
func (d *decoder) bear(e *ddl.Effect) uint64 {
	d.number++
	names := slices.Clone(e.Created)
	for _, pair := range e.Renamed {
		names = append(names, pair[1])
	}
	for _, name := range names {
		d.born[d.transform.Key(name)] = d.number
	}
	return d.number
}
