package typemap

import (
	"fmt"

	"pgchameleon/internal/schema"
)

// bitFamily: both roads give the bits in whole bytes, the highest first.
func bitFamily(c *schema.Column) family {
	length := max(c.Type.Length, 1)
	bits := func(dst, src []byte, _ *Notes) ([]byte, error) {
		for i := length - 1; i >= 0; i-- {
			at := len(src) - 1 - i/8
			if at >= 0 && src[at]>>(i%8)&1 != 0 {
				dst = append(dst, '1')
			} else {
				dst = append(dst, '0')
			}
		}
		return dst, nil
	}
	f := family{kind: kindBit, sql: fmt.Sprintf("bit(%d)", length), text: bits, why: "The bits as they are."}
	if length == 1 {
		f.sql, f.finish, f.why = "boolean", bitBoolean, "1 is true."
	}
	f.value = func(typ byte, meta uint16) (byte, uint16, appender, error) {
		if typ != wireBit || int(meta>>8)*8+int(meta&0xff) != length {
			return 0, 0, nil, contradicts(c.Type.Text, typ, meta)
		}
		return typ, meta, bits, nil
	}
	return f
}

func bitBoolean(dst []byte, start int, _ *Notes) ([]byte, error) {
	for _, b := range dst[start:] {
		if b == '1' {
			return append(dst[:start], 't'), nil
		}
	}
	return append(dst[:start], 'f'), nil
}
