package typemap

import (
	"bytes"
	"regexp"
	"strings"

	"pgchameleon/internal/schema"
)

// temporalFinisher moves between dates, times and instants.
func (f family) temporalFinisher(c *schema.Column, p *policy, t target) finisher {
	finish := f.temporalPart(p, t)
	if finish == nil || t.name == "date" || t.name == "interval" && len(t.args) == 0 {
		return finish
	}
	from := max(c.Type.Scale, 0)
	if f.kind == kindText {
		from = 6
	}
	to := 6
	if len(t.args) == 1 {
		to = min(t.args[0], 6)
	}
	if len(t.args) > 1 || f.kind == kindDate || to >= from {
		return finish
	}
	return p.fewerDigits(to, finish)
}

// temporalPart gives what makes a value of the target's type, without a look at the
// digits of its seconds.
func (f family) temporalPart(p *policy, t target) finisher {
	switch f.kind {
	case kindText:
		return p.temporalText(t)
	case kindClock:
		switch t.name {
		case "interval":
			return asIs
		case "time without time zone":
			return p.clock()
		}
	case kindDate:
		switch t.name {
		case "date":
			return p.dates("", 10)
		case "timestamp without time zone":
			return p.dates(" 00:00:00", 10)
		case "timestamp with time zone":
			return p.dates(" 00:00:00+00", 10)
		}
	case kindDatetime, kindInstant:
		switch t.name {
		case "date":
			return p.part(p.dates("", 10), 0, 10)
		case "timestamp without time zone":
			return p.dates("", 19)
		case "timestamp with time zone":
			return p.dates("+00", 19)
		case "time without time zone":
			return p.part(p.clock(), 11, -1)
		}
	}
	return nil
}

// part finishes only the characters from first to before end (-1: all) of a date and
// time. The rest counts as rounded away, unless it says nothing.
func (p *policy) part(finish finisher, first, end int) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		value := dst[start:]
		if len(value) < 19 {
			return finish(dst, start, notes)
		}
		if end < 0 {
			end = len(value)
		}
		if first > 0 || len(bytes.Trim(value[end:], " 0:.")) > 0 && validDate(value) {
			var done bool
			var err error
			if dst, done, err = p.mended(dst, start, Rounded, notes); done || err != nil {
				return dst, err
			}
		}
		return finish(append(dst[:start], value[first:end]...), start, notes)
	}
}

// fewerDigits cuts the fraction of a second to fewer digits than it may have.
func (p *policy) fewerDigits(scale int, finish finisher) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		point := bytes.LastIndexByte(dst[start:], '.')
		if point < 0 {
			return finish(dst, start, notes)
		}
		cut := start + point + 1 + scale
		if cut >= len(dst) {
			return finish(dst, start, notes)
		}
		if len(bytes.Trim(dst[cut:], "0")) > 0 {
			var done bool
			var err error
			if dst, done, err = p.mended(dst, start, Rounded, notes); done || err != nil {
				return dst, err
			}
		}
		if scale == 0 {
			cut-- // the point
		}
		return finish(dst[:cut], start, notes)
	}
}

var (
	dateText  = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	clockText = regexp.MustCompile(`^\d\d:[0-5]\d:[0-5]\d(\.\d{1,6})?$`)
	spanText  = regexp.MustCompile(`^-?\d{1,8}:[0-5]\d:[0-5]\d(\.\d{1,6})?$`)
	wholeText = regexp.MustCompile(`^\d{4}-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$`)
)

// temporalText reads dates and times in text, in the form that MySQL writes them, or
// with a T between them. Other text is out of range.
func (p *policy) temporalText(t target) finisher {
	form, nearest, finish := wholeText, "-infinity", finisher(nil)
	switch t.name {
	case "date":
		form, finish = dateText, p.dates("", 10)
	case "timestamp without time zone":
		finish = p.dates("", 19)
	case "timestamp with time zone":
		finish = p.dates("+00", 19)
	case "time without time zone":
		form, nearest, finish = clockText, "00:00:00", p.clock()
	case "interval":
		form, nearest, finish = spanText, "00:00:00", asIs
	}
	dated := strings.HasPrefix(t.name, "timestamp")
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		text := strings.TrimSpace(string(dst[start:]))
		if dated && dateText.MatchString(text) {
			text += " 00:00:00"
		}
		if !form.MatchString(text) {
			return p.instead(dst, start, OutOfRange, nearest, notes)
		}
		return finish(append(dst[:start], text...), start, notes)
	}
}
