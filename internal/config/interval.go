package config

import (
	"strconv"
	"strings"
	"time"
)

// disabled is what a key for something that is done now and then says to have it never done.
const disabled = "disabled"

// interval is how often, or for how long, something is done; zero is never.
type interval struct {
	to   *Duration
	zero bool // 0 may be written for that
}

func (v interval) read(d *decoder, key string, n *node) {
	s, ok := d.scalar(key, n, v.takes())
	if !ok {
		return
	}
	if s == disabled {
		*v.to = 0
		return
	}
	every, err := parseInterval(s, time.Second)
	switch {
	case err != nil:
		d.fail(n.line, n.column, "%s %v", key, err)
	case every == 0 && !v.zero:
		d.fail(n.line, n.column, "%s must be longer than nothing, or disabled", key)
	default:
		*v.to = every
	}
}

func (v interval) show() string {
	if *v.to == 0 {
		return disabled
	}
	return v.to.String()
}
func (v interval) takes() string { return "disabled or a span of time such as 1 day" }

// inClock says whether a rune may be in a number, or in a time of day.
func inClock(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == ':' }

// clock reads hours, minutes and seconds as PostgreSQL writes them, 01:30:00, as nanoseconds.
func clock(text string) (total float64, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return 0, false
	}
	for i, span := range []time.Duration{time.Hour, time.Minute, time.Second}[:len(parts)] {
		n, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || i > 0 && n >= 60 || span != time.Second && strings.Contains(parts[i], ".") {
			return 0, false
		}
		total += n * float64(span)
	}
	return total, true
}

// spelt gives what stands behind the P of an interval of ISO 8601 in words, as PostgreSQL takes both.
func spelt(iso string) string {
	date, clock, _ := strings.Cut(iso, "t")
	return strings.TrimSpace(strings.NewReplacer("m", " months ", "y", " years ").Replace(date) + " " + strings.ReplaceAll(clock, "m", " minutes "))
}
