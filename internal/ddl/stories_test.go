package ddl_test

import (
	"testing"

	"pgchameleon/internal/event"
	"pgchameleon/internal/testserver"
)

// base is the table that most stories begin with.
var base = []string{
	"CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 3, b VARCHAR(20) NOT NULL DEFAULT 'x', e ENUM('p','q','r') DEFAULT 'q', d DATETIME(3), n DECIMAL(10,2) NOT NULL, KEY ab (a, b), UNIQUE KEY ub (b)) COMMENT 'tab'",
	"INSERT INTO t VALUES (1, 10, 'one', 'p', '2020-02-29 10:11:12.345', 1.5), (2, NULL, '22', NULL, NULL, -2), (3, -5, '3.7', 'r', '1999-12-31 23:59:59.999', 0)",
}

func alter(clauses ...string) (list []string) {
	for _, c := range clauses {
		list = append(list, "ALTER TABLE t "+c)
	}
	return list
}

var stories = []story{
	// Columns come and go.
	{run: alter("ADD c INT", "ADD COLUMN c2 INT NOT NULL", "ADD c3 VARCHAR(5) NOT NULL DEFAULT 'it''s' AFTER id", "ADD c4 DATE FIRST, ADD c5 BIGINT UNSIGNED DEFAULT 18446744073709551615 AFTER c4")},
	{run: alter("ADD c1 CHAR(3) NOT NULL, ADD c2 DECIMAL(5,2) DEFAULT 1.5, ADD c3 DOUBLE NOT NULL, ADD c4 BLOB NOT NULL, ADD c5 VARBINARY(5) DEFAULT 'ab', ADD c6 BINARY(4) DEFAULT 'ab', ADD c7 BIT(5) NOT NULL DEFAULT b'101', ADD c8 BIT(1) NOT NULL")},
	{run: alter("ADD c1 ENUM('x','y') NOT NULL, ADD c2 ENUM('x','y') DEFAULT 'y', ADD c3 SET('m','n','o') DEFAULT 'o,m', ADD c4 YEAR DEFAULT 1999, ADD c5 TIME DEFAULT '1:2:3', ADD c6 DATETIME(2) DEFAULT '2020-01-02 03:04:05', ADD c7 TEXT, ADD c8 TINYINT(1) NOT NULL DEFAULT TRUE")},
	{run: alter("ADD (c1 INT, c2 INT NOT NULL DEFAULT 7)", "ADD c3 INT UNIQUE", "ADD c4 INT COMMENT 'four', ADD INDEX (c4, c1)")},
	{run: alter("DROP a", "DROP COLUMN b, DROP e", "DROP d, ADD d INT DEFAULT 5")},
	{run: alter("DROP COLUMN e, ADD COLUMN e ENUM('p','z') NOT NULL DEFAULT 'z'")},
	{run: alter("ADD c JSON", "ADD g POINT, ADD ls LINESTRING")},
	{run: alter("ADD `odd \"na'me` INT DEFAULT 1, ADD INDEX `i x` (`odd \"na'me`)", "DROP COLUMN `odd \"na'me`")},
	{run: alter("ADD c DATETIME DEFAULT CURRENT_TIMESTAMP"), excluded: "clock"},
	{run: alter("ADD c INT AS (a + 1) STORED"), excluded: "generated"},
	{run: []string{"ALTER TABLE t DROP PRIMARY KEY, MODIFY id INT, ADD k BIGINT AUTO_INCREMENT PRIMARY KEY"}, excluded: "numbered"},

	// Columns change.
	{run: alter("MODIFY a BIGINT", "MODIFY a BIGINT UNSIGNED", "MODIFY COLUMN b VARCHAR(200) NOT NULL DEFAULT 'y'", "MODIFY n DECIMAL(20,4) NOT NULL"), setup: []string{base[0], "INSERT INTO t VALUES (1, 10, 'one', 'p', NULL, 1.5), (2, NULL, '22', NULL, NULL, -2)"}},
	{run: alter("MODIFY a INT NOT NULL FIRST", "MODIFY a INT NULL AFTER b"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, 'x1', 1)"}},
	{run: alter("MODIFY a VARCHAR(30)", "MODIFY n VARCHAR(30) DEFAULT '0'", "MODIFY e VARCHAR(10) DEFAULT 'zz'")},
	{run: alter("MODIFY d VARCHAR(30)"), setup: []string{base[0], "INSERT INTO t (id, d, n) VALUES (1, '2020-02-29 10:11:12.345', 1)"}},
	{run: alter("MODIFY d VARCHAR(30)"), refilled: "only the source knows"}, // NULL may be a zero date
	{run: alter("MODIFY b INT NOT NULL DEFAULT 3"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, '12', 1), (2, '-7', 1)"}},
	{run: alter("MODIFY b DECIMAL(8,2) NULL", "MODIFY b DOUBLE", "MODIFY b INT"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, '12.5', 1), (2, '-7', 1)"}},
	{run: alter("ADD x VARCHAR(9) CHARACTER SET latin1 NOT NULL DEFAULT 'é€'", "ADD y CHAR(9) CHARACTER SET ucs2 NOT NULL DEFAULT 'ü ', ADD z CHAR(9) CHARACTER SET gbk NOT NULL DEFAULT '中'", "ALTER x SET DEFAULT 'Ã©'",
		"ADD v ENUM('ä','é') CHARACTER SET latin1 NOT NULL DEFAULT 'é', ADD w SET('я','ю') CHARACTER SET cp1251 DEFAULT 'я'")},
	{run: alter("CHANGE a aa INT DEFAULT 4", "CHANGE COLUMN b bb VARCHAR(10) CHARACTER SET latin1 NOT NULL", "CHANGE id id BIGINT NOT NULL AUTO_INCREMENT", "CHANGE id nr BIGINT NOT NULL AUTO_INCREMENT")},
	{run: alter("CHANGE a b INT, CHANGE b a VARCHAR(20)")},
	{run: alter("CHANGE e f ENUM('p','q','r','s') DEFAULT 's'", "CHANGE f e ENUM('p','q','r','s')")},
	{run: alter("MODIFY e ENUM('p','q','r','s') DEFAULT 'q'", "MODIFY e ENUM('o','p','q','q2','r','s','t') DEFAULT 'q'", "MODIFY e ENUM('r','q','p','o') DEFAULT 'o'", "MODIFY e ENUM('r','q','P') NOT NULL DEFAULT 'r'"),
		setup: []string{base[0], "INSERT INTO t (id, e, n, b) VALUES (1, 'p', 1, 'b1'), (2, 'r', 1, 'b2')"}},
	{run: alter("MODIFY e VARCHAR(5)", "MODIFY e ENUM('P','r')", "MODIFY e INT", "MODIFY e ENUM('x','y') NOT NULL"), setup: []string{base[0], "INSERT INTO t (id, e, n, b) VALUES (1, 'p', 1, 'b1'), (2, 'r', 1, 'b2')"}},
	{run: alter("MODIFY d DATE"), setup: []string{base[0], "INSERT INTO t (id, d, n) VALUES (1, '2020-01-02 03:04:05', 1)"}, excluded: "worked out"},
	{run: alter("MODIFY d DATETIME"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, d DATE)", "INSERT INTO t VALUES (1, '2020-01-02'), (2, NULL)"}},
	{run: alter("MODIFY d DATE"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, d DATETIME)", "INSERT INTO t VALUES (1, '2020-01-02 23:59:59'), (2, NULL)"}},
	{run: alter("MODIFY d DATETIME(6)", "MODIFY d DATETIME(6) NOT NULL"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, d DATETIME)", "INSERT INTO t VALUES (1, '2020-01-02 23:59:59')"}},
	{run: alter("MODIFY x DATETIME(2)", "MODIFY y DATE", "MODIFY z TIME"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(30), y CHAR(20), z TEXT)", "INSERT INTO t VALUES (1, '2020-01-02 23:59:59.12', '2020-2-3', '10:11:12'), (2, NULL, NULL, NULL)"}},
	{run: alter("MODIFY x TIMESTAMP NULL"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x DATETIME)", "INSERT INTO t VALUES (1, '2020-01-02 23:59:59')"}},
	{run: alter("MODIFY x TIMESTAMP NULL"), zone: "SYSTEM", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x DATETIME)", "INSERT INTO t VALUES (1, '2020-01-02 23:59:59')"}, refilled: "worked out"},
	{run: alter("MODIFY x BIT(9)", "MODIFY x BIGINT UNSIGNED", "MODIFY x BIT(20)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x BIT(6) DEFAULT b'11')", "INSERT INTO t VALUES (1, b'10101'), (2, NULL)"}},
	{run: alter("MODIFY x TINYINT(1)", "MODIFY x BIT(1)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x BIT(1) DEFAULT b'1')", "INSERT INTO t VALUES (1, b'1'), (2, b'0')"}},
	{run: alter("MODIFY x TEXT", "MODIFY x VARCHAR(50)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x BLOB) CHARSET utf8mb4", "INSERT INTO t VALUES (1, 'é€😀'), (2, NULL), (3, '')"}},
	{run: alter("MODIFY x BINARY(6)", "MODIFY x BINARY(8)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARBINARY(6))", "INSERT INTO t VALUES (1, 'abc'), (2, NULL)"}},
	{run: alter("MODIFY x SET('a','b','c')", "MODIFY x VARCHAR(20)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x SET('a','b'))", "INSERT INTO t VALUES (1, 'a,b'), (2, NULL)"}},
	{run: alter("MODIFY x VARCHAR(20)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x INT(5) ZEROFILL)", "INSERT INTO t VALUES (1, 42), (2, NULL)"}},
	{run: alter("MODIFY x SMALLINT", "MODIFY x DECIMAL(6,1)"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x DECIMAL(8,3), y DOUBLE)", "INSERT INTO t VALUES (1, 2.5, 1), (2, -2.5, 2), (3, 1.499, 3)"}},
	{run: alter("MODIFY x INT NOT NULL, MODIFY y VARCHAR(9) NOT NULL"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x INT, y VARCHAR(9))", "INSERT INTO t VALUES (1, 4, '')"}},
	{run: alter("MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT", "AUTO_INCREMENT = 500", "MODIFY id INT NOT NULL", "MODIFY id INT NOT NULL AUTO_INCREMENT COMMENT 'again'")},
	{run: alter("RENAME COLUMN a TO c", "RENAME COLUMN b TO e, RENAME COLUMN e TO b")},
	{run: alter("RENAME COLUMN id TO nr, RENAME TO u")},
	{run: alter("ALTER a SET DEFAULT 9", "ALTER COLUMN a DROP DEFAULT", "ALTER b SET DEFAULT 'it''s \\\\ odd'", "ALTER e SET DEFAULT 'r', ALTER n SET DEFAULT 5, ALTER d SET DEFAULT '2020-01-01 00:00:00'")},
	{run: alter("MODIFY a INT DEFAULT 3 COMMENT 'it''s', COMMENT = 'new'", "MODIFY a INT DEFAULT 3, COMMENT ''")},
	{run: alter("MODIFY d DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", "ADD ts TIMESTAMP NULL DEFAULT NULL", "MODIFY ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP")},

	// Indexes.
	{run: alter("ADD INDEX (a)", "ADD KEY k2 (b(3), a), ADD UNIQUE (a, id)", "DROP INDEX ab, DROP KEY ub", "ADD UNIQUE INDEX ub (a, e)")},
	{run: alter("RENAME INDEX ab TO ba, RENAME KEY ub TO ab", "DROP INDEX ab, ADD INDEX ab (b)")},
	{run: []string{"CREATE INDEX i1 ON t (a)", "CREATE UNIQUE INDEX i2 ON t (n, id)", "DROP INDEX i1 ON t", "DROP INDEX i2 ON t", "CREATE INDEX i3 ON t (b(5))", "CREATE INDEX i4 ON t (a DESC, b)"}},
	{run: alter("DROP PRIMARY KEY, ADD PRIMARY KEY (id, b)", "DROP PRIMARY KEY, MODIFY id INT, ADD PRIMARY KEY (b)")},
	{run: alter("ADD PRIMARY KEY (a, b)"), setup: []string{"CREATE TABLE t (a INT, b VARCHAR(5), c INT)", "INSERT INTO t VALUES (1, 'x', 2)"}},
	{run: alter("ADD x TEXT, ADD y BLOB, ADD INDEX (x(10)), ADD UNIQUE (y(7), id)", "MODIFY x VARCHAR(8)", "MODIFY y TEXT"), setup: []string{base[0]}},
	{run: alter("ADD FULLTEXT INDEX f (b)", "DROP INDEX f")},
	{run: alter("DROP a, ADD INDEX an (n)", "DROP n")},
	{run: alter("DROP INDEX ub, CHANGE b c VARCHAR(20), ADD UNIQUE ub (c)")},
	{run: alter("ENGINE=InnoDB", "ROW_FORMAT=DYNAMIC", "FORCE", "ORDER BY a, b DESC", "DISABLE KEYS, ENABLE KEYS", "ALGORITHM=COPY, ADD zz INT")},

	// Tables come, go and are renamed.
	{run: []string{"CREATE TABLE u (id SERIAL, a INT UNIQUE, b INT UNIQUE KEY, c INT KEY COMMENT 'c')", "CREATE TABLE IF NOT EXISTS u (x INT)", "DROP TABLE u, t"}},
	{run: []string{"CREATE TABLE u (a INT, b INT, c VARCHAR(5), INDEX (a), INDEX (a, b), UNIQUE (a), KEY a_9 (b), KEY (b), PRIMARY KEY (c, a)) COMMENT = 'x' AUTO_INCREMENT = 7 DEFAULT CHARSET latin1"}},
	{run: []string{"CREATE TABLE u LIKE t", "DROP TABLE IF EXISTS none, u", "CREATE TABLE v (LIKE t)"}},
	{run: []string{"CREATE TABLE tmp2 (id INT PRIMARY KEY, e ENUM('1') NOT NULL)", "RENAME TABLE t TO tmp, tmp2 TO t, tmp TO tmp2", "RENAME TABLE t TO other", "DROP TABLE tmp2"}},
	{run: alter("RENAME u", "ADD c INT")[:1]},
	{run: alter("RENAME TO u, ADD c ENUM('a','b') DEFAULT 'b', DROP INDEX ab")},
	{run: []string{"TRUNCATE TABLE t", "TRUNCATE t"}},
	{run: []string{"CREATE TABLE u (a VARCHAR(10), b TEXT CHARACTER SET latin1, c CHAR(5) COLLATE utf8mb4_bin)", "ALTER TABLE u CONVERT TO CHARACTER SET utf8mb4", "ALTER TABLE u DEFAULT CHARACTER SET latin1", "ALTER TABLE u ADD d TEXT", "ALTER TABLE u CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"}},
	{run: []string{"CREATE TABLE `we``ird \"x'` (`a b` ENUM('it''s','\"q\"') DEFAULT 'it''s', KEY `k k` (`a b`))", "ALTER TABLE `we``ird \"x'` MODIFY `a b` ENUM('\"q\"','z') COMMENT '\\\\ and '' and \"'", "RENAME TABLE `we``ird \"x'` TO `n 1`"}},
	{run: []string{"CREATE TEMPORARY TABLE tt (a INT)", "ALTER TABLE tt ADD b INT", "DROP TEMPORARY TABLE tt"}},

	// Foreign keys and checks are tracked.
	{run: []string{"CREATE TABLE c (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) REFERENCES t (id) ON DELETE CASCADE ON UPDATE SET NULL)",
		"ALTER TABLE c ADD o INT, ADD CONSTRAINT fo FOREIGN KEY (o) REFERENCES t (id)", "ALTER TABLE c ADD p INT, ADD FOREIGN KEY fi (p) REFERENCES t (id) ON DELETE RESTRICT",
		"ALTER TABLE c DROP FOREIGN KEY fo, DROP INDEX fo", "RENAME TABLE c TO c2", "ALTER TABLE t RENAME COLUMN id TO nr", "RENAME TABLE t TO t2", "ALTER TABLE c2 DROP FOREIGN KEY c2_ibfk_1", "DROP TABLE c2, t2"}},
	{run: alter("ADD CHECK (a < 1000)", "ADD CONSTRAINT cc CHECK (n > -1000 AND b <> ')')", "DROP CONSTRAINT cc", "RENAME TO u")},
	{run: []string{"CREATE TABLE g (a INT, b INT AS (a * 2) VIRTUAL, c INT GENERATED ALWAYS AS (a + 1) STORED, KEY (c))", "ALTER TABLE g ADD d INT", "ALTER TABLE g DROP b"}},
	{run: []string{"CREATE TABLE p (id INT PRIMARY KEY, x INT) PARTITION BY HASH (id) PARTITIONS 3", "ALTER TABLE p ADD y INT", "ALTER TABLE p COALESCE PARTITION 1", "ALTER TABLE p REMOVE PARTITIONING"}},
	{run: []string{"CREATE TABLE p (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))", "ALTER TABLE p TRUNCATE PARTITION a"}},

	// MySQL alone.
	{on: "my", run: alter("ADD v INT INVISIBLE, ALTER a SET INVISIBLE", "ALTER a SET VISIBLE, ALTER INDEX ab INVISIBLE", "ADD KEY fx ((a + 1)), ADD INDEX ((upper(b)), a)", "DROP INDEX fx")},
	{on: "my", run: []string{"CREATE TABLE u (id INT, j JSON DEFAULT (json_array()), u VARCHAR(36) DEFAULT (uuid()), d INT DEFAULT (1 + 2), t TEXT DEFAULT ('abc'), p POINT NOT NULL SRID 4326, v VECTOR(3), c INT CHECK (c > 0), CONSTRAINT n CHECK (id > 1) NOT ENFORCED)",
		"ALTER TABLE u DROP CHECK n, DROP CHECK u_chk_1", "ALTER TABLE u ADD CHECK (id > 2)"}},
	{on: "my", run: alter("DROP a, DROP n")},
	{on: "my", run: []string{"SET SESSION sql_generate_invisible_primary_key = 0", "CREATE TABLE u (a INT REFERENCES t (id), b INT)"}},

	// MariaDB alone.
	{on: "maria", run: alter("ADD COLUMN IF NOT EXISTS a INT, ADD COLUMN IF NOT EXISTS c INT", "DROP COLUMN IF EXISTS zz, DROP COLUMN IF EXISTS c", "MODIFY COLUMN IF EXISTS zz INT, DROP INDEX IF EXISTS zz, ADD INDEX IF NOT EXISTS ab (b), ADD INDEX IF NOT EXISTS a2 (a)")},
	{on: "maria", run: []string{"CREATE OR REPLACE TABLE t (a INT, j JSON, u UUID DEFAULT uuid(), i INET6, k INET4, x VARCHAR(50) COMPRESSED, y INT DEFAULT (1 + 2), z TEXT DEFAULT 'abc', w DATETIME DEFAULT NOW(), v INT INVISIBLE)",
		"ALTER TABLE t MODIFY j LONGTEXT", "ALTER TABLE t MODIFY j JSON COMMENT 'x'", "ALTER TABLE t CHANGE j k2 JSON", "CREATE OR REPLACE TABLE t LIKE t"}[:4]},
	{on: "maria", run: []string{"ALTER TABLE IF EXISTS none ADD c INT", "ALTER TABLE t WAIT 5 ADD c INT CHECK (c > 5)", "ALTER TABLE t ADD CHECK (a < 500), ADD CONSTRAINT IF NOT EXISTS cx CHECK (a > -500)", "ALTER TABLE t DROP CONSTRAINT IF EXISTS cx", "ALTER TABLE t CHANGE c cc INT CHECK (cc > 6)", "SET STATEMENT max_statement_time=60 FOR ALTER TABLE t ADD d2 INT"}},
	{on: "maria", run: alter("ALTER INDEX ab IGNORED", "ALTER INDEX ab NOT IGNORED", "ADD UNIQUE h (d) USING HASH")},
	{on: "maria", run: []string{"CREATE SEQUENCE s1", "ALTER SEQUENCE s1 RESTART 5", "DROP SEQUENCE s1", "CREATE OR REPLACE INDEX ab ON t (a)", "CREATE INDEX IF NOT EXISTS ab ON t (b)", "DROP INDEX IF EXISTS zz ON t"}},
	{on: "maria", run: []string{"CREATE TABLE sv (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING", "SET STATEMENT system_versioning_alter_history=1 FOR ALTER TABLE sv ADD y INT", "SET STATEMENT system_versioning_alter_history=1 FOR ALTER TABLE sv DROP SYSTEM VERSIONING", "ALTER TABLE sv ADD SYSTEM VERSIONING"}},
	{on: "maria", run: []string{"CREATE TABLE sv (id INT PRIMARY KEY, x INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING", "DROP TABLE sv"}},
	{on: "maria", run: []string{"CREATE TABLE pe (id INT, s DATE, e DATE, PERIOD FOR app (s, e), PRIMARY KEY (id, app WITHOUT OVERLAPS))", "ALTER TABLE pe DROP PERIOD FOR app"}[:1]},
}

func TestStories(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7", "mariadb-11.8"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			for _, s := range stories {
				if s.on == "maria" && b.dialect.Flavor != event.MariaDB || s.on == "my" && b.dialect.Flavor != event.MySQL {
					continue
				}
				if s.setup == nil {
					s.setup = base
				}
				b.follow(s)
			}
		})
	}
}

// What an old server does without being asked: TIMESTAMP columns are NOT NULL
// and follow the clock, CHECK is forgotten.
var oldStories = []story{
	{run: []string{"CREATE TABLE u (id INT, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP NULL, d TIMESTAMP DEFAULT '2001-01-01 00:00:00', e INT CHECK (e > 0), CHECK (id > 1))", "ALTER TABLE u ADD f TIMESTAMP NULL"}},
	{run: alter("ADD c INT NOT NULL", "MODIFY a BIGINT", "CHANGE a aa VARCHAR(10)", "DROP INDEX ub, ADD INDEX (aa)", "DROP e", "ALTER aa SET DEFAULT 'x'")},
	{run: alter("ADD x YEAR(4) DEFAULT 2001, ADD y BIT(3), ADD z DECIMAL(4,1) UNSIGNED", "CONVERT TO CHARACTER SET latin1", "RENAME TO u")},
	{run: alter("MODIFY e ENUM('q','p','r','s') DEFAULT 's'", "COMMENT 'é'", "AUTO_INCREMENT 100")},
	{run: []string{"CREATE TABLE u LIKE t", "RENAME TABLE t TO x, u TO t, x TO u", "TRUNCATE t", "DROP TABLE IF EXISTS t, nothing"}},
}

func TestOldServer(t *testing.T) {
	b := newBench(t, "mysql-5.6")
	b.dialect.ImplicitTimestamps, b.mode = true, strict
	for _, s := range oldStories {
		if s.setup == nil {
			s.setup = base
		}
		b.follow(s)
	}
}
