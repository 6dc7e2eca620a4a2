package clone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

const (
	aliveEvery = 15 * time.Second
	mostTries  = 5 // of a part or an index
)

// portion is a part of a table with what has to be done before the table is there whole.
type portion struct {
	table *table
	part  pgsql.Part
	left  *int // parts of the table that are not done; under run.mu
}

// rows copies all rows, several parts at a time, the largest tables first.
func (r *run) rows(ctx context.Context) error {
	var work []portion
	tables := make([]*table, 0, len(r.tables))
	for _, t := range r.found.Tables {
		if entry := r.tables[t.OID]; t.Kind == "r" && !r.failed(entry) {
			tables = append(tables, entry)
		}
	}
	slices.SortStableFunc(tables, func(a, b *table) int { return cmp.Compare(b.AllBytes, a.AllBytes) })
	for _, t := range tables {
		parts := t.Parts(r.server, r.PartBytes)
		left := len(parts)
		for _, p := range parts {
			work = append(work, portion{t, p, &left})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan portion)
	group.Go(func() error {
		defer close(queue)
		for _, w := range work {
			select {
			case queue <- w:
			case <-ctx.Done():
				return nil
			}
		}
		return nil
	})
	over := make(chan struct{})
	var workers errgroup.Group
	for range max(1, r.Threads) {
		workers.Go(func() error { return r.work(ctx, queue) })
	}
	group.Go(func() error { defer close(over); return workers.Wait() })
	group.Go(func() error { return r.watch(ctx, over) })
	return group.Wait()
}

// watch sees to it that the snapshot is still held: without its locks nothing is sure.
func (r *run) watch(ctx context.Context, over <-chan struct{}) error {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return r.snapshot.Alive(ctx)
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := r.snapshot.Alive(ctx); err != nil {
				return fmt.Errorf("holding the source's snapshot: %w", err)
			}
		}
	}
}

// work copies parts until there are no more.
func (r *run) work(ctx context.Context, queue <-chan portion) error {
	w := &worker{run: r}
	defer w.leave(ctx)
	for p := range queue {
		if r.failed(p.table) {
			continue
		}
		p.table.line.Enter(status.Copying, time.Now())
		err := again(ctx, func() error { return w.copy(ctx, p) })
		switch {
		case err == nil:
			r.done(p)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case fault.KindOf(err) == fault.Retry:
			return err
		default:
			r.fail(p.table, err)
		}
	}
	return nil
}

// again runs work, some times where what it ends with may pass by: a lost connection, a deadlock.
func again(ctx context.Context, work func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := work()
		if err != nil && fault.KindOf(err) != fault.Retry {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(mostTries))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	return err
}

// done counts a part.
func (r *run) done(p portion) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *p.left--; *p.left == 0 && p.table.reason == nil {
		p.table.line.Enter(status.Indexing, time.Now())
	}
}

// worker is one connection to the source in the snapshot.
type worker struct {
	*run
	conn *dial.Conn
}

func (w *worker) leave(ctx context.Context) {
	if w.conn != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = w.conn.Close(ctx)
		w.conn = nil
	}
}

// copy streams a part from COPY to COPY, in one transaction of the target.
func (w *worker) copy(ctx context.Context, p portion) (err error) {
	t := p.table
	var columns []string
	for _, c := range t.Columns {
		if c.Generated == "" {
			columns = append(columns, mapping.Quote(c.Name))
		}
	}
	if len(columns) == 0 {
		return fault.New(fault.Data, "skip it, or give it a column", "it has no column whose values could be copied")
	}
	if w.conn == nil || w.conn.IsClosed() {
		if w.conn, err = w.snapshot.Session(ctx); err != nil {
			return err
		}
	}
	list := strings.Join(columns, ", ")
	place := pgsql.Ident(write.LoadingSchema(w.Schemas[t.Schema]), t.Name)
	counted := &counter{}
	return w.Loader.Begin(ctx, func(tx dial.Tx) error {
		rows, err := w.stream(ctx, func(to io.Writer) error {
			counted.to = to
			_, err := pgsql.Copy(ctx, w.conn, counted, pgsql.Ident(t.Schema, t.Name), list, p.part, t.binary)
			return err
		}, func(from io.Reader) (int64, error) {
			return write.CopyRaw(ctx, tx, place, list, t.binary, from)
		})
		if err != nil {
			w.leave(ctx) // it may still be sending
			return err
		}
		t.line.Advance(rows, counted.bytes)
		w.mu.Lock()
		defer w.mu.Unlock()
		t.out.Rows += rows
		t.out.Bytes += counted.bytes
		return nil
	})
}

// stream runs both ends of a copy. When one ends with an error the other does too; the first is given.
func (w *worker) stream(ctx context.Context, send func(io.Writer) error, receive func(io.Reader) (int64, error)) (int64, error) {
	from, to := io.Pipe()
	sending := make(chan error, 1)
	go func() {
		err := send(to)
		_ = to.CloseWithError(err) // nil is the end
		sending <- err
	}()
	rows, err := receive(from)
	_ = from.CloseWithError(errStopped)
	sent := <-sending
	if sent != nil && !errors.Is(sent, errStopped) && ctx.Err() == nil {
		return 0, sent
	}
	return rows, err
}

// errStopped tells the source's end that the target's has ended.
var errStopped = errors.New("the target takes no more rows")

// counter counts what goes through it.
type counter struct {
	to    io.Writer
	bytes int64
}

// Write passes on.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += int64(n)
	return n, err
}
