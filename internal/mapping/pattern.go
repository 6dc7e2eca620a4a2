package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wild says whether a pattern has characters that stand for others.
func Wild(pattern string) bool { return strings.ContainsAny(pattern, "*?") }

// Match says whether all of a name matches a pattern.
func Match(pattern, name string) bool { return glob(pattern, name, len(name)) }

// glob says whether all of name matches the pattern: * stands for any characters, none
// included, ? for one. From the byte fold of name on, case does not count.
func glob(pattern, name string, fold int) bool {
	p, n := 0, 0
	star, resume := -1, 0 // the last * of the pattern, and where in name its rest is tried
	for n < len(name) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == '*' {
			star, resume = p, n
			p++
			continue
		}
		if p < len(pattern) && n < len(name) {
			if nextP, nextN, ok := same(pattern, p, name, n, fold); ok {
				p, n = nextP, nextN
				continue
			}
		}
		if star < 0 || resume >= len(name) {
			return false
		}
		_, size := utf8.DecodeRuneInString(name[resume:])
		resume += size
		p, n = star+1, resume
	}
	return true
}

// begins says whether some name that begins with prefix could match the pattern. It may
// say yes where none does.
func begins(pattern, prefix string, fold int) bool {
	p, n := 0, 0
	for n < len(prefix) {
		if p == len(pattern) {
			return false
		}
		if pattern[p] == '*' {
			return true
		}
		var ok bool
		if p, n, ok = same(pattern, p, prefix, n, fold); !ok {
			return false
		}
	}
	return true
}

// same compares one character of the pattern, which is no *, with one of the name, and
// gives the places behind them.
func same(pattern string, p int, name string, n, fold int) (nextP, nextN int, ok bool) {
	a, b := pattern[p], name[n]
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return p + 1, n + 1, a == b || a == '?' || n >= fold && lower(a) == lower(b)
	}
	wide, sizeP := utf8.DecodeRuneInString(pattern[p:])
	char, sizeN := utf8.DecodeRuneInString(name[n:])
	return p + sizeP, n + sizeN, wide == char || wide == '?' || n >= fold && foldsTo(wide, char)
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func foldsTo(a, b rune) bool {
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}
