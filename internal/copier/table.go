package copier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
)

// stage is where a table is within a run.
type stage int

const (
	waiting stage = iota
	starting
	copying
	closing // between two of the others
	indexing
	ready // to be swapped in
	done  // nothing is left to do, well or badly
)

// table is a table's copy within a run. The fields below busy belong to the
// run's lock, the others to who has brought the table to its stage.
type table struct {
	name        schema.Name
	mapped      *mapping.Table
	rows, bytes int64
	line        *status.Table
	state       State
	statements  Statements
	planner     Planner
	ctx         context.Context
	cancel      context.CancelFunc
	starts      int

	busy    int // jobs in hand
	stage   stage
	dry     bool           // the planner has no chunk at present
	again   bool           // it is to begin anew
	key     bool           // its key is being built, and nothing else may be
	err     error          // why it fails
	indexes []change.Index // not begun

	together []change.Index // to be built by the transaction that finishes the table
}

// smallTable is up to how many bytes of rows a table's indexes are built by one transaction, with all else that ends its copy.
const smallTable = 1 << 20

func (t *table) small() bool { return t.line.Bytes() <= smallTable }

func (t *table) wantsChunks() bool {
	return t.stage == copying && !t.dry && t.err == nil && !t.again
}

func (t *table) wantsIndex() bool {
	return t.stage == indexing && len(t.indexes) > 0 && !t.key && (t.busy == 0 || !t.indexes[0].Alone()) && t.err == nil
}

func (t *table) release() {
	if t.cancel != nil {
		t.cancel()
	}
}

// maxStarts is how often a table that changes while it is copied begins anew in one run.
const maxStarts = 10

// errChanged says that the definition is not the one that the copy began with.
var errChanged = errors.New("its definition has changed")

// start finds out how far the table has come, and brings it on from there.
func (r *run[Tx]) start(w *worker, t *table) {
	defer r.settle(w, t)
	t.release()
	t.ctx, t.cancel = context.WithCancel(r.ctx)
	before := t.line.Progress(r.Now())
	t.line.Advance(-before.Rows, -before.Bytes) // of a copy that begins anew
	t.line.Enter(status.Copying, r.Now())
	if err := r.begin(w, t); err != nil {
		r.failed(t, err)
	}
}

func (r *run[Tx]) begin(w *worker, t *table) error {
	if t.starts++; t.starts > maxStarts {
		return fault.New(fault.State, "run the command again when nobody alters the table", "its definition changes all the time")
	}
	var state State
	var chunks []Chunk
	err := retry(t.ctx, w.patience, r.Log, func() (err error) {
		state, chunks, err = r.Ledger.State(t.ctx, t.name)
		return err
	})
	if err != nil {
		return err
	}
	if state.Step == Loaded || state.Step == Swapped {
		t.state = state
		if t.mapped, err = r.Map(state.Definition); err != nil {
			return err
		}
		t.line.Enter(status.Ready, r.Now())
		r.enter(t, ready)
		return nil
	}
	definition := t.mapped.Source // of which the next step makes sure, if nothing was begun
	if state.Step != "" || t.starts > 1 {
		if err := w.with(t.ctx, func(s Session) (err error) {
			definition, err = s.Definition(t.ctx, t.name)
			return err
		}); err != nil {
			return err
		}
	}
	if err := r.adopt(t, definition); err != nil {
		return err
	}
	if len(t.mapped.Key) == 0 && (state.Step != Begun || !same(state.Definition, definition) || len(chunks) == 0) {
		return r.copyWhole(w, t)
	}
	if state.Step == Begun && same(state.Definition, definition) {
		return r.resume(t, state, chunks)
	}
	return r.fresh(w, t)
}

// adopt lets the table have a definition.
func (r *run[Tx]) adopt(t *table, definition *schema.Table) (err error) {
	if !same(t.mapped.Source, definition) {
		if t.mapped, err = r.Map(definition); err != nil {
			return err
		}
	}
	t.statements = r.Render(t.mapped)
	return nil
}

// same compares what matters of two definitions of a table.
func same(a, b *schema.Table) bool {
	if a == nil || b == nil {
		return false
	}
	text := func(t *schema.Table) string {
		t = t.Clone()
		t.AutoIncrement = 0
		text, err := json.Marshal(t)
		if err != nil {
			panic(err) // a struct of strings, numbers and their lists always encodes
		}
		return string(text)
	}
	return a == b || text(a) == text(b)
}

// resume goes on with a copy that has begun.
func (r *run[Tx]) resume(t *table, state State, chunks []Chunk) error {
	t.state = state
	for _, c := range chunks {
		t.line.Advance(c.Rows, c.Bytes)
	}
	if !state.High.IsZero() {
		r.startIndexes(t)
		return nil
	}
	t.planner = r.Source.Plan(t.mapped, t.rows, t.bytes, r.ChunkBytes, chunks)
	r.enter(t, copying)
	return nil
}

// fresh begins a copy at a low mark.
func (r *run[Tx]) fresh(w *worker, t *table) error {
	state := State{Step: Begun}
	for {
		var definition *schema.Table
		err := w.with(t.ctx, func(s Session) (err error) {
			if state.Low, err = s.LowMark(t.ctx, t.name); err != nil {
				return err
			}
			definition, err = s.Definition(t.ctx, t.name)
			return err
		})
		if err != nil {
			return err
		}
		if same(t.mapped.Source, definition) {
			break
		}
		if t.starts++; t.starts > maxStarts {
			return errChanged
		}
		if err := r.adopt(t, definition); err != nil {
			return err
		}
	}
	if len(t.mapped.Key) == 0 { // it has lost its key in the meantime
		return r.copyWhole(w, t)
	}
	state.Definition = t.mapped.Source
	err := retry(t.ctx, w.patience, r.Log, func() error {
		earlier, _, err := r.Ledger.State(t.ctx, t.name)
		if err != nil {
			return err
		}
		return r.Target.Begin(t.ctx, func(tx Tx) error { return r.create(t.ctx, tx, t, &state, earlier.Pending) })
	})
	if err != nil {
		return err
	}
	t.state = state
	t.planner = r.Source.Plan(t.mapped, t.rows, t.bytes, r.ChunkBytes, nil)
	r.enter(t, copying)
	return nil
}

// create makes the empty table and records that its copy begins. What an earlier try
// has taken off is still to be built again.
func (r *run[Tx]) create(ctx context.Context, tx Tx, t *table, state *State, earlier []change.Index) (err error) {
	if state.Pending, err = r.Target.Create(ctx, tx, t.mapped, t.statements.Create, earlier); err != nil {
		return err
	}
	return r.Ledger.Begin(ctx, tx, t.mapped, *state)
}

// enter brings the table to a stage in which others work on it too.
func (r *run[Tx]) enter(t *table, stage stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.stage, t.dry, t.key = stage, false, false
	r.wake.Broadcast()
}

// close ends the copying: the definition must be the one of the beginning, then
// comes the high mark.
func (r *run[Tx]) close(w *worker, t *table) {
	defer r.settle(w, t)
	state := t.state
	err := w.with(t.ctx, func(s Session) error {
		definition, err := s.Definition(t.ctx, t.name)
		if err != nil {
			return err
		}
		if !same(definition, state.Definition) {
			return errChanged
		}
		state.High, err = s.HighMark(t.ctx, t.name)
		return err
	})
	if errors.Is(err, errChanged) {
		r.anew(t)
		return
	}
	if err == nil && !t.small() { // or else the mark is taken anew, should this not come to its end
		err = retry(t.ctx, w.patience, r.Log, func() error {
			return r.Target.Begin(t.ctx, func(tx Tx) error { return r.Ledger.Save(t.ctx, tx, t.mapped, state) })
		})
	}
	if err != nil {
		r.failed(t, err)
		return
	}
	t.state = state
	r.startIndexes(t)
}

// anew lets the table begin again, once its jobs in hand have ended.
func (r *run[Tx]) anew(t *table) {
	r.Log.Info("a table has changed while it was copied, its copy begins anew", "table", t.name.String())
	r.mu.Lock()
	defer r.mu.Unlock()
	t.again = true
	t.cancel()
}

// startIndexes lets the workers build the indexes that need not wait.
func (r *run[Tx]) startIndexes(t *table) {
	t.line.Enter(status.Indexing, r.Now())
	all := append(slices.Clip(t.statements.Indexes), t.state.Pending...)
	t.state.Pending = slices.DeleteFunc(slices.Clone(all), func(i change.Index) bool { return !i.Delay })
	t.indexes = slices.DeleteFunc(all, func(i change.Index) bool { return i.Delay })
	slices.SortStableFunc(t.indexes, func(a, b change.Index) int {
		switch {
		case a.Key == b.Key:
			return 0
		case a.Key:
			return -1
		}
		return 1
	})
	if t.together = nil; t.small() {
		t.together, t.indexes = t.indexes, nil
	}
	r.enter(t, indexing)
}

// index builds one index. Without its key the table cannot be followed; any
// other index that cannot be built is reported.
func (r *run[Tx]) index(t *table, index change.Index, shared bool) {
	defer r.settle(nil, t)
	err := retry(t.ctx, r.patience(), r.Log, func() error { return r.Target.Build(t.ctx, t.mapped, index, shared) })
	r.mu.Lock()
	if index.Alone() {
		t.key = false
	}
	r.mu.Unlock()
	switch {
	case err == nil:
	case index.Key, fault.KindOf(err) == fault.Retry:
		r.failed(t, err)
	case r.ctx.Err() == nil:
		r.Report(t.name, index.Name, err)
	}
}

// finish ends what is done before the swap.
func (r *run[Tx]) finish(t *table) {
	state := t.state
	state.Step = Loaded
	err := r.reach(t.ctx, t, Loaded, false, func() error {
		return r.Target.Begin(t.ctx, func(tx Tx) error {
			if err := r.Target.BuildAll(t.ctx, tx, t.mapped, t.together); err != nil {
				return err
			}
			if len(t.together) == 0 {
				if err := r.Target.Adopt(t.ctx, tx, t.mapped, t.statements.Indexes); err != nil {
					return err
				}
			}
			if err := r.Target.Finish(t.ctx, tx, t.mapped, t.statements.Finish); err != nil {
				return err
			}
			return r.Ledger.Save(t.ctx, tx, t.mapped, state)
		})
	})
	if err != nil {
		defer r.settle(nil, t)
		if len(t.together) > 0 && t.ctx.Err() == nil && !errors.Is(err, ErrStop) && fault.KindOf(err) != fault.Retry {
			t.indexes, t.together = t.together, nil // one by one, to tell which of them cannot be built
			r.enter(t, indexing)
			return
		}
		r.failed(t, fmt.Errorf("finishing table %s: %w", t.name, err))
		return
	}
	t.state = state
	t.line.Enter(status.Ready, r.Now())
	r.end(t, ready, nil)
}
