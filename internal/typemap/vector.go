package typemap

import (
	"errors"
	"fmt"

	"pgchameleon/internal/schema"
)

var errVector = errors.New("reading a vector: the value is damaged")

// vectorFamily: both roads give 32-bit floats, little-endian.
func vectorFamily(c *schema.Column, options Options) family {
	f := family{kind: kindVector, sql: "real[]", text: vectorNumbers, finish: around('{', '}'), why: "Without pgvector: an array of the same numbers."}
	if options.PGVector {
		f.sql, f.finish, f.why = "vector", around('[', ']'), "The same numbers."
		if c.Type.Length > 0 {
			f.sql = fmt.Sprintf("vector(%d)", c.Type.Length)
		}
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
