package typemap

import "pgchameleon/internal/schema"

// Tables that MariaDB made with mysql56_temporal_format=OFF, or before 10.1.2, keep times with
// a fraction in the format of MariaDB 5.3. It has the wire types of times without
// one, and the table map does not say how many digits there are.

// hiresSize is the bytes of a value by its digits, of which none is MySQL's old format.
var hiresSize = map[byte][7]int{
	wireTime:      {3, 4, 4, 5, 5, 5, 6},
	wireDatetime:  {8, 6, 6, 7, 7, 7, 8},
	wireTimestamp: {4, 5, 5, 6, 6, 7, 7},
}

// WireMeta gives the metadata of a table map with what the server leaves out: the
// digits of fractions in the format of MariaDB 5.3. columns are those of the table as the
// tracked definition has them, as many as there are types.
func WireMeta(columns []schema.Column, types []byte, meta []uint16) []uint16 {
	var out []uint16
	for i, typ := range types {
		if _, old := hiresSize[typ]; !old || columns[i].Type.Scale <= 0 {
			continue
		}
		if out == nil {
			out = append(out, meta...)
		}
		out[i] = uint16(columns[i].Type.Scale)
	}
	if out == nil {
		return meta
	}
	return out
}

// power is ten to the number of digits.
var power = [7]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// hiresDatetime decodes one big-endian number: the months since year 0 of 13 months, days
// of 32, hours, minutes, seconds and their fraction.
func hiresDatetime(scale int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		n := int64(big(src))
		fraction := n % power[scale]
		clock := int(n / power[scale] % 86400)
		days := n / power[scale] / 86400
		months := int(days / 32)
		if n < 0 || months/13 > 9999 {
			return dst, errTemporal
		}
		dst = append(appendDate(dst, months/13, months%13, int(days%32)), ' ')
		return appendHires(dst, clock, fraction, scale), nil
	}
}

// hiresTime decodes a big-endian number, which is offset so that it sorts: seconds and
// their fraction.
func hiresTime(scale int) appender {
	const limit = 838*3600 + 59*60 + 59 + 1
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		n := int64(big(src)) - limit*power[scale]
		if n <= -limit*power[scale] || n >= limit*power[scale] {
			return dst, errTemporal
		}
		if n < 0 {
			dst, n = append(dst, '-'), -n
		}
		return appendHires(dst, int(n/power[scale]), n%power[scale], scale), nil
	}
}

// hiresTimestamp decodes big-endian seconds since 1970 and a big-endian fraction.
func hiresTimestamp(scale int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		fraction := big(src[4:])
		seconds := int64(big(src[:4]))
		if seconds == 0 && fraction == 0 {
			dst = append(dst, zeroMoment...)
		} else {
			dst = appendInstant(dst, seconds)
		}
		return appendMicros(dst, uint32(fraction), scale, scale)
	}
}

func appendHires(dst []byte, seconds int, fraction int64, scale int) []byte {
	dst = appendClock(dst, seconds/3600, seconds/60%60, seconds%60)
	return digits(append(dst, '.'), uint32(fraction), scale)
}
