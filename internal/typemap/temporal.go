package typemap

import (
	"errors"
	"fmt"

	"pgchameleon/internal/schema"
)

const zeroRule = " Zero and partly zero dates, and days that no month has, follow the rule zero_date."

// errTemporal is of an image that no server writes.
var errTemporal = errors.New("reading a date or time: the value is damaged")

// The plain forms are MySQL's own text, so a zero date is 0000-00-00 until the
// finisher has seen it.

func dateFamily(p *policy) family {
	return family{
		kind: kindDate, sql: "date", text: plain, finish: p.dates("", 10), why: "The same day." + zeroRule,
		value: func(typ byte, meta uint16) (byte, uint16, appender, error) {
			if typ != wireDate && typ != wireNewDate {
				return 0, 0, nil, contradicts("date", typ, meta)
			}
			return typ, meta, func(dst, src []byte, _ *Notes) ([]byte, error) {
				n := int(little(src))
				if n>>9 > maxYear || n>>5&15 > 12 {
					return dst, errTemporal
				}
				return appendDate(dst, n>>9, n>>5&15, n&31), nil
			}, nil
		},
	}
}

func datetimeFamily(c *schema.Column, p *policy) family {
	scale := max(c.Type.Scale, 0)
	return family{
		kind: kindDatetime, sql: fmt.Sprintf("timestamp(%d) without time zone", scale), text: plain,
		finish: p.dates("", 19), value: temporalValue(c, wireDatetime, wireDatetime2, oldDatetime, hiresDatetime, datetime2),
		why: "The same digits, without a zone." + zeroRule,
	}
}

func timestampFamily(c *schema.Column, p *policy) family {
	scale := max(c.Type.Scale, 0)
	return family{
		kind: kindInstant, sql: fmt.Sprintf("timestamp(%d) with time zone", scale), text: plain,
		finish: p.dates("+00", 19), value: temporalValue(c, wireTimestamp, wireTimestamp2, oldTimestamp, hiresTimestamp, timestamp2),
		why: "The same instant; the source is read in UTC." + zeroRule,
	}
}

// temporalValue chooses between the wire types of MySQL 5.6 and later, and those of
// tables that an older server made.
func temporalValue(c *schema.Column, oldType, newType byte, old appender, hires, now func(scale int) appender) func(byte, uint16) (byte, uint16, appender, error) {
	scale := max(c.Type.Scale, 0)
	return func(typ byte, meta uint16) (byte, uint16, appender, error) {
		switch {
		case typ == newType && int(meta) == scale:
			return typ, meta, now(scale), nil
		case typ == oldType && int(meta) == scale && scale == 0:
			return typ, meta, old, nil
		case typ == oldType && int(meta) == scale:
			return typ, meta, hires(scale), nil
		default:
			return 0, 0, nil, contradicts(c.Type.Text, typ, meta)
		}
	}
}

func plain(dst, src []byte, _ *Notes) ([]byte, error) { return append(dst, src...), nil }

func datetime2(scale int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		dst, err := appendPacked(dst, int64(big(src[:5]))-0x8000000000)
		if err != nil {
			return dst, err
		}
		return appendFraction(dst, src[5:], scale)
	}
}

// appendPacked appends the date and time of five bytes of MySQL's packed form: year
// times 13 and month, day, hour, minute, second.
func appendPacked(dst []byte, n int64) ([]byte, error) {
	if n < 0 {
		return dst, errTemporal
	}
	months := int(n >> 22)
	return appendMoment(dst, months/13, months%13, int(n>>17&31), int(n>>12&31), int(n>>6&63), int(n&63))
}

func timestamp2(scale int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		seconds, fraction := int64(big(src[:4])), src[4:]
		if seconds == 0 && big(fraction) == 0 {
			dst = append(dst, zeroMoment...)
		} else { // MariaDB has fractions of the first second
			dst = appendInstant(dst, seconds)
		}
		return appendFraction(dst, fraction, scale)
	}
}

func oldDatetime(dst, src []byte, _ *Notes) ([]byte, error) {
	n := little(src)
	if n > 99991231235959 {
		return dst, errTemporal
	}
	day, clock := int(n/1000000), int(n%1000000)
	return appendMoment(dst, day/10000, day/100%100, day%100, clock/10000, clock/100%100, clock%100)
}

func oldTimestamp(dst, src []byte, _ *Notes) ([]byte, error) {
	seconds := int64(little(src))
	if seconds == 0 {
		return append(dst, zeroMoment...), nil
	}
	return appendInstant(dst, seconds), nil
}

const zeroMoment = "0000-00-00 00:00:00"

const maxYear = 9999

// appendMoment appends a date and time, zeros included, or says that no server has it.
func appendMoment(dst []byte, year, month, day, hour, minute, second int) ([]byte, error) {
	if year > maxYear || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return dst, errTemporal
	}
	return appendClock(append(appendDate(dst, year, month, day), ' '), hour, minute, second), nil
}

// appendInstant appends seconds since 1970 as a date and time in UTC. The day becomes a date by Howard Hinnant's arithmetic on eras of 400 years.
func appendInstant(dst []byte, seconds int64) []byte {
	clock, days := int(seconds%86400), int(seconds/86400)+719468
	era := days / 146097
	day := days % 146097
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	day -= (153*month+2)/5 - 1
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	dst = append(appendDate(dst, year+400*era, month, day), ' ')
	return appendClock(dst, clock/3600, clock/60%60, clock%60)
}

func appendDate(dst []byte, year, month, day int) []byte {
	return append(dst, byte('0'+year/1000%10), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

func appendClock(dst []byte, hour, minute, second int) []byte {
	if hour > 99 {
		dst = append(dst, byte('0'+hour/100))
	}
	return append(dst, byte('0'+hour/10%10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10), ':',
		byte('0'+second/10), byte('0'+second%10))
}

// appendFraction appends the point and scale digits; src holds them in whole
// bytes, two digits in each.
func appendFraction(dst, src []byte, scale int) ([]byte, error) {
	if scale == 0 {
		return dst, nil
	}
	return appendMicros(dst, uint32(big(src)), len(src)*2, scale)
}

// appendMicros appends the point and the first scale of the width digits of n.
func appendMicros(dst []byte, n uint32, width, scale int) ([]byte, error) {
	if n >= tens[width] {
		return dst, errTemporal
	}
	dst = digits(append(dst, '.'), n, width)
	return dst[:len(dst)-width+scale], nil
}

// dates checks the plain form, which begins with a date and has size characters
// before a fraction, and appends the zone.
func (p *policy) dates(zone string, size int) finisher {
	instead := "-infinity"
	if h := p.rules[ZeroDate]; h.Action == Constant {
		if instead = h.Value; instead[len(instead)-1] != 'y' {
			if size > 10 && len(instead) == 10 {
				instead += " 00:00:00"
			}
			instead = instead[:min(len(instead), size)] + zone
		}
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		value := dst[start:]
		if len(value) < size {
			return dst[:start], fmt.Errorf("reading a date: too short")
		}
		if validDate(value) {
			return append(dst, zone...), nil
		}
		if p.rules[ZeroDate].Action == Nearest {
			notes.apply(ZeroDate, value)
			nearestDate(value)
			return append(dst, zone...), nil
		}
		return p.instead(dst, start, ZeroDate, instead, notes)
	}
}

var daysOf = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// dateOf reads the date that v begins with.
func dateOf(v []byte) (year, month, day int) {
	number := func(v []byte) (n int) {
		for _, b := range v {
			n = n*10 + int(b-'0')
		}
		return n
	}
	return number(v[:4]), number(v[5:7]), number(v[8:10])
}

// lastDay gives the days of a month, which is 1 to 12.
func lastDay(year, month int) int {
	if month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0) {
		return 28
	}
	return daysOf[month]
}

func validDate(v []byte) bool {
	year, month, day := dateOf(v)
	return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= lastDay(year, month)
}

// nearestDate makes a day of the calendar of the date that v begins with.
func nearestDate(v []byte) {
	year, month, day := dateOf(v)
	year, month = max(year, 1), min(max(month, 1), 12)
	appendDate(v[:0], year, month, min(max(day, 1), lastDay(year, month)))
}
