package relocate

import "strings"

type kind int

const (
	blank   kind = iota // white space and comments
	word                // a key word or an identifier, quoted or not
	literal             // a plain string constant
	opaque              // any other constant
	symbol              // one character
)

// token is a piece of SQL; the texts of all tokens are the SQL.
type token struct {
	kind kind
	text string
}

// identifier is the name that a word means.
func (t token) identifier() string {
	if len(t.text) > 1 && t.text[0] == '"' {
		return strings.ReplaceAll(t.text[1:len(t.text)-1], `""`, `"`)
	}
	return strings.ToLower(t.text)
}

// scan cuts SQL into tokens. PostgreSQL wrote it with standard_conforming_strings on; what is not
// closed goes to the end.
func scan(sql string) []token {
	var list []token
	for at := 0; at < len(sql); {
		k, size := next(sql[at:])
		list = append(list, token{k, sql[at : at+size]})
		at += size
	}
	return list
}

func next(sql string) (kind, int) {
	c := sql[0]
	switch {
	case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		return blank, 1
	case strings.HasPrefix(sql, "--"):
		return blank, upTo(sql, 2, "\n")
	case strings.HasPrefix(sql, "/*"):
		return blank, comment(sql)
	case c == '"':
		return word, quoted(sql, 0, '"', false)
	case c == '\'':
		return literal, quoted(sql, 0, '\'', false)
	case c == '$':
		return dollar(sql)
	case len(sql) > 1 && sql[1] == '\'' && strings.IndexByte("eEbBxXnN", c) >= 0:
		return opaque, quoted(sql, 1, '\'', c == 'e' || c == 'E')
	case begins(c):
		return word, span(sql, func(c byte) bool { return begins(c) || c >= '0' && c <= '9' || c == '$' })
	case c >= '0' && c <= '9':
		return opaque, span(sql, func(c byte) bool { return begins(c) || c >= '0' && c <= '9' || c == '.' })
	}
	return symbol, 1
}

func begins(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func span(sql string, in func(byte) bool) int {
	n := 1
	for n < len(sql) && in(sql[n]) {
		n++
	}
	return n
}

// upTo gives the size up to and with the end, which is looked for behind the first bytes.
func upTo(sql string, first int, end string) int {
	if at := strings.Index(sql[first:], end); at >= 0 {
		return first + at + len(end)
	}
	return len(sql)
}

// comment is the size of a comment, in which others may stand.
func comment(sql string) int {
	depth := 0
	for at := 0; at < len(sql); at++ {
		switch {
		case strings.HasPrefix(sql[at:], "/*"):
			depth, at = depth+1, at+1
		case strings.HasPrefix(sql[at:], "*/"):
			if depth, at = depth-1, at+1; depth == 0 {
				return at + 1
			}
		}
	}
	return len(sql)
}

// quoted is the size of what stands between quotes that begin at the given byte.
func quoted(sql string, at int, quote byte, escapes bool) int {
	for at++; at < len(sql); at++ {
		switch {
		case escapes && sql[at] == '\\':
			at++
		case sql[at] == quote && at+1 < len(sql) && sql[at+1] == quote:
			at++
		case sql[at] == quote:
			return at + 1
		}
	}
	return len(sql)
}

// dollar reads a dollar-quoted constant or a parameter.
func dollar(sql string) (kind, int) {
	end := span(sql, func(c byte) bool { return begins(c) || c >= '0' && c <= '9' })
	if end < len(sql) && sql[end] == '$' && (end == 1 || begins(sql[1])) {
		tag := sql[:end+1]
		return opaque, upTo(sql, len(tag), tag)
	}
	return symbol, end
}
