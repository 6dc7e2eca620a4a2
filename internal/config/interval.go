package config

import "time"

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
