package typemap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"

	"pgchameleon/internal/schema"
)

const textRule = " NUL characters and invalid bytes follow the rules nul_character and invalid_bytes."

// textFamily: both roads give the bytes in the column's own character set. MySQL's
// conversion to utf8mb4 would cut a value at the first code that has no character.
func textFamily(c *schema.Column, p *policy) (family, error) {
	t := &c.Type
	f := family{kind: kindText, sql: "text", finish: p.text, why: "The same characters." + textRule}
	decode, err := charsetDecoder(t.Charset)
	if err != nil {
		return f, err
	}
	if t.Charset != "" && t.Charset != "utf8mb4" {
		f.expr = func(quoted string) string { return "CAST(" + quoted + " AS BINARY)" }
	}
	stated, err := charsetDecoder("utf8mb4")
	if err != nil {
		return f, err
	}
	fixed := t.Name == "char" || t.Name == "nchar"
	switch {
	case fixed && t.Length < 0:
		f.sql = "character(1)"
	case t.Length < 1: // PostgreSQL has no varchar(0)
	case fixed:
		f.sql = fmt.Sprintf("character(%d)", t.Length)
	case t.Name == "varchar" || t.Name == "nvarchar":
		f.sql = fmt.Sprintf("character varying(%d)", t.Length)
	}
	if fixed {
		decode, stated = trimmed(decode), trimmed(stated)
	}
	f.text, f.stated, f.chars = decode, stated, p.chars
	f.value = stringValue(t.Text, decode)
	if t.JSON {
		f.kind, f.sql, f.finish, f.chars = kindJSON, "json", p.json, nil
		f.why = "The same text, order and duplicate keys included. Text that is not JSON follows the rule invalid_json."
	}
	return f, nil
}

// stringValue is the value of a type that the wire knows as a string of bytes.
func stringValue(name string, decode appender) func(byte, uint16) (byte, uint16, appender, error) {
	return func(typ byte, meta uint16) (byte, uint16, appender, error) {
		switch real, _ := resolve(typ, meta); real {
		case wireVarchar, wireVarString, wireString, wireBlob:
			return typ, meta, decode, nil
		case wireBlobCompressed, wireVarcharCompressed:
			return typ, meta, compressed(decode), nil
		}
		return 0, 0, nil, contradicts(name, typ, meta)
	}
}

// trimmed drops the trailing spaces, which a CHAR does not have in either road.
func trimmed(decode appender) appender {
	return func(dst, src []byte, notes *Notes) ([]byte, error) {
		start := len(dst)
		dst, err := decode(dst, src, notes)
		for len(dst) > start && dst[len(dst)-1] == ' ' {
			dst = dst[:len(dst)-1]
		}
		return dst, err
	}
}

// text makes valid UTF-8 without NUL of dst[start:], and escapes it.
func (p *policy) text(dst []byte, start int, notes *Notes) ([]byte, error) {
	at := start + ordinary(dst[start:])
	if at == len(dst) {
		return dst, nil
	}
	dst, done, err := p.repair(dst, start, notes)
	if done || err != nil {
		return dst, err
	}
	return escape(dst, at), nil
}

// chars makes valid UTF-8 without NUL of dst[start:], unless a rule wants NULL instead.
func (p *policy) chars(dst []byte, start int, notes *Notes) (out []byte, null bool, err error) {
	if ordinary(dst[start:]) == len(dst)-start {
		return dst, false, nil
	}
	if dst, null, err = p.repair(dst, start, notes); null {
		dst = dst[:start]
	}
	return dst, null, err
}

// ordinary gives the length of the beginning that needs no look: no bytes below
// 32, no backslash, nothing beyond ASCII. Eight bytes at a time.
func ordinary(src []byte) int {
	i := 0
	for ; i+32 <= len(src); i += 32 { // long texts
		a, b := binary.LittleEndian.Uint64(src[i:]), binary.LittleEndian.Uint64(src[i+8:])
		c, d := binary.LittleEndian.Uint64(src[i+16:]), binary.LittleEndian.Uint64(src[i+24:])
		if (a|b|c|d)&tops|escapable(a)|escapable(b)|escapable(c)|escapable(d) != 0 {
			break
		}
	}
	for ; i+8 <= len(src); i += 8 {
		w := binary.LittleEndian.Uint64(src[i:])
		if hit := escapable(w) | w&tops; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(src); i++ {
		if b := src[i]; b < ' ' || b == '\\' || b >= utf8.RuneSelf {
			return i
		}
	}
	return i
}

// repair takes from dst[start:] what PostgreSQL's text cannot hold. done says that the
// field is NULL.
func (p *policy) repair(dst []byte, start int, notes *Notes) (out []byte, done bool, err error) {
	if bytes.IndexByte(dst[start:], 0) >= 0 {
		if dst, done, err = p.mended(dst, start, NulCharacter, notes); done || err != nil {
			return dst, done, err
		}
		instead := ""
		if p.rules[NulCharacter].Action == Replace {
			instead = "\uFFFD"
		}
		dst = append(dst[:start], bytes.ReplaceAll(dst[start:], []byte{0}, []byte(instead))...)
	}
	if !utf8.Valid(dst[start:]) {
		if dst, done, err = p.mended(dst, start, InvalidBytes, notes); done || err != nil {
			return dst, done, err
		}
		instead := "\uFFFD"
		if p.rules[InvalidBytes].Action == Remove {
			instead = ""
		}
		dst = valid(dst, start, instead)
	}
	return dst, false, nil
}

// valid puts something in the place of each byte of dst[start:] that is not UTF-8.
func valid(dst []byte, start int, instead string) []byte {
	src := bytes.Clone(dst[start:])
	dst = dst[:start]
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, instead...)
		} else {
			dst = append(dst, src[:size]...)
		}
		src = src[size:]
	}
	return dst
}

// escape escapes dst[at:] by the rules of COPY's text format.
func escape(dst []byte, at int) []byte {
	extra := 0
	for i := at + special(dst[at:]); i < len(dst); i += 1 + special(dst[i+1:]) {
		if letter(dst[i]) != 0 {
			extra++
		}
	}
	if extra == 0 {
		return dst
	}
	end := len(dst)
	dst = slices.Grow(dst, extra)[:end+extra]
	copy(dst[at+extra:], dst[at:end])
	for to, from := at, at+extra; from < len(dst); {
		n := copy(dst[to:], dst[from:from+special(dst[from:])])
		to, from = to+n, from+n
		if from == len(dst) {
			break
		}
		if b := letter(dst[from]); b != 0 {
			dst[to], dst[to+1] = '\\', b
			to++
		} else {
			dst[to] = dst[from]
		}
		to, from = to+1, from+1
	}
	return dst
}

// letter gives what stands for a byte after a backslash; 0: it needs none.
func letter(b byte) byte {
	switch b {
	case '\\':
		return '\\'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	}
	return 0
}

// special finds the first byte that may need an escape: one below 32, or a backslash.
// Eight bytes at a time.
func special(src []byte) int {
	i := 0
	for ; i+8 <= len(src); i += 8 {
		if hit := escapable(binary.LittleEndian.Uint64(src[i:])); hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(src); i++ {
		if b := src[i]; b < ' ' || b == '\\' {
			return i
		}
	}
	return i
}

const ones, tops = 0x0101010101010101, 0x8080808080808080

// escapable has the highest bit of the first byte that is below 32 or a backslash; of those
// after it the bits say nothing.
func escapable(w uint64) uint64 {
	slash := w ^ ones*'\\'
	return ((w-ones*' ')&^w | (slash-ones)&^slash) & tops
}
