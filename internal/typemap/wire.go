package typemap

import (
	"errors"
	"fmt"
)

// The MYSQL_TYPE_* of table maps.
const (
	wireTiny              = 1
	wireShort             = 2
	wireLong              = 3
	wireFloat             = 4
	wireDouble            = 5
	wireNull              = 6
	wireTimestamp         = 7
	wireLongLong          = 8
	wireInt24             = 9
	wireDate              = 10
	wireTime              = 11
	wireDatetime          = 12
	wireYear              = 13
	wireNewDate           = 14
	wireVarchar           = 15
	wireBit               = 16
	wireTimestamp2        = 17
	wireDatetime2         = 18
	wireTime2             = 19
	wireBlobCompressed    = 140 // MariaDB
	wireVarcharCompressed = 141 // MariaDB
	wireVector            = 242
	wireJSON              = 245
	wireNewDecimal        = 246
	wireEnum              = 247
	wireSet               = 248
	wireBlob              = 252
	wireVarString         = 253
	wireString            = 254
	wireGeometry          = 255
)

// errWire is wrapped by errors of a table map that contradicts the schema.
var errWire = errors.New("the binlog's table map contradicts the column's type")

func contradicts(name string, typ byte, meta uint16) error {
	return fmt.Errorf("%w: %s with wire type %d (metadata %d)", errWire, name, typ, meta)
}

// resolve undoes what MYSQL_TYPE_STRING hides in its metadata: the real type
// of enum and set, and a length beyond 255.
func resolve(typ byte, meta uint16) (real byte, length int) {
	if typ != wireString || meta < 256 {
		return typ, int(meta)
	}
	high, low := byte(meta>>8), int(meta&0xff)
	if high&0x30 != 0x30 {
		return high | 0x30, low | int(high&0x30^0x30)<<4
	}
	return high, low
}

// sized says how the length of a value of this wire type is found: fixed bytes,
// or a little-endian length of prefix bytes before it.
func sized(typ byte, meta uint16) (fixed, prefix int, err error) {
	typ, length := resolve(typ, meta)
	switch typ {
	case wireNull:
		return 0, 0, nil
	case wireTiny, wireYear:
		return 1, 0, nil
	case wireShort:
		return 2, 0, nil
	case wireInt24, wireDate, wireNewDate:
		return 3, 0, nil
	case wireLong, wireFloat:
		return 4, 0, nil
	case wireLongLong, wireDouble:
		return 8, 0, nil
	case wireTime, wireDatetime, wireTimestamp:
		if meta <= 6 {
			return hiresSize[typ][meta], 0, nil
		}
	case wireTimestamp2:
		fixed = 4
	case wireDatetime2:
		fixed = 5
	case wireTime2:
		fixed = 3
	case wireBit:
		return int(meta>>8) + (int(meta&0xff)+7)/8, 0, nil
	case wireEnum, wireSet:
		if length &= 0xff; length >= 1 && length <= 8 {
			return length, 0, nil
		}
	case wireNewDecimal:
		d, err := newDecimalShape(int(meta>>8), int(meta&0xff))
		return d.size, 0, err
	case wireVarchar, wireVarString, wireString, wireVarcharCompressed:
		if length < 256 {
			return 0, 1, nil
		}
		return 0, 2, nil
	case wireBlob, wireGeometry, wireJSON, wireVector, wireBlobCompressed:
		if meta >= 1 && meta <= 4 {
			return 0, int(meta), nil
		}
	}
	if fixed > 0 && meta <= 6 {
		return fixed + int(meta+1)/2, 0, nil
	}
	return 0, 0, fmt.Errorf("wire type %d with metadata %d is not known; exclude the table, or change the column's type on the source", typ, meta)
}

// Skip tells how many bytes a value of this wire type takes at src[0], for columns that
// are not replicated.
func Skip(typ byte, meta uint16, src []byte) (int, error) {
	fixed, prefix, err := sized(typ, meta)
	if err != nil {
		return 0, err
	}
	if prefix > 0 {
		_, used, err := prefixed(src, prefix)
		return used, err
	}
	if len(src) < fixed {
		return 0, ErrShort
	}
	return fixed, nil
}

// prefixed gives the value behind a little-endian length of prefix bytes, and
// the bytes of both.
func prefixed(src []byte, prefix int) (value []byte, used int, err error) {
	if len(src) < prefix {
		return nil, 0, ErrShort
	}
	length := int(little(src[:prefix]))
	if len(src)-prefix < length {
		return nil, 0, ErrShort
	}
	return src[prefix : prefix+length], prefix + length, nil
}

func little(src []byte) (n uint64) {
	for i := len(src) - 1; i >= 0; i-- {
		n = n<<8 | uint64(src[i])
	}
	return n
}

func big(src []byte) (n uint64) {
	for _, b := range src {
		n = n<<8 | uint64(b)
	}
	return n
}

// read makes an ImageFunc of a function that appends one whole value. Where the
// length is fixed, value has that length.
func read(typ byte, meta uint16, value appender) (ImageFunc, error) {
	fixed, prefix, err := sized(typ, meta)
	if err != nil {
		return nil, err
	}
	if prefix == 0 {
		return func(dst, src []byte, notes *Notes) ([]byte, int, error) {
			if len(src) < fixed {
				return dst, 0, ErrShort
			}
			dst, err := value(dst, src[:fixed], notes)
			return dst, fixed, err
		}, nil
	}
	return func(dst, src []byte, notes *Notes) ([]byte, int, error) {
		inner, used, err := prefixed(src, prefix)
		if err != nil {
			return dst, 0, err
		}
		dst, err = value(dst, inner, notes)
		return dst, used, err
	}, nil
}
