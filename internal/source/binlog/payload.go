package binlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Fields of a TRANSACTION_PAYLOAD event, and its kinds of compression.
const (
	payloadEnd         = 0
	payloadCompression = 2
	compressionZstd    = 0
	compressionNone    = 255
)

// maxWindow bounds what decompression holds; MySQL's levels stay below.
const maxWindow = 128 << 20

// payload handles a compressed transaction: the events in it one by one, so
// that it need not be in memory at once.
func (r *reader) payload(ctx context.Context, body []byte) error {
	c := cursor{data: body}
	kind := uint64(compressionNone)
	for !c.bad {
		field := c.packed()
		if field == payloadEnd {
			break
		}
		value := cursor{data: c.take(c.counted())}
		if field == payloadCompression {
			kind = value.packed()
		}
	}
	if c.bad {
		return errShort
	}
	var events io.Reader = bytes.NewReader(c.data)
	switch kind {
	case compressionNone:
	case compressionZstd:
		decoder, err := zstd.NewReader(events, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("decompressing a transaction: %w", err)
		}
		defer decoder.Close()
		events = decoder
	default:
		return fmt.Errorf("a transaction is compressed in way %d, which is unknown", kind)
	}
	outer := r.header
	defer func() { r.header = outer }()
	for {
		data, err := nextInner(events)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decompressing a transaction: %w", err)
		}
		if r.header, err = parseHeader(data); err != nil {
			return err
		}
		if err := r.event(ctx, data[headerSize:]); err != nil {
			return err
		}
	}
}

// nextInner reads an event into memory of its own; io.EOF between two events.
func nextInner(events io.Reader) ([]byte, error) {
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(events, head); err != nil {
		return nil, err
	}
	size := int(binary.LittleEndian.Uint32(head[9:]))
	if size < headerSize {
		return nil, errShort
	}
	data := make([]byte, size)
	copy(data, head)
	if _, err := io.ReadFull(events, data[headerSize:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return data, nil
}
