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

// A statement of 1 MB is read in a moment.
func TestLongStatement(t *testing.T) {
	var sql strings.Builder
	sql.WriteString("CREATE TABLE t (a INT")
	for sql.Len() < 1<<20 {
		sql.WriteString(", `c_1` ENUM('one','two''s','three') CHARACTER SET latin1 NOT NULL DEFAULT 'one' COMMENT 'x' /* and so on */")
	}
	sql.WriteString(")")
	start := time.Now()
	if _, err := parse.Parse(sql.String(), dialects["mysql-9.7"]); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 2*time.Second { // 20 ms; the limit is for loaded machines
		t.Errorf("took %s", took)
	}
}
