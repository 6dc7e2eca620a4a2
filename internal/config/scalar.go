package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes, written as 300M.
type Size int64

// String writes it as the configuration does.
func (s Size) String() string {
	for _, unit := range []struct {
		letter string
		bytes  Size
	}{{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}} {
		if s >= unit.bytes && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.letter
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// parseSize reads a number with k, M or G behind it, and perhaps B or iB.
func parseSize(text string) (Size, error) {
	number := strings.ToLower(strings.TrimSpace(text))
	for _, ending := range []string{"ib", "b"} {
		if trimmed, had := strings.CutSuffix(number, ending); had {
			number = trimmed
			break
		}
	}
	factor := int64(1)
	for letter, bytes := range map[string]int64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if trimmed, had := strings.CutSuffix(number, letter); had {
			number, factor = trimmed, bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("must be a size such as 300M (k, M and G are known), not %q", text)
	}
	return Size(n * factor), nil
}

// Duration is a span of time, written as 120s or 7 days; a bare number is in
// the unit of its key.
type Duration time.Duration

// String writes it as the configuration does.
func (d Duration) String() string {
	span := time.Duration(d)
	switch {
	case span == 0:
		return "0"
	case span%time.Second == 0:
		return strconv.FormatInt(int64(span/time.Second), 10) + "s"
	}
	return strconv.FormatInt(span.Milliseconds(), 10) + "ms"
}

// unit gives the length of a unit by the spellings that PostgreSQL and people
// use, 0 if it is none.
func unit(word string) time.Duration {
	switch word {
	case "ms", "millisecond", "milliseconds":
		return time.Millisecond
	case "s", "sec", "secs", "second", "seconds":
		return time.Second
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "d", "day", "days":
		return 24 * time.Hour
	case "w", "week", "weeks":
		return 7 * 24 * time.Hour
	case "mon", "mons", "month", "months":
		return 30 * 24 * time.Hour
	case "y", "yr", "yrs", "year", "years":
		return 365 * 24 * time.Hour
	}
	return 0
}

// parseDuration reads one or more numbers with units; bare is the unit of a
// number without one.
func parseDuration(text string, bare time.Duration) (Duration, error) {
	d, err := parseInterval(text, bare)
	if err == nil && d > math.MaxInt32*Duration(time.Millisecond) { // the limit of PostgreSQL's own timeouts
		return 0, fmt.Errorf("must be at most 24 days, not %q", text)
	}
	return d, err
}

// parseInterval is parseDuration for spans of many days.
func parseInterval(text string, bare time.Duration) (Duration, error) {
	bad := fmt.Errorf("must be a span of time such as 120s, 5 min or 1 day, not %q", text)
	total := 0.0
	rest := strings.ToLower(strings.TrimSpace(text))
	if iso, is := strings.CutPrefix(rest, "p"); is {
		rest, bare = spelt(iso), 0
	}
	if rest == "" {
		return 0, bad
	}
	for rest != "" {
		number, after := cut(rest, inClock)
		if strings.Contains(number, ":") {
			n, ok := clock(number)
			if !ok {
				return 0, bad
			}
			total, rest = total+n, strings.TrimSpace(after)
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, bad
		}
		word, after := cut(strings.TrimSpace(after), func(r rune) bool { return r >= 'a' && r <= 'z' })
		span := bare
		if next, _ := cut(strings.TrimSpace(after), inClock); word != "" {
			span = unit(word)
		} else if strings.Contains(next, ":") { // 1 02:00:00
			span = 24 * time.Hour
		}
		if span == 0 {
			return 0, bad
		}
		total += n * float64(span)
		rest = strings.TrimSpace(after)
	}
	if total > float64(longestInterval) {
		return 0, fmt.Errorf("must be at most 100 years, not %q", text)
	}
	return Duration(total), nil
}

const longestInterval = 100 * 365 * 24 * time.Hour

// cut splits text behind its first runes that belong.
func cut(text string, belongs func(rune) bool) (first, rest string) {
	for i, r := range text {
		if !belongs(r) {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// parseBool reads the truth values of YAML 1.1, which pg_chameleon's files have.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "on", "y":
		return true, nil
	case "no", "false", "off", "n":
		return false, nil
	}
	return false, fmt.Errorf("must be yes or no, not %q", text)
}
