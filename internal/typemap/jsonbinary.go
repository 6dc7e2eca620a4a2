package typemap

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// The types of MySQL's binary JSON.
const (
	jsonSmallObject = iota
	jsonLargeObject
	jsonSmallArray
	jsonLargeArray
	jsonLiteral
	jsonInt16
	jsonUint16
	jsonInt32
	jsonUint32
	jsonInt64
	jsonUint64
	jsonDouble
	jsonString
	jsonOpaque = 15
)

// jsonWidth is how many bytes a value of each type takes at least.
var jsonWidth = [...]int{jsonLiteral: 1, jsonInt16: 2, jsonUint16: 2, jsonInt32: 4, jsonUint32: 4, jsonInt64: 8, jsonUint64: 8, jsonDouble: 8, jsonOpaque: 1}

// maxJSONDepth bounds the recursion; MySQL allows 100 levels.
const maxJSONDepth = 110

var errJSON = errors.New("reading a JSON value: the binary form is damaged")

// binaryJSON appends the text that MySQL itself prints for a document.
func binaryJSON(dst, src []byte, _ *Notes) ([]byte, error) {
	if len(src) == 0 {
		return append(dst, "null"...), nil
	}
	// A damaged document may name the same bytes again and again; no real one is
	// longer as text than this.
	d := jsonDecoder{limit: len(dst) + 64*len(src) + 1024}
	return d.value(dst, src[0], src[1:], maxJSONDepth)
}

type jsonDecoder struct{ limit int }

func (d *jsonDecoder) value(dst []byte, typ byte, src []byte, depth int) ([]byte, error) {
	if len(dst) > d.limit || depth == 0 {
		return dst, errJSON
	}
	if int(typ) < len(jsonWidth) && len(src) < jsonWidth[typ] {
		return dst, errJSON
	}
	switch typ {
	case jsonSmallObject, jsonSmallArray, jsonLargeObject, jsonLargeArray:
		return d.container(dst, typ, src, depth)
	case jsonLiteral:
		if src[0] > 2 {
			return dst, errJSON
		}
		return append(dst, [...]string{"null", "true", "false"}[src[0]]...), nil
	case jsonInt16:
		return signed(dst, src[:2], nil)
	case jsonInt32:
		return signed(dst, src[:4], nil)
	case jsonInt64:
		return signed(dst, src[:8], nil)
	case jsonUint16:
		return unsigned(dst, src[:2], nil)
	case jsonUint32:
		return unsigned(dst, src[:4], nil)
	case jsonUint64:
		return unsigned(dst, src[:8], nil)
	case jsonDouble:
		return appendJSONDouble(dst, math.Float64frombits(little(src[:8]))), nil
	case jsonString:
		value, _, err := jsonBytes(src)
		if err != nil {
			return dst, err
		}
		return appendJSONString(dst, value), nil
	case jsonOpaque:
		value, _, err := jsonBytes(src[1:])
		if err != nil {
			return dst, err
		}
		return opaque(dst, src[0], value)
	}
	return dst, fmt.Errorf("%w: type %d", errJSON, typ)
}

// jsonBytes gives the bytes behind a length of seven bits a byte, the lowest first, and
// how many both take.
func jsonBytes(src []byte) (value []byte, used int, err error) {
	length := 0
	for i := 0; i < 5 && i < len(src); i++ {
		length |= int(src[i]&0x7f) << (7 * i)
		if src[i]&0x80 != 0 {
			continue
		}
		if used = i + 1 + length; used > len(src) {
			break
		}
		return src[i+1 : used], used, nil
	}
	return nil, 0, errJSON
}

// container writes an object or array.
func (d *jsonDecoder) container(dst []byte, typ byte, src []byte, depth int) ([]byte, error) {
	c, err := openJSON(typ, src)
	if err != nil {
		return dst, err
	}
	open, end := byte('['), byte(']')
	if c.object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i := range c.count {
		if i > 0 {
			dst = append(dst, ',', ' ')
		}
		if c.object {
			key, err := c.key(i)
			if err != nil {
				return dst, err
			}
			dst = append(appendJSONString(dst, key), ':', ' ')
		}
		typ, value, err := c.value(i)
		if err != nil {
			return dst, err
		}
		if dst, err = d.value(dst, typ, value, depth-1); err != nil {
			return dst, err
		}
	}
	return append(dst, end), nil
}

// jsonContainer is an object or array: a count and a size, then for an object each
// key's offset and length, then each value's type and either itself or its offset.
type jsonContainer struct {
	src    []byte // offsets count from src[0]
	wide   int    // bytes of a count, size or offset
	count  int
	object bool
}

// openJSON reads the head of an object or array that begins at src[0].
func openJSON(typ byte, src []byte) (c jsonContainer, err error) {
	c.wide, c.object = 2, typ == jsonSmallObject || typ == jsonLargeObject
	if typ == jsonLargeObject || typ == jsonLargeArray {
		c.wide = 4
	}
	if len(src) < 2*c.wide {
		return c, errJSON
	}
	size := int(little(src[c.wide : 2*c.wide]))
	c.count = int(little(src[:c.wide]))
	if size > len(src) || c.entry(c.count) > size {
		return c, errJSON
	}
	c.src = src[:size]
	return c, nil
}

// entry is the place of the value entry i.
func (c *jsonContainer) entry(i int) int {
	at := 2*c.wide + i*(c.wide+1)
	if c.object {
		at += c.count * (c.wide + 2)
	}
	return at
}

func (c *jsonContainer) key(i int) ([]byte, error) {
	entry := c.src[2*c.wide+i*(c.wide+2):]
	from, length := int(little(entry[:c.wide])), int(little(entry[c.wide:c.wide+2]))
	if from+length > len(c.src) {
		return nil, errJSON
	}
	return c.src[from : from+length], nil
}

// value gives the type of a value and the bytes from its first one on.
func (c *jsonContainer) value(i int) (typ byte, src []byte, err error) {
	entry := c.src[c.entry(i):][:c.wide+1]
	typ = entry[0]
	if inlineJSON(typ, c.wide) {
		return typ, entry[1:], nil
	}
	from := int(little(entry[1:]))
	if from > len(c.src) {
		return 0, nil, errJSON
	}
	return typ, c.src[from:], nil
}

// inlineJSON says whether the entry holds the value itself.
func inlineJSON(typ byte, wide int) bool {
	return typ == jsonLiteral || typ == jsonInt16 || typ == jsonUint16 || wide == 4 && (typ == jsonInt32 || typ == jsonUint32)
}

// opaque writes a value of an SQL type inside a document.
func opaque(dst []byte, typ byte, src []byte) ([]byte, error) {
	switch typ {
	case wireNewDecimal:
		if len(src) < 2 {
			return dst, errJSON
		}
		shape, err := newDecimalShape(int(src[0]), int(src[1]))
		if err != nil || len(src) < 2+shape.size {
			return dst, errJSON
		}
		return shape.value(dst, src[2:2+shape.size], nil)
	case wireTime, wireDate, wireDatetime, wireTimestamp:
		if len(src) < 8 {
			return dst, errJSON
		}
		dst, err := packedTemporal(append(dst, '"'), typ, int64(little(src[:8])))
		return append(dst, '"'), err
	}
	dst = append(dst, `"base64:type`...)
	dst = append(strconv.AppendUint(dst, uint64(typ), 10), ':')
	return append(base64.StdEncoding.AppendEncode(dst, src), '"'), nil
}

// packedTemporal writes MySQL's packed 64-bit temporal value, whose lowest 24 bits are
// microseconds.
func packedTemporal(dst []byte, typ byte, n int64) (_ []byte, err error) {
	if n < 0 && typ == wireTime {
		dst, n = append(dst, '-'), -n
	}
	fraction, packed := uint32(n&(1<<24-1)), n>>24
	switch {
	case packed < 0: // the least number has no opposite, and no date is negative
		return dst, errTemporal
	case typ == wireTime:
		dst, err = appendDuration(dst, int(packed))
	default:
		from := len(dst)
		if dst, err = appendPacked(dst, packed); err == nil && typ == wireDate {
			return dst[:from+len("2006-01-02")], nil
		}
	}
	if err != nil {
		return dst, err
	}
	return appendMicros(dst, fraction, 6, 6)
}
