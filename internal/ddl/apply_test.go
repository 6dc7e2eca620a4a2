package ddl_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

var (
	mysql   = parse.Dialect{Flavor: event.MySQL, Version: 90704}
	mariadb = parse.Dialect{Flavor: event.MariaDB, Version: 101119}
)

func name(qualified string) schema.Name {
	s, t, _ := strings.Cut(qualified, ".")
	return schema.Name{Schema: s, Table: t}
}

// tracked is the set of these tables, each of one form.
func tracked(t *testing.T, names ...string) *schema.Set {
	t.Helper()
	set := schema.NewSet(false)
	for _, n := range names {
		table, err := ddl.Table(name(n).Schema, "CREATE TABLE `"+name(n).Table+"` (`id` int NOT NULL AUTO_INCREMENT, `e` enum('a') DEFAULT NULL, PRIMARY KEY (`id`), KEY `k` (`e`))", mysql)
		if err != nil {
			t.Fatal(err)
		}
		set = set.With(nil, table)
	}
	return set
}

func statement(sql string) *event.Statement { return &event.Statement{Schema: "db", SQL: sql} }

func effect(t *testing.T, set *schema.Set, rules *mapping.Rules, sql string) *ddl.Effect {
	t.Helper()
	e, err := ddl.Apply(set, statement(sql), mariadb, rules)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return e
}

var everything = &mapping.Rules{Schemas: map[string]string{"db": "pg", "db2": "pg2"}}

func excluded(e *ddl.Effect) map[string]string {
	all := map[string]string{}
	for _, x := range e.Excluded {
		all[x.Name.String()] = x.Reason
	}
	return all
}

// What concerns nothing that is replicated is ignored.
func TestIgnored(t *testing.T) {
	set := tracked(t, "db.t")
	for _, sql := range []string{
		"CREATE TABLE other.x (a INT)", "DROP TABLE other.t", "CREATE TEMPORARY TABLE t (a INT)", "DROP TEMPORARY TABLE t",
		"DROP /*!40005 TEMPORARY */ TABLE IF EXISTS t", "SAVEPOINT a", "GRANT SELECT ON t TO u", "CREATE VIEW t2 AS SELECT * FROM t", "ANALYZE TABLE t",
		"DROP TABLE IF EXISTS none", "RENAME TABLE other.t TO other.u", "CREATE DATABASE x", "DROP DATABASE other", "ALTER TABLE other.t ADD a INT",
		"XA COMMIT X'01'", "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.e = 'a'", "CREATE TABLE IF NOT EXISTS t (z INT)", "INSERT INTO other.t SELECT * FROM t",
	} {
		if e := effect(t, set, everything, sql); !e.Ignored || e.Next != set {
			t.Errorf("%s: %+v", sql, e)
		}
	}
	st := statement("ALTER TABLE t ADD a INT")
	st.Error = 1060
	if e, err := ddl.Apply(set, st, mysql, everything); err != nil || !e.Ignored {
		t.Errorf("a statement that failed on the source: %+v %v", e, err)
	}
}

// A DROP TABLE that ended with an error on the source: what was not there is no matter, what
// foreign keys hold stays, and which of several they hold is not known.
func TestDropsThatFailed(t *testing.T) {
	set := tracked(t, "db.t", "db.u")
	for _, c := range []struct {
		sql           string
		code          uint16
		dropped, anew int
	}{
		{"DROP TABLE IF EXISTS t", 1217, 0, 0},
		{"DROP TABLE t", 1451, 0, 0},
		{"DROP TABLE t, other.x", 1217, 0, 1},
		{"DROP TABLE t, u", 1217, 0, 2},
		{"DROP TABLE IF EXISTS t, none", 1051, 1, 0},
	} {
		st := statement(c.sql)
		st.Error = c.code
		e, err := ddl.Apply(set, st, mysql, everything)
		if err != nil {
			t.Fatal(c.sql, err)
		}
		if len(e.Dropped) != c.dropped || len(e.Excluded) != c.anew || e.Next.Len() != 2-c.dropped {
			t.Errorf("%s, error %d: %+v", c.sql, c.code, e)
		}
		for _, x := range e.Excluded {
			if !x.Refill {
				t.Errorf("%s: %s is not to be filled again", c.sql, x.Name)
			}
		}
	}
}

// Unqualified names are in the session's database, whatever table is meant elsewhere.
func TestQualifiedNames(t *testing.T) {
	set := tracked(t, "db.t", "db2.t")
	if e := effect(t, set, everything, "ALTER TABLE db2.t ADD a INT"); e.Next.Get(name("db2.t")).Column("a") < 0 || e.Next.Get(name("db.t")).Column("a") >= 0 ||
		!strings.Contains(e.SQL[0], `"pg2"."t"`) {
		t.Errorf("%+v", e)
	}
	if e := effect(t, set, everything, "DROP TABLE t, db2.t"); len(e.Dropped) != 2 || e.Next.Len() != 0 {
		t.Errorf("%+v", e)
	}
	fold := schema.NewSet(true, set.Tables()...)
	rules := &mapping.Rules{Schemas: everything.Schemas, Fold: true}
	if e := effect(t, fold, rules, "DROP TABLE DB2.T"); len(e.Dropped) != 1 || e.Dropped[0] != name("db2.t") {
		t.Errorf("%+v", e)
	}
}

// A statement that cannot be read names the replicated tables that it mentions.
func TestUntranslatable(t *testing.T) {
	set := tracked(t, "db.t", "db.u", "db2.t")
	for sql, want := range map[string]string{
		"ALTER TABLE t FROBNICATE 5":                       "db.t",
		"ALTER TABLE db2.t FROBNICATE (SELECT 1 FROM `u`)": "db2.t db.u",
		"ALTER TABLE t ADD COLUMN a INT 'unclosed":         "db.t",
		"ALTER TABLE t DROP COLUMN zz":                     "db.t",
		"ALTER TABLE other.t FROBNICATE":                   "",
	} {
		_, err := ddl.Apply(set, statement(sql), mysql, everything)
		var unknown *ddl.Untranslatable
		if !errors.As(err, &unknown) || unknown.Reason == "" {
			if want == "" && err == nil {
				continue
			}
			t.Errorf("%s: %v", sql, err)
			continue
		}
		var names []string
		for _, n := range unknown.Names {
			names = append(names, n.String())
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, not %q", sql, got, want)
		}
	}
}

// A rename out of what is wanted ends a table's following, one into it begins
// it only where the table was followed before.
func TestRenamesAcrossTheRules(t *testing.T) {
	rules := &mapping.Rules{Schemas: everything.Schemas, Skip: []string{"db.old", "db.new"}}
	set := tracked(t, "db.t", "db.u")
	e := effect(t, set, rules, "RENAME TABLE t TO old")
	if excluded(e)["db.t"] == "" || e.Next.Get(name("db.t")) != nil || len(e.SQL) != 0 {
		t.Errorf("out: %+v", e)
	}
	e = effect(t, set, rules, "RENAME TABLE new TO x")
	if !strings.Contains(excluded(e)["db.x"], "sync_tables") || len(e.SQL) != 0 {
		t.Errorf("in: %+v", e)
	}
	e = effect(t, set, rules, "RENAME TABLE t TO old, new TO t")
	if !strings.Contains(excluded(e)["db.t"], "sync_tables") || len(e.Excluded) != 1 || len(e.SQL) != 0 {
		t.Errorf("exchange with an unknown table: %+v", e)
	}
	e = effect(t, set, everything, "RENAME TABLE t TO tmp, u TO t, tmp TO u")
	want := [][2]schema.Name{{name("db.t"), name("db.tmp")}, {name("db.u"), name("db.t")}, {name("db.tmp"), name("db.u")}}
	if !slices.Equal(e.Renamed, want) || len(e.Excluded) != 0 || !strings.Contains(e.SQL[0], `"pg"."t" RENAME TO "tmp"`) {
		t.Errorf("swap: %+v", e)
	}
}

// A schema's end is its tables' end.
func TestDropDatabase(t *testing.T) {
	e := effect(t, tracked(t, "db.t", "db2.t", "db2.u"), everything, "DROP DATABASE db2")
	if len(e.Dropped) != 2 || e.Next.Len() != 1 || len(e.SQL) != 4 {
		t.Errorf("%+v", e)
	}
}

// The character set of a new table is that of its database, as far as it is known.
func TestDatabaseCharset(t *testing.T) {
	set := schema.NewSet(false)
	for _, step := range [][2]string{
		{"CREATE DATABASE db CHARACTER SET latin1", "latin1_swedish_ci"},
		{"ALTER DATABASE db COLLATE utf8mb4_bin", "utf8mb4_bin"},
		{"ALTER DATABASE CHARACTER SET utf8", "utf8mb3_general_ci"},
	} {
		set = effect(t, set, everything, step[0]).Next
		next := effect(t, set, everything, "CREATE TABLE x (a TEXT)").Next.Get(name("db.x"))
		if next.Collation != step[1] || next.Columns[0].Type.Collation != step[1] {
			t.Errorf("%s: %s", step[0], next.Collation)
		}
	}
	latin, err := ddl.Table("db", "CREATE TABLE t (a text) DEFAULT CHARSET=latin2 COLLATE=latin2_croatian_ci", mariadb)
	if err != nil {
		t.Fatal(err)
	}
	if next := effect(t, schema.NewSet(false, latin), everything, "CREATE TABLE x (a TEXT)").Next.Get(name("db.x")); next.Collation != "latin2_croatian_ci" {
		t.Errorf("not that of its neighbours: %s", next.Collation)
	}
}

// Rows that change without row events park their table; a DELETE of all rows,
// which servers write for tables that a restart has emptied, is a TRUNCATE.
func TestStatementsThatChangeRows(t *testing.T) {
	set := tracked(t, "db.t", "db.u")
	if e := effect(t, set, everything, "UPDATE t, u SET t.e = u.e"); len(e.Excluded) != 2 {
		t.Errorf("%+v", e)
	}
	if e := effect(t, set, everything, "DELETE FROM `db`.`t` /* generated by server */"); len(e.SQL) != 1 || e.SQL[0] != `TRUNCATE TABLE "pg"."t" RESTART IDENTITY` {
		t.Errorf("%+v", e)
	}
}

// A new TIMESTAMP column that follows the clock holds the source's time of the
// statement in the rows that there are.
func TestAddedTimestampHasTheSourcesTime(t *testing.T) {
	st := statement("ALTER TABLE t ADD ts TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)")
	st.Time = time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)
	e, err := ddl.Apply(tracked(t, "db.t"), st, mysql, everything)
	if err != nil || len(e.SQL) != 2 || !strings.Contains(e.SQL[0], `NOT NULL DEFAULT '2026-01-02 03:04:05.678+00'`) || !strings.Contains(e.SQL[1], "SET DEFAULT CURRENT_TIMESTAMP(3)") {
		t.Errorf("%+v %v", e, err)
	}
	st.Time = st.Time.Truncate(time.Second)
	if e, err = ddl.Apply(tracked(t, "db.t"), st, mysql, everything); err != nil || len(e.Excluded) != 1 {
		t.Errorf("a clock without fractions: %+v %v", e, err)
	}
	st.Time = time.Time{}
	if e, err = ddl.Apply(tracked(t, "db.t"), st, mysql, everything); err != nil || len(e.Excluded) != 1 {
		t.Errorf("%+v %v", e, err)
	}
}

// A table goes from one schema to another with its indexes, types and sequence.
func TestRenameBetweenSchemas(t *testing.T) {
	b := newBench(t, "mariadb-10.11")
	other := b.database + "_2"
	b.must(b.source, "CREATE DATABASE `"+other+"`", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, e ENUM('a','b') DEFAULT 'b', KEY k (e))", "INSERT INTO t (e) VALUES ('a')")
	t.Cleanup(func() { b.must(b.source, "DROP DATABASE `"+other+"`") })
	b.must(b.target, "CREATE SCHEMA a", "CREATE SCHEMA b", `CREATE TABLE b.t (x int)`)
	rules := &mapping.Rules{Schemas: map[string]string{b.database: "a", other: "b"}}
	set := b.set()
	b.copy(set, "a")
	e, err := ddl.Apply(set, &event.Statement{Schema: b.database, SQL: "RENAME TABLE t TO `" + other + "`.u"}, b.dialect, rules)
	if err != nil {
		t.Fatal(err)
	}
	b.must(b.target, e.SQL...)
	b.must(b.target, `INSERT INTO b.u DEFAULT VALUES`)
	if rows := b.query(b.target, `SELECT id::text || e::text || pg_typeof(e)::regtype::text FROM b.u ORDER BY 1`); rows[1][0] != "2bb.enum__u__e" && rows[1][0] != "1bb.enum__u__e" {
		t.Errorf("%v", rows)
	}
	if got := b.catalog("b", "u"); !strings.Contains(strings.Join(got, "\n"), "u__k ON b.u") && !strings.Contains(strings.Join(got, "\n"), "u__k ON u") {
		t.Errorf("%v", got)
	}
	if left := b.query(b.target, `SELECT relname FROM pg_class WHERE relnamespace = 'a'::regnamespace UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'a'::regnamespace`); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What PostgreSQL has no counterpart for is left out and said.
func TestOmitted(t *testing.T) {
	table, err := ddl.Table("db", "CREATE TABLE `t` (`a` int DEFAULT (1 + 2), `j` json, `b` varchar(9) DEFAULT 'x', `g` point NOT NULL, KEY `k` ((`a` / 2)), SPATIAL KEY `f` (`g`), UNIQUE KEY `u` (`b`))", mysql)
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := everything.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	if got := ddl.Omitted(mapped); len(got) != 1 || !strings.Contains(got[0], "column a") {
		t.Errorf("%q", got)
	}
	for _, index := range ddl.Indexes(mapped) {
		if (index.Skipped == "") != (index.Source == "u") || (index.SQL == "") != (index.Skipped != "") || index.Delayable != (index.Source == "u") {
			t.Errorf("%+v", index)
		}
	}
}

// Whatever statement comes, the answer is an effect or says which tables are hit.
func TestCorpusIsAnswered(t *testing.T) {
	set := tracked(t, "db.t", "db.t1", "db.m1", "db.p1", "db.y1", "db.a")
	for _, file := range []string{"parse/testdata/corpus.tsv", "parse/testdata/more.tsv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			field := strings.SplitN(line, "\t", 4)
			if len(field) != 4 {
				continue
			}
			for _, d := range []parse.Dialect{mysql, mariadb} {
				e, err := ddl.Apply(set, statement(field[3]), d, everything)
				var unknown *ddl.Untranslatable
				if err != nil && !errors.As(err, &unknown) || err == nil && e.Next == nil {
					t.Errorf("%s: %v", line, err)
				}
				if err == nil && len(e.SQL) != len(e.For) {
					t.Errorf("%s: %d statements, %d tables", line, len(e.SQL), len(e.For))
				}
			}
		}
	}
}

// The text of CREATE TABLE … SELECT is the server's, which hides characters.
func TestCreateSelectHidesCharacters(t *testing.T) {
	for columns, want := range map[string]string{
		"`e` enum('a','?') CHARACTER SET utf8mb4":           "column e",
		"`s` set('a','b?') CHARACTER SET utf16":             "column s",
		"`v` varchar(9) CHARACTER SET utf8mb4 DEFAULT 'v?'": "column v",
		"`e` enum('a','?') CHARACTER SET latin1":            "",
		"`e` enum('a','é') CHARACTER SET utf8mb4":           "",
	} {
		for _, derived := range []bool{true, false} {
			st := statement("CREATE TABLE `t` (`id` int NOT NULL, " + columns + ") START TRANSACTION")
			st.Derived = derived
			e, err := ddl.Apply(schema.NewSet(false), st, mysql, everything)
			if err != nil {
				t.Fatal(err)
			}
			reason, parked := excluded(e)["db.t"]
			if parked != (derived && want != "") || parked && (!strings.Contains(reason, want) || !strings.Contains(reason, "sync_tables")) {
				t.Errorf("%s, derived %t: %v %q", columns, derived, parked, reason)
			}
		}
	}
}

// Where the source may end with other rows than its binary log tells, they are read again.
func TestDividingATableUnderWrites(t *testing.T) {
	newer := parse.Dialect{Flavor: event.MariaDB, Version: 110800}
	for sql, again := range map[string]bool{
		"ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 3":                true,
		"ALTER TABLE t LOCK=NONE PARTITION BY HASH (a) PARTITIONS 3":      true,
		"ALTER TABLE t LOCK = SHARED PARTITION BY HASH (a) PARTITIONS 3":  false,
		"ALTER TABLE t LOCK EXCLUSIVE PARTITION BY HASH (a) PARTITIONS 3": false,
		"ALTER TABLE t ADD x INT, LOCK=NONE":                              false,
	} {
		for _, d := range []parse.Dialect{newer, mariadb, mysql} {
			e, err := ddl.Apply(tracked(t, "db.t"), statement(sql), d, everything)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if want := again && d == newer; want != (len(e.Excluded) == 1 && e.Excluded[0].Refill) || !want && len(e.Excluded) > 0 {
				t.Errorf("%s on %+v: %v", sql, d, e.Excluded)
			}
		}
	}
}
