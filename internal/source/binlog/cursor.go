package binlog

import (
	"encoding/binary"
	"errors"
)

// errShort says that an event ends before its content does.
var errShort = errors.New("the event is cut short")

// cursor reads the bytes of an event in order. After the first read beyond
// the end all further ones give zero, and bad stays true.
type cursor struct {
	data []byte
	bad  bool
}

// take gives the next n bytes; they are part of the event.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.data) {
		c.data, c.bad = nil, true
		return nil
	}
	out := c.data[:n:n]
	c.data = c.data[n:]
	return out
}

// number reads n bytes as a little-endian number.
func (c *cursor) number(n int) uint64 {
	var eight [8]byte
	copy(eight[:], c.take(n))
	return binary.LittleEndian.Uint64(eight[:])
}

// packed reads a length-encoded number.
func (c *cursor) packed() uint64 {
	switch first := c.number(1); first {
	case 0xfc:
		return c.number(2)
	case 0xfd:
		return c.number(3)
	case 0xfe:
		return c.number(8)
	default:
		return first
	}
}

// counted reads a length-encoded count of bytes, or of anything else that
// cannot be more than the bytes left.
func (c *cursor) counted() int {
	n := c.packed()
	if n > uint64(len(c.data)) {
		c.data, c.bad = nil, true
		return 0
	}
	return int(n)
}

// short reads bytes after one byte that gives their number.
func (c *cursor) short() []byte { return c.take(int(c.number(1))) }

// err tells whether all reads were within the event.
func (c *cursor) err() error {
	if c.bad {
		return errShort
	}
	return nil
}
