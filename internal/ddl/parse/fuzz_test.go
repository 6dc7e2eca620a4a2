package parse_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/ddl/parse"
)

// No text makes the parser panic or loop; what is wrong with it is told by one
// of two kinds of error, whose offset is in the text.
func FuzzParse(f *testing.F) {
	for _, s := range append(corpus(f), proven(f)...) {
		f.Add(s.sql, s.flavor == "mariadb", s.mode)
	}
	f.Fuzz(func(t *testing.T, sql string, mariadb bool, mode uint64) {
		d := dialects["mysql-9.7"]
		if mariadb {
			d = dialects["mariadb-11.8"]
		}
		d.SQLMode = mode
		statement, err := parse.Parse(sql, d)
		parse.Mentions(sql, d)
		var syntax *parse.SyntaxError
		var clause *parse.UnknownClause
		switch {
		case err == nil:
			if statement == nil {
				t.Error("neither a statement nor an error")
			}
		case errors.As(err, &syntax):
			if syntax.Offset < 0 || syntax.Offset > len(sql) {
				t.Errorf("offset %d of %d", syntax.Offset, len(sql))
			}
		case errors.As(err, &clause):
			if clause.Offset < 0 || clause.Offset > len(sql) {
				t.Errorf("offset %d of %d", clause.Offset, len(sql))
			}
		default:
			t.Errorf("an error of another kind: %v", err)
		}
	})
}

// repeat writes head, then the piece again and again up to so many bytes, then tail.
func repeat(size int, head, piece, tail string) string {
	var sql strings.Builder
	sql.WriteString(head)
	for sql.Len() < size {
		sql.WriteString(piece)
	}
	return sql.String() + tail
}

// long are statements of a given size, whatever it is that makes them long.
var long = map[string]func(size int) string{
	"columns": func(n int) string {
		return repeat(n, "CREATE TABLE t (a INT", ", `c_1` ENUM('one','two''s','three') CHARACTER SET latin1 NOT NULL DEFAULT 'one' COMMENT 'x' /* and so on */", ")")
	},
	"a comment": func(n int) string { return repeat(n, "CREATE TABLE t (a INT) /*", " * / x", "*/") },
	"comments":  func(n int) string { return repeat(n, "CREATE TABLE t (a INT ", "/* x */", ")") },
	"skipped":   func(n int) string { return repeat(n, "CREATE TABLE t (a INT /*!99999 ", "/* x */", "*/)") },
	"executed":  func(n int) string { return repeat(n, "CREATE TABLE t (a INT ", "/*!40000 */", ")") },
	"members":   func(n int) string { return repeat(n, "CREATE TABLE t (a ENUM('x'", ",'it''s'", "))") },
	"escapes":   func(n int) string { return repeat(n, "CREATE TABLE t (a INT COMMENT '", `\'\\\n`, "')") },
	"strings":   func(n int) string { return repeat(n, "CREATE TABLE t (a INT COMMENT 'a'", " 'b'", ")") },
	"parentheses": func(n int) string {
		return "CREATE TABLE t (a INT DEFAULT " + strings.Repeat("(", n/2) + "1" + strings.Repeat(")", n/2) + ")"
	},
	"a check": func(n int) string {
		return "CREATE TABLE t (a INT, CHECK " + strings.Repeat("(", n/2) + "1" + strings.Repeat(")", n/2) + ")"
	},
	"signs":          func(n int) string { return repeat(n, "CREATE TABLE t (a INT DEFAULT (1", "+-1", "))") },
	"dropped tables": func(n int) string { return repeat(n, "DROP TABLE t", ",`t`.`u`", "") },
	"renamed tables": func(n int) string { return repeat(n, "RENAME TABLE a TO b", ",a TO b", "") },
	"partitions": func(n int) string {
		return repeat(n, "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (1)", ", PARTITION p VALUES LESS THAN (1)", ")")
	},
	"clauses":         func(n int) string { return repeat(n, "ALTER TABLE t DROP a", ", ADD b INT FIRST", "") },
	"options":         func(n int) string { return repeat(n, "CREATE TABLE t (a INT) MAX_ROWS=1", ", MIN_ROWS 2", "") },
	"rows of a query": func(n int) string { return repeat(n, "CREATE TABLE t SELECT 1", " UNION SELECT 1", "") },
	"semicolons":      func(n int) string { return repeat(n, "DROP TABLE t", ";", "") },
}

// Statements of 1 MB are read in a moment, and those twice as long in about twice the
// time: tens of ms; the limits are for loaded machines.
func TestLongStatements(t *testing.T) {
	const size = 1 << 20
	for what, make := range long {
		for _, server := range []string{"mysql-9.7", "mariadb-11.8"} {
			took := func(size int) time.Duration {
				sql := make(size)
				start := time.Now()
				if _, err := parse.Parse(sql, dialects[server]); err != nil {
					t.Errorf("%s: %.200s", what, err)
				}
				return time.Since(start)
			}
			once, twice := took(size), took(2*size)
			t.Logf("%s on %s: %s, %s", what, server, once, twice)
			if once > 10*time.Second || twice > 10*once+time.Second {
				t.Errorf("%s on %s: %s, and %s for twice the length", what, server, once, twice)
			}
		}
	}
}

// What cannot be read is told and searched for names in a moment too.
func TestLongBrokenTexts(t *testing.T) {
	for what, piece := range map[string]string{"opened comments": "/*!99999 /* ", "opened quotes": "'`", "opened parentheses": "((", "slashes": "/*/", "stars": "*/"} {
		sql := repeat(1<<20, "ALTER TABLE t ADD a INT DEFAULT ", piece, "")
		start := time.Now()
		_, err := parse.Parse(sql, dialects["mariadb-11.8"])
		parse.Mentions(sql, dialects["mariadb-11.8"])
		if took := time.Since(start); err == nil || took > 10*time.Second {
			t.Errorf("%s: %v after %s", what, err, took)
		}
	}
}
