package typemap

import (
	"bytes"
	"encoding/binary"
	"math"
)

const (
	microsecond = 1
	second      = 1_000_000 * microsecond
	day         = 24 * 3600 * second
)

// receiveDate writes days since 2000-01-01.
func receiveDate(dst []byte, start int) ([]byte, error) {
	field := dst[start:]
	switch string(field) {
	case "infinity":
		return binary.BigEndian.AppendUint32(dst[:start], math.MaxInt32), nil
	case "-infinity":
		return binary.BigEndian.AppendUint32(dst[:start], 1<<31), nil
	}
	n, rest, ok := dayNumber(field)
	if !ok || len(rest) > 0 {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint32(dst[:start], uint32(n)), nil // #nosec G115 -- in two's complement
}

// receiveTime writes microseconds since midnight.
func receiveTime(dst []byte, start int) ([]byte, error) {
	n, rest, ok := clock(dst[start:])
	if !ok || len(rest) > 0 || n > day {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint64(dst[:start], uint64(n)), nil // #nosec G115 -- not negative
}

// receiveTimestamp writes microseconds since 2000-01-01, in UTC if there is a zone.
func receiveTimestamp(dst []byte, start int) ([]byte, error) {
	field := dst[start:]
	switch string(field) {
	case "infinity":
		return binary.BigEndian.AppendUint64(dst[:start], math.MaxInt64), nil
	case "-infinity":
		return binary.BigEndian.AppendUint64(dst[:start], 1<<63), nil
	}
	days, rest, ok := dayNumber(field)
	if !ok || len(rest) < 2 || rest[0] != ' ' {
		return dst, errNotBinary
	}
	n, rest, ok := clock(rest[1:])
	if !ok || len(rest) > 0 && !bytes.Equal(rest, []byte("+00")) {
		return dst, errNotBinary
	}
	return binary.BigEndian.AppendUint64(dst[:start], uint64(int64(days)*day+n)), nil // #nosec G115 -- in two's complement
}

// number reads exactly so many digits.
func number(src []byte, width int) (n int, ok bool) {
	if len(src) < width {
		return 0, false
	}
	for _, b := range src[:width] {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int(b-'0')
	}
	return n, true
}

// dayNumber reads YYYY-MM-DD as days since 2000-01-01 in the Gregorian calendar, which
// PostgreSQL uses for all times. Days that there are not, and years before 1, are none.
func dayNumber(src []byte) (n int, rest []byte, ok bool) {
	if len(src) < 10 || src[4] != '-' || src[7] != '-' {
		return 0, nil, false
	}
	y, a := number(src, 4)
	m, b := number(src[5:], 2)
	d, c := number(src[8:], 2)
	if !a || !b || !c || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, nil, false
	}
	if m <= 2 { // years begin in March, so that the day of February 29 is the last
		y, m = y-1, m+12
	}
	const since = 730_425 // of 2000-01-01, counted from 0000-03-01
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - since, src[10:], true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clock reads hh:mm:ss[.f] as microseconds.
func clock(src []byte) (n int64, rest []byte, ok bool) {
	if len(src) < 8 || src[2] != ':' || src[5] != ':' {
		return 0, nil, false
	}
	h, a := number(src, 2)
	m, b := number(src[3:], 2)
	s, c := number(src[6:], 2)
	if !a || !b || !c || h > 24 || m > 59 || s > 59 {
		return 0, nil, false
	}
	n = (int64(h)*3600 + int64(m)*60 + int64(s)) * second
	rest = src[8:]
	if len(rest) == 0 || rest[0] != '.' {
		return n, rest, true
	}
	rest = rest[1:]
	for unit := int64(second / 10); len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9'; unit /= 10 {
		if unit == 0 {
			return 0, nil, false
		}
		n, rest = n+int64(rest[0]-'0')*unit, rest[1:]
	}
	return n, rest, true
}
