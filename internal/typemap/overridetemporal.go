package typemap

import (
	"pgchameleon/internal/schema"
)

// temporalFinisher moves between dates, times and instants.
func (f family) temporalFinisher(c *schema.Column, t target) finisher {
	checked := func(zone string, size int) finisher { return datesOr(c.NotNull, zone, size) }
	switch f.kind {
	case kindText:
		return cleanText
	case kindClock:
		switch t.name {
		case "interval":
			return asIs
		case "time without time zone":
			return dayOr(c.NotNull)
		}
		return nil
	case kindDate:
		switch t.name {
		case "date":
			return checked("", 10)
		case "timestamp without time zone":
			return checked(" 00:00:00", 10)
		case "timestamp with time zone":
			return checked(" 00:00:00+00", 10)
		}
		return nil
	case kindDatetime, kindInstant:
	default:
		return nil
	}
	switch t.name {
	case "date":
		return part(checked("", 10), 0, 10)
	case "timestamp without time zone":
		return checked("", 19)
	case "timestamp with time zone":
		return checked("+00", 19)
	case "time without time zone":
		return part(dayOr(c.NotNull), 11, -1)
	}
	return nil
}

// part finishes only the characters from first to before end (-1: all) of the plain form.
func part(finish finisher, first, end int) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		if value := dst[start:]; len(value) >= 19 {
			if end > 0 {
				value = value[:end]
			}
			dst = append(dst[:start], value[first:]...)
		}
		return finish(dst, start, notes)
	}
}
