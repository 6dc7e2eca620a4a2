package parse

import (
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	end    kind = iota
	word        // an identifier or keyword without quotes
	quoted      // an identifier in quotes; text is without them
	str         // a string; text is its value
	number      // digits, a decimal or a float, without sign
	hexa        // x'…' or 0x…; text is the digits
	bits        // b'…' or 0b…; text is the digits
	punct       // one character
)

// token is a piece of the statement.
type token struct {
	kind       kind
	text       string // the value, see kind
	upper      string // of a word: in upper case
	start, end int    // in the statement's text
}

// lexer cuts a statement into tokens.
type lexer struct {
	sql     string
	dialect Dialect
	at      int
	inside  bool // in a comment whose content counts
	tokens  []token
}

func lex(sql string, d Dialect) ([]token, error) {
	l := &lexer{sql: sql, dialect: d, tokens: make([]token, 0, len(sql)/5+8)}
	for {
		if err := l.blank(); err != nil {
			return nil, err
		}
		if l.at >= len(sql) {
			break
		}
		if err := l.token(); err != nil {
			return nil, err
		}
	}
	return append(l.tokens, token{kind: end, start: len(sql), end: len(sql)}), nil
}

func (l *lexer) peek(ahead int) byte {
	if l.at+ahead < len(l.sql) {
		return l.sql[l.at+ahead]
	}
	return 0
}

func (l *lexer) add(k kind, text string, start int) {
	l.tokens = append(l.tokens, token{kind: k, text: text, start: start, end: l.at})
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' || c == 0 }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWord(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// token reads the token that begins at l.at, which is no blank.
func (l *lexer) token() error {
	start, c := l.at, l.sql[l.at]
	switch {
	case c == '`' || c == '"' && l.dialect.has(AnsiQuotes):
		text, err := l.quotation(c, false)
		l.add(quoted, text, start)
		return err
	case c == '[' && l.dialect.MariaDB() && l.dialect.has(brackets):
		text, err := l.quotation(']', false)
		l.add(quoted, text, start)
		return err
	case c == '\'' || c == '"':
		text, err := l.quotation(c, !l.dialect.has(NoBackslashEscapes))
		l.add(str, text, start)
		return err
	case strings.IndexByte("xXbBnN", c) >= 0 && l.peek(1) == '\'':
		return l.prefixed(c | 0x20)
	case c == '\\' && l.peek(1) == 'N':
		l.at += 2
		l.add(word, l.sql[start:l.at], start)
		l.tokens[len(l.tokens)-1].upper = "NULL"
	case isDigit(c) || c == '.' && isDigit(l.peek(1)) && !l.afterName():
		l.number()
	case isWord(c):
		l.word()
	default:
		l.at++
		l.add(punct, l.sql[start:l.at], start)
	}
	return nil
}

// afterName says whether what comes is glued to a name: in t.1a the dot is no
// decimal point.
func (l *lexer) afterName() bool {
	if len(l.tokens) == 0 {
		return false
	}
	last := l.tokens[len(l.tokens)-1]
	return (last.kind == word || last.kind == quoted) && last.end == l.at
}

func (l *lexer) word() {
	start := l.at
	for l.at < len(l.sql) && isWord(l.sql[l.at]) {
		l.at++
	}
	l.add(word, l.sql[start:l.at], start)
	l.tokens[len(l.tokens)-1].upper = strings.ToUpper(l.sql[start:l.at])
}

// number reads a number, or a name that begins with digits.
func (l *lexer) number() {
	start := l.at
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind == punct && l.tokens[n-1].text == "." {
		l.word() // after a dot digits begin a name
		return
	}
	if l.peek(0) == '0' && (l.peek(1) == 'x' || l.peek(1) == 'b') && l.radix(l.peek(1)) {
		return
	}
	l.digits()
	if isWord(l.peek(0)) && !l.exponent() {
		l.at = start
		l.word()
		return
	}
	if l.peek(0) == '.' {
		l.at++
		l.digits()
		l.exponent()
	}
	l.add(number, l.sql[start:l.at], start)
}

func (l *lexer) digits() {
	for isDigit(l.peek(0)) {
		l.at++
	}
}

// exponent reads e+5 if it is there and no letter follows.
func (l *lexer) exponent() bool {
	if l.peek(0)|0x20 != 'e' {
		return false
	}
	skip := 1
	if l.peek(1) == '+' || l.peek(1) == '-' {
		skip = 2
	}
	if !isDigit(l.peek(skip)) {
		return false
	}
	back := l.at
	l.at += skip
	l.digits()
	if isWord(l.peek(0)) {
		l.at = back
		return false
	}
	return true
}

// radix reads 0x… and 0b… if it is one, and not the name 0xyz.
func (l *lexer) radix(letter byte) bool {
	start, at := l.at, l.at+2
	for at < len(l.sql) && isWord(l.sql[at]) {
		at++
	}
	digits := l.sql[start+2 : at]
	set, k := "0123456789abcdefABCDEF", hexa
	if letter == 'b' {
		set, k = "01", bits
	}
	if digits == "" || strings.Trim(digits, set) != "" {
		return false
	}
	l.at = at
	l.add(k, digits, start)
	return true
}

// prefixed reads x'…', b'…' and n'…'.
func (l *lexer) prefixed(letter byte) error {
	start := l.at
	l.at++
	text, err := l.quotation('\'', letter == 'n' && !l.dialect.has(NoBackslashEscapes))
	l.add(map[byte]kind{'x': hexa, 'b': bits, 'n': str}[letter], text, start)
	return err
}

// quotation reads what stands in the quotes that begin at l.at, up to the closing one.
func (l *lexer) quotation(quote byte, escapes bool) (string, error) {
	start := l.at
	l.at++
	if n := strings.IndexByte(l.sql[l.at:], quote); n >= 0 { // the usual case: nothing to decode
		plain := l.sql[l.at : l.at+n]
		after := l.at + n + 1
		if (after >= len(l.sql) || l.sql[after] != quote) && !(escapes && strings.IndexByte(plain, '\\') >= 0) {
			l.at = after
			return plain, nil
		}
	}
	var text strings.Builder
	for l.at < len(l.sql) {
		c := l.sql[l.at]
		switch {
		case c == quote && l.peek(1) == quote:
			text.WriteByte(quote)
			l.at += 2
		case c == quote:
			l.at++
			return text.String(), nil
		case c == '\\' && escapes && l.at+1 < len(l.sql):
			text.WriteString(unescape(l.sql[l.at+1]))
			l.at += 2
		default:
			text.WriteByte(c)
			l.at++
		}
	}
	return "", &SyntaxError{What: "quote that is not closed", Offset: start}
}

// unescape gives what a backslash and c mean.
func unescape(c byte) string {
	switch c {
	case '0':
		return "\x00"
	case 'b':
		return "\b"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'Z':
		return "\x1a"
	case '%', '_':
		return `\` + string(c)
	}
	return string([]byte{c})
}
