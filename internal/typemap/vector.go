package typemap

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"pgchameleon/internal/schema"
)

var errVector = errors.New("reading a vector: the value is damaged")

// mostDimensions is the limit of pgvector's type.
const mostDimensions = 16000

// vectorFamily: both roads give 32-bit floats, little-endian. A column of MySQL takes
// vectors of up to its length, one of MariaDB those of its length only.
func vectorFamily(c *schema.Column, p *policy, options Options) family {
	f := family{kind: kindVector, sql: "real[]", text: vectorNumbers, finish: around('{', '}'), why: "Without pgvector: an array of the same numbers."}
	switch {
	case !options.PGVector:
	case c.Type.Length > mostDimensions:
		f.why = "An array of the same numbers, because pgvector's type has at most 16000."
	case c.Type.Fixed:
		f.sql, f.finish, f.why = fmt.Sprintf("vector(%d)", c.Type.Length), p.dimensions(c.Type.Length), "The same numbers."
	default:
		f.sql, f.finish = "vector", p.dimensions(0)
		f.why = "The same numbers, as many as the value has; an empty one follows the rule out_of_range, the nearest being [0]. The override `vector(n)` says how many there must be, as an index wants it."
	}
	f.value = func(typ byte, meta uint16) (byte, uint16, appender, error) {
		switch typ {
		case wireVector, wireBlob, wireVarchar: // MariaDB: a varchar of bytes
			return typ, meta, vectorNumbers, nil
		}
		return 0, 0, nil, contradicts("vector", typ, meta)
	}
	return f
}

func vectorNumbers(dst, src []byte, notes *Notes) ([]byte, error) {
	if len(src)%4 != 0 {
		return dst, errVector
	}
	for i := 0; i < len(src); i += 4 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = single(dst, src[i:i+4], notes)
	}
	return dst, nil
}

// around puts the plain form between two brackets.
func around(open, end byte) finisher {
	return func(dst []byte, start int, _ *Notes) ([]byte, error) {
		dst = append(dst, end, end)
		copy(dst[start+1:], dst[start:len(dst)-2])
		dst[start], dst[len(dst)-1] = open, end
		return dst, nil
	}
}

// vectorFinisher gives what makes a field of a type that holds numbers, or nil.
func (p *policy) vectorFinisher(t target) finisher {
	switch {
	case t.array && t.name == "real" && len(t.args) == 0:
		return around('{', '}')
	case t.array || t.name != "vector" || len(t.args) > 1:
		return nil
	case len(t.args) == 0:
		return p.dimensions(0)
	case t.args[0] < 1 || t.args[0] > mostDimensions:
		return nil
	}
	return p.dimensions(t.args[0])
}

// dimensions writes pgvector's form of so many numbers; 0 is any number but none. A
// value of another length is out of range, the nearest to it is cut or has zeros added.
func (p *policy) dimensions(want int) finisher {
	brackets := around('[', ']')
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		have := 0
		if len(dst) > start {
			have = 1 + bytes.Count(dst[start:], []byte{','})
		}
		if have > 0 && (have == want || want == 0) {
			return brackets(dst, start, notes)
		}
		return p.instead(dst, start, OutOfRange, "["+resized(string(dst[start:]), have, max(want, 1))+"]", notes)
	}
}

// resized gives the first numbers of a list, or the list with zeros after it.
func resized(list string, have, want int) string {
	for ; have > want; have-- {
		list = list[:strings.LastIndexByte(list, ',')]
	}
	if have == 0 {
		list, have = "0", 1
	}
	return list + strings.Repeat(",0", want-have)
}
