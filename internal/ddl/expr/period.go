package expr

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
)

// composites are the units of EXTRACT that have several fields in one number, each two
// digits wide, but for a last of microseconds.
var composites = map[string][]string{
	"YEAR_MONTH": {"YEAR", "MONTH"},
	"DAY_HOUR":   {"DAY", "HOUR"}, "DAY_MINUTE": {"DAY", "HOUR", "MINUTE"}, "DAY_SECOND": {"DAY", "HOUR", "MINUTE", "SECOND"},
	"HOUR_MINUTE": {"HOUR", "MINUTE"}, "HOUR_SECOND": {"HOUR", "MINUTE", "SECOND"}, "MINUTE_SECOND": {"MINUTE", "SECOND"},
	"DAY_MICROSECOND":  {"DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND"},
	"HOUR_MICROSECOND": {"HOUR", "MINUTE", "SECOND", "MICROSECOND"}, "MINUTE_MICROSECOND": {"MINUTE", "SECOND", "MICROSECOND"},
	"SECOND_MICROSECOND": {"SECOND", "MICROSECOND"},
}

// periodCall translates functions that put several fields of a date into one number.
func (x *translator) periodCall(name string, args []*parse.Expr) (value, bool) {
	if list, is := composites[name]; is {
		want(name, args, 1, 1)
		return x.composite(list, args), true
	}
	switch name {
	case "TIME_TO_SEC":
		want(name, args, 1, 1)
		hour, minute, second := x.field("HOUR", args), x.field("MINUTE", args), x.field("SECOND", args)
		if hour.kind == null {
			return hour, true
		}
		return number("(%s * 3600 + %s * 60 + %s)", hour.sql, minute.sql, second.sql), true
	case "YEARWEEK":
		want(name, args, 1, 2)
		return x.yearWeek(args), true
	}
	return value{}, false
}

func (x *translator) field(name string, args []*parse.Expr) value {
	v, _ := x.dateCall(name, args)
	return v
}

func (x *translator) composite(list []string, args []*parse.Expr) value {
	var sql string
	for i, name := range list {
		v := x.field(name, args)
		switch {
		case v.kind == null:
			return v
		case i == 0:
			sql = v.sql + "::bigint"
		case name == "MICROSECOND":
			sql = "(" + sql + ") * 1000000 + " + v.sql
		default:
			sql = "(" + sql + ") * 100 + " + v.sql
		}
	}
	return value{sql: "(" + sql + ")", kind: integer, precision: 14, wide: true, positive: true, shown: true}
}

// yearWeek is the week that a day belongs to with the year that the week belongs to: weeks
// from Sunday, the first being the one with the year's first Sunday, or those of ISO 8601.
func (x *translator) yearWeek(args []*parse.Expr) value {
	v := x.moment("YEARWEEK", args[0])
	if v.kind == null {
		return v
	}
	mode := "0"
	if len(args) == 2 {
		mode = strings.TrimSpace(x.value(args[1]).sql)
	}
	d := day("YEARWEEK", v)
	switch {
	case slices.Contains([]string{"0", "2"}, mode):
		sunday := fmt.Sprintf("(%s - extract(dow from %s)::integer)", d, d)
		return number("(greatest(extract(year from %[1]s)::integer, 0) * 100 + (extract(doy from %[1]s)::integer - 1) / 7 + 1)", sunday)
	case slices.Contains([]string{"1", "3"}, mode):
		return number("(extract(isoyear from %[1]s)::integer * 100 + extract(week from %[1]s)::integer)", d)
	}
	refuse("YEARWEEK in the mode %s has no exact translation", mode)
	return value{}
}
