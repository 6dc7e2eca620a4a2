package typemap

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// wide decodes characters of a fixed number of bytes.
func wide(size int, order binary.ByteOrder) appender {
	return func(dst, src []byte, notes *Notes) ([]byte, error) {
		value := src
		notes.source = nil
		if short := len(src) % size; short > 0 {
			dst = bad(dst, value, notes)
			src = src[short:]
		}
		for ; len(src) >= size; src = src[size:] {
			var n uint32
			if size == 2 {
				n = uint32(order.Uint16(src))
			} else {
				n = order.Uint32(src)
			}
			if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
				dst = bad(dst, value, notes)
				continue
			}
			dst = utf8.AppendRune(dst, rune(n))
		}
		return dst, nil
	}
}

func utf16Decoder(order binary.ByteOrder) appender {
	return func(dst, src []byte, notes *Notes) ([]byte, error) {
		value := src
		notes.source = nil
		for len(src) >= 2 {
			r := rune(order.Uint16(src))
			src = src[2:]
			if utf16.IsSurrogate(r) {
				low := rune(0)
				if len(src) >= 2 {
					low = rune(order.Uint16(src))
				}
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					dst = bad(dst, value, notes)
					continue
				}
				src = src[2:]
			}
			dst = utf8.AppendRune(dst, r)
		}
		if len(src) > 0 {
			dst = bad(dst, value, notes)
		}
		return dst, nil
	}
}
