package typemap

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// numberFinisher makes numbers of what prints as one. Digits that the target does not have
// are rounded away; a value beyond its range follows the rule.
func (f family) numberFinisher(p *policy, t target) finisher {
	switch f.kind {
	case kindInteger, kindDecimal, kindFloat, kindYear, kindBit, kindText:
	case kindClock, kindDatetime, kindInstant, kindDate, kindEnum, kindSet, kindBytes, kindJSON, kindGeometry, kindVector, kindUUID, kindInet:
		return nil
	}
	whole, scale := 0, 0 // digits before and after the point; 0 before: any number
	switch t.name {
	case "real", "double precision":
		return f.floatFinisher(p, t)
	case "numeric":
		if len(t.args) > 0 {
			whole = t.args[0]
		}
		if len(t.args) > 1 {
			scale = t.args[1]
			whole -= scale
		}
		if whole < 0 || scale > 16383 {
			return nil
		}
	}
	bounds := map[string][2]string{
		"smallint": {"-32768", "32767"}, "integer": {"-2147483648", "2147483647"}, "bigint": {"-9223372036854775808", "9223372036854775807"},
	}[t.name]
	if t.name == "numeric" && len(t.args) > 0 {
		nines := strings.Repeat("9", whole)
		if whole == 0 {
			nines = "0"
		}
		if scale > 0 {
			nines += "." + strings.Repeat("9", scale)
		}
		bounds = [2]string{"-" + nines, nines}
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		number, ok := decimalText(dst[start:], f.kind == kindBit)
		if !ok {
			return p.instead(dst, start, OutOfRange, "0", notes)
		}
		if bounds[0] != "" {
			exact := number
			number = rounded(number, scale)
			limit := bounds[1]
			if number[0] == '-' {
				limit = bounds[0]
			}
			if beyond(number, limit) {
				return p.instead(dst, start, OutOfRange, limit, notes)
			}
			if !equalNumbers(number, exact) {
				var done bool
				var err error
				if dst, done, err = p.mended(dst, start, Rounded, notes); done || err != nil {
					return dst, err
				}
			}
		}
		return append(dst[:start], number...), nil
	}
}

// floatFinisher: any number, the nearest float to it.
func (f family) floatFinisher(p *policy, t target) finisher {
	width := 64
	if t.name == "real" {
		width = 32
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		text, ok := decimalText(dst[start:], f.kind == kindBit)
		number, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			return p.instead(dst, start, OutOfRange, "0", notes)
		}
		if width == 32 && math.IsInf(float64(float32(number)), 0) {
			return p.instead(dst, start, OutOfRange, strconv.FormatFloat(math.Copysign(math.MaxFloat32, number), 'g', -1, 32), notes)
		}
		kept := appendFloat(nil, number, width)
		if f.inexact(text, number, kept, width) {
			var done bool
			if dst, done, err = p.mended(dst, start, Rounded, notes); done || err != nil {
				return dst, err
			}
		}
		return append(dst[:start], kept...), nil
	}
}

// inexact says whether a float of width bits, printed as kept, is not the number of the
// plain form, which text and number give.
func (f family) inexact(text string, number float64, kept []byte, width int) bool {
	if f.kind == kindFloat { // its digits are the shortest of its own width
		return width == 32 && f.sql != "real" && float64(float32(number)) != number
	}
	back, ok := decimalText(kept, false)
	return !ok || !equalNumbers(back, text)
}

// decimalText gives a number's digits without an exponent and without zeros at the front.
func decimalText(src []byte, bits bool) (string, bool) {
	text := string(bytes.TrimSpace(src))
	if bits {
		n, err := strconv.ParseUint(text, 2, 64)
		return strconv.FormatUint(n, 10), err == nil
	}
	if strings.ContainsAny(text, "eE") {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(number, 0) {
			return "", false
		}
		text = strconv.FormatFloat(number, 'f', -1, 64)
	}
	sign := ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "-", rest
	} else {
		text = strings.TrimPrefix(text, "+")
	}
	whole, fraction, point := strings.Cut(text, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if point && fraction != "" {
		return sign + whole + "." + fraction, true
	}
	return sign + whole, true
}

// equalNumbers compares numbers as decimalText gives them.
func equalNumbers(a, b string) bool {
	tidy := func(number string) string {
		if strings.Contains(number, ".") {
			number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
		}
		if number == "-0" {
			return "0"
		}
		return number
	}
	return tidy(a) == tidy(b)
}

// rounded rounds to scale digits after the point, halves away from zero.
func rounded(number string, scale int) string {
	whole, fraction, _ := strings.Cut(number, ".")
	if len(fraction) <= scale {
		return number
	}
	up := fraction[scale] >= '5'
	digit := []byte(whole + fraction[:scale])
	for i := len(digit) - 1; up && i >= 0 && digit[i] != '-'; i-- {
		if digit[i] == '9' {
			digit[i] = '0'
		} else {
			digit[i]++
			up = false
		}
	}
	text, sign := string(digit), ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		text, sign = rest, "-"
	}
	if up {
		text = "1" + text
	}
	if scale > 0 {
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	if strings.Trim(text, "0.") == "" {
		sign = ""
	}
	return sign + text
}

// beyond says whether a number is farther from zero than a limit of the same sign.
func beyond(number, limit string) bool {
	a, fractionA, _ := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	b, fractionB, _ := strings.Cut(strings.TrimPrefix(limit, "-"), ".")
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b || a == b && strings.TrimRight(fractionA, "0") > fractionB
}
