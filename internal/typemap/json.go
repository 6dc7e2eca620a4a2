package typemap

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonFamily is MySQL's JSON. Row images hold it in a binary form, from which the
// server's own text is made.
func jsonFamily() family {
	return family{
		kind: kindJSON, sql: "jsonb", text: plain, finish: jsonbText, value: only("json", wireJSON, binaryJSON),
		why: "The same document. The escape \\u0000, which jsonb cannot hold, is removed.",
	}
}

// jsonText makes a field of json: any valid JSON text.
func jsonText(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst = repair(dst, start, notes)
	if !json.Valid(dst[start:]) {
		notes.apply(InvalidJSON, nil)
		dst = quoteTail(dst, start)
	}
	return escape(dst, start), nil
}

// jsonbText makes a field of jsonb, which has no NUL and no half of a surrogate pair.
func jsonbText(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst = repair(dst, start, notes)
	if len(dst) == start {
		return append(dst, "null"...), nil // what MySQL reads an empty document as
	}
	dst = mendEscapes(dst, start, notes)
	return escape(dst, start), nil
}

// jsonbChecked is jsonbText for text that nobody has checked.
func jsonbChecked(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst = repair(dst, start, notes)
	if !json.Valid(dst[start:]) {
		notes.apply(InvalidJSON, nil)
		dst = quoteTail(dst, start)
	}
	return escape(mendEscapes(dst, start, notes), start), nil
}

// quoteTail makes a JSON string of dst[start:].
func quoteTail(dst []byte, start int) []byte {
	return appendJSONString(dst[:start], bytes.Clone(dst[start:]))
}

// mendEscapes drops \u0000 and replaces lone surrogates in dst[start:].
func mendEscapes(dst []byte, start int, notes *Notes) []byte {
	if bytes.IndexByte(dst[start:], '\\') < 0 || !bytes.Contains(dst[start:], []byte(`\u`)) {
		return dst
	}
	src, to := dst[start:], start
	for i := 0; i < len(src); {
		if src[i] != '\\' || i+1 >= len(src) {
			dst[to] = src[i]
			to, i = to+1, i+1
			continue
		}
		size := 2
		if src[i+1] == 'u' && i+6 <= len(src) {
			size = 6
			switch r := hexRune(src[i+2 : i+6]); {
			case r == 0:
				notes.apply(NulCharacter, nil)
				i += size
				continue
			case utf16.IsSurrogate(r) && i+12 <= len(src) && src[i+6] == '\\' && src[i+7] == 'u' &&
				utf16.DecodeRune(r, hexRune(src[i+8:i+12])) != utf8.RuneError:
				size = 12
			case utf16.IsSurrogate(r):
				notes.apply(InvalidBytes, nil)
				to += copy(dst[to:], `\ufffd`)
				i += size
				continue
			}
		}
		to += copy(dst[to:], src[i:i+size])
		i += size
	}
	return dst[:to]
}

// hexRune reads four hexadecimal digits, -1 if they are none.
func hexRune(src []byte) (r rune) {
	for _, b := range src {
		r <<= 4
		switch {
		case b >= '0' && b <= '9':
			r |= rune(b - '0')
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			r |= rune(b | 0x20 - 'a' + 10)
		default:
			return -1
		}
	}
	return r
}

// appendJSONString writes a JSON string as MySQL does.
func appendJSONString(dst, src []byte) []byte {
	const digit = "0123456789abcdef"
	dst = append(dst, '"')
	for _, b := range src {
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b >= ' ':
			dst = append(dst, b)
		case b == '\b':
			dst = append(dst, `\b`...)
		case b == '\t':
			dst = append(dst, `\t`...)
		case b == '\n':
			dst = append(dst, `\n`...)
		case b == '\f':
			dst = append(dst, `\f`...)
		case b == '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', digit[b>>4], digit[b&15])
		}
	}
	return append(dst, '"')
}

// appendJSONDouble writes a double as MySQL does in JSON: all digits while the point is
// near them, an exponent otherwise, and .0 after a whole number.
func appendJSONDouble(dst []byte, number float64) []byte {
	const near = 15 // MySQL's limit for the point's place, either way
	var room [32]byte
	form := strconv.AppendFloat(room[:0], number, 'e', -1, 64)
	if form[0] == '-' {
		dst, form = append(dst, '-'), form[1:]
	}
	if form[0] > '9' { // NaN and Inf cannot be stored
		return append(dst, "null"...)
	}
	e := bytes.IndexByte(form, 'e')
	exponent, _ := strconv.Atoi(string(form[e+1:]))
	digit := form[:1]
	if e > 2 {
		digit = append(digit, form[2:e]...)
	}
	point := exponent + 1 // digits before the point
	if number == 0 {
		point = 1
	}
	switch {
	case point < -near+1 || point > near && len(digit) <= point:
		dst = append(dst, digit[0])
		if len(digit) > 1 {
			dst = append(append(dst, '.'), digit[1:]...)
		}
		return strconv.AppendInt(append(dst, 'e'), int64(exponent), 10)
	case point <= 0:
		dst = append(dst, '0', '.')
		for range -point {
			dst = append(dst, '0')
		}
		return append(dst, digit...)
	case point >= len(digit):
		dst = append(dst, digit...)
		for range point - len(digit) {
			dst = append(dst, '0')
		}
		return append(dst, '.', '0')
	}
	return append(append(append(dst, digit[:point]...), '.'), digit[point:]...)
}
