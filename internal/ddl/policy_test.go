package ddl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// policy gives the rules of everything with some classes judged alike.
func policy(verdict mapping.Verdict, classes ...mapping.Class) *mapping.Rules {
	rules := *everything
	for _, c := range classes {
		rules.DDL = append(rules.DDL, mapping.DDLPolicy{Class: c, Verdict: verdict})
	}
	return &rules
}

func defined(t *testing.T, sql string) *schema.Set {
	t.Helper()
	table, err := ddl.Table("db", sql, mariadb)
	if err != nil {
		t.Fatal(err)
	}
	return schema.NewSet(false, table)
}

const wide = "CREATE TABLE `t` (`id` int NOT NULL, `a` int DEFAULT 3, `b` varchar(20) NOT NULL, `e` enum('p','q') DEFAULT 'q', PRIMARY KEY (`id`), UNIQUE KEY `ub` (`b`), KEY `ab` (`a`,`b`))"

// What PostgreSQL is told of a statement of which classes are to be ignored.
func TestWhatIsIgnored(t *testing.T) {
	for _, c := range []struct {
		classes  []mapping.Class
		sql      string
		want     []string // all statements for PostgreSQL
		excluded string
	}{
		{[]mapping.Class{mapping.AddColumns}, "ALTER TABLE t ADD c INT NOT NULL, ADD d INT AFTER c, ADD KEY (c)", nil, ""},
		{[]mapping.Class{mapping.AddColumns}, "ALTER TABLE t ADD c INT, DROP a", []string{`DROP INDEX IF EXISTS "pg"."t__ab"`, `ALTER TABLE "pg"."t" DROP COLUMN "a"`, `CREATE INDEX "t__ab" ON "pg"."t" ("b")`}, ""},
		{[]mapping.Class{mapping.DropColumns}, "ALTER TABLE t DROP b, ADD c INT",
			[]string{`DROP INDEX IF EXISTS "pg"."t__ub"`, `DROP INDEX IF EXISTS "pg"."t__ab"`, `ALTER TABLE "pg"."t" ALTER COLUMN "b" DROP NOT NULL`,
				`ALTER TABLE "pg"."t" ADD COLUMN "c" integer`, `CREATE INDEX "t__ab" ON "pg"."t" ("a")`}, ""},
		{[]mapping.Class{mapping.DropColumns}, "ALTER TABLE t DROP a, ADD a BIGINT", nil, "has the name of one that the source has dropped"},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t MODIFY a BIGINT NOT NULL DEFAULT 5", nil, ""},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t CHANGE b bb VARCHAR(99) NULL COMMENT 'x'", []string{`ALTER TABLE "pg"."t" ALTER COLUMN "b" DROP NOT NULL`}, ""},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t MODIFY e VARCHAR(9)", nil, "cannot be written as PostgreSQL's column has them"},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t MODIFY id VARCHAR(9)", nil, "rows are found by its column id"},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t MODIFY id MEDIUMINT NOT NULL, RENAME COLUMN a TO aa, ADD KEY (aa)", []string{`CREATE INDEX "t__aa" ON "pg"."t" ("a")`}, ""},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t RENAME COLUMN a TO aa, ADD KEY (aa)", []string{`CREATE INDEX "t__aa" ON "pg"."t" ("a")`}, ""},
		{[]mapping.Class{mapping.ChangeColumns}, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", nil, ""},
		{[]mapping.Class{mapping.Indexes}, "ALTER TABLE t ADD KEY (a), DROP KEY ab, DROP KEY ub", []string{`DROP INDEX IF EXISTS "pg"."t__ub"`}, ""},
		{[]mapping.Class{mapping.Indexes}, "CREATE UNIQUE INDEX x ON t (a)", nil, ""},
		{[]mapping.Class{mapping.Indexes}, "DROP INDEX ab ON t", nil, ""},
		{[]mapping.Class{mapping.PrimaryKeys}, "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)", []string{`ALTER TABLE "pg"."t" DROP CONSTRAINT IF EXISTS "t__pkey"`}, ""},
		{[]mapping.Class{mapping.Commenting}, "ALTER TABLE t COMMENT 'x', ADD c INT", []string{`ALTER TABLE "pg"."t" ADD COLUMN "c" integer`}, ""},
		{[]mapping.Class{mapping.Truncates}, "TRUNCATE t", []string{`DROP INDEX IF EXISTS "pg"."t__ub"`, `CREATE INDEX "t__ub" ON "pg"."t" ("b")`}, ""},
		{[]mapping.Class{mapping.Partitions}, "ALTER TABLE t DROP PARTITION p", []string{`DROP INDEX IF EXISTS "pg"."t__ub"`, `CREATE INDEX "t__ub" ON "pg"."t" ("b")`}, ""},
		{[]mapping.Class{mapping.DropTables}, "DROP TABLE t", nil, "ddl_policy ignores drop_table"},
		{[]mapping.Class{mapping.DropTables}, "CREATE OR REPLACE TABLE t (id INT)", nil, "ddl_policy ignores drop_table"},
		{[]mapping.Class{mapping.Databases}, "DROP DATABASE db", nil, "ddl_policy ignores database"},
		{[]mapping.Class{mapping.CreateTables}, "CREATE TABLE n (id INT)", nil, "ddl_policy ignores create_table"},
		{[]mapping.Class{mapping.Renames}, "RENAME TABLE t TO u", nil, "ddl_policy ignores rename"},
		{[]mapping.Class{mapping.Renames}, "ALTER TABLE t ADD c INT, RENAME u", []string{`ALTER TABLE "pg"."t" ADD COLUMN "c" integer`}, "ddl_policy ignores rename"},
		{[]mapping.Class{mapping.Sequences}, "ALTER TABLE t AUTO_INCREMENT = 77", nil, ""},
	} {
		e := effect(t, defined(t, wide), policy(mapping.Ignore, c.classes...), c.sql)
		if c.excluded == "" && !slices.Equal(e.SQL, c.want) {
			t.Errorf("%s ignoring %v gives\n%s, not\n%s", c.sql, c.classes, strings.Join(e.SQL, "\n"), strings.Join(c.want, "\n"))
		}
		reasons := fmt.Sprint(excluded(e))
		if c.excluded == "" && len(e.Excluded) > 0 || !strings.Contains(reasons, c.excluded) {
			t.Errorf("%s ignoring %v excludes %s", c.sql, c.classes, reasons)
		}
	}
}

// What was ignored is remembered: a later statement on the same table goes on from it.
func TestWhatWasIgnoredIsRemembered(t *testing.T) {
	for _, c := range []struct {
		class    mapping.Class
		ignored  string
		later    string
		want     []string
		excluded string
	}{
		{mapping.AddColumns, "ALTER TABLE t ADD c INT", "ALTER TABLE t MODIFY c BIGINT, ADD KEY (c)", nil, ""},
		{mapping.AddColumns, "ALTER TABLE t ADD c INT", "ALTER TABLE t DROP c, ADD d INT", []string{`ALTER TABLE "pg"."t" ADD COLUMN "d" integer`}, ""},
		{mapping.DropColumns, "ALTER TABLE t DROP a", "ALTER TABLE t ADD a INT", nil, "has the name of one"},
		{mapping.DropColumns, "ALTER TABLE t DROP e", "DROP TABLE t", []string{`DROP TABLE IF EXISTS "pg"."t"`, `DROP TYPE IF EXISTS "pg"."enum__t__e"`}, ""},
		{mapping.ChangeColumns, "ALTER TABLE t RENAME COLUMN a TO z", "ALTER TABLE t RENAME COLUMN z TO y", []string{`ALTER TABLE "pg"."t" RENAME COLUMN "a" TO "y"`}, ""},
		{mapping.ChangeColumns, "ALTER TABLE t MODIFY a VARCHAR(20)", "ALTER TABLE t ADD KEY (a)", []string{`CREATE INDEX "t__a" ON "pg"."t" ("a")`}, ""},
		{mapping.ChangeColumns, "ALTER TABLE t MODIFY a VARCHAR(20)", "ALTER TABLE t MODIFY a VARCHAR(30)", nil, "an earlier change of column a was ignored"},
		{mapping.Indexes, "CREATE INDEX x ON t (a)", "ALTER TABLE t DROP KEY x", []string{`DROP INDEX IF EXISTS "pg"."t__x"`}, ""},
		{mapping.Truncates, "TRUNCATE t", "ALTER TABLE t ADD UNIQUE KEY (a)", []string{`CREATE INDEX "t__a" ON "pg"."t" ("a")`}, ""},
	} {
		set := effect(t, defined(t, wide), policy(mapping.Ignore, c.class), c.ignored).Next
		e := effect(t, set, everything, c.later)
		if reasons := fmt.Sprint(excluded(e)); !slices.Equal(e.SQL, c.want) && c.excluded == "" || c.excluded == "" && len(e.Excluded) > 0 || !strings.Contains(reasons, c.excluded) {
			t.Errorf("%s after %s gives\n%s, not\n%s\nand excludes %s", c.later, c.ignored, strings.Join(e.SQL, "\n"), strings.Join(c.want, "\n"), reasons)
		}
	}
}

// A statement is held when one of its clauses is, for one of its tables; all wait then.
func TestWhatIsHeld(t *testing.T) {
	two := func() *schema.Set { return tracked(t, "db.a", "db.b") }
	for _, c := range []struct {
		class mapping.Class
		sql   string
		names string
	}{
		{mapping.DropColumns, "ALTER TABLE a ADD x INT, DROP e", "[db.a]"},
		{mapping.DropColumns, "ALTER TABLE a ADD x INT", "[]"},
		{mapping.Renames, "RENAME TABLE a TO tmp, b TO a, tmp TO b", "[db.a db.b]"},
		{mapping.Renames, "RENAME TABLE a TO c", "[db.a db.c]"},
		{mapping.Renames, "ALTER TABLE a RENAME c", "[db.a db.c]"},
		{mapping.DropTables, "DROP TABLE a, b, other.c", "[db.a db.b]"},
		{mapping.DropTables, "CREATE OR REPLACE TABLE a (id INT)", "[db.a]"},
		{mapping.DropTables, "DROP TEMPORARY TABLE a", "[]"},
		{mapping.Databases, "DROP DATABASE db", "[db.a db.b]"},
		{mapping.Databases, "CREATE DATABASE db", "[]"},
		{mapping.CreateTables, "CREATE TABLE n (id INT)", "[db.n]"},
		{mapping.CreateTables, "CREATE TABLE IF NOT EXISTS a (id INT)", "[]"},
		{mapping.CreateTables, "CREATE TEMPORARY TABLE n (id INT)", "[]"},
		{mapping.Indexes, "DROP INDEX k ON a", "[db.a]"},
		{mapping.PrimaryKeys, "DROP INDEX `PRIMARY` ON a", "[db.a]"},
		{mapping.Partitions, "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b", "[db.a db.b]"},
		{mapping.Partitions, "ALTER TABLE a REMOVE PARTITIONING", "[]"},
		{mapping.Constraints, "ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b (id)", "[db.a]"},
		{mapping.Commenting, "ALTER TABLE a COMMENT 'x'", "[db.a]"},
	} {
		set := two()
		e := effect(t, set, policy(mapping.Hold, c.class), c.sql)
		names := []string{}
		if e.Held != nil {
			for _, n := range e.Held.Names {
				names = append(names, n.String())
			}
			if e.Held.Class != c.class || len(e.SQL) > 0 || e.Next != set || len(e.Excluded) != len(names) {
				t.Errorf("%s: %+v", c.sql, e)
			}
		}
		slices.Sort(names)
		if got := fmt.Sprint(names); got != c.names {
			t.Errorf("%s holds %s, not %s", c.sql, got, c.names)
		}
	}
	rules := *everything
	rules.DDL = []mapping.DDLPolicy{{Table: "db.b", Verdict: mapping.Hold}}
	if e := effect(t, two(), &rules, "DROP TABLE a, b"); e.Held == nil || len(e.Held.Names) != 2 || len(e.Held.Tracked) != 2 {
		t.Errorf("a statement about a table that is held and another: %+v", e)
	}
	if e := effect(t, two(), &rules, "DROP TABLE a"); e.Held != nil {
		t.Errorf("a statement about another table is held: %+v", e)
	}
}
