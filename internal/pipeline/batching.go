package pipeline

import (
	"context"
	"fmt"
	"time"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// batching is what a last stage knows of the batch that it is writing.
type batching struct {
	changes  *write.Changes
	applier  *apply.Applier
	sourceID int64
	tracker  tracker // as of what has been written

	rows    int  // in the open batch
	forced  bool // the batch must be committed even without rows
	behind  bool // transactions were taken in that are not saved
	pieces  bool // the open PostgreSQL transaction holds a part of a source transaction
	last    time.Time
	saved   time.Time
	values  *valueLog
	changed streamed // values of the batch that rules have changed
}

// empty says that there is nothing to commit.
func (b *batching) empty() bool { return !b.behind && b.rows == 0 && !b.forced }

// due says whether a batch is to be committed though more may come: positions without rows
// are saved now and then.
func (b *batching) due() bool {
	return !b.pieces && (b.rows > 0 || b.forced || time.Since(b.saved) >= saveEvery)
}

// finish is the end of a source transaction; full says that the batch ends with it.
func (b *batching) finish(ctx context.Context, t *event.Transaction) (full bool, err error) {
	if b.pieces && t.Undone {
		if err := b.applier.Rollback(ctx); err != nil {
			return false, err
		}
		b.rows = 0
		b.changed.clear()
	}
	if err := b.tracker.Add(t); err != nil {
		return false, fmt.Errorf("advancing the position: %w", err)
	}
	b.behind, b.last = true, t.Time
	full = b.pieces || b.forced || b.rows >= batchRows
	if full {
		b.pieces = false
	}
	return full, nil
}

// committed begins the next batch.
func (b *batching) committed() {
	b.rows, b.behind, b.forced, b.saved = 0, false, false, time.Now()
	b.changed.clear()
}

func (b *batching) keepValues(ctx context.Context, tx dial.Tx) error {
	return b.values.keep(ctx, tx, b.sourceID, catalogue.InStream, b.tracker.Position(), b.changed.counts(), b.changed.lost)
}

// unburden writes originals down in the middle of a large transaction.
func (b *batching) unburden(ctx context.Context) error {
	if len(b.changed.lost) < manyLost {
		return nil
	}
	tx, err := b.changes.Tx(ctx)
	if err != nil {
		return err
	}
	if err := b.keepValues(ctx, tx); err != nil {
		return err
	}
	b.changed.clear()
	return nil
}
