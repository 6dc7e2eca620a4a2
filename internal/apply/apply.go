// Package apply owns the writing of change transactions in the source's order:
// folding them by key, keeping cascades at their place, and isolating a table
// that PostgreSQL refuses. It does not own SQL, connections, positions, or
// where batches begin and end. See the README for the rules.
package apply

import (
	"context"
	"hash/maphash"
	"log/slog"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

// Writer writes steps in one PostgreSQL transaction, which it opens when it
// has something to do in it. Package target/write has the implementation.
//
// Its errors are of kind fault.Data where PostgreSQL refused a row or a
// statement; such an error may tell more by the methods
// Table() *change.Table and Statement() string.
type Writer interface {
	// Write runs the steps in order and gives for each how many rows of its
	// updates and deletes were missing; missing rows of updates are inserted.
	// If one is refused, the transaction is as it was before the call.
	Write(ctx context.Context, steps []change.Step) (missing []int, err error)
	// Exec runs statements one after the other. If one is refused, the
	// transaction is as it was before the call.
	Exec(ctx context.Context, statements []string) error
	// Tx is the open transaction, for what others write along with the steps.
	Tx(ctx context.Context) (pgx.Tx, error)
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
	// Forget drops what is known of tables: their definitions may have changed.
	Forget()
}

// Options are an Applier's settings.
type Options struct {
	FlushRows  int // rows to hold before they are written; 0: 50,000
	FlushBytes int // bytes of rows to hold before they are written; 0: 16 MiB
	// Isolate is told of a change that PostgreSQL refused. It writes what it has
	// to into tx; when it returns nil, the table is excluded from then on. Its
	// error, if any, ends the batch. Nil: any refusal ends the batch.
	Isolate func(ctx context.Context, tx pgx.Tx, f Failure) error
	Log     *slog.Logger // nil: no log
}

// Failure is a change that PostgreSQL refused.
type Failure struct {
	Table       *change.Table
	Action      event.Action
	Before      change.Row // nil for inserts
	After       change.Row // nil for deletes
	Err         error      // without row values
	Statement   string     // without row values; "" if not known
	Transaction string     // as Transaction was told
	Offset      uint64     // of the event in the binlog
	// Parent is set when the row is this table's and Table is a child that the
	// cascade of the change could not be run on.
	Parent *change.Table
}

// Count is what a batch did to a table, in rows that the source changed.
type Count struct {
	Inserted, Updated, Deleted uint64
	Missing                    uint64 // updates (then inserted) and deletes of rows that were not there
}

// Applier applies batches of source transactions. It is for one goroutine.
type Applier struct {
	writer      Writer
	options     Options
	seed        maphash.Seed
	shapes      map[*change.Table]*shape
	plan        *plan
	transaction string
	counts      map[string]Count
	excluded    map[string]bool
	fresh       []string // excluded in the open transaction
}

// New gives an applier that writes by w.
func New(w Writer, o Options) *Applier {
	if o.FlushRows <= 0 {
		o.FlushRows = 50_000
	}
	if o.FlushBytes <= 0 {
		o.FlushBytes = 16 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &Applier{
		writer: w, options: o, seed: maphash.MakeSeed(),
		shapes: map[*change.Table]*shape{}, excluded: map[string]bool{},
	}
	a.plan = a.newPlan()
	return a
}

// Begin starts a batch.
func (a *Applier) Begin(ctx context.Context) error {
	a.reset()
	a.fresh = nil
	return context.Cause(ctx)
}

func (a *Applier) reset() {
	a.plan, a.transaction, a.counts = a.newPlan(), "", map[string]Count{}
}

// Transaction names the source transaction that the next Rows belong to, for
// failures: its GTID or its place in the binlog.
func (a *Applier) Transaction(id string) { a.transaction = id }

// Rows takes changes in. They are referred to until they are written: the
// caller must not change them. When enough have come, they are written.
func (a *Applier) Rows(ctx context.Context, r *change.Rows) error {
	for r != nil && r.Len() > 0 {
		part, rest := split(r, max(1, a.options.FlushRows-a.plan.rows))
		a.plan.add(piece{Rows: part, transaction: a.transaction})
		if a.plan.rows >= a.options.FlushRows || a.plan.bytes >= a.options.FlushBytes {
			if err := a.Flush(ctx); err != nil {
				return err
			}
		}
		r = rest
	}
	return nil
}

// split cuts rows after the first n; rest is nil when there are no more.
func split(r *change.Rows, n int) (part, rest *change.Rows) {
	if r.Len() <= n {
		return r, nil
	}
	head, tail := *r, *r
	if r.Before != nil {
		head.Before, tail.Before = r.Before[:n], r.Before[n:]
	}
	if r.After != nil {
		head.After, tail.After = r.After[:n], r.After[n:]
	}
	return &head, &tail
}

// Exec runs statements of ours after all that was taken in. An error of kind
// fault.Data leaves the batch as it was before them.
func (a *Applier) Exec(ctx context.Context, statements []string) error {
	if err := a.Flush(ctx); err != nil || len(statements) == 0 {
		return err
	}
	clear(a.shapes)
	return a.writer.Exec(ctx, statements)
}

// Commit writes what is left, calls save within the same transaction, and
// commits.
func (a *Applier) Commit(ctx context.Context, save func(ctx context.Context, tx pgx.Tx) error) error {
	if err := a.Flush(ctx); err != nil {
		return err
	}
	if save != nil {
		tx, err := a.writer.Tx(ctx)
		if err == nil {
			err = save(ctx, tx)
		}
		if err != nil {
			return err
		}
	}
	if err := a.writer.Commit(ctx); err != nil {
		return err
	}
	a.reset()
	a.fresh = nil
	return nil
}

// Rollback undoes the batch, exclusions included.
func (a *Applier) Rollback(ctx context.Context) error {
	for _, source := range a.fresh {
		delete(a.excluded, source)
	}
	a.fresh = nil
	a.reset()
	return a.writer.Rollback(ctx)
}

// Counts gives what the batch has written so far, by Table.Source. Rows that
// cascades changed do not count.
func (a *Applier) Counts() map[string]Count { return maps.Clone(a.counts) }

// Excluded lists the tables whose changes are dropped, by Table.Source.
func (a *Applier) Excluded() []string { return slices.Sorted(maps.Keys(a.excluded)) }

// Exclude drops a table's changes from now on; those of its children that its
// cascades change are still kept right.
func (a *Applier) Exclude(source string) { a.excluded[source] = true }

// Admit takes a table's changes again.
func (a *Applier) Admit(source string) { delete(a.excluded, source) }

func (a *Applier) newPlan() *plan {
	if len(a.shapes) > 20_000 { // tables come and go
		clear(a.shapes)
	}
	return &plan{
		shapes: a.shapes, seed: a.seed, places: map[*change.Table]*place{},
		excluded: func(t *change.Table) bool { return len(a.excluded) > 0 && a.excluded[t.Source] },
	}
}
