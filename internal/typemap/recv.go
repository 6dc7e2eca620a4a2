package typemap

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// BinaryFunc appends what src, a value (not NULL) of the text protocol as Select yields
// it, is in COPY's binary format, without its length. null says that a rule has made it NULL.
type BinaryFunc func(dst, src []byte, notes *Notes) (out []byte, null bool, err error)

// receiver turns the COPY text field at dst[start:] into its binary form, in place.
type receiver func(dst []byte, start int) ([]byte, error)

// errNotBinary says that a field has another form than its type's receiver knows.
var errNotBinary = errors.New("the value has no known binary form")

// Binary gives what makes the column's values binary, which costs PostgreSQL less to read
// than text; nil where that is not known of the type. A value becomes what its COPY text
// field says.
func (c *Column) Binary() BinaryFunc {
	if c.family.kind == kindBytes && c.family.sql == "bytea" && !c.Altered() {
		return func(dst, src []byte, _ *Notes) ([]byte, bool, error) { return append(dst, src...), false, nil }
	}
	receive := c.receiver()
	if receive == nil {
		return nil
	}
	if c.family.chars != nil && !c.Altered() {
		return func(dst, src []byte, notes *Notes) ([]byte, bool, error) {
			start := len(dst)
			dst, err := c.family.text(dst, src, notes)
			if err != nil {
				return dst, false, err
			}
			return c.family.chars(dst, start, notes)
		}
	}
	return func(dst, src []byte, notes *Notes) ([]byte, bool, error) {
		start := len(dst)
		dst, err := c.Text(dst, src, notes)
		if err != nil {
			return dst, false, err
		}
		if string(dst[start:]) == `\N` {
			return dst[:start], true, nil
		}
		dst, err = receive(dst, start)
		return dst, false, err
	}
}

// receiver gives that of the column's type. The formats are those that the types'
// receive functions read (PostgreSQL's src/backend/utils/adt).
func (c *Column) receiver() receiver {
	if c.family.enum != nil {
		return unescape
	}
	name, rest, sized := strings.Cut(c.family.sql, "(")
	if _, after, closed := strings.Cut(rest, ")"); sized && closed {
		name += after
	}
	switch name {
	case "smallint":
		return integerReceiver(2)
	case "integer":
		return integerReceiver(4)
	case "bigint":
		return integerReceiver(8)
	case "numeric":
		return receiveNumeric
	case "real":
		return receiveReal
	case "double precision":
		return receiveDouble
	case "boolean":
		return receiveBoolean
	case "text", "character", "character varying", "citext", "json":
		return unescape
	case "jsonb":
		return receiveJSONB
	case "bytea":
		return receiveBytes
	case "uuid":
		return receiveUUID
	case "date":
		return receiveDate
	case "time", "time without time zone":
		return receiveTime
	case "timestamp", "timestamp without time zone", "timestamp with time zone":
		return receiveTimestamp
	}
	return nil
}

// unescape takes the escapes of COPY text away.
func unescape(dst []byte, start int) ([]byte, error) {
	at := bytes.IndexByte(dst[start:], '\\')
	if at < 0 {
		return dst, nil
	}
	to := start + at
	for from := to; from < len(dst); from++ {
		b := dst[from]
		if b == '\\' && from+1 < len(dst) {
			from++
			b = dst[from]
			if i := strings.IndexByte("bfnrtv", b); i >= 0 {
				b = "\b\f\n\r\t\v"[i]
			}
		}
		dst[to] = b
		to++
	}
	return dst[:to], nil
}

// integerReceiver is that of integers of so many bytes.
func integerReceiver(size int) receiver {
	least, most := int64(-1)<<(8*size-1), int64(1)<<(8*size-1)-1
	return func(dst []byte, start int) ([]byte, error) {
		n, ok := decimalDigits(dst[start:])
		if !ok {
			var err error
			if n, err = strconv.ParseInt(string(dst[start:]), 10, 64); err != nil {
				return dst, errNotBinary
			}
		}
		if n < least || n > most {
			return dst, errNotBinary
		}
		dst = dst[:start]
		for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
			dst = append(dst, byte(n>>shift)) // #nosec G115 -- byte by byte
		}
		return dst, nil
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

func receiveReal(dst []byte, start int) ([]byte, error) {
	x, err := strconv.ParseFloat(string(dst[start:]), 32)
	if err != nil {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint32(dst[:start], math.Float32bits(float32(x))), nil
}

func receiveDouble(dst []byte, start int) ([]byte, error) {
	x, err := strconv.ParseFloat(string(dst[start:]), 64)
	if err != nil {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint64(dst[:start], math.Float64bits(x)), nil
}

func receiveBoolean(dst []byte, start int) ([]byte, error) {
	switch string(dst[start:]) {
	case "t", "true", "1":
		return append(dst[:start], 1), nil
	case "f", "false", "0":
		return append(dst[:start], 0), nil
	}
	return dst, errNotBinary
}

func receiveJSONB(dst []byte, start int) ([]byte, error) {
	dst, err := unescape(dst, start)
	return slices.Insert(dst, start, 1), err // the format's version
}

func receiveBytes(dst []byte, start int) ([]byte, error) {
	digits, is := bytes.CutPrefix(dst[start:], []byte(`\\x`))
	if !is {
		return dst, errNotBinary
	}
	n, err := hex.Decode(dst[start:], digits) // behind what it reads
	if err != nil {
		return dst, errNotBinary
	}
	return dst[:start+n], nil
}

func receiveUUID(dst []byte, start int) ([]byte, error) {
	var digits [32]byte
	n := 0
	for _, b := range dst[start:] {
		if b == '-' {
			continue
		}
		if n == len(digits) {
			return dst, errNotBinary
		}
		digits[n] = b
		n++
	}
	if n < len(digits) {
		return dst, errNotBinary
	}
	dst, err := hex.AppendDecode(dst[:start], digits[:])
	if err != nil {
		return dst, errNotBinary
	}
	return dst, nil
}

// receiveNumeric writes groups of four decimal digits: their number, the first one's
// weight, the sign, the number of digits after the point, and the groups.
func receiveNumeric(dst []byte, start int) ([]byte, error) {
	var room [100]byte
	field := append(room[:0], dst[start:]...)
	digits, negative := bytes.CutPrefix(field, []byte("-"))
	whole, fraction, _ := bytes.Cut(digits, []byte("."))
	if len(whole)+len(fraction) == 0 || len(whole) > 10_000 || len(fraction) > 10_000 {
		return dst, errNotBinary
	}
	whole = bytes.TrimLeft(whole, "0")
	weight, count := (len(whole)+3)/4-1, 0
	dst = append(dst[:start], 0, 0, 0, 0, 0, 0, 0, 0)
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
