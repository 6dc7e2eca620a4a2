package pipeline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/dial"
)

const (
	drainLook = 100 * time.Millisecond // how often it is looked how far the stream has come
	drainTell = 5 * time.Second        // how often that is told
)

// end gives a position after which the source has committed nothing that anybody has heard
// of by now.
func (o *origin) end(ctx context.Context) (event.Position, error) {
	p, err := inspect.Position(ctx, o.conn, o.server)
	if p.GTIDs != "" && p.Flavor == event.MySQL {
		// The log's end may be ahead of the executed set, which is what counts.
		p.File, p.Offset = "", 0
	}
	return p, err
}

// drain follows the source until all is applied that it has committed by now, and no table
// is on its way into the stream.
func (r *Replica) drain(ctx context.Context, conn *dial.Conn, from *origin, tell func(string)) error {
	to, err := from.end(ctx)
	if err != nil {
		return err
	}
	if arrived, _, err := r.drained(ctx, conn, to); err != nil || arrived {
		return err
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	group, within := errgroup.WithContext(following)
	group.Go(func() error { return r.Follow(within, func() {}) })
	group.Go(func() error {
		defer stop()
		return r.watchDrain(within, conn, to, tell)
	})
	return group.Wait()
}

// watchDrain waits until the stream has come to the position.
func (r *Replica) watchDrain(ctx context.Context, conn *dial.Conn, to event.Position, tell func(string)) error {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	told := time.Now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil // the stream's error counts
		}
		arrived, open, err := r.drained(ctx, conn, to)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if arrived {
			return nil
		}
		if time.Since(told) > drainTell {
			told = time.Now()
			tell(open)
		}
	}
}

// drained says whether the stream has come to the position with all tables, or else what
// is still open.
func (r *Replica) drained(ctx context.Context, conn *dial.Conn, to event.Position) (arrived bool, open string, err error) {
	known, err := catalogue.Find(ctx, conn, r.spec.Name)
	if err != nil {
		return false, "", err
	}
	tracker, err := binlog.NewTracker(known.Applied)
	if err != nil {
		return false, "", err
	}
	reached, err := tracker.Reached(to)
	if err != nil || !reached {
		return false, fmt.Sprintf("applied up to %s, of %s", known.Applied, to), err
	}
	refills, err := catalogue.Refills(ctx, conn, known.ID)
	if err != nil {
		return false, "", err
	}
	tables, err := catalogue.Tables(ctx, conn, known.ID)
	if err != nil {
		return false, "", err
	}
	var coming []string
	for _, refill := range refills {
		for _, m := range refill.Tables {
			coming = append(coming, m.Source.String())
		}
	}
	for _, t := range tables {
		if t.State == catalogue.CatchingUp {
			coming = append(coming, t.Source.String())
		}
	}
	return len(coming) == 0, "tables on their way into the stream: " + strings.Join(coming, ", "), nil
}

// behind lists the tables that are not up to date when all is applied.
func behind(ctx context.Context, db dial.DB, known *catalogue.Source) (list []string, err error) {
	tables, err := catalogue.Tables(ctx, db, known.ID)
	for _, t := range tables {
		if t.State != catalogue.Replicating {
			list = append(list, fmt.Sprintf("%s (%s)", t.Source, t.State))
		}
	}
	return list, err
}

// stillWritten is how long the source is watched for changes of replicated tables.
const stillWritten = time.Second

// settle drains until nothing of the replicated tables changes any more: whoever writes to
// the source must have stopped. quiet is false where somebody has not.
func (r *Replica) settle(ctx context.Context, conn *dial.Conn, from *origin, tell func(string)) (quiet bool, err error) {
	if err := r.drain(ctx, conn, from, tell); err != nil {
		return false, err
	}
	before, err := r.applied(ctx, conn)
	for try := 0; err == nil && try < 3; try++ {
		select {
		case <-time.After(stillWritten):
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
		if err := r.drain(ctx, conn, from, tell); err != nil {
			return false, err
		}
		var after catalogue.Counters
		if after, err = r.applied(ctx, conn); err == nil && after == before {
			return true, nil
		}
		before = after
	}
	return false, err
}

// applied counts what has changed tables.
func (r *Replica) applied(ctx context.Context, conn *dial.Conn) (catalogue.Counters, error) {
	list, err := catalogue.Summaries(ctx, conn)
	if err != nil {
		return catalogue.Counters{}, err
	}
	for i := range list {
		if list[i].Name == r.spec.Name {
			c := list[i].Counters
			return catalogue.Counters{Inserted: c.Inserted, Updated: c.Updated, Deleted: c.Deleted, Missing: c.Missing, DDL: c.DDL}, nil
		}
	}
	return catalogue.Counters{}, fault.New(fault.State, "see chameleon show_status", "source %s is not registered any more", r.spec.Name)
}
