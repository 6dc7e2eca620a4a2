package ddl_test

import (
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// A table whose column e is of an enum type that another program made.
func given(t *testing.T) *schema.Set {
	t.Helper()
	set := tracked(t, "db.t")
	own := set.Get(name("db.t")).Clone()
	own.Columns[1].As = `"pg"."enum_t_e"`
	return set.With(nil, own)
}

// A type that another program gave a column stays until the source changes the column's own.
func TestATypeOfAnotherProgramsStays(t *testing.T) {
	for sql, stays := range map[string]bool{
		"ALTER TABLE t ADD COLUMN v INT":                             true,
		"ALTER TABLE t MODIFY e ENUM('a') DEFAULT NULL COMMENT 'so'": true,
		"ALTER TABLE t RENAME COLUMN e TO f":                         true,
		"RENAME TABLE t TO u":                                        true,
		"ALTER TABLE t MODIFY e ENUM('a','b')":                       false,
		"ALTER TABLE t MODIFY e VARCHAR(10)":                         false,
	} {
		e := effect(t, given(t), everything, sql)
		as := e.Next.Tables()[0].Columns[1].As
		refills := slices.ContainsFunc(e.Excluded, func(x ddl.Exclusion) bool { return x.Refill })
		if stays && (as == "" || len(e.Excluded) > 0) || !stays && (as != "" || !refills) {
			t.Errorf("after %s the column's type is %q, excluded are %v", sql, as, e.Excluded)
		}
	}
	e := effect(t, given(t), everything, "CREATE TABLE u LIKE t")
	if made := e.Next.Get(name("db.u")); made.Columns[1].As != "" || !strings.Contains(strings.Join(e.SQL, "; "), `CREATE TYPE "pg"."enum__u__e"`) {
		t.Errorf("a table made like it has %q: %v", made.Columns[1].As, e.SQL)
	}
}

// Names of another program's are turned into those that statements of the stream expect.
func TestSettle(t *testing.T) {
	table, err := ddl.Table("db", "CREATE TABLE `t` (`id` int NOT NULL AUTO_INCREMENT, `e` enum('a','b') DEFAULT 'a', `n` int DEFAULT 7, `s` varchar(9) COMMENT 'why', "+
		"PRIMARY KEY (`id`), UNIQUE KEY `u` (`n`,`s`), KEY `k` (`n`), KEY `p` (`s`(3)))", mysql)
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := (&mapping.Rules{Schemas: map[string]string{"db": "pg"}}).Table(table)
	if err != nil {
		t.Fatal(err)
	}
	got := ddl.Settle(mapped, &ddl.Found{
		Sequences: map[string]string{"id": "t_id_seq"}, Enums: map[string]string{"e": "enum_t_e"}, Labels: map[string]int{"e": 2}, NotNull: map[string]bool{"id": true, "n": true},
		Indexes: []ddl.FoundIndex{{"t_pkey", []string{"id"}, true, true}, {"k_3f2a", []string{"n"}, false, false}, {"u", []string{"n", "s"}, false, true}, {"other", []string{"s"}, false, false}},
	})
	want := []string{
		`ALTER SEQUENCE "pg"."t_id_seq" RENAME TO "t__id__seq"`, `ALTER TYPE "pg"."enum_t_e" RENAME TO "enum__t__e"`, `ALTER TYPE "pg"."enum__t__e" ADD VALUE ''`,
		`ALTER TABLE "pg"."t" ALTER COLUMN "e" SET DEFAULT 'a'`, `ALTER TABLE "pg"."t" ALTER COLUMN "n" SET DEFAULT '7'`, `ALTER TABLE "pg"."t" ALTER COLUMN "n" DROP NOT NULL`,
		`ALTER INDEX "pg"."t_pkey" RENAME TO "t__pkey"`, `ALTER INDEX "pg"."u" RENAME TO "t__u"`, `ALTER INDEX "pg"."k_3f2a" RENAME TO "t__k"`, `COMMENT ON COLUMN "pg"."t"."s" IS 'why'`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the statements are\n%s", strings.Join(got, "\n"))
	}
}
