package typemap

import (
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"pgchameleon/internal/schema"
)

// floatFamily reads every float as a double: "-0e0" (not +, which would lose the sign of -0)
// makes the server print all the digits, where a FLOAT alone has six and a FLOAT(7,3) three after the point.
// A float's double converts back without loss.
func floatFamily(c *schema.Column) family {
	f := family{kind: kindFloat, sql: "double precision", why: "Exact: the shortest digits that give the same number back."}
	wire, bits := byte(wireDouble), 64
	if t := &c.Type; t.Name == "float" && (t.Scale >= 0 || t.Precision <= 24) { // float(25) and up is a double
		f.sql, wire, bits = "real", wireFloat, 32
	}
	f.expr = func(quoted string) string { return quoted + "-0e0" }
	f.text = func(dst, src []byte, _ *Notes) ([]byte, error) {
		number, err := parseFloat(src)
		if err != nil {
			return dst, fmt.Errorf("reading a %s: not a number", c.Type.Text)
		}
		return appendFloat(dst, number, bits), nil
	}
	f.value = func(typ byte, meta uint16) (byte, uint16, appender, error) {
		if typ != wire {
			return 0, 0, nil, contradicts(c.Type.Text, typ, meta)
		}
		if bits == 32 {
			return typ, meta, single, nil
		}
		return typ, meta, double, nil
	}
	return f
}

func single(dst, src []byte, _ *Notes) ([]byte, error) {
	return appendFloat(dst, float64(math.Float32frombits(uint32(little(src)))), 32), nil
}

func double(dst, src []byte, _ *Notes) ([]byte, error) {
	return appendFloat(dst, math.Float64frombits(little(src)), 64), nil
}

func appendFloat(dst []byte, number float64, bits int) []byte {
	return strconv.AppendFloat(dst, number, 'g', -1, bits)
}

// parseFloat reads a number without allocating: strconv keeps no reference to
// the string but in its error, which is dropped.
func parseFloat(src []byte) (float64, error) {
	number, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(src), len(src)), 64)
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return number, nil
}
