package write

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/change"
)

// pipe is a row of requests whose answers are not yet read.
type pipe struct {
	*pgconn.Pipeline
	asked  []asked
	unsent int // bytes since the last flush
}

// asked is one request.
type asked struct {
	table   *change.Table
	sql     string
	prepare *statement // what the request prepares
	done    func(answer)
}

func (a asked) read(reader *pgconn.ResultReader) error {
	if a.done == nil {
		_, err := reader.Close()
		return err
	}
	var rows [][][]byte
	for reader.NextRow() {
		row := make([][]byte, len(reader.Values()))
		for i, value := range reader.Values() {
			row[i] = bytes.Clone(value) // nil stays nil: NULL
		}
		rows = append(rows, row)
	}
	tag, err := reader.Close()
	if err == nil {
		a.done(answer{rows: rows, count: int(tag.RowsAffected())})
	}
	return err
}

// answer is what came back for a request.
type answer struct {
	rows  [][][]byte // as text
	count int
}

// flushBytes is how much is collected before it is sent; the server works on it
// while the next is prepared.
const flushBytes = 256 << 10

func (c *Changes) connect(ctx context.Context) {
	if c.pipe == nil {
		c.pipe = &pipe{Pipeline: c.conn.PgConn().StartPipeline(ctx)}
	}
	for _, sql := range c.wait {
		c.pipe.SendQueryParams(sql, nil, nil, nil, nil)
		c.pipe.asked = append(c.pipe.asked, asked{sql: sql})
	}
	c.wait = c.wait[:0]
}

// ask sends a prepared statement, which is prepared first if it was not yet.
// done gets the answer when it is drained; params may be reused at once.
func (c *Changes) ask(ctx context.Context, s *statement, params [][]byte, done func(answer)) error {
	c.connect(ctx)
	if s.name == "" {
		c.names++
		s.name = name(c.names)
		c.pipe.SendPrepare(s.name, s.sql, s.types)
		c.pipe.asked = append(c.pipe.asked, asked{table: s.table, sql: s.sql, prepare: s})
	}
	c.pipe.SendQueryPrepared(s.name, params, nil, nil)
	return c.sent(asked{table: s.table, sql: s.sql, done: done}, params)
}

// askOnce sends a statement that is planned for its very values.
func (c *Changes) askOnce(ctx context.Context, s *statement, params [][]byte, done func(answer)) error {
	c.connect(ctx)
	c.pipe.SendQueryParams(s.sql, params, s.types, nil, nil)
	return c.sent(asked{table: s.table, sql: s.sql, done: done}, params)
}

func (c *Changes) sent(a asked, params [][]byte) error {
	p := c.pipe
	p.asked = append(p.asked, a)
	p.unsent += 64
	for _, param := range params {
		p.unsent += len(param)
	}
	if p.unsent < flushBytes {
		return nil
	}
	p.unsent = 0
	if err := p.Flush(); err != nil {
		c.abandon()
		return refuse(err, nil, "")
	}
	return nil
}

// drain waits for all answers, then inserts the rows that updates missed.
func (c *Changes) drain(ctx context.Context) error {
	for c.pipe != nil {
		if err := c.answers(); err != nil {
			c.heals = nil
			return err
		}
		heals := c.heals
		c.heals = nil
		for _, h := range heals {
			if err := h(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// answers reads the answers to all that was asked, up to the end that Sync set.
func (c *Changes) answers() error {
	p := c.pipe
	c.pipe = nil
	failed := p.Sync()
	lost := failed != nil
	for at := 0; !lost; at++ {
		result, err := p.GetResults()
		if reader, ok := result.(*pgconn.ResultReader); ok {
			err = p.asked[at].read(reader)
		}
		if _, end := result.(*pgconn.PipelineSync); end || err == nil && result == nil {
			break
		}
		if err == nil {
			continue
		}
		var said *pgconn.PgError
		lost = !errors.As(err, &said)
		if failed == nil {
			failed = refuse(err, p.asked[at].table, p.asked[at].sql)
			unprepare(p.asked[at:])
		}
	}
	if err := p.Close(); err != nil && failed == nil {
		failed = err
	}
	if failed == nil {
		return nil
	}
	return refuse(failed, nil, "")
}

// unprepare notes that requests were not carried out.
func unprepare(list []asked) {
	for _, a := range list {
		if a.prepare != nil {
			a.prepare.name = ""
		}
	}
}

// abandon ends a pipe whose answers no longer matter.
func (c *Changes) abandon() {
	if c.pipe == nil {
		return
	}
	unprepare(c.pipe.asked)
	c.pipe.Close()
	c.pipe = nil
}
