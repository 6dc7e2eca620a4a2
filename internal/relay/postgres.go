package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
)

// Tracker does the arithmetic of positions.
type Tracker interface {
	Add(t *event.Transaction) error
	Idle(p event.Position)
	Position() event.Position
	Covers(mark event.Position, t *event.Transaction) (bool, error)
	Reached(mark event.Position) (bool, error)
}

// Options say whose log it is and what it may take.
type Options struct {
	Target    dial.Config
	Source    int64          // its id in the catalogue
	Epoch     int64          // of the lease; only the process with the newest one can append
	Applied   event.Position // what is in the target already
	Keeps     string         // of which tables the rows are appended
	About     []byte         // JSON: what the source says of itself, for when it is away
	Widened   func(before string) bool
	Disk      int64         // bytes of log tables; one source transaction larger than that is let in all the same
	Retention time.Duration // what is applied is kept for so long, as far as there is room
	Memory    int           // bytes of what waits for being stored, or was stored last
	Seal      func(plain []byte) []byte
	Unseal    func(sealed []byte) ([]byte, error)
	Track     func(from event.Position) (Tracker, error)
	Stored    func(t *event.Transaction, read event.Position) // the last one of those that are in the log now, or an idle one, and up to where all is
	Fenced    error                                           // what is given when another process has the lease
	Log       *slog.Logger
}

// Postgres is a relay in log tables of the target. What was read is stored there
// together with the read position, so that the reading may be far ahead of the
// applying, and need not be done again. What was stored last stays in memory for a
// while, where an applying that keeps up finds it.
//
// Append, Next and Run are each for one goroutine.
type Postgres struct {
	o       Options
	storing *dial.Conn // each of one goroutine
	taking  *dial.Conn
	tidying *dial.Conn
	pack    packer
	unpack  decoder
	reading Tracker // as of what is stored
	order   Tracker // of the one who tidies up
	passing Tracker // of the one who takes

	mu       sync.Mutex
	pending  []*event.Transaction // not stored yet
	bytes    int                  // of them
	idle     *event.Transaction   // the source has no more than was appended
	told     *event.Transaction   // the one whose position is stored
	tail     []block              // stored last, up to the last row
	tailed   int                  // bytes of them
	last     int64                // row that is stored
	whole    int64                // row that ends a transaction
	read     event.Position       // behind that row
	first    int64                // segment
	segments []segment
	recorded bool      // that they are the log
	doomed   []segment // of a log that is given up
	next     int64     // row to be taken
	covered  bool      // what is taken next may be applied already
	busy     bool      // something is being stored
	starving bool      // all was taken, and it is waited for more
	waiting  int64     // transactions
	full     bool
	applied  event.Position
	cause    error
	cramped  bool // it was said that there is no room for what is to be kept

	fed, stored, eaten, freed, acked chan struct{}
}

// block is transactions that are stored together, in rows that follow one another.
type block struct {
	first, last int64 // rows
	bytes       int
	list        []*event.Transaction
}

// Position is where the reading begins: what is before it was replayed or is in the log.
func (p *Postgres) Position() event.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read
}

// Append adds a transaction, waiting while there is too much that is not stored yet. An
// idle one is not stored; only the position that it tells is.
func (p *Postgres) Append(ctx context.Context, t *event.Transaction) error {
	for {
		p.mu.Lock()
		switch {
		case p.cause != nil:
			defer p.mu.Unlock()
			return p.cause
		case t.Idle != nil:
			p.idle = t
		case p.bytes == 0 || p.bytes+t.Size <= p.o.Memory/2:
			p.pending, p.bytes, p.idle = append(p.pending, t), p.bytes+t.Size+overhead, nil
			p.waiting++
		default:
			p.mu.Unlock()
			select {
			case <-p.eaten:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		p.mu.Unlock()
		signal(p.fed)
		return nil
	}
}

// Next takes what is stored, at least one transaction and at most about maxBytes of them,
// waiting while there is none. After Close it gives what is left and then the cause.
func (p *Postgres) Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error) {
	for {
		p.mu.Lock()
		list, cause := p.fromTail(maxBytes), p.cause
		inTable, drained := p.next <= p.last, len(p.pending) == 0 && !p.busy
		if len(list) == 0 && !inTable && drained && p.idle != nil && p.idle == p.told {
			list, p.idle, p.told = []*event.Transaction{p.idle}, nil, nil
		}
		p.starving = len(list) == 0 && !inTable
		starving := p.starving
		p.mu.Unlock()
		switch {
		case len(list) > 0:
			return list, nil
		case inTable:
			list, err := p.fetch(ctx, maxBytes)
			if err != nil || len(list) > 0 {
				return list, err
			}
			continue
		case cause != nil && drained:
			return nil, cause
		}
		if starving {
			signal(p.freed) // the rest of a transaction that fills the log may be let in
		}
		select {
		case <-p.stored:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// fromTail takes blocks that are in memory still.
func (p *Postgres) fromTail(maxBytes int) []*event.Transaction {
	for len(p.tail) > 0 && p.tail[0].first < p.next { // they were read from the table
		p.tailed -= p.tail[0].bytes
		p.tail = p.tail[1:]
	}
	if len(p.tail) == 0 || p.tail[0].first != p.next || p.covered {
		return nil
	}
	var list []*event.Transaction
	for taken := 0; len(p.tail) > 0 && (taken == 0 || taken+p.tail[0].bytes <= maxBytes); {
		b := p.tail[0]
		list, p.next, p.tail = append(list, b.list...), b.last+1, p.tail[1:]
		taken, p.tailed = taken+b.bytes, p.tailed-b.bytes
	}
	p.waiting -= int64(len(list))
	return list
}

// Acknowledge says that all before a position is applied for good: the segments that hold
// nothing else are dropped.
func (p *Postgres) Acknowledge(at event.Position) {
	p.mu.Lock()
	p.applied = at
	p.mu.Unlock()
	signal(p.acked)
}

// Close says that no more will come and why. Only the first cause counts.
func (p *Postgres) Close(cause error) {
	p.mu.Lock()
	if p.cause == nil {
		p.cause = cause
	}
	p.mu.Unlock()
	signal(p.stored)
	signal(p.eaten)
}

// Waiting tells how much is in the relay.
func (p *Postgres) Waiting() Waiting {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Waiting{Transactions: max(0, p.waiting), Bytes: p.disk(), Limit: p.o.Disk, Full: p.full}
}

// Disconnect gives the sessions back.
func (p *Postgres) Disconnect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), linger)
	defer cancel()
	for _, conn := range []*dial.Conn{p.storing, p.taking, p.tidying} {
		if conn != nil {
			_ = conn.Close(ctx) // nothing of it is wanted any more
		}
	}
}

// linger is how long a query that has begun may take after its caller was told to stop.
const linger = 5 * time.Second

// lingering gives a context that ends a while after its parent does: a session whose query is cut
// off is lost.
func lingering(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(linger, func() { cancel(context.Cause(parent)) })
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() { stop(); cancel(context.Canceled) }
}
