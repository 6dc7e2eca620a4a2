package relay

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/segments.sql
var segmentsSQL string

//go:embed sql/create_segment.sql
var createSegmentSQL string

const (
	addSegmentSQL   = "INSERT INTO sch_chameleon.t_relay_segments (i_id_source, i_segment, i_row, t_position) VALUES ($1, $2, $3, $4)"
	storageSQL      = "ALTER TABLE %s ALTER COLUMN b_data SET STORAGE EXTERNAL" // what is packed needs no further try
	dropSegmentSQL  = "DROP TABLE IF EXISTS %s"
	forgetSQL       = "DELETE FROM sch_chameleon.t_relay_segments WHERE i_id_source = $1 AND i_segment = $2"
	aboutSQL        = "SELECT jsb_source FROM sch_chameleon.t_relays WHERE i_id_source = $1"
	forgetRelaySQL  = "DELETE FROM sch_chameleon.t_relays WHERE i_id_source = $1"
	sizeSQL         = "SELECT coalesce(pg_total_relation_size(to_regclass($1)), -1)"
	holdSQL         = "SELECT FROM sch_chameleon.t_relays WHERE i_id_source = $1 AND i_epoch = $2 FOR UPDATE"
	largestSegment  = 64 << 20
	segmentsInLimit = 8
	dropPause       = time.Second
	briefSQL        = "SET LOCAL lock_timeout = '2s'"
	dropTimeoutSQL  = "SET lock_timeout = '200ms'" // somebody who reads the catalogue, such as pg_dump, goes first
)

// segment is a part of the log: a table.
type segment struct {
	number int64
	row    int64          // its first
	from   event.Position // up to where the source was read when it was begun
	size   int64          // bytes, about; of one that is closed exactly; -1: it is not there
	end    *event.Transaction
	due    time.Time // when it may be dropped; zero: it is not known to be replayed, or nothing is kept
}

func (p *Postgres) table(n int64) string {
	return segmentTable(p.o.Source, n)
}

func segmentTable(source, n int64) string {
	return fmt.Sprintf("sch_chameleon.t_relay_%d_%d", source, n)
}

// segmentSize is when a segment is closed: the log has several even when it may be small,
// so that what is replayed makes room.
func (p *Postgres) segmentSize() int64 {
	return min(largestSegment, max(1, p.o.Disk/segmentsInLimit))
}

// disk is what all segments take.
func (p *Postgres) disk() (sum int64) {
	for _, s := range p.segments {
		sum += max(0, s.size)
	}
	for _, s := range p.doomed {
		sum += max(0, s.size)
	}
	return sum
}

// begin makes the segment into which is written from now on.
func (p *Postgres) begin(ctx context.Context) error {
	p.mu.Lock()
	s := segment{number: p.first, row: p.last + 1, from: p.read}
	if n := len(p.segments); n > 0 {
		s.number = p.segments[n-1].number + 1
	}
	p.mu.Unlock()
	err := dial.InTx(ctx, p.storing, func(tx dial.Tx) error {
		if err := p.hold(ctx, tx); err != nil {
			return err
		}
		for _, sql := range []string{dropSegmentSQL, createSegmentSQL, storageSQL} { // a dump may have brought one that nobody knows
			if _, err := tx.Exec(ctx, fmt.Sprintf(sql, p.table(s.number))); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, addSegmentSQL, p.o.Source, s.number, s.row, s.from.Encode())
		return err
	})
	if err != nil {
		return fmt.Errorf("beginning the segment %d of the relay: %w", s.number, err)
	}
	p.mu.Lock()
	p.segments = append(p.segments, s)
	p.mu.Unlock()
	return nil
}

// hold makes sure, to the end of the transaction, that nobody else has the log.
func (p *Postgres) hold(ctx context.Context, tx dial.Tx) error {
	tag, err := tx.Exec(ctx, holdSQL, p.o.Source, p.o.Epoch)
	if err == nil && tag.RowsAffected() == 0 {
		return p.o.Fenced
	}
	return err
}

// closeLarge ends the last segment if it is large enough.
func (p *Postgres) closeLarge(ctx context.Context) error {
	p.mu.Lock()
	n := len(p.segments)
	if n == 0 || p.segments[n-1].size < p.segmentSize() {
		p.mu.Unlock()
		return nil
	}
	number := p.segments[n-1].number
	p.mu.Unlock()
	size, err := sizeOf(ctx, p.storing, p.table(number))
	if err != nil {
		return err
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	for i := range p.segments {
		if p.segments[i].number == number {
			p.segments[i].size = size
		}
	}
	p.mu.Unlock()
	signal(p.acked)
	return nil
}

// sizeOf measures a table; -1 says that it is not there.
func sizeOf(ctx context.Context, db dial.DB, table string) (size int64, err error) {
	if err := db.QueryRow(ctx, sizeSQL, table).Scan(&size); err != nil {
		return 0, fmt.Errorf("measuring the segment %s: %w", table, dial.Classify(err))
	}
	return size, nil
}

// tidy drops segments of which all is applied, until ctx ends. One that somebody reads is
// tried again.
func (p *Postgres) tidy(ctx context.Context) error {
	if _, err := p.tidying.Exec(ctx, dropTimeoutSQL); err != nil {
		return fmt.Errorf("preparing to drop segments of the relay: %w", dial.Classify(err))
	}
	again := time.NewTicker(dropPause)
	defer again.Stop()
	for {
		if err := p.dropApplied(ctx); err != nil {
			return err
		}
		select {
		case <-p.acked:
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (p *Postgres) dropApplied(ctx context.Context) error {
	for {
		s, err := p.droppable()
		if err != nil || s == nil {
			return err
		}
		if kept, err := p.kept(ctx, s); err != nil || kept {
			return err
		}
		err = p.drop(ctx, s.number)
		if InUse(err) {
			p.o.Log.Debug("a segment of the relay is in use and is dropped later", "segment", s.number)
			return nil
		}
		if err != nil {
			return err
		}
		p.mu.Lock()
		if len(p.doomed) > 0 {
			p.doomed = p.doomed[1:]
		} else {
			p.segments = p.segments[1:]
		}
		p.mu.Unlock()
		p.o.Log.Debug("segment of the relay dropped", "segment", s.number, "bytes", s.size)
		signal(p.freed)
	}
}

const lockNotAvailable = "55P03"

// droppable gives the first segment if nothing of it is needed; the last one never is given.
func (p *Postgres) droppable() (*segment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.doomed) > 0 && p.recorded:
		return &p.doomed[0], nil
	case len(p.doomed) > 0 || len(p.segments) < 2:
		return nil, nil
	}
	s := p.segments[0]
	if s.end != nil {
		if covered, err := p.order.Covers(p.applied, s.end); err != nil || !covered {
			return nil, err
		}
	}
	return &s, nil
}

func (p *Postgres) drop(ctx context.Context, number int64) error {
	err := dial.InTx(ctx, p.tidying, func(tx dial.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(dropSegmentSQL, p.table(number))); err != nil {
			return err
		}
		if err := p.hold(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, forgetSQL, p.o.Source, number)
		return err
	})
	if err != nil {
		return fmt.Errorf("dropping the segment %d of the relay: %w", number, err)
	}
	return nil
}

// Exists tells whether a source has a log.
func Exists(ctx context.Context, db dial.DB, source int64) (bool, error) {
	list, err := segments(ctx, db, source)
	return len(list) > 0, err
}

// About tells what the source said of itself whose log there is; nil if there is none, or if it is not known.
func About(ctx context.Context, db dial.DB, source int64) (about []byte, err error) {
	rows, err := db.Query(ctx, aboutSQL, source)
	if err != nil {
		return nil, fmt.Errorf("reading what the relay was read from: %w", dial.Classify(err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&about); err != nil {
			return nil, fmt.Errorf("reading what the relay was read from: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading what the relay was read from: %w", dial.Classify(err))
	}
	return about, nil
}

// InUse says of an error of Drop that somebody reads a segment.
func InUse(err error) bool { return dial.Code(err) == lockNotAvailable }

// Drop removes a source's log. Nobody may write to it.
func Drop(ctx context.Context, db dial.DB, source int64) error {
	return dial.InTx(ctx, db, func(tx dial.Tx) error {
		if _, err := tx.Exec(ctx, briefSQL); err != nil {
			return fmt.Errorf("preparing to drop the relay: %w", err)
		}
		list, err := segments(ctx, tx, source)
		if err != nil {
			return err
		}
		for _, s := range list {
			if _, err := tx.Exec(ctx, fmt.Sprintf(dropSegmentSQL, segmentTable(source, s.number))); err != nil {
				return fmt.Errorf("dropping the segment %d of the relay: %w", s.number, err)
			}
			if _, err := tx.Exec(ctx, forgetSQL, source, s.number); err != nil {
				return fmt.Errorf("forgetting the segment %d of the relay: %w", s.number, err)
			}
		}
		_, err = tx.Exec(ctx, forgetRelaySQL, source)
		return err
	})
}

// segments lists what the catalogue has.
func segments(ctx context.Context, db dial.DB, source int64) ([]segment, error) {
	rows, err := db.Query(ctx, segmentsSQL, source)
	if err != nil {
		return nil, fmt.Errorf("reading the segments of the relay: %w", dial.Classify(err))
	}
	defer rows.Close()
	var list []segment
	for rows.Next() {
		var s segment
		var from string
		if err := rows.Scan(&s.number, &s.row, &from); err != nil {
			return nil, fmt.Errorf("reading the segments of the relay: %w", err)
		}
		if s.from, err = event.DecodePosition(from); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the segments of the relay: %w", dial.Classify(err))
	}
	return list, nil
}
