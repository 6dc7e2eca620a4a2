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
	need := [...]int{jsonLiteral: 1, jsonInt16: 2, jsonUint16: 2, jsonInt32: 4, jsonUint32: 4, jsonInt64: 8, jsonUint64: 8, jsonDouble: 8, jsonOpaque: 1}
	if int(typ) < len(need) && len(src) < need[typ] {
		return dst, errJSON
	}
	switch typ {
	case jsonSmallObject, jsonSmallArray:
		return d.container(dst, src, 2, typ == jsonSmallObject, depth)
	case jsonLargeObject, jsonLargeArray:
		return d.container(dst, src, 4, typ == jsonLargeObject, depth)
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
		value, err := jsonBytes(src)
		if err != nil {
			return dst, err
		}
		return appendJSONString(dst, value), nil
	case jsonOpaque:
		value, err := jsonBytes(src[1:])
		if err != nil {
			return dst, err
		}
		return opaque(dst, src[0], value)
	}
	return dst, fmt.Errorf("%w: type %d", errJSON, typ)
}

// jsonBytes gives the bytes behind a length of seven bits a byte, the lowest first.
func jsonBytes(src []byte) ([]byte, error) {
	length := 0
	for i := 0; i < 5 && i < len(src); i++ {
		length |= int(src[i]&0x7f) << (7 * i)
		if src[i]&0x80 != 0 {
			continue
		}
		if src = src[i+1:]; length > len(src) {
			break
		}
		return src[:length], nil
	}
	return nil, errJSON
}

// container writes an object or array: a count and a size, then for an object each
// key's offset and length, then each value's type and either itself or its offset.
// Offsets count from src[0]; wide is the bytes of a count or offset.
func (d *jsonDecoder) container(dst, src []byte, wide int, object bool, depth int) ([]byte, error) {
	if len(src) < 2*wide {
		return dst, errJSON
	}
	count, size := int(little(src[:wide])), int(little(src[wide:2*wide]))
	keys, values := 2*wide, 2*wide
	open, end := byte('['), byte(']')
	if object {
		open, end = '{', '}'
		values += count * (wide + 2)
	}
	if size > len(src) || values+count*(wide+1) > size {
		return dst, errJSON
	}
	src = src[:size]
	dst = append(dst, open)
	for i := range count {
		if i > 0 {
			dst = append(dst, ',', ' ')
		}
		if object {
			entry := src[keys+i*(wide+2):]
			from, length := int(little(entry[:wide])), int(little(entry[wide:wide+2]))
			if from+length > size {
				return dst, errJSON
			}
			dst = append(appendJSONString(dst, src[from:from+length]), ':', ' ')
		}
		entry := src[values+i*(wide+1):][:wide+1]
		typ, value := entry[0], entry[1:]
		if inline := typ == jsonLiteral || typ == jsonInt16 || typ == jsonUint16 || wide == 4 && (typ == jsonInt32 || typ == jsonUint32); !inline {
			from := int(little(value))
			if from > size {
				return dst, errJSON
			}
			value = src[from:]
		}
		var err error
		if dst, err = d.value(dst, typ, value, depth-1); err != nil {
			return dst, err
		}
	}
	return append(dst, end), nil
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
