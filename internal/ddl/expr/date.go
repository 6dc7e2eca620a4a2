package expr

import (
	"fmt"
	"strings"
	"time"

	"pgchameleon/internal/ddl/parse"
)

// moment reads a literal that stands for a date, a date and time, or a time of day.
func moment(s string, k kind) (value, bool) {
	if whole, fraction, _ := strings.Cut(s, "."); len(fraction) <= 6 {
		layouts := []struct {
			layout, sql string
			kind        kind
		}{{"2006-01-02", "date", date}, {"2006-01-02 15:04:05", "timestamp", datetime}, {"15:04:05", "time", clock}}
		for _, l := range layouts {
			t, err := time.Parse(l.layout, whole)
			if err != nil || (l.kind == clock) != (k == clock) || l.kind == date && fraction != "" || l.kind != clock && t.Year() < 1 {
				continue
			}
			if strings.Trim(fraction, "0123456789") != "" {
				return value{}, false
			}
			return value{sql: l.sql + " '" + s + "'", kind: l.kind, scale: len(fraction), constant: &s}, true
		}
	}
	return value{}, false
}

// fields are the parts of dates and times: what PostgreSQL extracts, and how that becomes
// MySQL's number.
var fields = map[string]struct{ sql, of string }{
	"YEAR": {"extract(year from %s)::integer", "d"}, "MONTH": {"extract(month from %s)::integer", "d"},
	"DAY": {"extract(day from %s)::integer", "d"}, "DAYOFMONTH": {"extract(day from %s)::integer", "d"},
	"QUARTER": {"extract(quarter from %s)::integer", "d"}, "DAYOFYEAR": {"extract(doy from %s)::integer", "d"},
	"DAYOFWEEK": {"extract(dow from %s)::integer + 1", "d"}, "WEEKDAY": {"extract(isodow from %s)::integer - 1", "d"},
	"HOUR": {"extract(hour from %s)::integer", "t"}, "MINUTE": {"extract(minute from %s)::integer", "t"},
	"SECOND":      {"trunc(extract(second from %s))::integer", "t"},
	"MICROSECOND": {"extract(microseconds from %s)::integer %% 1000000", "t"},
}

// dateCall translates what takes dates apart.
func (x *translator) dateCall(name string, args []*parse.Expr) (value, bool) {
	if field, is := fields[name]; is {
		want(name, args, 1, 1)
		v := x.moment(name, args[0])
		if v.kind == null {
			return v, true
		}
		if v.kind == clock && field.of == "d" {
			refuse("%s of a TIME is today's", name)
		}
		sql := v.finite()
		if v.kind == date && field.of == "t" {
			sql += "::timestamp"
		}
		return number("("+field.sql+")", sql), true
	}
	switch name {
	case "TO_DAYS", "TO_SECONDS", "DATE", "TIME", "LAST_DAY", "UNIX_TIMESTAMP":
		want(name, args, 1, 1)
	case "DATEDIFF":
		want(name, args, 2, 2)
		a, b := x.moment(name, args[0]), x.moment(name, args[1])
		return number("(%s - %s)", day(name, a), day(name, b)), true
	default:
		return value{}, false
	}
	if name == "UNIX_TIMESTAMP" {
		return x.epoch(x.value(args[0])), true
	}
	v := x.moment(name, args[0])
	if v.kind == null {
		return v, true
	}
	switch name {
	case "TO_DAYS":
		return number("(%s - date '0001-01-01' + 366)", day(name, v)), true
	case "TO_SECONDS":
		return x.seconds(v), true
	case "TIME":
		if v.kind != datetime && v.kind != clock || v.scale > 0 {
			refuse("TIME of what has no time of day, or fractions of a second, has no exact translation")
		}
		return value{sql: "(" + v.finite() + "::time)", kind: clock, scale: v.scale}, true
	case "LAST_DAY":
		return value{sql: fmt.Sprintf("((date_trunc('month', %s::timestamp) + interval '1 month' - interval '1 day')::date)", day(name, v)), kind: date}, true
	}
	return value{sql: day(name, v), kind: date, infinite: v.infinite}, true
}

func number(format string, args ...any) value {
	return value{sql: fmt.Sprintf(format, args...), kind: integer, precision: 10, shown: true}
}

// moment translates an argument that is a date or a time.
func (x *translator) moment(name string, e *parse.Expr) value {
	v := x.value(e)
	if v.kind == text && v.constant != nil {
		for _, k := range []kind{date, clock} {
			if m, ok := moment(*v.constant, k); ok {
				return m
			}
		}
	}
	switch v.kind {
	case date, datetime, clock, null:
		return v
	case instant:
		if !x.lax(sessionZone) {
			refuse("%s of a TIMESTAMP depends on the session's time zone", name)
		}
		v.sql, v.kind = "("+v.finite()+"::timestamp)", datetime
		return v
	}
	refuse("%s of what is no date: MySQL converts it", name)
	return v
}

// day gives the day of a date, without a time.
func day(name string, v value) string {
	switch v.kind {
	case date:
		return v.finite()
	case datetime:
		return "(" + v.finite() + "::date)"
	}
	refuse("%s of what has no day has no exact translation", name)
	return ""
}

func (x *translator) seconds(v value) value {
	sql := fmt.Sprintf("(%s - date '0001-01-01' + 366)::bigint * 86400", day("TO_SECONDS", v))
	if v.kind == datetime {
		sql += fmt.Sprintf(" + extract(hour from %[1]s)::integer * 3600 + extract(minute from %[1]s)::integer * 60 + trunc(extract(second from %[1]s))::integer", v.finite())
	}
	return value{sql: "(" + sql + ")", kind: integer, precision: 12, wide: true, shown: true}
}

// epoch is UNIX_TIMESTAMP.
func (x *translator) epoch(v value) value {
	if v.kind != instant {
		refuse("UNIX_TIMESTAMP of what is no TIMESTAMP depends on the session's time zone")
	}
	sql := fmt.Sprintf("extract(epoch from %s AT TIME ZONE 'UTC')", v.finite())
	if v.scale == 0 {
		return value{sql: "(" + sql + "::bigint)", kind: integer, precision: 12, wide: true, positive: true, shown: true}
	}
	return value{sql: fmt.Sprintf("round(%s, %d)", sql, v.scale), kind: decimal, precision: 12 + v.scale, scale: v.scale, positive: true, shown: true}
}
