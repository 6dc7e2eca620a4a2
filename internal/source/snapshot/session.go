package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/source/dial"
)

// Session reads chunks over one connection, one at a time. It is for one
// goroutine.
type Session struct {
	conn *client.Conn
	rows *Rows
}

// Open connects for reading; budget, if not nil, is what bounds its long rows with those of other
// sessions. The caller closes the session.
func Open(ctx context.Context, cfg dial.Config, budget *Budget) (*Session, error) {
	conn, err := dial.Connect(ctx, cfg, "", dial.RawRows)
	if err != nil {
		return nil, err
	}
	rows := NewRows(conn)
	rows.Share(budget)
	return &Session{conn: conn, rows: rows}, nil
}

// Conn is the session's connection, for questions between two chunks.
func (s *Session) Conn() *client.Conn { return s.conn }

// Close ends the session, whatever it is doing.
func (s *Session) Close() {
	_ = s.conn.Close()
	s.rows.Close()
}

// Scan is the reading of one chunk.
type Scan struct {
	session *Session
	scan    *scan
	limit   int64
	seen    int64
	last    []byte
	ended   bool
}

// Read begins to read a chunk of the planner's table.
func (s *Session) Read(ctx context.Context, p *Planner, c Chunk) (*Scan, error) {
	if err := s.rows.Query(ctx, p.scan.query(c)); err != nil {
		return nil, fmt.Errorf("reading table %s: %w", p.table.Source.Name, err)
	}
	return &Scan{session: s, scan: p.scan, limit: c.Limit}, nil
}

// Next gives the values of the next row in the text protocol's form, nil for
// NULL, or io.EOF. They are valid until the next call.
func (c *Scan) Next() ([][]byte, error) {
	fields, err := c.session.rows.Next()
	if err != nil {
		c.ended = errors.Is(err, io.EOF)
		return nil, err
	}
	c.seen++
	if c.seen == c.limit && c.scan.at >= 0 {
		c.last = append([]byte(nil), fields[c.scan.at]...)
	}
	return fields[:c.scan.width], nil
}

// Cut is the upper bound of what was read if the chunk ended early at its limit, nil
// if it was read to its own.
func (c *Scan) Cut() []string {
	if !c.ended || c.last == nil {
		return nil
	}
	return c.scan.bound([]string{string(c.last)})
}
