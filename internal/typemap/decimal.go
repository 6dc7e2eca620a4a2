package typemap

import (
	"errors"
	"fmt"
	"strconv"

	"pgchameleon/internal/schema"
)

func decimalFamily(c *schema.Column) family {
	t := &c.Type
	whole, fraction := t.Precision, max(t.Scale, 0)
	if whole < 1 {
		whole = 10 // MySQL's default
	}
	sql := fmt.Sprintf("numeric(%d,%d)", whole, fraction)
	if fraction == 0 {
		sql = fmt.Sprintf("numeric(%d)", whole)
	}
	f := family{kind: kindDecimal, sql: sql, text: plainNumber, why: "Exact, digit by digit."}
	f.value = func(typ byte, meta uint16) (byte, uint16, appender, error) {
		precision, scale := int(meta>>8), int(meta&0xff)
		if typ != wireNewDecimal || precision != whole || scale != fraction {
			return 0, 0, nil, contradicts(t.Text, typ, meta)
		}
		shape, err := newDecimalShape(precision, scale)
		return typ, meta, shape.value, err
	}
	return f
}

// decimalShape is how a DECIMAL(precision, scale) lies in a row image: groups
// of nine digits in four bytes, the digits left over at both ends in fewer, all
// big-endian; the sign is the first bit, and negative numbers are inverted.
type decimalShape struct {
	head, whole, fraction, tail int // digits in the first group, full groups before and after the point, digits in the last
	size                        int
}

// packed gives the bytes that this many digits take, tens the first number beyond them.
var (
	packed = [10]int{0, 1, 1, 2, 2, 3, 3, 4, 4, 4}
	tens   = [10]uint32{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}
)

var errDecimal = errors.New("reading a decimal: the value is damaged")

func newDecimalShape(precision, scale int) (decimalShape, error) {
	if precision < 1 || precision > 65 || scale > precision {
		return decimalShape{}, fmt.Errorf("decimal(%d,%d) is not a type", precision, scale)
	}
	whole := precision - scale
	d := decimalShape{head: whole % 9, whole: whole / 9, fraction: scale / 9, tail: scale % 9}
	d.size = packed[d.head] + 4*d.whole + 4*d.fraction + packed[d.tail]
	return d, nil
}

func (d decimalShape) value(dst, src []byte, _ *Notes) ([]byte, error) {
	if len(src) != d.size {
		return dst, ErrShort
	}
	var mask uint32
	if src[0]&0x80 == 0 {
		mask = ^uint32(0)
		dst = append(dst, '-')
	}
	flip := byte(0x80) // clears the sign in the first byte
	damaged := false
	next := func(width int) (n uint32) {
		for _, b := range src[:packed[width]] {
			n = n<<8 | uint32(b^byte(mask)^flip)
			flip = 0
		}
		src = src[packed[width]:]
		damaged = damaged || n >= tens[width]
		return n
	}
	start := len(dst)
	if d.head > 0 {
		if n := next(d.head); n > 0 {
			dst = strconv.AppendUint(dst, uint64(n), 10)
		}
	}
	for range d.whole {
		n := next(9)
		if len(dst) > start {
			dst = digits(dst, n, 9)
		} else if n > 0 {
			dst = strconv.AppendUint(dst, uint64(n), 10)
		}
	}
	if len(dst) == start {
		dst = append(dst, '0')
	}
	if d.fraction > 0 || d.tail > 0 {
		dst = append(dst, '.')
	}
	for range d.fraction {
		dst = digits(dst, next(9), 9)
	}
	if d.tail > 0 {
		dst = digits(dst, next(d.tail), d.tail)
	}
	if damaged {
		return dst, errDecimal
	}
	return dst, nil
}

// digits appends n with this many digits.
func digits(dst []byte, n uint32, width int) []byte {
	var group [10]byte
	for i := width - 1; i >= 0; i-- {
		group[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, group[:width]...)
}
