package inspect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/testserver"
)

// hiddenTable is what SHOW CREATE TABLE shows of a table made with hiddenColumns.
func hiddenTable(database string) *schema.Table {
	one := func(text string) *schema.Default { return &schema.Default{Text: text} }
	return &schema.Table{Name: schema.Name{Schema: database, Table: "h`1"}, Columns: []schema.Column{
		{Name: "e`", Type: schema.Type{Name: "enum", Charset: "utf8mb4", Values: []string{"a", "?", "?", "é?x?", "ask?"}}, Default: one("ask?"), NotNull: true},
		{Name: "s", Type: schema.Type{Name: "set", Charset: "utf8mb4", Values: append([]string{"?", "?", "ask?"}, wideSet()...)}, Default: one("?,?,ask?")},
		{Name: "l", Type: schema.Type{Name: "enum", Charset: "latin1", Values: []string{"?"}}, Default: one("?")},
		{Name: "v", Type: schema.Type{Name: "varchar", Charset: "utf8mb4"}, Default: one("v??"), NotNull: true},
		{Name: "u", Type: schema.Type{Name: "char", Charset: "utf16"}, Default: one("?")},
		{Name: "n", Type: schema.Type{Name: "varchar", Charset: "utf8mb4"}, Default: &schema.Default{Null: true}},
	}}
}

// wideSet gives 60 members, of which the last is hidden.
func wideSet() (list []string) {
	for i := range 60 {
		list = append(list, fmt.Sprint("m", i))
	}
	return append(list, "?")
}

func hiddenColumns() string {
	set := "'🦎','?','ask?'"
	for _, m := range wideSet()[:60] {
		set += ",'" + m + "'"
	}
	return "`e``` ENUM('a','😀','?','é😀x?','ask?') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'ask?', s SET(" + set + ",'🐢') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '🦎,ask?', l ENUM('?') CHARACTER SET latin1 DEFAULT '?', " +
		"v VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'v😀?', u CHAR(4) CHARACTER SET utf16 DEFAULT '𐀀', n VARCHAR(9) CHARACTER SET utf8mb4"
}

// What SHOW CREATE TABLE hides is found by a user who may only read, in a transaction that
// only reads; on an old server where rows or defaults have it.
func TestHidden(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		database := s.Database(t, "hid`den")
		s.Exec(t, database, "SET NAMES utf8mb4", "CREATE TABLE `h``1` ("+hiddenColumns()+")", "CREATE USER hider@'%'", "GRANT SELECT ON `"+strings.ReplaceAll(database, "`", "``")+"`.* TO hider@'%'")
		t.Cleanup(func() { s.Exec(t, "", "DROP USER hider@'%'") })
		conn := connect(t, s, "hider")
		f := facts(t, conn)
		hidden := inspect.NewHidden(f)
		if err := dial.Exec(t.Context(), conn, "START TRANSACTION READ ONLY"); err != nil {
			t.Fatal(err)
		}
		restore := func() (*schema.Table, string) {
			table := hiddenTable(database)
			unknown, err := hidden.Restore(t.Context(), conn, table)
			if err != nil {
				t.Fatal(err)
			}
			return table, fmt.Sprint(unknown)
		}
		table, unknown := restore()
		if old := f.Flavor == event.MySQL && f.Version < 80000; old {
			if want := "[{e` 2} {e` 3} {e` 4} {s 1} {s 2} {s 64}]"; unknown != want {
				t.Errorf("%s is unknown before there are rows, want %s", unknown, want)
			}
			if _, again := restore(); again != "[]" {
				t.Errorf("%s is told twice", again)
			}
			if err := dial.Exec(t.Context(), conn, "COMMIT"); err != nil {
				t.Fatal(err)
			}
			s.Exec(t, database, "INSERT INTO `h``1` (`e```, s) VALUES (1, 1), (2, NULL), (3, NULL), (4, 0), (1, (1 << 63) + 6)")
			hidden = inspect.NewHidden(f)
			table, unknown = restore()
		}
		if unknown != "[]" {
			t.Errorf("%s is unknown", unknown)
		}
		set := append([]string{"🦎", "?", "ask?"}, wideSet()...)
		set[63] = "🐢"
		for i, want := range [][]string{{"a", "😀", "?", "é😀x?", "ask?"}, set, {"?"}} {
			if c := table.Columns[i]; !slices.Equal(c.Type.Values, want) {
				t.Errorf("the members of %s are %q, want %q", c.Name, c.Type.Values, want)
			}
		}
		for i, want := range []string{"ask?", "🦎,ask?", "?", "v😀?", "𐀀", ""} {
			if c := table.Columns[i]; c.Default == nil || c.Default.Text != want {
				t.Errorf("the default of %s is %+v, want %q", c.Name, c.Default, want)
			}
		}
	})
}

// A definition that is another by now is not restored to what it never was.
func TestHiddenOfAnotherTable(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		database := s.Database(t, "hidden")
		s.Exec(t, database, "SET NAMES utf8mb4", "CREATE TABLE `h``1` (`e``` ENUM('b','c') CHARACTER SET utf8mb4, s SET('x') CHARACTER SET utf8mb4 DEFAULT 'x', v VARCHAR(9) DEFAULT 'other', u INT)")
		conn := connect(t, s, s.User)
		table := hiddenTable(database)
		unknown, err := inspect.NewHidden(facts(t, conn)).Restore(t.Context(), conn, table)
		if err != nil {
			t.Fatal(err)
		}
		if want := hiddenTable(database).Columns[0].Type.Values; !slices.Equal(table.Columns[0].Type.Values, want) {
			t.Errorf("the members are %q, want %q", table.Columns[0].Type.Values, want)
		}
		if want := "{v 0}"; !strings.Contains(fmt.Sprint(unknown), want) || table.Columns[3].Default != nil {
			t.Errorf("%v is unknown, want %s with it; the default is %+v", unknown, want, table.Columns[3].Default)
		}
	})
}
