package pipeline

import (
	"context"

	"pgchameleon/internal/copier"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/source/snapshot"
)

// copySource is the MySQL end as the copier wants it.
type copySource struct {
	config      dial.Config
	server      *inspect.Server
	definitions *definitions
	rules       *mapping.Rules
	budget      *snapshot.Budget // of the replica's long rows
}

// Connect opens a session that reads.
func (c *copySource) Connect(ctx context.Context) (copier.Session, error) {
	session, err := snapshot.Open(ctx, c.config, c.budget)
	if err != nil {
		return nil, err
	}
	return &copySession{source: c, session: session}, nil
}

// Plan cuts a table into chunks.
func (c *copySource) Plan(t *mapping.Table, rows, bytes, chunkBytes int64, done []copier.Chunk) copier.Planner {
	table := &snapshot.Table{Source: t.Source, Rows: rows, Bytes: bytes}
	for _, column := range t.Columns {
		table.Columns = append(table.Columns, column.Map.Select(dial.Quote(t.Source.Columns[column.Ordinal].Name)))
	}
	chunks := make([]snapshot.Chunk, len(done))
	for i, d := range done {
		chunks[i] = read(d)
	}
	return &copyPlan{snapshot.NewPlanner(table, chunkBytes, chunks)}
}

func read(c copier.Chunk) snapshot.Chunk {
	return snapshot.Chunk{Number: c.Number, Lower: c.Lower, Upper: c.Upper, Limit: c.Limit}
}

// copyPlan is a planner of the source's as the copier wants it.
type copyPlan struct{ planner *snapshot.Planner }

// Next gives a chunk; false says that there are none at present.
func (p *copyPlan) Next(ctx context.Context, s copier.Session) (copier.Chunk, bool, error) {
	c, more, err := p.planner.Next(ctx, s.(*copySession).session)
	return copier.Chunk{Number: c.Number, Lower: c.Lower, Upper: c.Upper, Limit: c.Limit}, more, err
}

// Done reports a chunk that was copied.
func (p *copyPlan) Done(c copier.Chunk, cut []string) bool {
	return p.planner.Done(read(c), cut, c.Rows, c.Bytes)
}

// copySession is a connection to the source as the copier wants it.
type copySession struct {
	source  *copySource
	session *snapshot.Session
}

// Definition reads a table's definition as of now.
func (s *copySession) Definition(ctx context.Context, name schema.Name) (*schema.Table, error) {
	t, err := s.source.definitions.read(ctx, s.session.Conn(), name)
	if err != nil {
		return nil, err
	}
	return s.source.rules.Hide(t), nil
}

// Read begins to read a chunk.
func (s *copySession) Read(ctx context.Context, p copier.Planner, c copier.Chunk) (copier.Rows, error) {
	return s.session.Read(ctx, p.(*copyPlan).planner, read(c))
}

// LowMark as in inspect.LowMark.
func (s *copySession) LowMark(ctx context.Context, name schema.Name) (event.Position, error) {
	return inspect.LowMark(ctx, s.session.Conn(), s.source.server, name)
}

// HighMark as in inspect.HighMark.
func (s *copySession) HighMark(ctx context.Context, name schema.Name) (event.Position, error) {
	return inspect.HighMark(ctx, s.session.Conn(), s.source.server, name)
}

// Snapshot as in inspect.Snapshot.
func (s *copySession) Snapshot(ctx context.Context, name schema.Name) (event.Position, error) {
	locker, err := dial.Connect(ctx, s.source.config, "")
	if err != nil {
		return event.Position{}, err
	}
	defer func() { _ = locker.Close() }()
	return inspect.Snapshot(ctx, s.session.Conn(), locker, s.source.server, name)
}

// Release ends the snapshot.
func (s *copySession) Release(ctx context.Context) error {
	return inspect.Release(ctx, s.session.Conn())
}

// Close ends the session.
func (s *copySession) Close() { s.session.Close() }
