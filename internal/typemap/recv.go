package typemap

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
)

// BinaryFunc appends a value as COPY's binary format has it, without its length, given
// its COPY text field (not NULL).
type BinaryFunc func(dst, field []byte) ([]byte, error)

// errNotBinary says that a field has another form than its type's binary encoder knows.
var errNotBinary = errors.New("the value has no known binary form")

// Binary gives the encoder of the column's fields for COPY's binary format, which costs
// PostgreSQL less to read than text; nil where a type has none here. The formats are
// those that the types' receive functions read (PostgreSQL's src/backend/utils/adt).
func (c *Column) Binary() BinaryFunc {
	if c.family.enum != nil {
		return appendUnescaped
	}
	name, rest, sized := strings.Cut(c.family.sql, "(")
	if _, after, closed := strings.Cut(rest, ")"); sized && closed {
		name += after
	}
	switch name {
	case "smallint":
		return integerBinary(16, func(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint16(dst, uint16(n)) }) // #nosec G115 -- parsed with its size
	case "integer":
		return integerBinary(32, func(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint32(dst, uint32(n)) }) // #nosec G115 -- parsed with its size
	case "bigint":
		return integerBinary(64, func(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(n)) }) // #nosec G115 -- the same bits
	case "numeric":
		return numericBinary
	case "real":
		return realBinary
	case "double precision":
		return doubleBinary
	case "boolean":
		return booleanBinary
	case "text", "character", "character varying", "citext", "json":
		return appendUnescaped
	case "jsonb":
		return jsonbBinary
	case "bytea":
		return byteaBinary
	case "uuid":
		return uuidBinary
	case "date":
		return dateBinary
	case "time", "time without time zone":
		return timeOfDayBinary
	case "timestamp", "timestamp without time zone", "timestamp with time zone":
		return timestampBinary
	}
	return nil
}

// appendUnescaped takes the escapes of COPY text away.
func appendUnescaped(dst, field []byte) ([]byte, error) {
	for {
		at := bytes.IndexByte(field, '\\')
		if at < 0 || at+1 == len(field) {
			return append(dst, field...), nil
		}
		dst = append(dst, field[:at]...)
		b := field[at+1]
		if i := strings.IndexByte("bfnrtv", b); i >= 0 {
			b = "\b\f\n\r\t\v"[i]
		}
		dst, field = append(dst, b), field[at+2:]
	}
}

func integerBinary(size int, put func([]byte, int64) []byte) BinaryFunc {
	least, most := int64(-1)<<(size-1), int64(1)<<(size-1)-1
	return func(dst, field []byte) ([]byte, error) {
		n, ok := decimalDigits(field)
		if !ok {
			var err error
			if n, err = strconv.ParseInt(string(field), 10, size); err != nil {
				return dst, errNotBinary
			}
		}
		if n < least || n > most {
			return dst, errNotBinary
		}
		return put(dst, n), nil
	}
}

// decimalDigits reads a number of up to 18 digits.
func decimalDigits(field []byte) (n int64, ok bool) {
	digits := field
	if len(field) > 0 && field[0] == '-' {
		digits = field[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, b := range digits {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	if len(digits) < len(field) {
		n = -n
	}
	return n, true
}

func realBinary(dst, field []byte) ([]byte, error) {
	x, err := strconv.ParseFloat(string(field), 32)
	if err != nil {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(x))), nil
}

func doubleBinary(dst, field []byte) ([]byte, error) {
	x, err := strconv.ParseFloat(string(field), 64)
	if err != nil {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(x)), nil
}

func booleanBinary(dst, field []byte) ([]byte, error) {
	switch string(field) {
	case "t", "true", "1":
		return append(dst, 1), nil
	case "f", "false", "0":
		return append(dst, 0), nil
	}
	return dst, errNotBinary
}

func jsonbBinary(dst, field []byte) ([]byte, error) {
	return appendUnescaped(append(dst, 1), field) // the format's version
}

func byteaBinary(dst, field []byte) ([]byte, error) {
	digits, is := bytes.CutPrefix(field, []byte(`\\x`))
	if !is {
		return dst, errNotBinary
	}
	dst, err := hex.AppendDecode(dst, digits)
	if err != nil {
		return dst, errNotBinary
	}
	return dst, nil
}

func uuidBinary(dst, field []byte) ([]byte, error) {
	start := len(dst)
	for len(field) > 0 {
		if field[0] == '-' {
			field = field[1:]
			continue
		}
		if len(field) < 2 {
			return dst, errNotBinary
		}
		var err error
		if dst, err = hex.AppendDecode(dst, field[:2]); err != nil {
			return dst, errNotBinary
		}
		field = field[2:]
	}
	if len(dst)-start != 16 {
		return dst, errNotBinary
	}
	return dst, nil
}

// numericBinary writes groups of four decimal digits: their number, the first one's
// weight, the sign, the number of digits after the point, and the groups.
func numericBinary(dst, field []byte) ([]byte, error) {
	digits, negative := bytes.CutPrefix(field, []byte("-"))
	whole, fraction, _ := bytes.Cut(digits, []byte("."))
	if len(whole)+len(fraction) == 0 || len(whole) > 10_000 || len(fraction) > 10_000 {
		return dst, errNotBinary
	}
	whole = bytes.TrimLeft(whole, "0")
	start, weight, count := len(dst), (len(whole)+3)/4-1, 0
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	kept := 0 // groups up to the last that is not zero
	group := func(digits []byte, width int) bool {
		n := uint16(0)
		for i := range width {
			n *= 10
			if i < len(digits) {
				if digits[i] < '0' || digits[i] > '9' {
					return false
				}
				n += uint16(digits[i] - '0')
			}
		}
		if count == 0 && n == 0 { // leading zeros of the fraction
			weight--
			return true
		}
		dst = binary.BigEndian.AppendUint16(dst, n)
		if count++; n != 0 {
			kept = count
		}
		return true
	}
	for left := whole; len(left) > 0; {
		n := (len(left)-1)%4 + 1
		if !group(left[:n], n) {
			return dst, errNotBinary
		}
		left = left[n:]
	}
	for left := fraction; len(left) > 0; {
		n := min(4, len(left))
		if !group(left[:n], 4) {
			return dst, errNotBinary
		}
		left = left[n:]
	}
	dst = dst[:start+8+2*kept]
	sign := uint16(0)
	if negative && kept > 0 {
		sign = 0x4000
	}
	if kept == 0 {
		weight = 0
	}
	binary.BigEndian.PutUint16(dst[start:], uint16(kept))            // #nosec G115 -- bounded above
	binary.BigEndian.PutUint16(dst[start+2:], uint16(weight))        // #nosec G115 -- in two's complement
	binary.BigEndian.PutUint16(dst[start+4:], sign)                  // NUMERIC_NEG
	binary.BigEndian.PutUint16(dst[start+6:], uint16(len(fraction))) // #nosec G115 -- bounded above
	return dst, nil
}
