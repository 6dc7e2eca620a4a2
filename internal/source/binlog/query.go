package binlog

import (
	"bytes"
	"strings"
	"time"

	"pgchameleon/internal/event"
)

// Codes of a query event's status variables, and how long the values are.
// Those with a length of their own are in status.
const (
	statusSQLMode = 1
	statusCharset = 4
)

// query takes a QUERY event.
func (r *reader) query(body []byte, compressed bool, offset uint64) (*event.Statement, error) {
	c := cursor{data: body}
	c.number(4) // the session's id
	c.number(4) // how long it took
	schemaSize := int(c.number(1))
	s := &event.Statement{Error: uint16(c.number(2)), Offset: offset}
	status := c.take(int(c.number(2)))
	s.Schema = string(c.take(schemaSize))
	c.number(1)
	if c.bad {
		return nil, errShort
	}
	text := c.data
	if compressed {
		var err error
		if text, err = inflate(text); err != nil {
			return nil, err
		}
	}
	var charset uint16
	s.SQLMode, charset = statusVars(status)
	if r.header.time != 0 {
		s.Time = time.Unix(int64(r.header.time), 0)
	}
	s.SQL = r.charsets.decode(charset, bytes.TrimRight(text, "\x00"))
	return s, nil
}

// statusVars finds the sql_mode and the client's character set. They come
// early; what follows the first unknown code cannot be read, and need not be.
func statusVars(data []byte) (sqlMode uint64, charset uint16) {
	c := cursor{data: data}
	for len(c.data) > 0 {
		switch code := c.number(1); code {
		case 0, 10: // flags; size of the events
			c.number(4)
		case statusSQLMode:
			sqlMode = c.number(8)
		case 2: // catalogue with a NUL
			c.short()
			c.number(1)
		case 3: // auto_increment's step and offset
			c.number(4)
		case statusCharset:
			charset = uint16(c.number(2))
			c.number(4)
		case 5, 6: // time zone, catalogue
			c.short()
		case 7, 8: // language, the database's character set
			c.number(2)
		case 9: // tables that are updated
			c.number(8)
		default:
			return sqlMode, charset
		}
	}
	return sqlMode, charset
}

// frame is what a statement is to the transaction it stands in.
type frame int

const (
	ordinary frame = iota
	begin
	commit
	rollback
	savepoint  // name in rest
	rollbackTo // name in rest
	xaStart    // XID in rest
	xaEnd      // XID in rest
	xaCommit   // XID in rest
	xaRollback // XID in rest
)

// frames lists the texts that servers write for frames; those of the first
// part stand alone, those of the second are followed by a name.
var frames = []struct {
	text string
	is   frame
}{
	{"ROLLBACK TO SAVEPOINT ", rollbackTo},
	{"ROLLBACK TO ", rollbackTo},
	{"SAVEPOINT ", savepoint},
	{"XA START ", xaStart},
	{"XA BEGIN ", xaStart},
	{"XA END ", xaEnd},
	{"XA COMMIT ", xaCommit},
	{"XA ROLLBACK ", xaRollback},
}

// frameOf recognises the statements that bound transactions and their parts.
func frameOf(sql string) (is frame, rest string) {
	switch sql {
	case "BEGIN":
		return begin, ""
	case "COMMIT":
		return commit, ""
	case "ROLLBACK":
		return rollback, ""
	}
	for _, f := range frames {
		if len(sql) > len(f.text) && strings.EqualFold(sql[:len(f.text)], f.text) {
			return f.is, sql[len(f.text):]
		}
	}
	return ordinary, ""
}
