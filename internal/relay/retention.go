package relay

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"pgchameleon/internal/target/dial"
)

//go:embed sql/replayed.sql
var replayedSQL string

//go:embed sql/ages.sql
var agesSQL string

const reopenedSQL = "UPDATE sch_chameleon.t_relay_segments SET ts_replayed = NULL WHERE i_id_source = $1 AND i_segment = $2"

// kept says of a segment that could be dropped whether it stays, since it was replayed only a
// while ago and nothing else wants its room.
func (p *Postgres) kept(ctx context.Context, s *segment) (bool, error) {
	if p.o.Retention <= 0 || s.number < p.first { // or of a log that is given up
		return false, nil
	}
	if err := p.date(ctx); err != nil {
		return false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !time.Now().Before(p.segments[0].due) {
		return false, nil
	}
	if room := p.o.Disk - p.disk(); room < 2*p.segmentSize() {
		if !p.cramped {
			p.cramped = true
			p.o.Log.Info("what was replayed is dropped before batch_retention is over: the relay needs the room", "limit", p.o.Disk)
		}
		return false, nil
	}
	return true, nil
}

// date notes since when segments are replayed, all that have become so.
func (p *Postgres) date(ctx context.Context) error {
	numbers, err := p.undated()
	if err != nil || len(numbers) == 0 {
		return err
	}
	if _, err := p.tidying.Exec(ctx, replayedSQL, p.o.Source, numbers); err != nil {
		return fmt.Errorf("noting what was replayed of the relay: %w", dial.Classify(err))
	}
	due := time.Now().Add(p.o.Retention)
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.dated() // they follow these; no other goroutine drops segments
	for i := range numbers {
		p.segments[first+i].due = due
	}
	return nil
}

// dated counts the segments of which it is known since when they are replayed: the first ones.
func (p *Postgres) dated() (n int) {
	for n < len(p.segments) && !p.segments[n].due.IsZero() {
		n++
	}
	return n
}

// undated lists the segments that are replayed now, of those of which that was not known.
func (p *Postgres) undated() (numbers []int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.segments[p.dated() : len(p.segments)-1] {
		if s.end != nil {
			if covered, err := p.order.Covers(p.applied, s.end); err != nil || !covered {
				return numbers, err
			}
		}
		numbers = append(numbers, s.number)
	}
	return numbers, nil
}

// recall reads how long ago segments were replayed, as former processes have noted it. The last one is
// written to again, if an empty one behind it was removed.
func (p *Postgres) recall(ctx context.Context) error {
	if p.o.Retention <= 0 {
		return nil
	}
	rows, err := p.tidying.Query(ctx, agesSQL, p.o.Source)
	if err != nil {
		return fmt.Errorf("reading what was replayed of the relay: %w", dial.Classify(err))
	}
	defer rows.Close()
	for n := 0; rows.Next(); {
		var number int64
		var seconds float64
		if err := rows.Scan(&number, &seconds); err != nil {
			return fmt.Errorf("reading what was replayed of the relay: %w", err)
		}
		if n < len(p.segments)-1 && p.segments[n].number == number {
			p.segments[n].due = time.Now().Add(p.o.Retention - time.Duration(seconds*float64(time.Second)))
			n++
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading what was replayed of the relay: %w", dial.Classify(err))
	}
	if last := len(p.segments) - 1; last >= 0 {
		if _, err := p.tidying.Exec(ctx, reopenedSQL, p.o.Source, p.segments[last].number); err != nil {
			return fmt.Errorf("noting what is not replayed of the relay: %w", dial.Classify(err))
		}
	}
	return nil
}
