package binlog

import (
	"bytes"
	"context"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

// reader turns the events of one connection into transactions.
type reader struct {
	stream     *Stream
	server     string // its ID
	keep       func(schema.Name) bool
	pieceBytes int
	charsets   charsets
	old        bool // MySQL before 8
	emit       func(context.Context, *event.Transaction) error
	idle       func(event.Position, time.Time)
	tracker    *Tracker

	file     string
	pos      uint64 // offset after the event that is being handled
	start    uint64 // offset of that event
	checksum bool   // the file's events end in one
	header   header // of that event
	tables   map[uint64]*table
	group    *group         // nil between two transactions
	from     string         // file of the position that was asked for
	sessions event.Sessions // what became of them since the last transaction
}

// packet handles one event as the server sent it; the reader keeps data.
func (r *reader) packet(ctx context.Context, data []byte) error {
	h, err := parseHeader(data)
	if err != nil {
		return r.corrupt(err)
	}
	r.header = h
	body, err := r.body(data)
	if err != nil {
		return r.corrupt(err)
	}
	switch {
	case h.kind == replication.HEARTBEAT_EVENT, h.kind == replication.HEARTBEAT_LOG_EVENT_V2:
		return r.heartbeat(body)
	case h.kind == replication.ROTATE_EVENT:
		return r.rotate(ctx, body)
	case h.artificial(), h.kind == replication.FORMAT_DESCRIPTION_EVENT && h.end == 0:
	case h.end != 0:
		r.pos = widen(r.pos, h.end)
		r.start = r.pos - min(r.pos, uint64(h.size))
	default: // MariaDB tells no offsets within a transaction; it sends all of its events
		r.start = r.pos
		r.pos += uint64(h.size)
	}
	if h.kind == replication.FORMAT_DESCRIPTION_EVENT {
		if h.artificial() || h.end == 0 {
			return nil
		}
		return r.abandon(ctx) // a new file begins between two transactions, or after a crash
	}
	return r.event(ctx, body)
}

// body checks an event's checksum and gives what is between it and the header.
func (r *reader) body(data []byte) ([]byte, error) {
	end := len(data)
	switch r.header.kind {
	case replication.FORMAT_DESCRIPTION_EVENT: // it always has room for one, and says before it if it is used
		if end < headerSize+checksumSize+1 {
			return nil, errShort
		}
		end -= checksumSize
		r.checksum = data[end-1] == byte(replication.BINLOG_CHECKSUM_ALG_CRC32)
		if r.checksum && !checked(data) {
			return nil, replication.ErrChecksumMismatch
		}
	case replication.ROTATE_EVENT, replication.HEARTBEAT_EVENT, replication.HEARTBEAT_LOG_EVENT_V2:
		// The first of these come before the format is known.
		if checked(data) {
			end -= checksumSize
		}
	default:
		if r.checksum {
			if !checked(data) {
				return nil, replication.ErrChecksumMismatch
			}
			end -= checksumSize
		}
	}
	return data[headerSize:end:end], nil
}

// widen completes the low 32 bits of an offset that is at or after pos.
func widen(pos uint64, low uint32) uint64 {
	wide := pos&^0xffffffff | uint64(low)
	if wide < pos {
		wide += 1 << 32
	}
	return wide
}

func (r *reader) corrupt(err error) error {
	return fault.New(fault.Environment, "look for a broken disk or network; if the log is damaged, copy anew with init_replica",
		"reading the %s in %s after offset %d: %w", r.header.kind, r.file, r.pos, err)
}

// event handles what stands in a transaction or bounds it.
func (r *reader) event(ctx context.Context, body []byte) error {
	if kind, is := rowsOf(r.header.kind); is {
		rows, err := r.rows(kind, body, r.start)
		if err != nil {
			return r.corrupt(err)
		}
		if rows == nil {
			r.ensure()
			return nil
		}
		return r.addRows(ctx, rows)
	}
	var o opening
	var err error
	switch r.header.kind {
	case replication.TABLE_MAP_EVENT:
		r.ensure()
		if err = r.tableMap(body); err != nil {
			return r.corrupt(err)
		}
		return nil
	case replication.QUERY_EVENT, replication.MARIADB_QUERY_COMPRESSED_EVENT:
		s, err := r.query(body, r.header.kind != replication.QUERY_EVENT, r.start)
		if err != nil {
			return r.corrupt(err)
		}
		return r.statement(ctx, s)
	case replication.XID_EVENT:
		return r.finish(ctx, false)
	case replication.XA_PREPARE_LOG_EVENT:
		onePhase, xid, err := xaPrepare(body)
		if err != nil {
			return r.corrupt(err)
		}
		return r.prepared(ctx, onePhase, xid)
	case replication.TRANSACTION_PAYLOAD_EVENT:
		return r.payload(ctx, body)
	case replication.GTID_EVENT, replication.ANONYMOUS_GTID_EVENT:
		o, err = gtidEvent(body, r.header.kind == replication.ANONYMOUS_GTID_EVENT)
	case replication.GTID_TAGGED_LOG_EVENT:
		o, err = taggedEvent(body)
	case replication.MARIADB_GTID_EVENT:
		o, err = mariaGTIDEvent(body, r.header.server)
	case replication.INCIDENT_EVENT:
		return fault.New(fault.Environment, "copy the tables anew with init_replica",
			"the server says in %s at offset %d that its binary log has lost events (incident)", r.file, r.start)
	default:
		return r.other()
	}
	if err != nil {
		return r.corrupt(err)
	}
	if err := r.abandon(ctx); err != nil {
		return err
	}
	r.open(o, r.header.kind == replication.MARIADB_GTID_EVENT && !o.standalone)
	return nil
}

// other lets events pass that say nothing of rows, and stops at those that
// nobody knows: they might.
func (r *reader) other() error {
	switch r.header.kind {
	case replication.STOP_EVENT, replication.INTVAR_EVENT, replication.RAND_EVENT, replication.USER_VAR_EVENT,
		replication.IGNORABLE_EVENT, replication.ROWS_QUERY_EVENT, replication.PREVIOUS_GTIDS_EVENT,
		replication.TRANSACTION_CONTEXT_EVENT, replication.VIEW_CHANGE_EVENT, replication.MARIADB_ANNOTATE_ROWS_EVENT,
		replication.MARIADB_BINLOG_CHECKPOINT_EVENT, replication.MARIADB_GTID_LIST_EVENT, replication.MARIADB_START_ENCRYPTION_EVENT,
		replication.BEGIN_LOAD_QUERY_EVENT, replication.APPEND_BLOCK_EVENT, replication.DELETE_FILE_EVENT:
		return nil
	}
	if r.header.flags&replication.LOG_EVENT_IGNORABLE_F != 0 {
		return nil
	}
	return fault.New(fault.Environment, "a newer version of this program may know it; or set binlog_format to ROW and copy anew with init_replica",
		"the binary log %s has at offset %d an event of the unknown kind %d", r.file, r.start, byte(r.header.kind))
}

// rotate takes the name of the file that the next events are in.
func (r *reader) rotate(ctx context.Context, body []byte) error {
	c := cursor{data: body}
	offset := c.number(8)
	if c.bad {
		return r.corrupt(errShort)
	}
	if file := string(bytes.TrimRight(c.data, "\x00")); file != r.file {
		if err := r.abandon(ctx); err != nil {
			return err
		}
		r.sessions = max(r.sessions, r.turned(file))
		r.file = file
	}
	r.pos, r.start = offset, offset
	return nil
}

// turned says what a new file means for the server's sessions: one that runs on ends its file
// with the next one's name, one that is started only begins a new one.
func (r *reader) turned(file string) event.Sessions {
	switch {
	case !r.header.artificial() && r.header.end != 0:
		return event.SessionsStay
	case r.file != "":
		return event.SessionsEnded
	case r.from != "" && r.from != file:
		return event.SessionsUnknown
	default:
		return event.SessionsStay
	}
}

// heartbeat tells that the server has nothing more to send, and up to where.
func (r *reader) heartbeat(body []byte) error {
	file, offset := string(body), widen(r.pos, r.header.end)
	if r.header.kind == replication.HEARTBEAT_LOG_EVENT_V2 {
		c := cursor{data: body}
		for kind := c.packed(); kind != 0 && !c.bad; kind = c.packed() {
			value := cursor{data: c.take(c.counted())}
			switch kind {
			case 1:
				file = string(value.data)
			case 2:
				offset = value.packed()
			}
		}
	}
	if r.group != nil {
		return nil
	}
	if file != r.file {
		return nil // it comes before the rotation is told; the next one is soon enough
	}
	r.pos, r.start = offset, offset
	p := r.tracker.Position()
	p.Server, p.File, p.Offset = r.server, r.file, r.pos
	r.tracker.Idle(p)
	if r.idle != nil {
		r.idle(p, time.Now())
	}
	return nil
}
