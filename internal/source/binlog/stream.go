// Package binlog owns the stream: reading a source's binary log as whole
// transactions, in order, and the arithmetic of its positions. It does not own
// what a statement or a row means, nor whether a lost stream is begun again.
package binlog

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
)

const (
	// heartbeat is how often the server sends a sign of life when it has
	// nothing else to send.
	heartbeat = time.Second
	// silence is how long the server may send nothing at all.
	silence = time.Minute
	// patience is how long the server waits for us while emit blocks.
	patience = 7 * 24 * time.Hour
	// defaultPiece is the size at which a transaction is handed on in pieces.
	defaultPiece = 8 << 20
)

// Options say what is read, and from where.
type Options struct {
	Dial       dial.Config
	Server     *inspect.Server        // as known so far, to notice another flavor at the same address; may be nil
	ServerID   uint32                 // under which the stream registers; 0: a free one is chosen
	Keep       func(schema.Name) bool // whether the rows of a table are wanted; nil: all are
	PieceBytes int                    // from this size on a transaction is handed on in pieces; 0: 8 MiB
	Log        *slog.Logger           // nil: none
}

// Stream reads one source's binary log. Use the same Stream again when Run has
// ended: it remembers transactions that must be read in another way.
type Stream struct {
	options  Options
	identity string         // by which the server and we know the connection
	whole    event.Position // the transaction that must not be cut
	onePhase event.Position // the XA transaction that is to be taken for a plain one
}

// New prepares a stream; nothing is connected before Run.
func New(options Options) *Stream {
	if options.Keep == nil {
		options.Keep = func(schema.Name) bool { return true }
	}
	if options.PieceBytes <= 0 {
		options.PieceBytes = defaultPiece
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	var id [16]byte
	for i := range id {
		id[i] = byte(rand.Uint32())
	}
	return &Stream{options: options, identity: hex.EncodeToString(id[:])}
}

// Run reads from a position on, hands each transaction to emit in the order of
// the log, and tells idle where the log ends when the server has nothing more
// to send, about once a second. Transactions whose tables are not kept come
// too, without events.
//
// emit may block as long as it likes; its error ends Run and is returned. Run
// ends with nil only when ctx ends. A lost connection is a fault.Retry: begin
// again at the position behind the last transaction that was emitted whole.
func (s *Stream) Run(ctx context.Context, from event.Position, emit func(ctx context.Context, t *event.Transaction) error,
	idle func(p event.Position, at time.Time)) error {
	err := s.run(ctx, from, emit, idle)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Stream) run(ctx context.Context, from event.Position, emit func(ctx context.Context, t *event.Transaction) error,
	idle func(p event.Position, at time.Time)) error {
	conn, err := dial.Connect(ctx, s.options.Dial, "")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	release := dial.Guard(ctx, conn)
	defer release()
	server, err := inspect.Facts(ctx, conn)
	if err != nil {
		return err
	}
	if err := s.check(server, from); err != nil {
		return err
	}
	tracker, err := NewTracker(from)
	if err != nil {
		return fault.New(fault.State, "copy anew with init_replica", "the stored position cannot be used: %w", err)
	}
	if err := s.behind(ctx, conn, server, from, tracker); err != nil {
		return err
	}
	known, err := readCharsets(ctx, conn, server)
	if err != nil {
		return err
	}
	r := &reader{
		stream: s, server: server.ID, keep: s.options.Keep, pieceBytes: s.options.PieceBytes, charsets: known,
		old: server.Flavor == event.MySQL && server.Version < 80000, emit: emit, idle: idle, tracker: tracker, tables: map[uint64]*table{}, from: from.File,
	}
	if err := s.ask(ctx, conn, server, from, tracker); err != nil {
		return err
	}
	return r.read(ctx, conn)
}

// check refuses to read from a server for which the position means nothing.
func (s *Stream) check(server *inspect.Server, from event.Position) error {
	const anew = "connect to the former server, or copy anew with init_replica"
	known := from.Flavor
	if known == "" && s.options.Server != nil {
		known = s.options.Server.Flavor
	}
	switch {
	case from.File == "" && from.GTIDs == "":
		return fault.New(fault.State, "copy the tables with init_replica", "there is no position to read the binary log from")
	case known != "" && known != server.Flavor:
		return fault.New(fault.Environment, anew, "the server at %s is %s, and was %s", s.options.Dial.Address(), server.Flavor, known)
	case byGTID(server, from):
	case from.File == "":
		return fault.New(fault.Environment, "set gtid_mode to ON, or copy anew with init_replica", "the position is one of GTIDs, which the server has not")
	case from.Server != "" && from.Server != server.ID:
		return fault.New(fault.Environment, anew+"; with GTIDs a replica can change its source",
			"the server at %s is another one (%s) than was followed so far (%s)", s.options.Dial.Address(), server.ID, from.Server)
	case from.Offset >= 1<<32:
		return fault.New(fault.Environment, "use GTIDs, or copy anew with init_replica", "the protocol cannot ask for the position %s, beyond 4 GB", from)
	}
	return nil
}

// behind refuses a MariaDB whose log does not reach up to the position. It would
// take the position without a word, and pass over what comes next: that gets
// numbers which are counted as read.
func (s *Stream) behind(ctx context.Context, conn *client.Conn, server *inspect.Server, from event.Position, tracker *Tracker) error {
	have, isMariaDB := tracker.set.(domains)
	if !isMariaDB || !byGTID(server, from) {
		return nil
	}
	rows, err := dial.Text(ctx, conn, "SELECT @@GLOBAL.gtid_binlog_pos")
	if err != nil {
		return fmt.Errorf("reading the server's GTIDs: %w", err)
	}
	log, err := parseDomains(rows[0][0])
	if err != nil {
		return err
	}
	shared := false
	for domain, g := range have {
		its, found := log[domain]
		shared = shared || found
		switch {
		case !found || its.number >= g.number:
		case from.Server == server.ID:
			return fault.New(fault.Environment, hintOther, "the server's binary log ends at %s, before what was read of it (%s)", log, have)
		default:
			return fault.New(fault.Retry, "it is waited for; if it was restored or reset, copy the tables anew with init_replica",
				"the server's binary log ends at %s, before what was read of the former one (%s)", log, have)
		}
	}
	if !shared {
		return fault.New(fault.Environment, hintOther, "the server's binary log (at %q) knows nothing of what was read before (%s)", log, have)
	}
	return nil
}

// byGTID says whether the stream is asked for by GTIDs, or by file and offset.
func byGTID(server *inspect.Server, from event.Position) bool { return server.GTID && from.GTIDs != "" }

// read handles what the server sends until the connection or ctx ends.
func (r *reader) read(ctx context.Context, conn *client.Conn) error {
	in := newPackets(conn.Conn.Conn)
	for {
		if in.in.Buffered() == 0 {
			if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
				return dial.Classify(err)
			}
		}
		packet, err := in.next()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return fmt.Errorf("reading the binary log: %w", dial.Classify(err))
		case len(packet) == 0:
			return fault.New(fault.Retry, "", "the server sent an empty packet")
		}
		switch packet[0] {
		case mysql.OK_HEADER:
			if err := r.packet(ctx, packet[1:]); err != nil {
				return err
			}
		case mysql.ERR_HEADER:
			return failure(conn.HandleErrorPacket(packet))
		case mysql.EOF_HEADER:
			return fault.New(fault.Retry, "it may be shutting down; the stream is begun again", "the server has ended the stream of its binary log")
		default:
			return fault.New(fault.Retry, "", "the server sent a packet of the unknown kind %d", packet[0])
		}
	}
}
