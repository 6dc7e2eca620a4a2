package expr

import (
	"fmt"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// cast translates CAST and CONVERT.
func (x *translator) cast(e *parse.Expr) value {
	t := e.Type
	if t.Array {
		refuse("the index has several entries for a row")
	}
	v := x.value(e.Args[0])
	if v.kind == null {
		return v
	}
	switch t.Name {
	case "SIGNED", "INTEGER", "INT":
		return x.signed(v)
	case "UNSIGNED":
		return x.unsigned(v)
	case "DECIMAL", "NUMERIC":
		return x.decimal(v, t.Args)
	case "DOUBLE":
		if !v.number() && v.kind != double {
			refuse("MySQL reads a number from what is none")
		}
		return value{kind: double, sql: float(x.count(v))}
	case "CHAR", "VARCHAR", "NCHAR":
		if t.Charset != "binary" {
			return x.char(v, t)
		}
		return x.binary(v, t)
	case "BINARY":
		return x.binary(v, t)
	case "DATE":
		if v.kind == date || v.kind == datetime {
			return value{sql: day("CAST", v), kind: date, infinite: v.infinite}
		}
	case "DATETIME", "TIME":
		return x.castMoment(v, t)
	case "JSON":
		if v.kind == document {
			return v
		}
	}
	refuse("CAST to %s of this value has no exact translation", t.Name)
	return v
}

// binary keeps text as it is, but for how it is compared.
func (x *translator) binary(v value, t *parse.CastType) value {
	switch {
	case len(t.Args) > 0:
	case v.kind == bytes:
		return v
	case v.kind == text && utf8(v.charset):
		v.collation, v.target = "binary", false
		return v
	}
	refuse("CAST to BINARY of this value has no exact translation")
	return v
}

func (x *translator) signed(v value) value {
	v = x.count(v)
	switch {
	case v.kind == integer && (!v.numeric || v.precision < 19):
		v.unsigned, v.constant = false, nil
		return v
	case v.kind == decimal && v.precision-v.scale < 18:
		return value{sql: "round(" + v.sql + ")", kind: integer, numeric: true, precision: v.precision - v.scale + 1, shown: true}
	}
	refuse("CAST to SIGNED of a value that it may not hold has no exact translation")
	return v
}

// unsigned: a negative integer counts down from 2^64.
func (x *translator) unsigned(v value) value {
	v = x.count(v)
	if v.kind != integer {
		refuse("CAST to UNSIGNED of what is no integer has no exact translation")
	}
	v.constant = nil
	if !v.positive {
		v.sql = fmt.Sprintf("(CASE WHEN %s < 0 THEN %s::numeric + 18446744073709551616 ELSE %s::numeric END)", v.sql, v.sql, v.sql)
		v.numeric, v.precision = true, 20
	}
	v.positive, v.unsigned = true, true
	return v
}

func (x *translator) decimal(v value, args []int) value {
	precision, scale := 10, 0
	if len(args) > 0 {
		precision = args[0]
	}
	if len(args) > 1 {
		scale = args[1]
	}
	v = x.count(v)
	if v.kind != integer && v.kind != decimal || v.precision-v.scale+1 > precision-scale {
		refuse("CAST to DECIMAL of a value that it may not hold has no exact translation")
	}
	return value{sql: fmt.Sprintf("(%s::numeric(%d,%d))", v.sql, precision, scale), kind: decimal, precision: precision, scale: scale, positive: v.positive, shown: true}
}

func (x *translator) char(v value, t *parse.CastType) value {
	if v.kind == bytes {
		refuse("MySQL reads text from bytes")
	}
	v = x.shown(v)
	switch {
	case t.Charset == "" || t.Charset == v.charset || v.charset == "ascii":
	case t.Charset == "utf8mb4" && (utf8(v.charset) || v.charset == "latin1"):
	default:
		refuse("a text of the character set %s becomes one of %s, which may lack characters", v.charset, t.Charset)
	}
	if t.Charset != "" {
		v.charset = t.Charset
	}
	v.collation, v.target, v.constant = "of the connection", false, nil
	if len(t.Args) > 0 {
		v.sql, v.length = fmt.Sprintf("left(%s, %d)", v.sql, t.Args[0]), t.Args[0]
	}
	return v
}

func (x *translator) castMoment(v value, t *parse.CastType) value {
	scale := 0
	if len(t.Args) > 0 {
		scale = t.Args[0]
	}
	switch {
	case v.scale > scale: // also TIME(d), which the servers show as CAST, and which does not round
	case t.Name == "DATETIME" && (v.kind == datetime || v.kind == date):
		return value{sql: "(" + v.sql + "::timestamp)", kind: datetime, scale: scale, infinite: v.infinite}
	case t.Name == "TIME" && (v.kind == datetime || v.kind == clock):
		return value{sql: "(" + v.finite() + "::time)", kind: clock, scale: scale}
	}
	refuse("CAST to %s of this value has no exact translation", t.Name)
	return v
}

// limits are what integer columns hold.
var limits = map[string][2]string{
	"tinyint": {"-128", "127"}, "smallint": {"-32768", "32767"}, "mediumint": {"-8388608", "8388607"},
	"int": {"-2147483648", "2147483647"}, "bigint": {"-9223372036854775808", "9223372036854775807"},
	"tinyint unsigned": {"0", "255"}, "smallint unsigned": {"0", "65535"}, "mediumint unsigned": {"0", "16777215"},
	"int unsigned": {"0", "4294967295"}, "bigint unsigned": {"0", "18446744073709551615"},
}

// assign gives what becomes of a value in a column.
func (x *translator) assign(v value, c mapping.Column) value {
	t := &x.table.Source.Columns[c.Ordinal].Type
	if c.Map.Altered() {
		refuse("the column is masked or has an overridden type")
	}
	name := t.Name
	if t.Unsigned || t.Zerofill {
		name += " unsigned"
	}
	typ := c.Map.SQL()
	if v.kind == null {
		v.sql = "NULL::" + typ
		return v
	}
	if bounds, is := limits[name]; is {
		return x.assignInteger(v, bounds, typ)
	}
	switch t.Name {
	case "decimal", "numeric":
		return x.assignDecimal(v, t.Precision, t.Scale, t.Unsigned || t.Zerofill, typ)
	case "double":
		if t.Scale < 0 && !t.Unsigned && (v.number() || v.kind == double) {
			return value{kind: double, sql: float(x.count(v))}
		}
	case "date", "datetime", "time":
		return x.assignMoment(v, t.Name, t.Scale)
	case "char", "varchar", "text", "mediumtext", "longtext":
		return x.assignText(v, t.Charset, max(0, t.Length), t.Name == "char" || t.Name == "varchar", typ)
	case "json":
		if v.kind == document && !x.plainJSON(v) {
			return v
		}
	case "bit":
		if t.Length == 1 && v.kind == boolean {
			return v
		}
	}
	refuse("what becomes of the value in a column of type %s is not known", t.Text)
	return v
}

// assignInteger rounds, and takes the end of the range for what is beyond: so do sessions that
// are not strict, and others have no such rows.
func (x *translator) assignInteger(v value, bounds [2]string, typ string) value {
	v = x.count(v)
	if v.kind != integer && v.kind != decimal {
		refuse("MySQL rounds a floating-point number")
	}
	whole := "(" + v.sql + ")::numeric"
	if v.kind == decimal {
		whole = "round(" + v.sql + ")"
	}
	sql := v.sql
	if v.kind == decimal || v.precision >= len(strings.TrimLeft(bounds[1], "-")) || bounds[0] == "0" && !v.positive {
		sql = fmt.Sprintf("(CASE WHEN %[1]s < %[2]s THEN %[2]s WHEN %[1]s > %[3]s THEN %[3]s ELSE %[1]s END)", whole, bounds[0], bounds[1])
	}
	return value{sql: "(" + sql + "::" + typ + ")", kind: integer}
}

func (x *translator) assignDecimal(v value, precision, scale int, unsigned bool, typ string) value {
	v = x.count(v)
	if v.kind != integer && v.kind != decimal {
		refuse("MySQL rounds a floating-point number")
	}
	if v.precision-v.scale+1 > precision-scale || unsigned && !v.positive {
		largest := strings.Repeat("9", precision-scale)
		if scale > 0 {
			largest += "." + strings.Repeat("9", scale)
		}
		least := "-" + largest
		if unsigned {
			least = "0"
		}
		rounded := fmt.Sprintf("round((%s)::numeric, %d)", v.sql, scale)
		v.sql = fmt.Sprintf("(CASE WHEN %[1]s < %[2]s THEN %[2]s WHEN %[1]s > %[3]s THEN %[3]s ELSE %[1]s END)", rounded, least, largest)
	}
	return value{sql: "(" + v.sql + "::" + typ + ")", kind: decimal}
}

func (x *translator) assignMoment(v value, name string, scale int) value {
	want := map[string]kind{"date": date, "datetime": datetime, "time": clock}[name]
	switch {
	case v.scale > scale && !(want == date && v.kind == date):
		refuse("MySQL rounds the fractions of a second")
	case v.kind == want:
	case want == date && v.kind == datetime:
		v.sql, v.kind = "("+v.sql+"::date)", date
	case want == datetime && v.kind == date:
		v.sql, v.kind = "("+v.sql+"::timestamp)", datetime
	default:
		refuse("MySQL converts the value to a %s", name)
	}
	return v
}

func (x *translator) assignText(v value, charset string, length int, limited bool, typ string) value {
	v = x.shown(v)
	if v.kind != text {
		refuse("MySQL converts the value to text")
	}
	if v.charset != "ascii" && v.charset != charset && !(charset == "utf8mb4" && (utf8(v.charset) || v.charset == "latin1")) {
		refuse("a text of the character set %s becomes one of %s, which may lack characters", v.charset, charset)
	}
	if limited && (v.length == 0 || v.length > length) {
		v.sql = fmt.Sprintf("left(%s, %d)", v.sql, length)
	}
	v.sql = "(" + v.sql + "::" + typ + ")"
	return v
}
