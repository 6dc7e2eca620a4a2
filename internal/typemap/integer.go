package typemap

import (
	"strconv"

	"pgchameleon/internal/schema"
)

// integerFamily: unsigned types widen to the next that holds them.
func integerFamily(c *schema.Column) family {
	t := &c.Type
	shape := map[string]struct {
		typ              byte
		signed, unsigned string
	}{
		"tinyint":   {wireTiny, "smallint", "smallint"},
		"bool":      {wireTiny, "smallint", "smallint"},
		"boolean":   {wireTiny, "smallint", "smallint"},
		"smallint":  {wireShort, "smallint", "integer"},
		"mediumint": {wireInt24, "integer", "integer"},
		"int":       {wireLong, "integer", "bigint"},
		"integer":   {wireLong, "integer", "bigint"},
		"bigint":    {wireLongLong, "bigint", "numeric(20)"},
	}[t.Name]
	f := family{kind: kindInteger, sql: shape.signed, text: plainNumber, why: "Holds every value."}
	value := signed
	if t.Unsigned || t.Zerofill {
		f.sql, value = shape.unsigned, unsigned
		f.why = "The smallest type that holds every unsigned value."
	}
	f.value = only(t.Text, shape.typ, value)
	return f
}

func signed(dst, src []byte, _ *Notes) ([]byte, error) {
	shift := 64 - 8*len(src)
	return strconv.AppendInt(dst, int64(little(src)<<shift)>>shift, 10), nil
}

func unsigned(dst, src []byte, _ *Notes) ([]byte, error) {
	return strconv.AppendUint(dst, little(src), 10), nil
}

// plainNumber copies a number without the zeros of ZEROFILL.
func plainNumber(dst, src []byte, _ *Notes) ([]byte, error) {
	if len(src) > 0 && src[0] == '-' {
		dst, src = append(dst, '-'), src[1:]
	}
	for len(src) > 1 && src[0] == '0' && src[1] != '.' {
		src = src[1:]
	}
	return append(dst, src...), nil
}

// yearFamily: 0000 stays 0.
func yearFamily() family {
	return family{
		kind: kindYear, sql: "smallint", text: plainNumber, why: "0000 stays 0.",
		value: only("year", wireYear, func(dst, src []byte, _ *Notes) ([]byte, error) {
			if src[0] == 0 {
				return append(dst, '0'), nil
			}
			return strconv.AppendInt(dst, 1900+int64(src[0]), 10), nil
		}),
	}
}
