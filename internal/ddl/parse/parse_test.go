package parse_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

func read(t *testing.T, sql, server string) parse.Statement {
	t.Helper()
	s, err := parse.Parse(sql, dialects[server])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// Whose executable comments count: those up to the server's version; MariaDB
// leaves out those of MySQL 5.7 and later, and reads its own.
func TestExecutableComments(t *testing.T) {
	for _, c := range []struct {
		comment string
		want    map[string]bool
	}{
		{"/*! NOT NULL */", map[string]bool{"mariadb-10.11": true, "mysql-9.7": true, "mysql-5.6": true}},
		{"/*!50100 NOT NULL */", map[string]bool{"mariadb-10.11": true, "mysql-9.7": true, "mysql-5.6": true}},
		{"/*!50625 NOT NULL */", map[string]bool{"mariadb-10.11": true, "mysql-9.7": true, "mysql-5.6": false}},
		{"/*!50700 NOT NULL */", map[string]bool{"mariadb-10.11": false, "mysql-9.7": true, "mysql-5.6": false}},
		{"/*!80023 NOT NULL */", map[string]bool{"mariadb-10.11": false, "mysql-9.7": true, "mysql-5.6": false}},
		{"/*!99999 NOT NULL */", map[string]bool{"mariadb-10.11": false, "mysql-9.7": false, "mysql-5.6": false}},
		{"/*!100100 NOT NULL */", map[string]bool{"mariadb-10.11": true, "mysql-9.7": false}},
		{"/*M!100301 NOT NULL */", map[string]bool{"mariadb-10.11": true, "mysql-9.7": false, "mysql-5.6": false}},
		{"/*M!110000 NOT NULL */", map[string]bool{"mariadb-10.11": false, "mariadb-11.8": true}},
		{"/*M! NOT /* inner */ NULL */", map[string]bool{"mariadb-10.11": true}},
		{"/*!99999 x /* inner */ NOT NULL */", map[string]bool{"mariadb-10.11": false, "mysql-9.7": false}},
		{"/* NOT NULL */", map[string]bool{"mariadb-10.11": false, "mysql-9.7": false}},
	} {
		for server, want := range c.want {
			s := read(t, "CREATE TABLE t (a INT "+c.comment+", b INT)", server).(*parse.CreateTable)
			if s.Columns[0].NotNull != want || len(s.Columns) != 2 {
				t.Errorf("%s on %s: %v", c.comment, server, s.Columns[0].NotNull)
			}
		}
	}
}

// A clause that is not known is an error that shows it, never a guess.
func TestUnknownClause(t *testing.T) {
	for sql, clause := range map[string]string{
		"ALTER TABLE t ADD a INT, FROBNICATE b":         "FROBNICATE b",
		"CREATE TABLE t (a INT SPARKLING)":              "SPARKLING)",
		"CREATE TABLE t (a FROB(3))":                    "FROB(3))",
		"ALTER TABLE t ADD a INT ADD b INT":             "ADD b INT",
		"DROP TABLE t SIDEWAYS":                         "SIDEWAYS",
		"CREATE TABLE t (a INT) SPARKLE = 5":            "SPARKLE = 5",
		"RENAME TABLE a":                                "",
		"CREATE TABLE t (a INT":                         "",
		"TRUNCATE t; DROP TABLE t":                      "DROP TABLE t",
		"CREATE INDEX i ON t (a) SPARKLING":             "SPARKLING",
		"ALTER TABLE t MODIFY a VARCHAR(1000000000000)": "1000000000000",
		"ALTER TABLE t ADD a BINARY(4000000000)":        "4000000000",
		"ALTER TABLE t ADD a BIT(65)":                   "65",
		"ALTER TABLE t ADD a VECTOR(4000000000)":        "4000000000",
	} {
		_, err := parse.Parse(sql, dialects["mysql-9.7"])
		var unknown *parse.UnknownClause
		if !errors.As(err, &unknown) || !strings.HasPrefix(unknown.Clause, clause) && !strings.HasPrefix(unknown.Clause, ")") || sql[unknown.Offset:] != unknown.Clause && clause != "" && !strings.HasPrefix(unknown.Clause, ")") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"DROP TABLE `t", "DROP TABLE t /* open", "CREATE TABLE t (a INT DEFAULT 'x)", "DROP TABLE t /*!50000 open"} {
		var syntax *parse.SyntaxError
		if _, err := parse.Parse(sql, dialects["mysql-9.7"]); !errors.As(err, &syntax) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	for text, want := range map[string]schema.Default{
		"-1":                                {Text: "-1", Number: true},
		"+2.50":                             {Text: "2.50", Number: true},
		"'it''s' ' two'":                    {Text: "it's two"},
		`'a\'b\\c\n'`:                       {Text: "a'b\\c\n"},
		"_utf8mb4'x'":                       {Text: "x"},
		"N'x'":                              {Text: "x"},
		"NULL":                              {Null: true},
		"TRUE":                              {Text: "1", Number: true},
		"0x4A":                              {Expr: true, Text: "x'4a'"},
		"X'4a4'":                            {Expr: true, Text: "x'04a4'"},
		"b'0101'":                           {Expr: true, Text: "b'0101'"},
		"now()":                             {Expr: true, Text: "current_timestamp()"},
		"CURRENT_TIMESTAMP":                 {Expr: true, Text: "current_timestamp()"},
		"LOCALTIMESTAMP(6)":                 {Expr: true, Text: "current_timestamp(6)"},
		"(uuid())":                          {Expr: true, Text: "uuid()"},
		"((a + (1)) * 2)":                   {Expr: true, Text: "(a + (1)) * 2"},
		"DATE'2020-01-01'":                  {Text: "2020-01-01"},
		"'x' COLLATE utf8mb4_bin":           {Text: "x"},
		"'x' COMMENT 'DEFAULT 5'":           {Text: "x"},
		"CURRENT_TIMESTAMP ON UPDATE NOW()": {Expr: true, Text: "current_timestamp()"},
	} {
		for _, server := range []string{"mysql-9.7", "mariadb-10.11"} {
			s := read(t, "CREATE TABLE t (c VARCHAR(9) DEFAULT "+text+", d INT)", server).(*parse.CreateTable)
			if got := s.Columns[0].Default; len(s.Columns) != 2 || got == nil || *got != want {
				t.Errorf("%s on %s: %+v", text, server, got)
			}
		}
	}
}

func TestAlterActions(t *testing.T) {
	s := read(t, "ALTER TABLE db.t ADD a INT FIRST, ADD (b INT UNIQUE, KEY k (b)), DROP COLUMN c, CHANGE d e TEXT AFTER a, RENAME COLUMN f TO g, "+
		"ORDER BY x DESC, y, ALTER h SET DEFAULT 5, DROP CHECK cc, RENAME TO u, TRUNCATE PARTITION p1, p2", "mysql-9.7").(*parse.AlterTable)
	var got []string
	for _, a := range s.Actions {
		switch a := a.(type) {
		case *parse.AddColumn:
			got = append(got, "add "+a.Column.Name+map[bool]string{true: " first"}[a.Place.First])
		case *parse.AddKey:
			got = append(got, "key "+a.Key.(*parse.Index).Name+" "+string(a.Key.(*parse.Index).Kind))
		case *parse.DropColumn:
			got = append(got, "drop "+a.Name)
		case *parse.ChangeColumn:
			got = append(got, "change "+a.Old+" "+a.Column.Name+" after "+a.Place.After)
		case *parse.RenameColumn:
			got = append(got, "rename "+a.From+" "+a.To)
		case *parse.NoEffect:
			got = append(got, a.Text)
		case *parse.SetDefault:
			got = append(got, "default "+a.Column+" "+a.Default.Text)
		case *parse.DropKey:
			got = append(got, "drop "+a.What+" "+a.Name)
		case *parse.Partition:
			got = append(got, a.Verb+" "+strings.Join(a.Names, " "))
		case *parse.Rename:
			got = append(got, "to "+a.To.Table)
		}
	}
	want := []string{"add a first", "add b", "key  unique", "key k index", "drop c", "change d e after a", "rename f g", "ORDER BY x DESC, y", "default h 5", "drop check cc", "to u", "truncate p1 p2"}
	if diff := cmp.Diff(want, got); diff != "" || s.Name != (schema.Name{Schema: "db", Table: "t"}) {
		t.Errorf("%s %s", s.Name, diff)
	}
}

func TestClassification(t *testing.T) {
	for sql, want := range map[string]string{
		"SAVEPOINT x": "savepoint", "ROLLBACK TO x": "transaction", "XA PREPARE 'x'": "xa", "GRANT ALL ON a.* TO b": "grant",
		"CREATE DEFINER=`a`@`b` VIEW v AS SELECT 1": "view", "CREATE DEFINER=a TRIGGER `table` BEFORE INSERT ON t FOR EACH ROW SET @a=1": "trigger",
		"CREATE FUNCTION f() RETURNS INT RETURN 1": "routine", "DROP EVENT e": "event", "ANALYZE TABLE t": "analyze", "INSERT INTO t VALUES (1)": "dml",
		"/* nothing */": "empty", "": "empty", "(SELECT 1)": "query", "# Dum": "empty", "BEGIN": "transaction", "FLUSH TABLES": "flush", "ALTER USER a": "user",
		"frobnicate": "unknown",
	} {
		if s, ok := read(t, sql, "mariadb-10.11").(*parse.Other); !ok || s.Kind != want {
			t.Errorf("%s: %+v", sql, s)
		}
	}
}

func TestMentions(t *testing.T) {
	got := parse.Mentions("FROB `a`.b, c.d 'e' \"f\" x.y.z 'open", dialects["mysql-9.7"])
	for _, want := range []schema.Name{{Schema: "a", Table: "b"}, {Schema: "c", Table: "d"}, {Schema: "x", Table: "y"}} {
		found := false
		for _, n := range got {
			found = found || n == want
			if n.Table == "e" || n.Table == "f" || n == (schema.Name{Table: "b"}) {
				t.Errorf("%s is mentioned", n)
			}
		}
		if !found {
			t.Errorf("%s is not mentioned: %v", want, got)
		}
	}
}
