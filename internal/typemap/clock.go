package typemap

import (
	"bytes"
	"fmt"

	"pgchameleon/internal/schema"
)

// timeFamily: MySQL's TIME is a duration of up to 838 hours, either way.
func timeFamily(c *schema.Column, p *policy) family {
	scale := max(c.Type.Scale, 0)
	return family{
		kind: kindClock, sql: fmt.Sprintf("time(%d) without time zone", scale), text: plain, finish: p.clock(),
		value: temporalValue(c, wireTime, wireTime2, oldTime, hiresTime, time2),
		why: "A time of day. A negative one or one beyond 24:00:00 follows the rule out_of_range, the nearest being 00:00:00 or 24:00:00; " +
			"the override `interval` holds them all.",
	}
}

// time2 decodes sign, hours (10 bits), minutes and seconds with their fraction as one
// big-endian number, which is offset so that it sorts.
func time2(scale int) appender {
	return func(dst, src []byte, _ *Notes) ([]byte, error) {
		width := 8 * (len(src) - 3)
		n := int64(big(src)) - 0x800000<<width
		if n < 0 {
			dst, n = append(dst, '-'), -n
		}
		dst, err := appendDuration(dst, int(n>>width))
		if err != nil || scale == 0 {
			return dst, err
		}
		return appendMicros(dst, uint32(n&(1<<width-1)), (len(src)-3)*2, scale)
	}
}

// appendDuration appends hours (10 bits), minutes and seconds (6 bits each).
func appendDuration(dst []byte, n int) ([]byte, error) {
	const maxHour = 838
	hour, minute, second := n>>12, n>>6&63, n&63
	if hour > maxHour || minute > 59 || second > 59 {
		return dst, errTemporal
	}
	return appendClock(dst, hour, minute, second), nil
}

func oldTime(dst, src []byte, _ *Notes) ([]byte, error) {
	n := int(int32(little(src)<<8) >> 8)
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	return appendDuration(dst, n/10000<<12|n/100%100<<6|n%100)
}

// clock keeps what PostgreSQL's time holds: 00:00:00 to 24:00:00.
func (p *policy) clock() finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		value := dst[start:]
		if len(value) < 8 {
			return dst[:start], fmt.Errorf("reading a time: too short")
		}
		nearest := ""
		switch {
		case value[0] == '-':
			nearest = "00:00:00"
		case value[2] != ':' || value[0] > '2' || value[0] == '2' && value[1] > '4',
			string(value[:2]) == "24" && len(bytes.Trim(value[2:], ":.0")) > 0:
			nearest = "24:00:00"
		default:
			return dst, nil
		}
		return p.instead(dst, start, OutOfRange, nearest, notes)
	}
}
