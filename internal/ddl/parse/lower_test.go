package parse

import (
	"fmt"
	"testing"

	"pgchameleon/internal/event"
)

// Where the server keeps names in lower case, statements mean those; columns and indexes are as written.
func TestLowerNames(t *testing.T) {
	d := Dialect{Flavor: event.MariaDB, Version: 101100, LowerNames: true}
	for sql, want := range map[string]string{
		"RENAME TABLE `A B`.C TO .D": "[[a b.c .d]]",
		"DROP TABLE X.Y, ÄÖ":         "[x.y .äö]",
	} {
		statement, err := Parse(sql, d)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch s := statement.(type) {
		case *RenameTable:
			got = fmt.Sprint(s.Pairs)
		case *DropTable:
			got = fmt.Sprint(s.Names)
		}
		if got != want {
			t.Errorf("%s names %s, not %s", sql, got, want)
		}
	}
	statement, err := Parse("CREATE TABLE Abc (Id int, KEY Kx (Id), FOREIGN KEY (Id) REFERENCES Other.Tab (Xy))", d)
	if err != nil {
		t.Fatal(err)
	}
	if s := statement.(*CreateTable); s.Name.Table != "abc" || s.Columns[0].Name != "Id" {
		t.Errorf("%+v", s)
	}
}
