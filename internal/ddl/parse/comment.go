package parse

import (
	"strconv"
	"strings"
)

// blank skips white space and comments. The content of an executable comment
// that this server runs stays: only its frame is skipped.
func (l *lexer) blank() error {
	for l.at < len(l.sql) {
		c := l.sql[l.at]
		switch {
		case isSpace(c):
			l.at++
		case c == '#', c == '-' && l.peek(1) == '-' && (l.at+2 >= len(l.sql) || isSpace(l.peek(2))):
			l.line()
		case c == '/' && l.peek(1) == '*':
			if err := l.comment(); err != nil {
				return err
			}
		case l.inside && c == '*' && l.peek(1) == '/':
			l.inside = false
			l.at += 2
		default:
			return nil
		}
	}
	if l.inside {
		return &SyntaxError{What: "comment that is not closed", Offset: l.at}
	}
	return nil
}

func (l *lexer) line() {
	if n := strings.IndexByte(l.sql[l.at:], '\n'); n >= 0 {
		l.at += n + 1
		return
	}
	l.at = len(l.sql)
}

// comment steps over the comment that begins here, or into it.
func (l *lexer) comment() error {
	start := l.at
	frame, executable := 3, l.peek(2) == '!'
	mariadb := l.dialect.MariaDB() && l.peek(2) == 'M' && l.peek(3) == '!'
	if mariadb {
		frame = 4
	}
	if (!executable && !mariadb) || l.inside {
		return l.skipComment(start, 2, false)
	}
	digits := l.versionDigits(frame)
	version, _ := strconv.Atoi(l.sql[l.at+frame : l.at+frame+digits])
	if !l.runs(version, mariadb) {
		return l.skipComment(start, frame, true)
	}
	l.at += frame + digits
	l.inside = true
	return nil
}

// versionDigits counts the digits of the version behind the frame: five or
// six, or none.
func (l *lexer) versionDigits(frame int) int {
	n := 0
	for n < 6 && isDigit(l.peek(frame+n)) {
		n++
	}
	if n == 6 && !l.dialect.MariaDB() && l.dialect.Version < 80000 {
		return 5
	}
	if n < 5 {
		return 0
	}
	return n
}

// runs says whether this server executes a comment of that version. MariaDB
// does not take MySQL's features from 5.7 on for its own.
func (l *lexer) runs(version int, mariadb bool) bool {
	if version > l.dialect.Version {
		return false
	}
	return !l.dialect.MariaDB() || mariadb || version < 50700 || version > 99999
}

// skipComment goes behind the comment's end; a skipped executable comment may
// hold whole comments.
func (l *lexer) skipComment(start, frame int, nested bool) error {
	at := start + frame
	for {
		n := strings.Index(l.sql[at:], "*/")
		if n < 0 {
			return &SyntaxError{What: "comment that is not closed", Offset: start}
		}
		if inner := strings.Index(l.sql[at:at+n], "/*"); nested && inner >= 0 {
			close := strings.Index(l.sql[at+inner+2:], "*/")
			if close < 0 {
				return &SyntaxError{What: "comment that is not closed", Offset: start}
			}
			at += inner + 2 + close + 2
			continue
		}
		l.at = at + n + 2
		return nil
	}
}
