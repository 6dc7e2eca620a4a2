package ddl

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// nearest rounds a float to an integer as the server does: halves go to the even one.
func nearest(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(math.RoundToEven(f), 'f', 0, 64)
}

// floatText writes a float as the server does where text is wanted.
func floatText(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if size := math.Abs(f); f == 0 || size >= 1e-15 && size < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	return digits + "e" + strings.TrimPrefix(exponent, "+")
}

// shortest writes a float with the digits that tell it from others: the servers show six of
// a FLOAT, and fill rows with all.
func shortest(text string, t *schema.Type) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return text
	}
	if t.Scale >= 0 { // as the server computes it, in floats
		whole, unit := math.Floor(f), math.Pow10(t.Scale)
		return rounded(strconv.FormatFloat(whole+math.RoundToEven((f-whole)*unit)/unit, 'f', t.Scale, 64), t.Scale)
	}
	bits := 64
	if t.Name == "float" {
		bits = 32
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// year writes a year; as text, two zeros or one are the year 2000.
func year(text string, number bool) string {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return text
	case n >= 70 && n <= 99:
		n += 1900
	case n > 0 && n <= 69, n == 0 && len(text) < 4 && !number:
		n += 2000
	}
	return fmt.Sprintf("%04d", n)
}

// cutsFractions says whether the source cuts off digits of seconds; otherwise it rounds.
func cutsFractions(d parse.Dialect) bool {
	if d.MariaDB() {
		return d.SQLMode&timeRoundFractional == 0
	}
	return d.SQLMode&timeTruncateFractional != 0
}

var (
	dateParts = regexp.MustCompile(`^\s*(\d{1,4})[[:punct:]](\d{1,2})[[:punct:]](\d{1,2})(?:[T\s]+(\d{1,2})(?:[[:punct:]](\d{1,2})(?:[[:punct:]](\d{1,2}))?)?(\.\d*)?)?\s*$`)
	dateDigit = regexp.MustCompile(`^(\d{4}|\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})(\.\d*)?)?$`)
	timeParts = regexp.MustCompile(`^\s*(-?)(?:(\d{1,2})\s+)?(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?(\.\d*)?\s*$`)
	timeDigit = regexp.MustCompile(`^(-?)()(\d{0,3}?)(\d{0,2}?)(\d{1,2})(\.\d*)?$`)
)

// moment writes a date, or a date with its time, as the server does, with the column's
// number of digits; what it does not know stays.
func moment(text string, t *schema.Type, cuts bool) string {
	m := dateParts.FindStringSubmatch(text)
	if m == nil {
		m = dateDigit.FindStringSubmatch(text)
	}
	if strings.Trim(text, "0") == "" && text != "" {
		m = []string{"", "0000", "00", "00", "", "", "", ""}
	}
	if m == nil {
		return text
	}
	if len(m[1]) == 2 {
		m[1] = year(m[1], false)
	}
	date := fmt.Sprintf("%s-%s-%s", strings.Repeat("0", 4-len(m[1]))+m[1], two(m[2]), two(m[3]))
	if t.Name == "date" {
		return date
	}
	const seconds = "2006-01-02 15:04:05"
	whole := fmt.Sprintf("%s %s:%s:%s", date, two(m[4]), two(m[5]), two(m[6]))
	at, err := time.Parse(seconds, whole)
	if err != nil { // a zero in the date
		return whole + fraction(m[7], t.Scale)
	}
	nanos := kept(m[7], t.Scale, cuts)
	return at.Add(nanos).Format(seconds) + tail(nanos, t.Scale)
}

// timeOfDay writes a TIME as the server does; what it does not know stays.
func timeOfDay(text string, scale int, cuts bool) string {
	m := timeParts.FindStringSubmatch(text)
	if m == nil {
		m = timeDigit.FindStringSubmatch(text)
	}
	if d := dateParts.FindStringSubmatch(text); m == nil && d != nil {
		m = append([]string{"", "", ""}, d[4:]...)
	}
	if m == nil {
		return text
	}
	var parts [4]time.Duration
	for i := range parts {
		n, _ := strconv.Atoi(m[i+2])
		parts[i] = time.Duration(n)
	}
	nanos := kept(m[6], scale, cuts)
	all := parts[0]*24*time.Hour + parts[1]*time.Hour + parts[2]*time.Minute + parts[3]*time.Second + nanos
	return fmt.Sprintf("%s%02d:%02d:%02d%s", m[1], all/time.Hour, all/time.Minute%60, all/time.Second%60, tail(nanos, scale))
}

// kept is what a column of so many digits keeps of a stated fraction of a second, which
// may be a whole one.
func kept(stated string, scale int, cuts bool) time.Duration {
	n, _ := strconv.Atoi(fraction(stated, 9)[1:])
	unit := time.Second
	for range scale {
		unit /= 10
	}
	if nanos := time.Duration(n); !cuts {
		return nanos.Round(unit)
	}
	return time.Duration(n).Truncate(unit)
}

func tail(nanos time.Duration, scale int) string {
	return fraction(fmt.Sprintf(".%09d", nanos%time.Second), scale)
}

func two(digits string) string { return strings.Repeat("0", max(0, 2-len(digits))) + digits }

func fraction(stated string, digits int) string {
	if digits == 0 {
		return ""
	}
	stated = strings.TrimPrefix(stated, ".") + "000000000"
	return "." + stated[:min(digits, 9)]
}

var clockDigits = regexp.MustCompile(`^current_timestamp\(\d*\)$`)

// clocked gives the statement's time the digits that its column has, as MariaDB does.
func clocked(text string, t *schema.Type) string {
	switch {
	case !clockDigits.MatchString(text) || t.Name != "date" && t.Name != "datetime" && t.Name != "timestamp":
		return text
	case t.Scale <= 0:
		return "current_timestamp()"
	}
	return "current_timestamp(" + strconv.Itoa(t.Scale) + ")"
}

// uuid writes a UUID in lower case, with its hyphens.
func uuid(text string) string {
	digits := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	if len(digits) != 32 || strings.Trim(digits, "0123456789abcdef") != "" {
		return text
	}
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
}

// inet6 writes an address in its short form.
func inet6(text string) string {
	if a, err := netip.ParseAddr(text); err == nil && (a.Is4In6() || !strings.Contains(text, ".")) {
		return a.String()
	}
	return strings.ToLower(text)
}
