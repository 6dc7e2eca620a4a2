package equality_test

import (
	"strings"
	"testing"

	"pgchameleon/internal/demo/equality"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

const (
	mysqlTable = `CREATE TABLE t (id int PRIMARY KEY, a varchar(20), f float, d datetime(3), j json, b varbinary(8), s set('x','y'), w bit(9), h time(2))`
	mysqlRow   = `INSERT INTO t VALUES (1, 'é🦎', 0.1, '2024-02-29 10:00:00.25', '{"a": 1,"b":[null]}', x'00ff', 'x,y', b'101', '11:59:59.5'), (2, 'NULL', NULL, NULL, NULL, '', '', 0, NULL)`
	pgTable    = `CREATE TABLE %.t (id int PRIMARY KEY, a varchar(20), f real, d timestamp(3), j jsonb, b bytea, s text, w bit(9), h time(2))`
	pgRow      = `INSERT INTO %.t VALUES (1, 'é🦎', 0.1, '2024-02-29 10:00:00.25', '{"b":[null], "a":1}', '\x00ff', 'x,y', '000000101', '11:59:59.5'), (2, 'NULL', NULL, NULL, NULL, '', '', '000000000', NULL)`
)

func TestComparesByMeaning(t *testing.T) {
	cases := []struct {
		name, change string // made on the target
		differ       string // in the first difference; "" if none
	}{
		{"equal", "SELECT 1", ""},
		{"NULL is not the text NULL", "UPDATE %.t SET a = NULL WHERE id = 2", "only in the"},
		{"empty is not NULL", "UPDATE %.t SET b = NULL WHERE id = 2", "only in the"},
		{"a row missing", "DELETE FROM %.t WHERE id = 1", "only in the source: 1 "},
		{"a row too many", "INSERT INTO %.t (id) VALUES (3)", "only in the target: 3 "},
		{"half a second", "UPDATE %.t SET h = '11:59:59.51' WHERE id = 1", "only in the"},
		{"a float's last digit", "UPDATE %.t SET f = 0.10000001 WHERE id = 1", "only in the"},
		{"a key in JSON", `UPDATE %.t SET j = '{"a":1}' WHERE id = 1`, "only in the"},
		{"a bit", "UPDATE %.t SET w = b'000000100' WHERE id = 1", "only in the"},
		{"a column missing", "ALTER TABLE %.t DROP COLUMN w", "no column w"},
	}
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	ours, theirs := src.Database(t, "eq"), dst.Database(t, "eq")
	src.Exec(t, ours, mysqlTable, mysqlRow)
	left, err := src.Connect(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	right, err := dst.Connect(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer right.Close()
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			schema := "s" + string(rune('a'+i))
			for _, statement := range []string{"CREATE SCHEMA %", pgTable, pgRow, c.change} {
				dst.Exec(t, theirs, strings.ReplaceAll(statement, "%", schema))
			}
			verdicts, err := equality.Compare(t.Context(), left, right, ours, schema)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(verdicts[0].Differ, "; ")
			if (got == "") != (c.differ == "") || !strings.Contains(got, c.differ) {
				t.Errorf("differences %q, want %q", got, c.differ)
			}
			if len(verdicts) != 1 || verdicts[0].Rows != 2 && c.name != "a column missing" {
				t.Errorf("verdicts %+v", verdicts)
			}
		})
	}
}

func TestKeylessRowsCountTwice(t *testing.T) {
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	ours, theirs := src.Database(t, "eq"), dst.Database(t, "eq")
	src.Exec(t, ours, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1), (2)")
	dst.Exec(t, theirs, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2), (2)")
	left, err := src.Connect(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	right, err := dst.Connect(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer right.Close()
	verdicts, err := equality.Compare(t.Context(), left, right, ours, "public")
	if err != nil || len(verdicts[0].Differ) != 2 {
		t.Errorf("%+v, %v", verdicts, err)
	}
}
