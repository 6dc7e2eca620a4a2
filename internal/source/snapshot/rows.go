// Package snapshot owns the chunked reading of a source's tables: cutting a
// table into ranges of its key, and reading the rows of a range as the bytes
// that the server sent. It does not own what the values become, where they
// go, or which chunks are done already.
package snapshot

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync/atomic"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/source/dial"
)

const (
	window     = 128 << 10 // what is read from the network at once
	keepBuffer = 1 << 20   // a buffer for long rows above this is given back after the row
	comQuery   = 3

	longestLength = 9 // bytes of a value's length
)

// Rows reads the rows of one SELECT at a time from a connection, as the text
// protocol has them, without copying values that fit its window.
type Rows struct {
	conn    net.Conn
	in      *bufio.Reader
	seq     byte
	pending int          // bytes of the window that the last row still uses
	long    []byte       // a row that is longer than the window
	fields  [][]byte     // the last row
	open    bool         // a result is being read
	budget  *Budget      // of long rows; nil: none
	share   atomic.Int64 // of the budget, that the last row takes
	ctx     context.Context
	release func() bool
}

// NewRows takes over a connection that was opened with dial.RawRows and on
// which no result is open. The caller still closes the connection, and after
// an error must.
func NewRows(conn *client.Conn) *Rows {
	return &Rows{conn: conn.Conn.Conn, in: bufio.NewReaderSize(conn.Conn.Conn, window)}
}

// Share lets the rows count against a budget that other readers share.
func (r *Rows) Share(b *Budget) { r.budget = b }

// Close gives back what the last row takes of the budget. It may come from another goroutine than the reader's.
func (r *Rows) Close() { r.budget.give(r.share.Swap(0)) }

// Query sends a SELECT and reads up to its first row. A cancelled ctx closes
// the connection, now and until the last row has been read.
func (r *Rows) Query(ctx context.Context, sql string) error {
	if r.open {
		return errors.New("the rows of the last query have not all been read")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(sql)+1 >= dial.MaxPacket {
		return fmt.Errorf("a query of %d bytes is too long", len(sql))
	}
	r.ctx, r.open = ctx, true
	conn := r.conn
	r.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	columns, err := r.begin(sql)
	if err != nil {
		return r.fail(err)
	}
	if cap(r.fields) < columns {
		r.fields = make([][]byte, columns)
	}
	r.fields = r.fields[:columns]
	return nil
}

// begin sends the query and reads the description of its columns, whose number
// it gives.
func (r *Rows) begin(sql string) (int, error) {
	packet := make([]byte, 0, 5+len(sql))
	packet = append(packet, byte(len(sql)+1), byte((len(sql)+1)>>8), byte((len(sql)+1)>>16), 0, comQuery)
	if _, err := r.conn.Write(append(packet, sql...)); err != nil {
		return 0, err
	}
	r.seq = 1
	head, err := r.packet()
	if err != nil {
		return 0, err
	}
	if len(head) == 0 || head[0] == mysql.OK_HEADER || head[0] == mysql.LocalInFile_HEADER {
		return 0, errors.New("the statement gives no rows")
	}
	if head[0] == mysql.ERR_HEADER {
		return 0, refusal(head)
	}
	count, _, n := mysql.LengthEncodedInt(head)
	if n != len(head) || count == 0 || count > 1<<16 {
		return 0, fmt.Errorf("the number of columns cannot be read: %w", mysql.ErrMalformPacket)
	}
	for range count {
		if _, err := r.packet(); err != nil {
			return 0, err
		}
	}
	if end, err := r.packet(); err != nil {
		return 0, err
	} else if !isEnd(end) {
		return 0, fmt.Errorf("the columns do not end where they should: %w", mysql.ErrMalformPacket)
	}
	return int(count), nil
}

// Next gives the next row's values, nil for NULL, or io.EOF after the last one. They
// are valid until the next call.
func (r *Rows) Next() ([][]byte, error) {
	if !r.open {
		return nil, io.EOF
	}
	row, err := r.packet()
	if err != nil {
		return nil, r.fail(err)
	}
	switch {
	case isEnd(row):
		return nil, r.end()
	case len(row) > 0 && row[0] == mysql.ERR_HEADER:
		return nil, r.fail(refusal(row))
	}
	if err := split(r.fields, row); err != nil {
		return nil, r.fail(err)
	}
	return r.fields, nil
}

func (r *Rows) end() error {
	r.open = false
	if !r.release() {
		return context.Cause(r.ctx)
	}
	return io.EOF
}

// fail ends the query. What the context broke is the context's doing.
func (r *Rows) fail(err error) error {
	r.open = false
	r.Close()
	if !r.release() {
		return context.Cause(r.ctx)
	}
	return dial.Classify(err)
}

// split cuts a row into its values.
func split(fields [][]byte, row []byte) error {
	for i := range fields {
		if len(row) == 0 {
			return fmt.Errorf("a row ends before its last value: %w", mysql.ErrMalformPacket)
		}
		length, skip := uint64(row[0]), 1
		switch {
		case length == 0xfb:
			fields[i], row = nil, row[1:]
			continue
		case length == 0xfc && len(row) > 2:
			length, skip = uint64(binary.LittleEndian.Uint16(row[1:])), 3
		case length == 0xfd && len(row) > 3:
			length, skip = uint64(row[1])|uint64(row[2])<<8|uint64(row[3])<<16, 4
		case length == 0xfe && len(row) > 8:
			length, skip = binary.LittleEndian.Uint64(row[1:]), 9
		case length > 0xfb:
			return fmt.Errorf("a value's length cannot be read: %w", mysql.ErrMalformPacket)
		}
		row = row[skip:]
		if length > uint64(len(row)) {
			return fmt.Errorf("a row ends inside a value: %w", mysql.ErrMalformPacket)
		}
		fields[i], row = row[:length:length], row[length:]
	}
	if len(row) != 0 {
		return fmt.Errorf("a row has more values than columns: %w", mysql.ErrMalformPacket)
	}
	return nil
}

// packet reads one packet, or several that belong together. What it gives is
// valid until the next call.
func (r *Rows) packet() ([]byte, error) {
	if _, err := r.in.Discard(r.pending); err != nil {
		return nil, err
	}
	r.pending = 0
	if cap(r.long) > keepBuffer {
		r.long = nil
		clear(r.fields)
	}
	r.Close()
	length, err := dial.PacketHeader(r.in, &r.seq)
	if err != nil {
		return nil, err
	}
	if length <= window {
		r.pending = length
		return r.in.Peek(length)
	}
	share, err := r.budget.take(r.ctx, length)
	if err != nil {
		return nil, err
	}
	r.share.Store(share)
	r.long = r.long[:0]
	for {
		at := len(r.long)
		r.long = grow(r.long, length, expected(r.long))
		if _, err := io.ReadFull(r.in, r.long[at:]); err != nil {
			return nil, err
		}
		if length < dial.MaxPacket {
			return r.long, nil
		}
		if length, err = dial.PacketHeader(r.in, &r.seq); err != nil {
			return nil, err
		}
	}
}

// grow makes b longer by n bytes, with room for as much as is expected at least. A row's length is
// not known before its last packet, so room is doubled where nothing more is expected.
func grow(b []byte, n, expected int) []byte {
	need := len(b) + n
	if need > cap(b) {
		room := max(need, expected)
		if room == need && len(b) > 0 {
			room = min(2*cap(b), need+64<<20)
		}
		larger := make([]byte, len(b), max(need, room))
		copy(larger, b)
		b = larger
	}
	return b[:need]
}

// expected gives the length that a row has at least, by the lengths of the values of which it has the beginning.
func expected(row []byte) int {
	at := 0
	for len(row)-at >= longestLength {
		length, _, n := mysql.LengthEncodedInt(row[at:])
		if length > math.MaxInt32 {
			return at // split will tell
		}
		at += n + int(length) // #nosec G115 -- not above MaxInt32
	}
	return at
}

// isEnd tells the packet that ends columns and rows from a row that begins with
// a value of 16 MB or more.
func isEnd(packet []byte) bool {
	return len(packet) > 0 && len(packet) < 9 && packet[0] == mysql.EOF_HEADER
}

// refusal reads an error packet.
func refusal(packet []byte) error {
	if len(packet) < 3 {
		return mysql.ErrMalformPacket
	}
	refused := &mysql.MyError{Code: binary.LittleEndian.Uint16(packet[1:]), State: "HY000"}
	message := packet[3:]
	if len(message) >= 6 && message[0] == '#' {
		refused.State, message = string(message[1:6]), message[6:]
	}
	refused.Message = string(message)
	return refused
}
