package parse

import (
	"strings"
	"testing"
)

// show writes a tree so that it tells how operators bind.
func show(e *Expr) string {
	var args []string
	for _, a := range e.Args {
		args = append(args, show(a))
	}
	switch e.Op {
	case OpColumn, OpNumber, OpHex, OpBits:
		return e.Text
	case OpString:
		return "'" + e.Text + "'"
	case OpCall:
		return e.Text + "(" + strings.Join(args, " ") + ")"
	case OpCast:
		return "cast(" + args[0] + " " + e.Type.Name + ")"
	case OpColl:
		return "(" + args[0] + " collate " + e.Text + ")"
	}
	return "(" + string(e.Op) + " " + strings.Join(args, " ") + ")"
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct {
		text, want string
		mode       uint64
	}{
		{"a + b * c - 1", "(- (+ a (* b c)) 1)", 0},
		{"a OR b AND NOT c = 1", "(OR a (AND b (NOT (= c 1))))", 0},
		{"a XOR b OR c", "(OR (XOR a b) c)", 0},
		{"a || b", "(OR a b)", 0},
		{"a || b", "CONCAT(a b)", PipesAsConcat},
		{"a && !b", "(AND a (NOT b))", 0},
		{"a = b IS NOT NULL", "(NOT (IS NULL (= a b)))", 0},
		{"a BETWEEN 1 AND 2 AND b", "(AND (BETWEEN a 1 2) b)", 0},
		{"a NOT IN (1, 2) = 0", "(= (NOT (IN a 1 2)) 0)", 0},
		{"-a ^ 2 | b & c << 1", "(| (^ (minus a) 2) (& b (<< c 1)))", 0},
		{"a <=> b", "(<=> a b)", 0}, {"a<=b", "(<= a b)", 0}, {"a != b", "(<> a b)", 0}, {"a>>b>c", "(> (>> a b) c)", 0},
		{"a MOD 3 DIV 2", "(DIV (% a 3) 2)", 0},
		{"`we``ird col` + `t`.`x` + `s`.`t`.`y`", "(+ (+ we`ird col x) y)", 0},
		{`"a" + 1`, "(+ a 1)", AnsiQuotes}, {`"a"`, "'a'", 0},
		{"j->'$.a'", "JSON_EXTRACT(j '$.a')", 0}, {"j->>'$.a' = 'x'", "(= JSON_UNQUOTE(JSON_EXTRACT(j '$.a')) 'x')", 0},
		{"CASE a WHEN 1 THEN 'x' ELSE 'y' END", "(case (= a 1) 'x' 'y')", 0},
		{"EXTRACT(YEAR FROM d)", "YEAR(d)", 0}, {"TRIM(LEADING 'x' FROM a)", "LTRIM(a 'x')", 0}, {"TRIM(BOTH FROM a)", "TRIM(a)", 0}, {"SUBSTRING(a FROM 2 FOR 3)", "SUBSTRING(a 2 3)", 0},
		{"CAST(a AS DECIMAL(10,2))", "cast(a DECIMAL)", 0}, {"CONVERT(a USING utf8mb4)", "cast(a CHAR)", 0}, {"BINARY a = b", "(= cast(a BINARY) b)", 0}, {"CAST(a AS CHAR(3) CHARSET utf8mb4) COLLATE utf8mb4_bin", "(cast(a CHAR) collate utf8mb4_bin)", 0},
		{"_utf8mb4'x' 'y'", "'xy'", 0}, {`concat(a,_utf8mb4\'it\\\'s\')`, "CONCAT(a 'it's')", 0}, {"x'4142'", "4142", 0}, {"0b11", "11", 0}, {"TRUE", "1", 0},
		{"d + INTERVAL 1 DAY > e", "(> (shift d 1) e)", 0}, {"d - INTERVAL n + 1 HOUR", "(shift d (minus (+ n 1)))", 0},
		{"a IN (SELECT 1 AS x) AND NOT EXISTS (SELECT 1 AS x)", "(AND (among a) (NOT (exists )))", 0}, {"(SELECT 1 AS x) + 1", "(+ (query ) 1)", 0},
		{"current_timestamp", "CURRENT_TIMESTAMP()", 0}, {"position('a' IN b)", "LOCATE('a' b)", 0}, {"1 MEMBER OF (j)", "(MEMBER OF 1 j)", 0},
	} {
		e, err := Expression(c.text, Dialect{SQLMode: c.mode})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := show(e); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	for _, text := range []string{"", "a +", "(a", "a b", "a IN ()", "CASE END", "d + INTERVAL 1", "'open", "a CONCAT b", strings.Repeat("(", 10_000), strings.Repeat("-", 10_000) + "1", strings.Repeat("NOT ", 300) + "1 1"} {
		if e, err := Expression(text, Dialect{}); err == nil {
			t.Errorf("%.40q was read as %s", text, show(e))
		}
	}
}

// What is kept of an expression reads the same in every session.
func TestKeptExpressions(t *testing.T) {
	for mode, want := range map[uint64]string{
		0:                  `"a" || 'b\\c'`,
		AnsiQuotes:         "`a` || 'b\\\\c'",
		NoBackslashEscapes: `'a' || 'b\\\\c'`,
		PipesAsConcat:      `'a'  concat  concat  'b\\c'`,
	} {
		s, err := Parse(`CREATE TABLE t (a INT, CHECK ("a" || 'b\\c'))`, Dialect{SQLMode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.(*CreateTable).Keys[0].(*Check).Expr; got != want {
			t.Errorf("mode %d: %s, want %s", mode, got, want)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"a + b", "`a` like _utf8mb4'x%'", "case when a then b end", `concat(a,\'x\')`, "cast(a as char(3) array)", "j->>'$.x'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := Expression(text, Dialect{}); err == nil && e == nil {
			t.Error("neither a tree nor an error")
		}
	})
}
