package typemap

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// maxDeflate is how many bytes one deflated byte can stand for.
const maxDeflate = 1032

var errCompressed = errors.New("reading a COMPRESSED column: the value is damaged")

// compressed unpacks MariaDB's COMPRESSED columns. An empty value has no bytes. Otherwise
// the first byte says how: 0, the value follows as it is; 8x, it is deflated, behind its
// length in x&7 bytes, big-endian, in zlib's frame unless x&8.
func compressed(decode appender) appender {
	return func(dst, src []byte, notes *Notes) ([]byte, error) {
		if len(src) == 0 {
			return decode(dst, src, notes)
		}
		method, length := src[0]>>4, int(src[0]&7)
		switch {
		case src[0] == 0:
			return decode(dst, src[1:], notes)
		case method != 8 || length < 1 || length > 4 || len(src) < 1+length:
			return dst, errCompressed
		}
		size := int64(big(src[1 : 1+length]))
		if size > maxDeflate*int64(len(src)) {
			return dst, errCompressed
		}
		packed := bytes.NewReader(src[1+length:])
		unpacked := flate.NewReader(packed)
		if src[0]&8 == 0 {
			framed, err := zlib.NewReader(packed)
			if err != nil {
				return dst, fmt.Errorf("%w: %w", errCompressed, err)
			}
			unpacked = framed
		}
		value, err := io.ReadAll(io.LimitReader(unpacked, size+1))
		if err != nil {
			return dst, fmt.Errorf("%w: %w", errCompressed, err)
		}
		if int64(len(value)) != size {
			return dst, errCompressed
		}
		return decode(dst, value, notes)
	}
}
