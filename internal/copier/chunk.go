package copier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
)

// chunk copies the table's next chunk.
func (r *run[Tx]) chunk(w *worker, t *table) {
	defer r.settle(w, t)
	var c Chunk
	var more bool
	err := w.with(t.ctx, func(s Session) (err error) {
		c, more, err = t.planner.Next(t.ctx, s)
		return err
	})
	if err == nil && !more {
		r.mu.Lock()
		t.dry = true
		r.mu.Unlock()
		return
	}
	if err == nil {
		err = r.copyChunk(w, t, c)
	}
	switch {
	case err == nil:
	case r.hasChanged(w, t, err):
		r.anew(t)
	default:
		r.failed(t, err)
	}
}

// hasChanged asks after an error whether it came because the table is another by now.
func (r *run[Tx]) hasChanged(w *worker, t *table, cause error) bool {
	if t.ctx.Err() != nil || errors.Is(cause, ErrStop) || fault.KindOf(cause) == fault.Retry {
		return false
	}
	var definition *schema.Table
	err := w.with(t.ctx, func(s Session) (err error) {
		definition, err = s.Definition(t.ctx, t.name)
		return err
	})
	return err == nil && !same(definition, t.state.Definition)
}

// copyChunk copies a chunk: as a whole, or row by row where PostgreSQL refuses one.
func (r *run[Tx]) copyChunk(w *worker, t *table, c Chunk) error {
	var finished Chunk
	var cut []string
	err := errors.New("nothing was tried")
	for _, pieces := range []bool{false, true} {
		err = w.with(t.ctx, func(s Session) error {
			shown := &progress{line: t.line}
			err := r.Target.Begin(t.ctx, func(tx Tx) (err error) {
				finished, cut, err = r.transfer(t.ctx, s, tx, t, c, shown, pieces)
				return err
			})
			if err != nil {
				shown.takeBack()
			}
			return err
		})
		if fault.KindOf(err) != fault.Data {
			break
		}
		r.Log.Warn("a row was refused, looking for it", "table", t.name.String(), "chunk", c.Number, "error", err.Error())
	}
	if errors.Is(err, ErrTaken) { // the commit of which we did not hear has happened
		finished, cut, err = r.recorded(w, t, c)
	}
	if err != nil {
		return fmt.Errorf("copying chunk %d of table %s: %w", c.Number, t.name, err)
	}
	if t.planner.Done(finished, cut) {
		r.mu.Lock()
		t.dry = false
		r.mu.Unlock()
	}
	return nil
}

// recorded looks up what is known of a chunk.
func (r *run[Tx]) recorded(w *worker, t *table, c Chunk) (finished Chunk, cut []string, err error) {
	err = retry(t.ctx, w.patience, r.Log, func() error {
		_, chunks, err := r.Ledger.State(t.ctx, t.name)
		for _, known := range chunks {
			if known.Number == c.Number {
				finished = known
			}
		}
		return err
	})
	if err == nil && !slices.Equal(finished.Upper, c.Upper) {
		cut = finished.Upper
	}
	t.line.Advance(finished.Rows, finished.Bytes)
	return finished, cut, err
}

// transfer reads a chunk, loads it and records it, in a given transaction.
func (r *run[Tx]) transfer(ctx context.Context, s Session, tx Tx, t *table, c Chunk, shown *progress, pieces bool) (_ Chunk, cut []string, err error) {
	rows, err := s.Read(ctx, t.planner, c)
	if err != nil {
		return Chunk{}, nil, err
	}
	shown.Rows = rows
	var discarded int64
	discard := func(row []byte, cause error) error {
		discarded++
		return r.Ledger.Discard(ctx, tx, t.mapped, t.state.Low, row, cause)
	}
	text := newEncoder(t.mapped, shown, r.Originals, nil)
	if pieces {
		text.refuse = discard
	} else if r.Target.Binary() {
		text.binary = binaryForms(t.mapped)
	}
	from := io.Reader(text)
	if r.OutDir != "" {
		file, err := staged(ctx, r.OutDir, text)
		if err != nil {
			return Chunk{}, nil, err
		}
		defer func() { _ = file.Close() }() // with which it is gone
		from = file
	}
	if pieces {
		c.Rows, err = r.Target.CopyPieces(ctx, tx, t.mapped, from, discard)
	} else {
		c.Rows, err = r.Target.Copy(ctx, tx, t.mapped, from, text.binary != nil)
	}
	if err != nil {
		return Chunk{}, nil, err
	}
	c.Bytes, c.Discarded = text.bytes, discarded
	if cut = rows.Cut(); cut != nil {
		c.Upper = cut
	}
	return c, cut, r.Ledger.SaveChunk(ctx, tx, t.mapped, c, Changes{Low: t.state.Low, Notes: text.counted(), Originals: text.kept})
}

// progress shows on the board what is read, as it is read.
type progress struct {
	Rows
	line        *status.Table
	rows, bytes atomic.Int64 // shown so far; the reading may outlive a broken connection for a moment
	some, size  int64        // not shown yet
}

const shownAfter = 200 // rows

// Next gives the next row.
func (p *progress) Next() ([][]byte, error) {
	fields, err := p.Rows.Next()
	if err == nil {
		p.some++
		for _, field := range fields {
			p.size += int64(len(field)) + 1
		}
	}
	if err != nil || p.some >= shownAfter {
		p.rows.Add(p.some)
		p.bytes.Add(p.size)
		p.line.Advance(p.some, p.size)
		p.some, p.size = 0, 0
	}
	return fields, err
}

// takeBack is for rows that were not loaded after all.
func (p *progress) takeBack() { p.line.Advance(-p.rows.Swap(0), -p.bytes.Swap(0)) }

// copyWhole copies a table without a key, by one read of a state of which the
// position is exact, in one transaction.
func (r *run[Tx]) copyWhole(w *worker, t *table) error {
	for _, pieces := range []bool{false, true} {
		err := w.with(t.ctx, func(s Session) error {
			position, err := s.Snapshot(t.ctx, t.name)
			if err == nil {
				err = r.copySnapshot(s, t, position, pieces)
			}
			if freed := s.Release(t.ctx); err == nil {
				err = freed
			}
			return err
		})
		switch {
		case err == nil:
			r.startIndexes(t)
			return nil
		case errors.Is(err, errKeyed):
			return r.fresh(w, t)
		case fault.KindOf(err) != fault.Data || pieces:
			return err
		}
		r.Log.Warn("a row was refused, looking for it", "table", t.name.String(), "error", err.Error())
	}
	return nil
}

// errKeyed says that the table has a key by now.
var errKeyed = errors.New("the table has a key")

func (r *run[Tx]) copySnapshot(s Session, t *table, position event.Position, pieces bool) error {
	definition, err := s.Definition(t.ctx, t.name)
	if err != nil {
		return err
	}
	if err := r.adopt(t, definition); err != nil {
		return err
	}
	if len(t.mapped.Key) > 0 {
		return errKeyed
	}
	t.planner = r.Source.Plan(t.mapped, t.rows, t.bytes, r.ChunkBytes, nil)
	whole, _, err := t.planner.Next(t.ctx, s)
	if err != nil {
		return err
	}
	state := State{Step: Begun, Definition: definition, Low: position, High: position}
	earlier, _, err := r.Ledger.State(t.ctx, t.name)
	if err != nil {
		return err
	}
	shown := &progress{line: t.line}
	err = r.Target.Begin(t.ctx, func(tx Tx) error {
		if err := r.create(t.ctx, tx, t, &state, earlier.Pending); err != nil {
			return err
		}
		t.state = state
		_, _, err := r.transfer(t.ctx, s, tx, t, whole, shown, pieces)
		return err
	})
	if err != nil {
		shown.takeBack()
	}
	return err
}
