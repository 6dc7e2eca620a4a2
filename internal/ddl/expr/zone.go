package expr

import (
	"fmt"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// sessionZone is the note on all that follows a session's time zone, which a query may do and a
// value that is kept may not.
const sessionZone = "times of TIMESTAMP columns, and the present one, are in the time zone of PostgreSQL's session"

// nowCall translates the present time, in queries.
func (x *translator) nowCall(e *parse.Expr) (value, bool) {
	if x.scope == nil {
		return value{}, false
	}
	switch e.Text {
	case "NOW", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "LOCALTIME", "SYSDATE":
		scale := 0
		if len(e.Args) == 1 {
			scale = min(6, x.literalCount(e.Text, e.Args[0]))
		}
		x.lax(sessionZone)
		out := value{sql: "date_trunc('second', LOCALTIMESTAMP)", kind: datetime, scale: scale}
		if scale > 0 {
			out.sql = fmt.Sprintf("LOCALTIMESTAMP(%d)", scale)
		}
		return out, true
	case "CURDATE", "CURRENT_DATE":
		want(e.Text, e.Args, 0, 0)
		x.lax(sessionZone)
		return value{sql: "CURRENT_DATE", kind: date}, true
	case "DATE_FORMAT":
		want(e.Text, e.Args, 2, 2)
		return x.formatted(e.Args), true
	}
	return value{}, false
}

// formats are what DATE_FORMAT writes, as to_char has it.
var formats = map[byte]string{'Y': "YYYY", 'y': "YY", 'm': "MM", 'd': "DD", 'H': "HH24", 'i': "MI", 's': "SS", 'S': "SS", 'T': "HH24:MI:SS", 'f': "US", 'j': "DDD", '%': `"%"`}

func (x *translator) formatted(args []*parse.Expr) value {
	v, format := x.moment("DATE_FORMAT", args[0]), x.value(args[1])
	if v.kind != date && v.kind != datetime || format.constant == nil || format.kind != text {
		refuse("DATE_FORMAT of anything but a date, or by anything but a literal, has no exact translation")
	}
	var out strings.Builder
	pattern := *format.constant
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '%' && i+1 < len(pattern) && formats[pattern[i+1]] != "":
			i++
			out.WriteString(formats[pattern[i]])
		case pattern[i] == '%' || pattern[i] == '"' || pattern[i] == '\\' || pattern[i] >= 0x80:
			refuse("the format of DATE_FORMAT has no exact translation")
		default:
			out.WriteString(`"` + pattern[i:i+1] + `"`)
		}
	}
	x.immutable = false
	sql := v.finite()
	if v.kind == date {
		sql += "::timestamp"
	}
	return value{sql: fmt.Sprintf("to_char(%s, %s)", sql, strings.TrimSpace(mapping.Literal(out.String()))), kind: text, charset: "ascii", collation: "of a number"}
}

// inZone brings a TIMESTAMP and what it is compared with together, in queries.
func (x *translator) inZone(a, b value) (value, value) {
	if x.scope == nil {
		return a, b
	}
	zoned := func(v, other value) value {
		if other.kind != instant || v.kind == instant {
			return v
		}
		if v.kind == text && v.constant != nil {
			m, ok := moment(*v.constant, datetime)
			if !ok {
				return v
			}
			v = m
		}
		if v.kind != date && v.kind != datetime {
			return v
		}
		x.lax(sessionZone)
		v.sql, v.kind, v.constant = "("+v.sql+"::timestamptz)", instant, nil
		return v
	}
	return zoned(a, b), zoned(b, a)
}
