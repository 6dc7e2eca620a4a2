package typemap

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonFamily is MySQL's JSON. Row images hold it in a binary form, from which the
// server's own text is made.
func jsonFamily(p *policy) family {
	return family{
		kind: kindJSON, sql: "jsonb", text: plain, finish: p.jsonb, value: only("json", wireJSON, binaryJSON),
		why: "The same document. The escape \\u0000, which jsonb cannot hold, follows the rule nul_character.",
	}
}

// json makes a field of json: any valid JSON text.
func (p *policy) json(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst, done, err := p.repair(dst, start, notes)
	if done || err != nil {
		return dst, err
	}
	if dst, done, err = p.document(dst, start, notes); done || err != nil {
		return dst, err
	}
	return escape(dst, start), nil
}

// jsonb makes a field of jsonb of a document that the server has checked. It has no
// NUL and no half of a surrogate pair.
func (p *policy) jsonb(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst, done, err := p.repair(dst, start, notes)
	if done || err != nil {
		return dst, err
	}
	if len(dst) == start {
		return append(dst, "null"...), nil // what MySQL reads an empty document as
	}
	if dst, done, err = p.escapes(dst, start, notes); done || err != nil {
		return dst, err
	}
	return escape(dst, start), nil
}

// jsonbOf is jsonb for text that nobody has checked.
func (p *policy) jsonbOf(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst, done, err := p.repair(dst, start, notes)
	if done || err != nil {
		return dst, err
	}
	if dst, done, err = p.document(dst, start, notes); done || err != nil {
		return dst, err
	}
	twice, huge := strained(dst[start:])
	if twice {
		if dst, done, err = p.mended(dst, start, DuplicateKey, notes); done || err != nil {
			return dst, err
		}
	}
	if huge {
		if dst, done, err = p.mended(dst, start, OutOfRange, notes); done || err != nil {
			return dst, err
		}
		dst = quoteTail(dst, start)
	}
	if dst, done, err = p.escapes(dst, start, notes); done || err != nil {
		return dst, err
	}
	return escape(dst, start), nil
}

// document makes a JSON string of text that is not JSON.
func (p *policy) document(dst []byte, start int, notes *Notes) (out []byte, done bool, err error) {
	if json.Valid(dst[start:]) {
		return dst, false, nil
	}
	if dst, done, err = p.mended(dst, start, InvalidJSON, notes); done || err != nil {
		return dst, done, err
	}
	return quoteTail(dst, start), false, nil
}

// strained finds what json takes and jsonb does not take as it is: a key that an object
// has twice, and numbers that are beyond numeric.
func strained(doc []byte) (twice, huge bool) {
	const digits = 16000       // PostgreSQL's numeric has 131072 before the point and 16383 after it
	var keys []map[string]bool // of the objects that are open; nil for arrays
	isKey := false
	tokens := json.NewDecoder(bytes.NewReader(doc))
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err != nil {
			return twice, huge
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				keys = append(keys, map[string]bool{})
			case '[':
				keys = append(keys, nil)
			default:
				keys = keys[:len(keys)-1]
			}
			isKey = len(keys) > 0 && keys[len(keys)-1] != nil
			continue
		case json.Number:
			e := strings.IndexAny(string(token), "eE")
			exponent, err := strconv.Atoi(string(token[e+1:]))
			huge = huge || e >= 0 && (err != nil || exponent > digits || exponent < -digits) || len(token) > digits
		case string:
			if isKey {
				inner := keys[len(keys)-1]
				twice = twice || inner[token]
				inner[token], isKey = true, false
				continue
			}
		}
		isKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}

// quoteTail makes a JSON string of dst[start:].
func quoteTail(dst []byte, start int) []byte {
	return appendJSONString(dst[:start], bytes.Clone(dst[start:]))
}

// escapes takes \u0000 and lone surrogates out of dst[start:].
func (p *policy) escapes(dst []byte, start int, notes *Notes) (out []byte, done bool, err error) {
	if bytes.IndexByte(dst[start:], '\\') < 0 || !bytes.Contains(dst[start:], []byte(`\u`)) {
		return dst, false, nil
	}
	nul, lone := "", `\ufffd`
	if p.rules[NulCharacter].Action == Replace {
		nul = `\ufffd`
	}
	if p.rules[InvalidBytes].Action == Remove {
		lone = ""
	}
	mended, nuls, lones := mendEscapes(dst[start:], nul, lone)
	if nuls {
		if dst, done, err = p.mended(dst, start, NulCharacter, notes); done || err != nil {
			return dst, done, err
		}
	}
	if lones {
		if dst, done, err = p.mended(dst, start, InvalidBytes, notes); done || err != nil {
			return dst, done, err
		}
	}
	return append(dst[:start], mended...), false, nil
}

// mendEscapes gives src with something else for \u0000 and for lone surrogates, and
// whether there were any; src itself if there were none.
func mendEscapes(src []byte, nul, lone string) (out []byte, nuls, lones bool) {
	out = make([]byte, 0, len(src))
	for i := 0; i < len(src); {
		if src[i] != '\\' || i+1 >= len(src) {
			out = append(out, src[i])
			i++
			continue
		}
		size, instead := 2, ""
		if src[i+1] == 'u' && i+6 <= len(src) {
			size = 6
			switch r := hexRune(src[i+2 : i+6]); {
			case r == 0:
				nuls, instead = true, nul
			case utf16.IsSurrogate(r) && i+12 <= len(src) && src[i+6] == '\\' && src[i+7] == 'u' &&
				utf16.DecodeRune(r, hexRune(src[i+8:i+12])) != utf8.RuneError:
				size, instead = 12, string(src[i:i+12])
			case utf16.IsSurrogate(r):
				lones, instead = true, lone
			default:
				instead = string(src[i : i+6])
			}
		} else {
			instead = string(src[i : i+size])
		}
		out = append(out, instead...)
		i += size
	}
	if !nuls && !lones {
		return src, false, false
	}
	return out, nuls, lones
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
