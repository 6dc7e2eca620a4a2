package ddl_test

import (
	"strconv"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

// wordy is the table that the stories of indexes begin with.
var wordy = []string{
	`CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, b VARCHAR(200) NOT NULL DEFAULT '', c TEXT, d DATE, dt DATETIME(3), n DECIMAL(10,2), u INT UNSIGNED, v VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, o VARBINARY(30), e ENUM('p','q'), m MEDIUMTEXT, f DOUBLE) DEFAULT CHARSET utf8mb4`,
	`INSERT INTO t VALUES (1, 10, 'one Word', 'the quick brown fox', '2020-02-29', '2020-02-29 10:11:12.345', 1.5, 7, 'Ann', 'ab', 'p', 'long text', 1.5), (2, NULL, 'two', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(3, -5, 'Zoë', 'jumps over the lazy dog', '1999-12-31', '1999-12-31 23:59:59.999', -2, 4294967295, 'ann ', x'00ff', 'q', 'more', -2.5)`,
}

// jsonTable is a table with a JSON column.
var jsonTable = []string{"CREATE TABLE t (id INT PRIMARY KEY, a INT, j JSON)", `INSERT INTO t VALUES (1, 1, '{"tags": [1, 2], "name": "x"}'), (2, 2, '{"name": null}'), (3, 3, NULL)`}

var indexStories = []story{
	// Whole columns.
	{run: alter("ADD INDEX ia (a)", "ADD KEY (b), ADD UNIQUE KEY uv (v)", "DROP INDEX ia", "DROP INDEX b, ADD INDEX b (b, a)", "DROP INDEX uv")},
	{run: []string{"CREATE INDEX i1 ON t (a)", "CREATE UNIQUE INDEX i2 ON t (u, a)", "DROP INDEX i1 ON t", "CREATE INDEX i1 ON t (b DESC, a)", "DROP INDEX i2 ON t"}},
	{run: alter("ADD INDEX i (a DESC)", "ADD INDEX i2 (a, u DESC)", "DROP INDEX i, ADD INDEX i (a)")},
	{run: alter("ADD INDEX i (a) USING BTREE, ADD INDEX h (u) USING HASH", "DROP INDEX h")},
	{run: alter("ADD INDEX i (a) COMMENT 'why' KEY_BLOCK_SIZE = 4", "DROP KEY i")},
	{run: alter("DROP PRIMARY KEY, ADD PRIMARY KEY (id, b)", "DROP PRIMARY KEY, ADD PRIMARY KEY (id)")},
	{run: []string{"CREATE TABLE k (a INT, b INT, PRIMARY KEY (a DESC, b), KEY x (b DESC))", "DROP TABLE k"}},
	{run: alter("ADD INDEX `an index whose name has all of the 64 characters that MySQL has!` (a)", "ADD INDEX `odd \"na'me` (u)", "DROP INDEX `odd \"na'me`", "RENAME TO `a table whose name has nearly all of the 64 characters it may`")},
	{run: alter("ADD INDEX ia (a), ADD INDEX ib (b)", "DROP INDEX ia, DROP INDEX ib, ADD INDEX ia (b), ADD INDEX ib (a)")},
	{run: alter("ADD INDEX i (a, b, u)", "DROP COLUMN a", "DROP COLUMN b", "DROP COLUMN u")},
	{run: alter("ADD INDEX i (a)", "DROP COLUMN a, ADD COLUMN z BIGINT, ADD INDEX i (z)")},
	{run: alter("ADD INDEX i (a)", "CHANGE a aa BIGINT", "CHANGE aa A BIGINT, ADD INDEX j (u)")},
	{run: []string{"ALTER TABLE t ADD INDEX i (a), ADD INDEX j (b(5))", "RENAME TABLE t TO r", "ALTER TABLE r DROP INDEX j", "RENAME TABLE r TO t"}},
	{run: []string{"CREATE TABLE l LIKE t", "ALTER TABLE l ADD FULLTEXT (c), ADD INDEX p (b(3))", "CREATE TABLE l2 LIKE l", "DROP TABLE l"}},
	{run: alter("ADD INDEX i (e), ADD INDEX i2 (o), ADD INDEX i3 (d), ADD INDEX i4 (dt), ADD INDEX i5 (n), ADD INDEX i6 (f)")},

	// Parts of columns.
	{run: alter("ADD INDEX i (b(10))", "ADD INDEX i2 (c(20), a)", "ADD INDEX i3 (o(4))", "ADD INDEX i4 (m(30) DESC)")},
	{run: alter("ADD UNIQUE u1 (b(4))", "ADD UNIQUE u2 (o(2))", "DROP INDEX u1, DROP INDEX u2")},
	{run: alter("ADD INDEX i (b(10))", "MODIFY b VARCHAR(300) NOT NULL", "MODIFY b TEXT NOT NULL", "MODIFY b VARCHAR(250)", "CHANGE b bb VARCHAR(250)")},
	{run: alter("ADD INDEX i (b(10))", "MODIFY b VARBINARY(800) NOT NULL")},
	{run: alter("ADD INDEX i (b(10))", "DROP INDEX i, ADD INDEX i (b(11))", "DROP INDEX i, ADD INDEX i (b)", "DROP INDEX i, ADD INDEX i (b(200))")},
	{run: []string{"CREATE TABLE k (a VARCHAR(50), b BLOB, PRIMARY KEY (a(5)), KEY (b(9)))", "ALTER TABLE k DROP PRIMARY KEY, ADD PRIMARY KEY (a)"}},
	{rules: masking("b", "hash"), run: alter("ADD INDEX i (b(2))", "ADD UNIQUE u (b(2))")},

	// FULLTEXT.
	{run: alter("ADD FULLTEXT KEY f (c)", "ADD FULLTEXT (b, c)", "DROP INDEX f")},
	{run: alter("ADD FULLTEXT f (m)", "ADD FULLTEXT f2 (m, b)", "DROP INDEX f, ADD FULLTEXT f (c)")},
	{run: []string{"CREATE FULLTEXT INDEX f ON t (b)", "ALTER TABLE t CHANGE b text_of VARCHAR(200) NOT NULL", "DROP INDEX f ON t"}},
	{run: alter("ADD FULLTEXT f (b, c)", "MODIFY c MEDIUMTEXT", "MODIFY b TEXT", "DROP COLUMN b")},
	{run: []string{"CREATE TABLE x (id INT PRIMARY KEY, s CHAR(40), w VARCHAR(20), FULLTEXT KEY (s), FULLTEXT KEY sw (s, w)) ENGINE=InnoDB", "RENAME TABLE x TO y", "ALTER TABLE y DROP KEY sw"}},
	{rules: masking("c", "fixed(x)"), run: alter("ADD FULLTEXT (c)")},
	{rules: collating(typemap.CIText), run: alter("ADD FULLTEXT (b)", "ADD INDEX i (b(6))")},

	// SPATIAL without PostGIS: skipped, and followed all the same.
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, g POINT NOT NULL, h GEOMETRY NOT NULL) ENGINE=InnoDB"}, run: alter("ADD SPATIAL INDEX sg (g)", "ADD SPATIAL KEY (h)", "DROP INDEX sg", "RENAME TO u")},

	// Indexes over columns without an order.
	{setup: jsonTable, on: "maria", run: alter("ADD INDEX i (a), ADD INDEX j (j(30))", "DROP INDEX j")},

	// Functional indexes, which MySQL alone has.
	{on: "my", run: alter("ADD INDEX f ((a + 1))", "ADD INDEX f2 ((a * 2), (u % 10) DESC, b)", "DROP INDEX f")},
	{on: "my", run: alter("ADD INDEX f ((YEAR(d)))", "ADD INDEX f2 ((MONTH(dt)), (CAST(dt AS DATE)))", "ADD INDEX f3 ((TO_DAYS(d)))", "DROP INDEX f2")},
	{on: "my", run: alter("ADD INDEX f ((LOWER(b)))", "ADD UNIQUE f2 ((UPPER(v)), id)", "ADD INDEX f3 ((CONCAT(v, '-)', a)))", "ADD INDEX f4 ((LEFT(b, 3)), (CHAR_LENGTH(b)))")},
	{on: "my", run: alter("ADD UNIQUE f ((a + 1))", "ADD UNIQUE f2 ((CONCAT(v, b)), a)", "DROP INDEX f2, DROP INDEX f")},
	{on: "my", run: alter("ADD INDEX f ((CASE WHEN a > 0 THEN a END))", "ADD INDEX f2 ((IF(e = 'p', a, NULL)))", "ADD INDEX f3 ((COALESCE(a, 0)), (a IS NULL))")},
	{on: "my", run: alter("ADD INDEX f ((a / 2))", "ADD INDEX f2 ((b = 'x'))", "ADD INDEX f3 ((SUBSTRING_INDEX(b, 'w', 1)))", "DROP INDEX f, RENAME INDEX f2 TO f")},
	{on: "my", run: alter("ADD INDEX f ((a + 1))", "MODIFY a BIGINT", "MODIFY a BIGINT UNSIGNED", "DROP INDEX f, DROP COLUMN a"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 5), (2, NULL)"}},
	{on: "my", run: alter("ADD INDEX f ((a + 1))", "RENAME INDEX f TO g", "RENAME INDEX g TO f, ADD INDEX g (u)", "RENAME INDEX f TO g, RENAME INDEX g TO f")},
	{on: "my", run: []string{"CREATE TABLE k (id INT PRIMARY KEY, a INT, s VARCHAR(30), KEY f ((a + id)), UNIQUE KEY g ((CONCAT(s, '')), id), KEY ((a DIV 2)))", "RENAME TABLE k TO k2", "CREATE TABLE k3 LIKE k2"}},
	{on: "my", run: alter("ADD INDEX f ((v LIKE 'A%'))", "ADD INDEX f2 ((v IN ('Ann', 'its', 'back\\\\slash')))", "ADD INDEX f3 ((CAST(n AS SIGNED)))", "ADD INDEX f4 ((HEX(o)))", "ADD INDEX f5 ((CAST(a AS CHAR(9) CHARSET utf8mb4)))")},
	{on: "my", setup: jsonTable, run: alter("ADD INDEX f ((CAST(JSON_UNQUOTE(JSON_EXTRACT(j, '$.name')) AS CHAR(20) CHARSET utf8mb4)))", "ADD INDEX f2 ((CAST(JSON_UNQUOTE(JSON_EXTRACT(j, '$.name')) AS CHAR(20) CHARSET utf8mb4) COLLATE utf8mb4_bin))", "ADD INDEX mv ((CAST(JSON_EXTRACT(j, '$.tags') AS UNSIGNED ARRAY)))", "ADD INDEX mv2 (a, (CAST(JSON_EXTRACT(j, '$.tags') AS UNSIGNED ARRAY)))", "DROP INDEX mv")},
	{on: "my", setup: jsonTable[:1], run: alter("ADD UNIQUE f ((CAST(JSON_UNQUOTE(JSON_EXTRACT(j, '$.name')) AS CHAR(20) CHARSET utf8mb4)))", "ADD UNIQUE mv ((CAST(JSON_EXTRACT(j, '$.tags') AS UNSIGNED ARRAY)))", "DROP INDEX f")},
	{on: "my", rules: masking("v", "hash"), run: alter("ADD INDEX f ((LOWER(v)))", "ADD INDEX f2 ((a + 1))")},
	{on: "my", rules: overriding("int*", "bigint"), run: alter("ADD INDEX f ((a + 1))", "ADD INDEX f2 ((LEFT(b, 2)))")},
	{on: "my", rules: collating(typemap.ICU), run: alter("ADD INDEX f ((LEFT(b, 3)))", "ADD INDEX f2 ((CHAR_LENGTH(b)))", "ADD FULLTEXT (b)")},
	{on: "my", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, ts TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00')", "INSERT INTO t VALUES (1, '2020-01-01', '2021-02-03 04:05:06'), (2, '0000-00-00', '2001-01-01 00:00:00')"}, run: alter("ADD INDEX f ((YEAR(d)))")},
	{on: "my", run: alter("ADD INDEX i (a) INVISIBLE", "ALTER INDEX i VISIBLE", "ALTER INDEX i2 INVISIBLE, RENAME INDEX i TO i2", "ADD FULLTEXT (b) WITH PARSER ngram")},
	{on: "my", run: alter("ADD INDEX x (a), ADD INDEX y (b)", "RENAME INDEX x TO y, RENAME INDEX y TO x", "RENAME KEY x TO z")},

	// MariaDB.
	{on: "maria", run: alter("ADD INDEX i (a) IGNORED", "ALTER INDEX i NOT IGNORED", "ALTER KEY i IGNORED")},
	{on: "maria", run: alter("ADD INDEX x (a), ADD INDEX y (b)", "RENAME INDEX x TO y, RENAME INDEX y TO z", "RENAME KEY z TO x")},
	{on: "maria", run: alter("ADD UNIQUE uc (c)", "ADD UNIQUE um (m, a) USING HASH", "DROP INDEX uc", "CHANGE m mm MEDIUMTEXT", "DROP INDEX um")},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x BLOB)", "INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, NULL), (4, REPEAT('z', 9000))"}, run: alter("ADD UNIQUE (x)", "ADD INDEX (x(100))")},
	{on: "maria", run: []string{"CREATE OR REPLACE INDEX i ON t (a)", "CREATE OR REPLACE INDEX i ON t (b(7))", "CREATE INDEX IF NOT EXISTS i ON t (u)", "DROP INDEX IF EXISTS i ON t"}},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT, s DATE, e DATE, PERIOD FOR p (s, e), UNIQUE KEY k (id, p WITHOUT OVERLAPS))", "INSERT INTO t VALUES (1, '2020-01-01', '2020-02-01'), (1, '2020-02-01', '2020-03-01')"}, run: alter("ADD c INT", "ADD INDEX (c)")},
	{on: "maria", run: []string{"CREATE TABLE k (id INT PRIMARY KEY, u UUID, i INET6, KEY (u), KEY (i))", "ALTER TABLE k ADD UNIQUE (u, i)"}},

	// Checks and generated columns: tracked, and nothing of them is made.
	{run: alter("ADD CONSTRAINT c1 CHECK (a < 1000)", "ADD CONSTRAINT c2 CHECK (b <> ')' AND n > -100), ADD CHECK (u IS NULL OR u >= 0)", "DROP CONSTRAINT c1", "ADD c9 INT CHECK (c9 > 5)", "DROP COLUMN c9")},
	{on: "my", run: alter("ADD CONSTRAINT c1 CHECK (a < 1000) NOT ENFORCED", "ALTER CHECK c1 ENFORCED", "ALTER CONSTRAINT c1 NOT ENFORCED", "DROP CHECK c1", "MODIFY a BIGINT CHECK (a > -100)", "ALTER CHECK t_chk_1 NOT ENFORCED", "RENAME TO t2")},
	{on: "maria", run: alter("MODIFY a BIGINT CHECK (a > -100)", "MODIFY a BIGINT", "ADD CONSTRAINT IF NOT EXISTS c1 CHECK (u >= 0)", "DROP CONSTRAINT IF EXISTS c1", "CHANGE a aa BIGINT CHECK (aa > -200)", "DROP CONSTRAINT IF EXISTS none")},
	{run: []string{"CREATE TABLE g (a INT, b INT AS (a * 2) VIRTUAL, c INT AS (a + 1) STORED, s VARCHAR(20), l VARCHAR(20) AS (CONCAT(s, '-x)')), KEY (c), KEY (b), UNIQUE (c, a))", "ALTER TABLE g ADD d INT", "ALTER TABLE g DROP INDEX b", "ALTER TABLE g DROP COLUMN b", "RENAME TABLE g TO h", "ALTER TABLE h ADD INDEX (l(5))"}},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, a INT, g INT AS (a + 1) STORED, CONSTRAINT k CHECK (a > 0))", "INSERT INTO t (id, a) VALUES (1, 5)"}, run: alter("RENAME COLUMN id TO nr", "ADD x INT, ADD INDEX (g)")},
	{on: "my", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, a INT, g INT AS (a + 1) STORED, CONSTRAINT k CHECK (id > 0))", "INSERT INTO t (id, a) VALUES (1, 5)"}, run: alter("RENAME COLUMN g TO gg", "ADD INDEX ((gg + 1))")},
}

// After each statement PostgreSQL has the indexes that a new copy would have made.
func TestIndexStories(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7", "mariadb-11.8"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			b.must(b.target, "CREATE EXTENSION citext")
			b.must(b.source, "SET sql_mode = ''")
			b.recount(t, indexStories, wordy)
		})
	}
}

// recount follows the stories that the server knows.
func (b *bench) recount(t *testing.T, list []story, setup []string) {
	for i, s := range list {
		if s.on == "maria" && b.dialect.Flavor != event.MariaDB || s.on == "my" && b.dialect.Flavor != event.MySQL {
			continue
		}
		if s.setup == nil {
			s.setup = setup
		}
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			outer := b.t
			b.t = t
			defer func() { b.t = outer }()
			b.follow(s)
		})
	}
}

var oldIndexStories = []story{
	{run: alter("ADD INDEX ia (a)", "ADD UNIQUE uv (v(3))", "ADD FULLTEXT f (c)", "DROP INDEX ia, DROP INDEX uv", "CHANGE c cc TEXT", "RENAME TO u")},
	{run: []string{"CREATE INDEX i ON t (b(9) DESC) USING HASH", "CREATE FULLTEXT INDEX f ON t (b, c)", "ALTER TABLE t DROP COLUMN b", "DROP INDEX f ON t"}},
}

func TestIndexesOfAnOldServer(t *testing.T) {
	b := newBench(t, "mysql-5.6")
	b.dialect.ImplicitTimestamps = true
	b.must(b.source, "SET NAMES utf8mb4", "SET sql_mode = ''")
	b.recount(t, oldIndexStories, wordy)
}

func extended(r *mapping.Rules) {
	r.Types = typemap.Options{PostGIS: true, PGVector: true, Trigram: true}
}

// extendedStories are for a target with PostGIS, pgvector and pg_trgm.
var extendedStories = []story{
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, g POINT NOT NULL, h GEOMETRY NOT NULL) ENGINE=InnoDB", "INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0, 1 1)'))"},
		run: alter("ADD SPATIAL INDEX sg (g)", "ADD SPATIAL KEY (h)", "DROP INDEX sg", "CHANGE h hh GEOMETRY NOT NULL", "RENAME TO u")},
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY)"}, run: []string{"CREATE TABLE s (g POLYGON NOT NULL, SPATIAL INDEX gi (g))", "CREATE TABLE s2 (id INT, g LINESTRING NOT NULL)", "CREATE SPATIAL INDEX gx ON s2 (g)", "RENAME TABLE s TO s3", "DROP INDEX gx ON s2"}},
	{on: "my", run: alter("ADD FULLTEXT f (b) WITH PARSER ngram", "ADD FULLTEXT f2 (b, c) WITH PARSER ngram", "DROP INDEX f", "ADD FULLTEXT f3 (c)")},
	{on: "my", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3))", "INSERT INTO t VALUES (1, TO_VECTOR('[1,2,3]'))"}, run: alter("ADD INDEX i (id)", "ADD a INT")},
}

// vectorStories are MariaDB's, since 11.7.
var vectorStories = []story{
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3) NOT NULL)", "INSERT INTO t VALUES (1, VEC_FromText('[1,2,3]')), (2, VEC_FromText('[0,0.5,-1]'))"},
		run: alter("ADD VECTOR INDEX vi (v) M=6 DISTANCE=cosine", "DROP INDEX vi", "ADD VECTOR INDEX vi (v)", "CHANGE v w VECTOR(3) NOT NULL", "RENAME TO u")},
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY)"}, run: []string{"CREATE TABLE s (id INT PRIMARY KEY, v VECTOR(4) NOT NULL, VECTOR INDEX (v) DISTANCE=euclidean)", "CREATE TABLE big (id INT PRIMARY KEY, v VECTOR(2001) NOT NULL, VECTOR INDEX (v))", "DROP TABLE s, big"}},
}

func TestIndexesOfExtensions(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7", "mariadb-11.8"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			p := testserver.Shared(t, testserver.Extended)
			b.target = session(t, p, p.Database(t, "ddl"))
			b.must(b.target, "CREATE EXTENSION postgis", "CREATE EXTENSION vector", "CREATE EXTENSION pg_trgm")
			b.must(b.source, "SET sql_mode = ''")
			list := append([]story(nil), extendedStories...)
			if server == "mariadb-11.8" {
				list = append(list, vectorStories...)
			}
			for i := range list {
				list[i].rules = extended
			}
			b.recount(t, list, wordy)
		})
	}
	t.Run("vectors without pgvector", func(t *testing.T) {
		newBench(t, "mariadb-11.8").recount(t, vectorStories, nil)
	})
}

// What is skipped says why, and what is made is of the kind that docs/ddl.md tells.
func TestWhatBecomesOfIndexes(t *testing.T) {
	b := newBench(t, "mysql-9.7")
	b.must(b.source, wordy[0], `ALTER TABLE t ADD j JSON, ADD p POINT NOT NULL SRID 0, ADD INDEX i1 ((a + 1)), ADD INDEX i2 ((a / 2)), ADD UNIQUE i3 ((LOWER(b))), ADD UNIQUE i4 ((a * 2)), ADD FULLTEXT i5 (b, m), ADD SPATIAL INDEX i6 (p),
		ADD INDEX i7 ((CAST(j->'$.x' AS SIGNED ARRAY))), ADD INDEX i8 (a, (CAST(j->'$.x' AS SIGNED ARRAY))), ADD INDEX i9 ((CONCAT(e, ''))), ADD INDEX i10 (b(5) DESC)`)
	plain, err := b.rules("evolved").Table(b.definition("t"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"i1": `CREATE INDEX "t__i1" ON "evolved"."t" ((("a"::bigint + 1::bigint)))`, "i2": "div_precision_increment", "i3": `CREATE INDEX "t__i3" ON "evolved"."t" ((lower("b")))`,
		"i4": `CREATE UNIQUE INDEX "t__i4" ON "evolved"."t" ((("a"::bigint * 2::bigint)))`,
		"i5": `USING gin (to_tsvector('pg_catalog.simple', coalesce("b", '') || ' ' || coalesce(left("m", 100000), '')))`, "i6": "PostGIS",
		"i7": `USING gin ((("j" #> '{"x"}')))`, "i8": "no counterpart", "i9": "immutable", "i10": `(left("b", 5) DESC)`,
	}
	for _, index := range ddl.Indexes(plain) {
		if part, is := want[index.Source]; is && !strings.Contains(index.SQL+index.Skipped, part) {
			t.Errorf("%s: %s%s", index.Source, index.SQL, index.Skipped)
		}
		delete(want, index.Source)
	}
	if len(want) > 0 {
		t.Errorf("these are not listed: %v", want)
	}
}
