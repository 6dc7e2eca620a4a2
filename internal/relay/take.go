package relay

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sort"

	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/take.sql
var takeSQL string

//go:embed sql/fetch.sql
var fetchSQL string

const (
	rowSQL     = "SELECT t_server, t_file, i_end, t_gtid FROM %s WHERE i_row = $1"
	cutSQL     = "DELETE FROM %s WHERE i_row > $1"
	waitingSQL = "SELECT coalesce(sum(i_transactions), 0)::bigint FROM %s WHERE i_row >= $1"
	fetchRows  = 512 // that one query looks at
)

// Open connects and takes a source's log over, in the state in which it was left. A log that
// does not go on from the applied position, or lacks rows that are wanted now, is given
// up for a new one as soon as that has something.
func Open(ctx context.Context, o Options) (*Postgres, error) {
	pack, err := newPacker()
	if err != nil {
		return nil, err
	}
	p := &Postgres{
		o: o, pack: pack, applied: o.Applied,
		fed: make(chan struct{}, 1), stored: make(chan struct{}, 1), eaten: make(chan struct{}, 1), freed: make(chan struct{}, 1), acked: make(chan struct{}, 1),
	}
	err = p.open(ctx)
	if err != nil {
		p.Disconnect(ctx)
		return nil, fmt.Errorf("opening the relay: %w", err)
	}
	return p, nil
}

func (p *Postgres) open(ctx context.Context) (err error) {
	for _, conn := range []**dial.Conn{&p.storing, &p.taking, &p.tidying} {
		if *conn, err = dial.Connect(ctx, p.o.Target); err != nil {
			return err
		}
	}
	for _, t := range []*Tracker{&p.order, &p.passing} {
		if *t, err = p.o.Track(p.o.Applied); err != nil {
			return err
		}
	}
	keeps, err := p.takeOver(ctx)
	if err != nil {
		return err
	}
	if p.reading, err = p.o.Track(p.read); err != nil {
		return err
	}
	entire, err := p.cut(ctx)
	if err != nil {
		return err
	}
	if err := p.recall(ctx); err != nil {
		return err
	}
	reason, err := p.unfit(keeps)
	if err == nil && !entire {
		reason = "rows of it are missing, as in a database that was restored without them"
	}
	if err != nil {
		return err
	}
	if reason != "" {
		return p.anew(reason)
	}
	return p.find(ctx)
}

// takeOver reads what the catalogue has of the log, and keeps others from writing to it.
func (p *Postgres) takeOver(ctx context.Context) (keeps string, err error) {
	var read string
	rows, err := p.storing.Query(ctx, takeSQL, p.o.Source, p.o.Epoch, p.o.Applied.Encode(), p.o.Keeps, p.o.About)
	if err != nil {
		return "", dial.Classify(err)
	}
	taken := rows.Next()
	if taken {
		err = rows.Scan(&read, &p.whole, &p.first, &keeps)
	}
	rows.Close()
	switch {
	case rows.Err() != nil:
		return "", dial.Classify(rows.Err())
	case err != nil:
		return "", fmt.Errorf("reading what the catalogue has of it: %w", err)
	case !taken:
		return "", p.o.Fenced
	}
	if p.read, err = event.DecodePosition(read); err != nil {
		return "", err
	}
	list, err := segments(ctx, p.storing, p.o.Source)
	if err != nil {
		return "", err
	}
	p.recorded = true
	for _, s := range list {
		if s.size, err = sizeOf(ctx, p.storing, p.table(s.number)); err != nil {
			return "", err
		}
		if s.number < p.first {
			p.doomed = append(p.doomed, s)
		} else {
			p.segments = append(p.segments, s)
		}
	}
	return keeps, nil
}

// unfit says why the log is of no use; "" if it is.
func (p *Postgres) unfit(keeps string) (string, error) {
	if keeps != p.o.Keeps && p.o.Widened(keeps) {
		return "it lacks rows of tables that are replicated now; if the source has purged its own, set schema_mappings, limit_tables and skip_tables as they were until all is replayed", nil
	}
	if enough, err := p.reading.Reached(p.o.Applied); err != nil || !enough {
		return "it ends before what is applied", err
	}
	from := p.read
	if len(p.segments) > 0 {
		from = p.segments[0].from
	}
	if joined, err := p.order.Reached(from); err != nil || !joined {
		return "it begins after what is applied", err
	}
	return "", nil
}

// anew begins another log at the applied position. The former one is dropped once that is known
// to go on.
func (p *Postgres) anew(reason string) (err error) {
	p.o.Log.Warn("the log of the relay is begun anew", "reason", reason, "position", p.o.Applied.String())
	if n := len(p.segments); n > 0 {
		p.first = p.segments[n-1].number + 1
	} else {
		p.first++
	}
	p.doomed, p.segments, p.recorded = append(p.doomed, p.segments...), nil, false
	p.read, p.whole, p.last, p.next = p.o.Applied, 0, 0, 1
	p.reading, err = p.o.Track(p.read)
	return err
}

// cut removes what was stored of a transaction that was not read to its end: it is read again.
// It tells whether all that the log should have is there. The first segment stays in any case: it
// has the position at which the log begins.
func (p *Postgres) cut(ctx context.Context) (entire bool, err error) {
	p.last = p.whole
	for n := len(p.segments) - 1; n >= 0; n-- {
		s := &p.segments[n]
		switch {
		case s.size < 0:
			return false, nil
		case s.row > p.whole && n > 0:
			if err := p.drop(ctx, s.number); err != nil {
				return false, err
			}
			p.segments = p.segments[:n]
			continue
		}
		if _, err := p.storing.Exec(ctx, fmt.Sprintf(cutSQL, p.table(s.number)), p.whole); err != nil {
			return false, fmt.Errorf("removing what was not read to its end: %w", dial.Classify(err))
		}
		last := p.last
		if n+1 < len(p.segments) {
			last = p.segments[n+1].row - 1
		}
		if last < s.row {
			continue // it is empty
		}
		if s.end, err = p.endOf(ctx, s.number, last); err != nil || s.end == nil {
			return false, err
		}
	}
	return true, nil
}

// endOf tells which transaction a row ends with; nil if there is no such row.
func (p *Postgres) endOf(ctx context.Context, segment, row int64) (*event.Transaction, error) {
	rows, err := p.storing.Query(ctx, fmt.Sprintf(rowSQL, p.table(segment)), row)
	if err != nil {
		return nil, fmt.Errorf("looking for the row %d of the segment %d: %w", row, segment, dial.Classify(err))
	}
	defer rows.Close()
	var t *event.Transaction
	for rows.Next() {
		var end int64
		t = &event.Transaction{Final: true}
		if err := rows.Scan(&t.Server, &t.File, &end, &t.GTID); err != nil {
			return nil, fmt.Errorf("looking for the row %d of the segment %d: %w", row, segment, err)
		}
		t.End = uint64(end) // #nosec G115 -- it was one
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("looking for the row %d of the segment %d: %w", row, segment, dial.Classify(err))
	}
	return t, nil
}

// find looks for the first row that is not applied.
func (p *Postgres) find(ctx context.Context) error {
	p.next, p.covered = p.last+1, true
	for n, s := range p.segments {
		if s.end == nil {
			continue
		}
		covered, err := p.passing.Covers(p.o.Applied, s.end)
		if err != nil {
			return err
		}
		if covered {
			continue
		}
		last := p.last
		if n+1 < len(p.segments) {
			last = p.segments[n+1].row - 1
		}
		at := sort.Search(int(last-s.row), func(i int) bool {
			before, e := p.isApplied(ctx, s.number, s.row+int64(i))
			err = errors.Join(err, e)
			return e != nil || !before
		})
		if err != nil {
			return err
		}
		p.next = s.row + int64(at)
		return p.count(ctx, n)
	}
	return nil
}

// isApplied says whether all in a row is.
func (p *Postgres) isApplied(ctx context.Context, segment, row int64) (bool, error) {
	end, err := p.endOf(ctx, segment, row)
	if err != nil {
		return false, err
	}
	if end == nil {
		return false, fmt.Errorf("%w: the row %d is missing in the segment %d", errBlock, row, segment)
	}
	return p.passing.Covers(p.o.Applied, end)
}

// count tells how much waits, from the n-th segment on.
func (p *Postgres) count(ctx context.Context, n int) error {
	for _, s := range p.segments[n:] {
		var sum int64
		if err := p.storing.QueryRow(ctx, fmt.Sprintf(waitingSQL, p.table(s.number)), p.next).Scan(&sum); err != nil {
			return fmt.Errorf("counting what waits: %w", dial.Classify(err))
		}
		p.waiting += sum
	}
	return nil
}

// fetch reads what is stored and not in memory any more.
func (p *Postgres) fetch(ctx context.Context, maxBytes int) ([]*event.Transaction, error) {
	ctx, cancel := lingering(ctx)
	defer cancel()
	p.mu.Lock()
	next, segment := p.next, int64(-1)
	for _, s := range p.segments {
		if s.row <= next {
			segment = s.number
		}
	}
	p.mu.Unlock()
	packed, after, err := p.blocks(ctx, segment, next, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the relay from row %d on: %w", next, dial.Classify(err))
	}
	var list []*event.Transaction
	for _, one := range packed {
		some, err := p.unpacked(one)
		if err != nil {
			return nil, fmt.Errorf("reading the relay from row %d on: %w", next, err)
		}
		list = append(list, some...)
	}
	p.mu.Lock()
	p.next = after
	p.waiting -= int64(len(list))
	p.mu.Unlock()
	return p.ahead(list)
}

// blocks reads whole blocks, as they are stored, and tells the row behind them.
func (p *Postgres) blocks(ctx context.Context, segment, next int64, maxBytes int) (packed [][]byte, after int64, err error) {
	rows, err := p.taking.Query(ctx, fmt.Sprintf(fetchSQL, p.table(segment)), next, maxBytes, fetchRows)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var one []byte
	for after = next; rows.Next(); {
		var row int64
		var more bool
		var data []byte
		if err := rows.Scan(&row, &more, &data); err != nil {
			return nil, 0, err
		}
		if one == nil {
			one = data
		} else {
			one = append(one, data...)
		}
		if !more {
			packed, after, one = append(packed, one), row+1, nil
		}
	}
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	if len(packed) == 0 {
		return nil, 0, fmt.Errorf("%w: the row %d is missing in the segment %d", errBlock, next, segment)
	}
	return packed, after, nil
}

func (p *Postgres) unpacked(packed []byte) ([]*event.Transaction, error) {
	packed, err := p.o.Unseal(packed)
	if err != nil {
		return nil, err
	}
	plain, err := p.pack.unzip.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBlock, err)
	}
	return p.unpack.decode(plain)
}

// ahead leaves out what is applied already. That can only be where it is begun.
func (p *Postgres) ahead(list []*event.Transaction) ([]*event.Transaction, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(list) > 0 && p.covered {
		covered, err := p.passing.Covers(p.o.Applied, list[0])
		if err != nil {
			return nil, err
		}
		if p.covered = covered; covered {
			list = list[1:]
		}
	}
	return list, nil
}
