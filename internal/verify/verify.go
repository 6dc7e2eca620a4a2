// Package verify owns the comparison of replicated tables with their source's: which chunks
// of which table are compared by whom, and what is found. It does not own how rows are read or
// compared, nor what is done about differences: both ends are interfaces.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/copier"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

// Found is what was found in a table, in rows.
type Found struct {
	Rows      int64 // of the source
	Refused   int64 // of those, that PostgreSQL cannot hold: they are expected to be missing
	Missing   int64 // of the source, that PostgreSQL does not have
	Different int64 // that have other values
	Extra     int64 // of PostgreSQL, that the source does not have
}

// Same says whether both sides agree.
func (f Found) Same() bool { return f.Missing == 0 && f.Different == 0 && f.Extra == 0 }

// String tells of the differences.
func (f Found) String() string {
	return fmt.Sprintf("%d rows are missing, %d differ, %d are not on the source", f.Missing, f.Different, f.Extra)
}

func (f *Found) add(more Found) {
	f.Rows, f.Refused, f.Missing, f.Different, f.Extra = f.Rows+more.Rows, f.Refused+more.Refused, f.Missing+more.Missing, f.Different+more.Different, f.Extra+more.Extra
}

// Source is the MySQL end, as the copy knows it.
type Source interface {
	Connect(ctx context.Context) (copier.Session, error)
	Plan(t *mapping.Table, rows, bytes, chunkBytes int64, done []copier.Chunk) copier.Planner
}

// Target is the PostgreSQL end.
type Target interface {
	// Compare begins the comparison of a table. The caller closes it.
	Compare(ctx context.Context, t *mapping.Table) (Comparison, error)
}

// Comparison is one table's. It is for one goroutine.
type Comparison interface {
	// Rows holds rows of the source (lines of COPY text) against the table's. A fault.Data
	// says that PostgreSQL refused one; with pieces such rows are left out and counted.
	Rows(ctx context.Context, rows io.Reader, pieces bool) (Found, error)
	// End tells what can be told only when all rows were there.
	End(ctx context.Context) (Found, error)
	Close(ctx context.Context)
}

// Table is what is to be compared.
type Table struct {
	Mapped      *mapping.Table
	Rows, Bytes int64 // estimates
}

// Verifier compares tables at rest: nobody writes to either side meanwhile.
type Verifier struct {
	Source     Source
	Target     Target
	Threads    int
	ChunkBytes int64
	// Done is told of each table, by one goroutine at a time.
	Done func(t *mapping.Table, f Found)
}

// Run compares tables, several at once.
func (v *Verifier) Run(ctx context.Context, tables []Table) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, v.Threads))
	var mu sync.Mutex
	for _, t := range tables {
		group.Go(func() error {
			found, err := v.table(ctx, t)
			if err != nil {
				return fmt.Errorf("comparing table %s: %w", t.Mapped.Source.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			v.Done(t.Mapped, found)
			return nil
		})
	}
	return group.Wait()
}

func (v *Verifier) table(ctx context.Context, t Table) (Found, error) {
	session, err := v.Source.Connect(ctx)
	if err != nil {
		return Found{}, err
	}
	defer session.Close()
	comparison, err := v.Target.Compare(ctx, t.Mapped)
	if err != nil {
		return Found{}, err
	}
	defer comparison.Close(context.WithoutCancel(ctx))
	var sum Found
	planner := v.Source.Plan(t.Mapped, t.Rows, t.Bytes, v.ChunkBytes, nil)
	for {
		chunk, more, err := planner.Next(ctx, session)
		if err != nil {
			return Found{}, err
		}
		if !more {
			break
		}
		found, err := v.chunk(ctx, t, session, comparison, planner, chunk)
		if err != nil {
			return Found{}, err
		}
		sum.add(found)
	}
	rest, err := comparison.End(ctx)
	sum.add(rest)
	return sum, err
}

// chunk compares a chunk: as a whole, or without the rows that PostgreSQL cannot hold.
func (v *Verifier) chunk(ctx context.Context, t Table, s copier.Session, c Comparison, p copier.Planner, chunk copier.Chunk) (found Found, err error) {
	for _, pieces := range []bool{false, true} {
		rows, err := s.Read(ctx, p, chunk)
		if err != nil {
			return Found{}, err
		}
		var unwritable int64
		refuse := func([]byte, error) error {
			unwritable++
			return nil
		}
		if !pieces {
			refuse = nil
		}
		measured := &measure{rows: rows}
		found, err = c.Rows(ctx, copier.Text(t.Mapped, measured, refuse), pieces)
		if fault.KindOf(err) == fault.Data && !pieces {
			if err := measured.drain(); err != nil {
				return Found{}, err
			}
			continue
		}
		if err != nil {
			return Found{}, err
		}
		found.Rows, found.Refused = measured.count, found.Refused+unwritable
		cut := rows.Cut()
		if cut != nil {
			chunk.Upper = cut
		}
		chunk.Rows, chunk.Bytes = measured.count, measured.bytes
		p.Done(chunk, cut)
		return found, nil
	}
	return found, err
}

// measure counts what is read.
type measure struct {
	rows         copier.Rows
	count, bytes int64
	ended        error
}

// Next gives the next row.
func (m *measure) Next() ([][]byte, error) {
	fields, err := m.rows.Next()
	if err != nil {
		m.ended = err
		return nil, err
	}
	m.count++
	for _, f := range fields {
		m.bytes += int64(len(f)) + 1
	}
	return fields, nil
}

// Cut is the upper bound of a chunk that ended early.
func (m *measure) Cut() []string { return m.rows.Cut() }

// drain reads the rest, so that the session can be asked again.
func (m *measure) drain() error {
	for m.ended == nil {
		_, m.ended = m.rows.Next()
	}
	if errors.Is(m.ended, io.EOF) {
		return nil
	}
	return m.ended
}
