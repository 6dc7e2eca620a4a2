package ddl

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The modes by which the servers cut off or round digits of seconds.
const (
	timeTruncateFractional = 1 << 32 // MySQL
	timeRoundFractional    = 1 << 34 // MariaDB
)

// cuts says whether the source cuts off digits of seconds; otherwise it rounds.
func (c *conversion) cuts() bool {
	d := c.x.d
	d.SQLMode = c.x.statement.SQLMode
	return cutsFractions(d)
}

// certain says, as SQL, that a date or time is what the source has: what PostgreSQL cannot
// hold is NULL, or the nearest to it where the column takes no NULL.
func (c *conversion) certain() string {
	switch {
	case c.from == "time" && c.before:
		return fmt.Sprintf("%[1]s <> '00:00:00' AND %[1]s <> '24:00:00'", c.name)
	case c.from == "time":
		return c.name + " IS NOT NULL"
	}
	return fmt.Sprintf("%[1]s IS NOT NULL AND isfinite(%[1]s)", c.name)
}

var offset = regexp.MustCompile(`^[+-]\d\d:\d\d$`)

// zoneOffset gives the offset of a session's time zone from UTC. It is not known for
// SYSTEM and for zones with seasons, whose rules PostgreSQL may have otherwise.
func zoneOffset(zone string) (time.Duration, bool) {
	switch {
	case strings.EqualFold(zone, "UTC"):
		return 0, true
	case !offset.MatchString(zone):
		return 0, false
	}
	d, err := time.ParseDuration(zone[:3] + "h" + zone[4:] + "m")
	return d, err == nil
}

// zone is the offset of the session's time zone, as an interval of SQL.
func (c *conversion) zone() string {
	d, known := zoneOffset(c.x.statement.TimeZone)
	if !known {
		return ""
	}
	return fmt.Sprintf("INTERVAL '%d minutes'", int(d.Minutes()))
}

// ofMoment converts a date or time. Zero and partly zero dates are the same thing in
// PostgreSQL before and after, as long as they become dates.
func (c *conversion) ofMoment() (sql string, known bool) {
	expr := c.name
	if c.from == "timestamp" && c.to != "timestamp" {
		if c.zone() == "" {
			return "", false
		}
		expr = fmt.Sprintf("(%s AT TIME ZONE %s)", c.name, c.zone())
	}
	switch c.to {
	case c.from:
		if c.a.Scale >= c.b.Scale {
			return c.nullable(), true
		}
		return c.shorter(expr), true
	case "date":
		return c.cast(expr), c.from != "time" && c.b.Scale == 0
	case "datetime":
		switch {
		case c.from == "time":
			return "", false
		case c.a.Scale < c.b.Scale:
			return c.shorter(expr), true
		}
		return c.cast(expr), true
	case "timestamp":
		if c.from == "time" || c.zone() == "" || !c.strict() || c.a.Scale < c.b.Scale {
			return "", false
		}
		return c.cast(fmt.Sprintf("(%s::timestamp AT TIME ZONE %s)", expr, c.zone())), true
	case "time":
		if c.from == "date" || c.a.Scale < c.b.Scale {
			return "", false
		}
		return c.only(c.certain(), c.cast(expr)), true
	}
	return c.momentText(expr)
}

// shorter takes digits off the seconds.
func (c *conversion) shorter(expr string) string {
	unit := 1
	for range 6 - c.a.Scale {
		unit *= 10
	}
	if c.from == "time" {
		as := expr + "::interval"
		limit := "24:00:00"
		if !c.cuts() {
			as = fmt.Sprintf("(%s + %d * INTERVAL '1 microsecond')", as, unit/2)
			limit = fmt.Sprintf("23:59:59.%06d", 1000000-unit/2)
		}
		return c.only(fmt.Sprintf("%s AND %s < '%s'", c.certain(), expr, limit), c.cast(cut(as, unit)))
	}
	as, limit := expr, "infinity"
	if !c.cuts() {
		as = fmt.Sprintf("(%s + %d * INTERVAL '1 microsecond')", expr, unit/2)
		limit = fmt.Sprintf("9999-12-31 23:59:59.%06d", 1000000-unit/2)
	}
	return c.present(fmt.Sprintf("CASE WHEN isfinite(%s) THEN %s ELSE %s END", expr, c.only(fmt.Sprintf("%s < '%s'", expr, limit), c.cast(cut(as, unit))), c.cast(expr)))
}

// cut takes from a time what is less than so many microseconds.
func cut(expr string, unit int) string {
	return fmt.Sprintf("(%[1]s - (extract(microseconds FROM %[1]s)::integer %% %[2]d) * INTERVAL '1 microsecond')", expr, unit)
}

// momentText writes a date or time as the source does, in digits alone as a number.
func (c *conversion) momentText(expr string) (sql string, known bool) {
	separated := map[string]string{"date": "YYYY-MM-DD", "time": "HH24:MI:SS"}[c.from]
	if separated == "" {
		separated = "YYYY-MM-DD HH24:MI:SS"
	}
	most := len("YYYY-MM-DD HH:MI:SS")
	if c.b.Scale > 0 {
		separated += fmt.Sprintf(".FF%d", c.b.Scale)
		most += 1 + c.b.Scale
	}
	if c.from == "time" {
		expr += "::interval"
	}
	switch c.to {
	case "text", "bytes":
		sql, known = c.written(fmt.Sprintf("to_char(%s, '%s')", expr, separated), most)
	case "int", "decimal":
		if c.b.Scale > 0 {
			return "", false
		}
		digits := strings.NewReplacer("-", "", ":", "", " ", "").Replace(separated)
		sql, known = c.number("decimal", fmt.Sprintf("to_char(%s, '%s')", expr, digits))
	}
	return c.only(c.certain(), sql), known
}
