package parse_test

import (
	"os"
	"strings"
	"testing"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
)

// sample is a statement that a flavor of servers is known to read.
type sample struct {
	id, flavor string
	mode       uint64
	sql        string
}

// corpus reads the statements kept in testdata.
func corpus(t testing.TB) []sample {
	t.Helper()
	var list []sample
	for _, file := range []string{"testdata/corpus.tsv", "testdata/more.tsv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			field := strings.SplitN(line, "\t", 4)
			if len(field) != 4 {
				t.Fatalf("%s: not four fields: %q", file, line)
			}
			s := sample{id: field[0], flavor: field[1], sql: strings.ReplaceAll(field[3], `\n`, "\n")}
			for _, mode := range strings.Split(field[2], ",") {
				s.mode |= map[string]uint64{"-": 0, "ansi_quotes": parse.AnsiQuotes, "no_backslash_escapes": parse.NoBackslashEscapes}[mode]
			}
			list = append(list, s)
		}
	}
	return list
}

// proven reads the texts of the statements that the tests of package ddl run on the
// servers, by the flavor of some of those: "both" where MariaDB may be one.
func proven(t testing.TB) (list []sample) {
	t.Helper()
	text, err := os.ReadFile("testdata/proven.tsv")
	if err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer("{db}", "db", "{other}", "other", "{lf}", "\n", "{cr}", "\r", "{tab}", "\t", "{ff}", "\f", "{vt}", "\v")
	for _, line := range strings.Split(string(text), "\n") {
		field := strings.Split(line, "\t")
		if len(field) != 6 || line[0] == '#' {
			continue
		}
		s := sample{id: field[0], flavor: "both", sql: replace.Replace(field[5])}
		if !strings.Contains(field[1], "mariadb") && field[1] != "all" && field[1] != "both" {
			s.flavor = "mysql"
		} else if strings.HasPrefix(field[1], "mariadb") {
			s.flavor = "mariadb"
		}
		for _, mode := range strings.Split(field[2], ",") {
			s.mode |= map[string]uint64{"ANSI_QUOTES": parse.AnsiQuotes, "NO_BACKSLASH_ESCAPES": parse.NoBackslashEscapes, "ORACLE": parse.Oracle | parse.AnsiQuotes}[mode]
		}
		list = append(list, s)
	}
	return list
}

// dialects are those of the servers that tests run on.
var dialects = map[string]parse.Dialect{
	"mariadb-10.11": {Flavor: event.MariaDB, Version: 101119},
	"mariadb-11.8":  {Flavor: event.MariaDB, Version: 110806},
	"mysql-9.7":     {Flavor: event.MySQL, Version: 90704},
	"mysql-5.6":     {Flavor: event.MySQL, Version: 50624},
}

func TestCorpusParses(t *testing.T) {
	for _, s := range corpus(t) {
		for name, d := range dialects {
			if name == "mysql-5.6" || s.flavor != "both" && s.flavor != string(d.Flavor) {
				continue
			}
			d.SQLMode = s.mode
			statement, err := parse.Parse(s.sql, d)
			if err != nil {
				t.Errorf("%s %s: %v", s.id, name, err)
			} else if other, ok := statement.(*parse.Other); ok && other.Kind == "unknown" {
				t.Errorf("%s %s: not classified: %s", s.id, name, s.sql)
			}
		}
	}
}
