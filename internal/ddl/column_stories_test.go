package ddl_test

import (
	"testing"

	"pgchameleon/internal/testserver"
)

// values is the table of stories on types: what stands at the edges of them.
func values(column string, rows ...string) []string {
	setup := []string{"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, x " + column + ") CHARACTER SET utf8mb4"}
	for i, row := range rows {
		setup = append(setup, "INSERT INTO t VALUES ("+string(rune('1'+i))+", "+row+")")
	}
	return setup
}

// people is a table as applications have them.
var people = []string{
	"CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT, email VARCHAR(100) NOT NULL, name VARCHAR(50) DEFAULT NULL, state ENUM('new','active','gone') NOT NULL DEFAULT 'new', flags SET('a','b','c') NOT NULL DEFAULT '', " +
		"score DECIMAL(8,2) DEFAULT '0.00', visits INT(11) DEFAULT 0, active TINYINT(1) NOT NULL DEFAULT 1, born DATE DEFAULT NULL, seen DATETIME DEFAULT NULL, note TEXT, body BLOB, " +
		"PRIMARY KEY (id), UNIQUE KEY email (email), KEY state (state, score), KEY seen (seen)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='people'",
	"INSERT INTO t VALUES (1, 'a@x', 'Ann', 'active', 'a,c', 12.50, 3, 1, '2000-02-29', '2020-01-01 10:00:00', 'hello', 'bytes'), (2, 'b@x', NULL, 'new', '', NULL, NULL, 0, NULL, NULL, NULL, NULL), " +
		"(3, 'c@x', 'Çelik 😀', 'gone', 'b', -99.99, -1, 1, '1999-12-31', '1999-12-31 23:59:59', '', '')",
}

var columnStories = []story{
	// Columns come: what they hold in present rows.
	{run: alter("ADD COLUMN c INT DEFAULT NULL", "ADD c2 INT NOT NULL DEFAULT '5'", "ADD c3 INT NOT NULL DEFAULT -7 FIRST", "ADD c4 BIGINT UNSIGNED NOT NULL AFTER id", "ADD c5 DECIMAL(5,3) NOT NULL DEFAULT 1.2345")},
	{run: alter("ADD c1 TINYINT UNSIGNED NOT NULL, ADD c2 MEDIUMINT NOT NULL DEFAULT 5, ADD c3 FLOAT NOT NULL DEFAULT 1.5, ADD c4 DOUBLE DEFAULT 1e10, ADD c5 DOUBLE(10,2) NOT NULL DEFAULT 2.25, ADD c6 INT(5) ZEROFILL NOT NULL DEFAULT 42")},
	{run: alter("ADD c1 DATE NOT NULL DEFAULT '2020-02-29', ADD c2 DATETIME NOT NULL DEFAULT '2020-02-29 10:00:00', ADD c3 TIME NOT NULL, ADD c4 YEAR NOT NULL, ADD c5 TIMESTAMP NOT NULL DEFAULT '2001-02-03 04:05:06', ADD c6 TIMESTAMP NULL")},
	{run: alter("ADD c1 DATE NOT NULL, ADD c2 DATETIME NOT NULL, ADD c3 DATETIME(6) NOT NULL"), mode: "STRICT_TRANS_TABLES"},
	{run: alter("ADD c1 ENUM('x','y') NOT NULL, ADD c2 ENUM('','x') NOT NULL, ADD c3 SET('m','n') NOT NULL, ADD c4 SET('m','n') NOT NULL DEFAULT 'n,m', ADD c5 ENUM('é','ü') DEFAULT 'ü'")},
	{run: alter("ADD c1 CHAR(5) NOT NULL DEFAULT 'ab  ', ADD c2 VARCHAR(5) NOT NULL DEFAULT 'ab  ', ADD c3 VARCHAR(9) CHARACTER SET latin1 NOT NULL DEFAULT 'ä', ADD c4 CHAR(0) NOT NULL, ADD c5 TEXT NOT NULL")},
	{run: alter("ADD c1 BINARY(3) NOT NULL, ADD c2 VARBINARY(3) NOT NULL, ADD c3 VARBINARY(3) NOT NULL DEFAULT 0x610062, ADD c4 BLOB NOT NULL, ADD c5 BIT(1) NOT NULL, ADD c6 BIT(9) NOT NULL DEFAULT b'100000001', ADD c7 BIT(64) DEFAULT 5")},
	{run: alter("ADD c BOOLEAN NOT NULL DEFAULT FALSE, ADD c2 BOOL DEFAULT TRUE", "ADD c3 TINYINT(1)", "ADD (c4 INT, c5 INT NOT NULL, KEY k5 (c5), UNIQUE KEY k4 (c4))")},
	{run: alter("ADD c1 INT FIRST, ADD c2 INT AFTER c1, ADD c3 INT AFTER id, ADD c4 INT", "ADD c5 INT AFTER b, ADD c6 INT AFTER c5")},
	{run: alter("ADD c INT DEFAULT 1 COMMENT 'it''s \"c\"', ADD d2 INT COMMENT ''", "ADD e2 INT COMMENT 'é € \\\\'")},
	{run: alter("ADD c DATETIME DEFAULT CURRENT_TIMESTAMP"), refilled: "clock"},
	{run: alter("ADD c TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"), refilled: "clock"},
	{run: []string{"SET timestamp = 1600000000", "ALTER TABLE t ADD c TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", "ALTER TABLE t ADD c2 TIMESTAMP NULL DEFAULT NOW()"}},
	{run: []string{"SET timestamp = 1600000000.123456", "ALTER TABLE t ADD c TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)", "ALTER TABLE t ADD c2 TIMESTAMP(2) DEFAULT CURRENT_TIMESTAMP(2) NOT NULL"}},
	{run: []string{"SET timestamp = 1600000000", "ALTER TABLE t ADD c DATETIME DEFAULT CURRENT_TIMESTAMP, ADD c2 DATETIME NOT NULL DEFAULT NOW()"}, zone: "+05:30"},
	{run: []string{"SET timestamp = 1600000000", "ALTER TABLE t ADD c DATETIME DEFAULT CURRENT_TIMESTAMP"}, zone: "SYSTEM", refilled: "clock"},
	{run: alter("ADD k BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE, MODIFY id INT NOT NULL"), refilled: "numbered"},
	{run: alter("ADD c INT NOT NULL DEFAULT 5"), then: []string{"INSERT INTO t (id, b, n) VALUES (1000, 'new', 1)", "INSERT INTO t (id, b, n, c) VALUES (1001, 'new2', 1, 9)"}},

	// Columns go.
	{run: alter("DROP a, DROP d", "DROP COLUMN e"), then: []string{"INSERT INTO t (id, b, n) VALUES (1000, 'new', 1)"}},
	{run: alter("DROP INDEX ub, DROP INDEX ab, DROP b, ADD b INT NOT NULL DEFAULT 4 FIRST", "ADD INDEX an (a, n)", "DROP COLUMN n, ADD COLUMN m BIGINT DEFAULT 5")},
	{run: alter("DROP id", "ADD INDEX (a)")},
	{run: alter("DROP INDEX ab, DROP a, ADD UNIQUE KEY ab (n, b)")},
	{run: alter("DROP PRIMARY KEY, DROP id, ADD PRIMARY KEY (b)")},

	// Names change.
	{run: alter("CHANGE a b INT, CHANGE b c VARCHAR(20), CHANGE n a DECIMAL(10,2) NOT NULL")},
	{run: alter("CHANGE a x INT, CHANGE b a VARCHAR(20) NOT NULL", "CHANGE x b INT DEFAULT 3, CHANGE a x VARCHAR(20) NOT NULL")},
	{run: alter("CHANGE e E ENUM('p','q','r') DEFAULT 'q'", "CHANGE A a INT", "CHANGE a `A B` INT", "CHANGE `A B` `ä` INT")},
	{run: alter("CHANGE id nr INT NOT NULL AUTO_INCREMENT FIRST, CHANGE b id VARCHAR(20) NOT NULL")},
	{run: alter("CHANGE e f ENUM('p','q','r'), ADD e ENUM('z') NOT NULL", "CHANGE f g ENUM('r','q','p')")},
	{run: alter("CHANGE a a2 BIGINT NOT NULL DEFAULT 0 COMMENT 'a', CHANGE b b2 TEXT, DROP INDEX ub, DROP INDEX ab"), setup: []string{base[0], "INSERT INTO t (a, b, n) VALUES (1, 'x', 1)"}},
	{run: alter("CHANGE a verylongnameverylongnameverylongnameverylongnameverylongname INT", "CHANGE verylongnameverylongnameverylongnameverylongnameverylongname a INT")},

	// Defaults and NULL.
	{run: alter("ALTER a SET DEFAULT 9, ALTER n SET DEFAULT 1.239, ALTER b DROP DEFAULT, ALTER e SET DEFAULT NULL", "ALTER a DROP DEFAULT, ALTER d SET DEFAULT '2020-01-01'")},
	{run: alter("MODIFY a INT NULL DEFAULT NULL", "MODIFY a INT DEFAULT '12'", "MODIFY a INT NOT NULL"), mode: "NO_ENGINE_SUBSTITUTION", refilled: "null values"},
	{run: alter("MODIFY a INT NOT NULL DEFAULT 5, MODIFY d DATETIME(3) NOT NULL, MODIFY e ENUM('p','q','r') NOT NULL DEFAULT 'r'"), mode: "NO_ENGINE_SUBSTITUTION", refilled: "null values"},
	{run: alter("MODIFY x VARCHAR(9) NOT NULL DEFAULT 'q'"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("VARCHAR(9)", "NULL", "''", "'a'"), refilled: "null values"},
	{run: alter("MODIFY x TIME NOT NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("TIME", "NULL", "'10:00:00'"), refilled: "null values"},
	{run: alter("MODIFY x TIME NOT NULL", "MODIFY x TIME"), setup: values("TIME", "'23:59:59'", "'10:00:00'")},
	{run: alter("MODIFY x TIME"), setup: values("TIME NOT NULL", "'23:59:59'", "'00:00:00'"), refilled: "only the source knows"},
	{run: alter("MODIFY x ENUM('a','b') NOT NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("ENUM('a','b')", "NULL", "'b'", "0"), refilled: "null values"},
	{run: alter("MODIFY x ENUM('z','a','b') NOT NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("ENUM('a','b')", "NULL", "'b'", "0"), refilled: "null values"},
	{run: alter("MODIFY x SET('a','b') NOT NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("SET('a','b')", "NULL", "'b,a'", "''"), refilled: "null values"},
	{run: alter("MODIFY x BINARY(4) NOT NULL", "MODIFY x VARBINARY(4) NULL"), setup: values("BINARY(4)", "'x'", "'b'", "''")},
	{run: alter("MODIFY x BIT(4) NOT NULL", "MODIFY x BIT(1) NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("BIT(4)", "b'0'", "b'1'"), refilled: "worked out"},
	{run: alter("MODIFY x DATE NOT NULL", "MODIFY x DATE NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("DATE", "NULL", "'0000-00-00'", "'2020-00-00'", "'2020-02-29'")},
	{run: alter("MODIFY x DECIMAL(4,1) NOT NULL", "MODIFY x DECIMAL(4,1) UNSIGNED"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("DECIMAL(4,1)", "NULL", "-0.5", "9.9"), refilled: "null values"},

	// Numbers.
	{run: alter("MODIFY x SMALLINT", "MODIFY x TINYINT", "MODIFY x TINYINT UNSIGNED"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("INT", "100000", "-100000", "300", "127", "-1", "NULL")},
	{run: alter("MODIFY x BIGINT UNSIGNED", "MODIFY x BIGINT", "MODIFY x DECIMAL(20,1)"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("BIGINT", "9223372036854775807", "-1", "0", "NULL")},
	{run: alter("MODIFY x BIGINT"), setup: values("BIGINT UNSIGNED", "9223372036854775807", "0")},
	{run: alter("MODIFY x INT", "MODIFY x VARCHAR(12)", "MODIFY x INT"), setup: values("DECIMAL(10,3)", "2.5", "-2.5", "0.499", "-0.4", "NULL")},
	{run: alter("MODIFY x DECIMAL(10,1)", "MODIFY x DECIMAL(12,4)", "MODIFY x DOUBLE", "MODIFY x DECIMAL(9,0)"), setup: values("DECIMAL(10,3)", "2.25", "-2.25", "2.35", "0.05", "NULL")},
	{run: alter("MODIFY x INT", "MODIFY x DOUBLE"), setup: values("DOUBLE", "2.5", "3.5", "-2.5", "-3.5", "0.49999", "NULL")},
	{run: alter("MODIFY x DOUBLE", "MODIFY x BIGINT"), setup: values("FLOAT", "2.5", "0.1", "-16777216", "NULL")},
	{run: alter("MODIFY x FLOAT", "MODIFY x FLOAT UNSIGNED"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("DOUBLE", "2.5", "0.1", "-16777217", "NULL")},
	{run: alter("MODIFY x INT ZEROFILL", "MODIFY x VARCHAR(12)"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("INT", "5", "-5", "12345678", "NULL")},
	{run: alter("MODIFY x INT(4) ZEROFILL", "MODIFY x TEXT"), setup: values("INT", "5", "0", "12345678", "NULL")},
	{run: alter("MODIFY x TINYINT(1)", "MODIFY x BIT(1)", "MODIFY x INT", "MODIFY x BIT(8)", "MODIFY x BIGINT"), setup: values("INT", "0", "1", "NULL")},
	{run: alter("MODIFY x YEAR"), setup: values("INT", "0", "1999", "99", "NULL"), refilled: "worked out"},
	{run: alter("MODIFY x INT", "MODIFY x CHAR(4)"), setup: values("YEAR", "0", "1999", "2155", "NULL")},
	{run: alter("MODIFY x CHAR(4)", "MODIFY x SMALLINT"), setup: values("YEAR", "0", "1999", "2155", "NULL")},

	// Text.
	{run: alter("MODIFY x CHAR(6)", "MODIFY x VARCHAR(6)", "MODIFY x TEXT", "MODIFY x CHAR(9)"), setup: values("VARCHAR(6)", "'a  '", "'  a'", "''", "'  '", "'é😀'", "NULL")},
	{run: alter("MODIFY x VARCHAR(3)", "MODIFY x CHAR(2)"), setup: values("VARCHAR(9)", "'ab'", "'a'", "'é😀'", "NULL")},
	{run: alter("MODIFY x VARCHAR(3)"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("VARCHAR(9)", "'abcdef'", "NULL"), refilled: "worked out"},
	{run: alter("MODIFY x INT"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("VARCHAR(9)", "'12abc'", "'x'", "''"), refilled: "worked out"},
	{run: alter("MODIFY x INT"), setup: values("VARCHAR(9)", "'12'", "'-7'", "'+8'", "'007'", "NULL")},
	{run: alter("MODIFY x DECIMAL(7,2)"), setup: values("VARCHAR(9)", "'12'", "'-7.125'", "'.5'", "'1e2'", "NULL")},
	{run: alter("MODIFY x DOUBLE"), setup: values("VARCHAR(9)", "'12'", "'-7.125'", "'.5'", "'1e-2'", "NULL")},
	{run: alter("MODIFY x DATE"), setup: values("VARCHAR(19)", "'2020-02-29'", "'2020-2-9'", "NULL")},
	{run: alter("MODIFY x DATE"), setup: values("VARCHAR(19)", "'20200229'", "NULL"), refilled: "only the source knows"},
	{run: alter("MODIFY x DATETIME(3)"), setup: values("VARCHAR(29)", "'2020-02-29 10:11:12.345'", "'2020-02-29'", "'2020-02-29 10:11'", "NULL")},
	{run: alter("MODIFY x TIME"), setup: values("VARCHAR(19)", "'10:11:12'", "'23:59:59'", "NULL")},
	{run: alter("MODIFY x TIME"), setup: values("VARCHAR(19)", "'10:11'", "NULL"), refilled: "only the source knows"},
	{run: alter("MODIFY x ENUM('a','B','10')"), setup: values("VARCHAR(9)", "'A'", "'b'", "'10'", "'a '", "'2'", "NULL")},
	{run: alter("MODIFY x ENUM('é','x')"), setup: values("VARCHAR(9) COLLATE utf8mb4_bin", "'é'", "'x'", "NULL")},
	{run: alter("MODIFY x SET('a','b')"), setup: values("VARCHAR(9)", "'a'", "'b,a'", "NULL"), refilled: "worked out"},
	{run: alter("MODIFY x VARBINARY(30)"), setup: values("VARCHAR(9)", "'a'", "'é'", "NULL"), refilled: "worked out"},
	{run: alter("MODIFY x VARCHAR(30)", "MODIFY x VARCHAR(40) CHARACTER SET latin1", "MODIFY x TEXT CHARACTER SET utf8"), setup: values("VARBINARY(30)", "'a'", "'é'", "''", "NULL")},
	{run: alter("MODIFY x VARCHAR(30)"), setup: values("VARBINARY(30)", "0x6100", "NULL"), refilled: "invalid byte sequence"},
	{run: alter("MODIFY x BINARY(3)", "MODIFY x BLOB", "MODIFY x VARBINARY(2)"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("VARBINARY(30)", "'abcdef'", "'a'", "''", "NULL")},
	{run: alter("MODIFY x VARCHAR(40) CHARACTER SET latin1", "MODIFY x VARCHAR(40) CHARACTER SET ucs2", "MODIFY x VARCHAR(40) CHARACTER SET utf8mb4"), setup: values("VARCHAR(40)", "'é'", "'€'", "''", "NULL")},
	{run: alter("MODIFY x VARCHAR(40) CHARACTER SET latin1"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("VARCHAR(40)", "'é'", "'中'"), refilled: "worked out"},
	{run: alter("CONVERT TO CHARACTER SET utf8mb4", "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(20), y TEXT, z ENUM('a','b'), w CHAR(5)) CHARACTER SET latin1", "INSERT INTO t VALUES (1, 'é€', 'ä', 'b', 'a'), (2, NULL, '', NULL, '')"}},
	{run: alter("CONVERT TO CHARACTER SET latin1"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(20), y TEXT) CHARACTER SET utf8mb4", "INSERT INTO t VALUES (1, 'é€', 'ä'), (2, NULL, '')"}},
	{run: alter("CONVERT TO CHARACTER SET latin1"), mode: "NO_ENGINE_SUBSTITUTION", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(20)) CHARACTER SET utf8mb4", "INSERT INTO t VALUES (1, '中')"}, refilled: "worked out"},
	{run: alter("DEFAULT CHARACTER SET latin1, ADD c VARCHAR(9) NOT NULL DEFAULT 'é'", "CONVERT TO CHARACTER SET utf8mb4, ADD d2 TEXT"), setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(20)) CHARACTER SET utf8mb4", "INSERT INTO t VALUES (1, 'é')"}},
	{run: alter("MODIFY x TINYTEXT", "MODIFY x LONGTEXT", "MODIFY x MEDIUMTEXT"), setup: values("TEXT", "'abc'", "'é'", "NULL")},

	// Dates and times.
	{run: alter("MODIFY x DATETIME(6)", "MODIFY x DATETIME(3)", "MODIFY x DATETIME"), setup: values("DATETIME(6)", "'1999-12-31 10:11:12.500000'", "'2020-02-29 10:11:12.499999'", "'2020-02-29 23:59:59.999999'", "'1960-01-01 00:00:00.5'", "NULL")},
	{run: alter("MODIFY x DATETIME"), setup: values("DATETIME(3)", "'2020-02-29 10:11:12.500'", "'9999-12-31 23:59:59.499'", "NULL")},
	{run: alter("MODIFY x TIME"), setup: values("TIME(3)", "'10:11:12.500'", "'10:11:12.499'")},
	{run: alter("MODIFY x TIME"), setup: values("TIME(3)", "'10:11:12.500'", "'-10:00:00'"), refilled: "only the source knows"},
	{run: alter("MODIFY x TIMESTAMP(3) NULL", "MODIFY x TIMESTAMP(6) NULL"), setup: values("TIMESTAMP(3) NULL", "'2020-02-29 10:11:12.500'", "NULL")},
	{run: alter("MODIFY x TIMESTAMP NULL", "MODIFY x TIMESTAMP(2) NULL"), setup: values("TIMESTAMP(3) NULL", "'2020-02-29 10:11:12.500'", "'2020-02-29 10:11:12.499'", "NULL")},
	{run: alter("MODIFY x DATETIME", "MODIFY x TIMESTAMP NULL"), zone: "+03:00", setup: values("TIMESTAMP NULL", "'2020-02-29 10:11:12'", "'1970-01-01 00:00:01'", "NULL")},
	{run: alter("MODIFY x DATETIME"), zone: "SYSTEM", setup: values("TIMESTAMP NULL", "'2020-02-29 10:11:12'"), refilled: "worked out"},
	{run: alter("MODIFY x VARCHAR(30)"), zone: "-08:00", setup: values("TIMESTAMP NULL", "'2020-02-29 10:11:12'")},
	{run: alter("MODIFY x DATE"), zone: "-11:00", setup: values("TIMESTAMP NULL", "'2020-02-29 10:11:12'", "NULL")},
	{run: alter("MODIFY x TIMESTAMP NULL"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("DATETIME", "'1900-01-01 00:00:00'"), refilled: "worked out"},
	{run: alter("MODIFY x DATETIME", "MODIFY x DATE"), setup: values("DATE", "'2020-02-29'", "'1000-01-01'", "'9999-12-31'", "NULL")},
	{run: alter("MODIFY x VARCHAR(10)", "MODIFY x DATE"), setup: values("DATE NOT NULL", "'2020-02-29'", "'1000-01-01'")},
	{run: alter("MODIFY x INT", "MODIFY x VARCHAR(9)"), setup: values("DATE NOT NULL", "'2020-02-29'", "'1000-01-01'")},
	{run: alter("MODIFY x BIGINT"), setup: values("DATETIME NOT NULL", "'2020-02-29 10:11:12'", "'1000-01-01 00:00:00'")},
	{run: alter("MODIFY x TIME"), setup: values("DATETIME NOT NULL", "'2020-02-29 10:11:12'", "'1000-01-01 00:00:00'")},
	{run: alter("MODIFY x INT"), setup: values("TIME NOT NULL", "'10:11:12'", "'23:59:59'")},
	{run: alter("MODIFY x VARCHAR(20)"), setup: values("DATE", "'2020-02-29'", "NULL"), refilled: "only the source knows"},

	// Enums and sets.
	{run: alter("MODIFY x ENUM('c','b','a')", "MODIFY x ENUM('a','b','c','d') DEFAULT 'd'", "MODIFY x ENUM('d','a','b','c')"), setup: values("ENUM('a','b','c')", "'a'", "'c'", "NULL")},
	{run: alter("MODIFY x ENUM('a','z')", "MODIFY x ENUM('z')"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("ENUM('a','b','c')", "'a'", "'c'", "0", "NULL")},
	{run: alter("MODIFY x ENUM('A','B','c')"), setup: values("ENUM('a','b','c')", "'a'", "'b'", "'c'", "NULL")},
	{run: alter("MODIFY x ENUM('A','B','c') COLLATE utf8mb4_bin"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("ENUM('a','b','c')", "'a'", "'b'", "'c'", "NULL")},
	{run: alter("MODIFY x ENUM('a','b','c','d','e','f')", "MODIFY x ENUM('0','a','b','b2','c','d','e','f')"), setup: values("ENUM('a','b','c')", "'a'", "'c'", "NULL")},
	{run: alter("MODIFY x INT", "MODIFY x ENUM('p','q','r')", "MODIFY x VARCHAR(1)", "MODIFY x ENUM('q','p')"), mode: "NO_ENGINE_SUBSTITUTION,STRICT_TRANS_TABLES", setup: values("ENUM('a','b')", "'a'", "'b'", "NULL")},
	{run: alter("MODIFY x SET('b','a')", "MODIFY x ENUM('a','b')"), setup: values("ENUM('a','b')", "'a'", "NULL"), refilled: "worked out"},
	{run: alter("MODIFY x SET('c','b','a')", "MODIFY x SET('a','b','c','d')", "MODIFY x VARCHAR(10)"), setup: values("SET('a','b','c')", "'a,c'", "'b'", "''", "NULL")},
	{run: alter("MODIFY x SET('c','a')", "MODIFY x SET('A')"), mode: "NO_ENGINE_SUBSTITUTION", setup: values("SET('a','b','c')", "'a,b,c'", "'b'", "''", "NULL")},
	{run: alter("MODIFY x INT", "MODIFY x SET('x','y','z')"), setup: values("SET('a','b','c')", "'a,c'", "'b'", "''", "NULL")},
	{run: alter("MODIFY x INT"), setup: values("ENUM('','b')", "''", "'b'"), refilled: "worked out"},

	// The key and AUTO_INCREMENT.
	{run: alter("MODIFY id INT NOT NULL", "MODIFY id BIGINT NOT NULL AUTO_INCREMENT", "AUTO_INCREMENT = 77", "MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, AUTO_INCREMENT = 90")},
	{run: alter("DROP PRIMARY KEY, MODIFY id INT, ADD PRIMARY KEY (b)", "DROP PRIMARY KEY, ADD PRIMARY KEY (id)")},
	{run: alter("MODIFY id INT NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (b, id), ADD UNIQUE KEY u1 (id)", "MODIFY id INT NOT NULL AUTO_INCREMENT")},
	{run: alter("MODIFY id INT, DROP PRIMARY KEY", "ADD UNIQUE (id), ADD UNIQUE u2 (b, a)", "DROP INDEX u2, DROP INDEX ub")},
	{run: alter("CHANGE id code VARCHAR(20) NOT NULL"), setup: []string{"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 1), (-5, 2)"}},

	// Many clauses at once, as users write them.
	{setup: people, run: alter("ADD COLUMN phone VARCHAR(20) DEFAULT NULL AFTER email, MODIFY name VARCHAR(120) DEFAULT NULL, CHANGE visits visit_count BIGINT UNSIGNED NOT NULL DEFAULT 0, DROP COLUMN body, ADD INDEX phone (phone), DROP KEY seen, ALTER score SET DEFAULT 1, COMMENT='persons', ADD created DATETIME NOT NULL DEFAULT '2020-01-01', MODIFY state ENUM('new','active','gone','banned') NOT NULL DEFAULT 'new'"), mode: "NO_ENGINE_SUBSTITUTION", refilled: "null values"},
	{setup: people, run: alter("ADD COLUMN phone VARCHAR(20) DEFAULT NULL AFTER email, MODIFY name VARCHAR(120) DEFAULT NULL, CHANGE visits visit_count BIGINT DEFAULT 0, DROP COLUMN body, ADD INDEX phone (phone), DROP KEY seen, ALTER score SET DEFAULT 1, COMMENT='persons', ADD created DATETIME NOT NULL DEFAULT '2020-01-01', MODIFY state ENUM('new','active','gone','banned') NOT NULL DEFAULT 'new'")},
	{setup: people, run: alter("DROP flags, DROP note, ADD flags INT NOT NULL DEFAULT 0, ADD note VARCHAR(10) FIRST, CHANGE born seen DATE, CHANGE seen born DATETIME, ADD UNIQUE (name, email), DROP INDEX email, RENAME TO people")},
	{setup: people, run: alter("MODIFY email TEXT NOT NULL, DROP INDEX email, ADD UNIQUE KEY email (email(50))", "MODIFY email VARCHAR(150) NOT NULL, DROP INDEX email, ADD UNIQUE (email), ENGINE=InnoDB, ROW_FORMAT=DYNAMIC")},
	{setup: people, run: alter("ALTER COLUMN active SET DEFAULT 0, ALTER COLUMN name SET DEFAULT 'x', ALTER COLUMN state DROP DEFAULT, ALTER visits DROP DEFAULT"), then: []string{"INSERT INTO t (id, email, state, visits, body) VALUES (1000, 'n@x', 'new', 1, 'b')"}},
	{setup: people, run: alter("CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, MODIFY name VARCHAR(70), ADD c ENUM('ä','ö') DEFAULT 'ö', CHANGE id pid BIGINT UNSIGNED NOT NULL AUTO_INCREMENT")},
	{setup: people, run: alter("ADD a1 INT, ADD a2 INT NOT NULL, ADD a3 INT NOT NULL DEFAULT 3, ADD a4 CHAR(2), ADD a5 DATE, ADD a6 BOOL NOT NULL, ADD a7 LONGTEXT, ADD KEY (a1, a2), ADD UNIQUE (a5, id), DROP born")},
	{setup: people, run: alter("MODIFY visits INT FIRST, MODIFY score DECIMAL(8,2) AFTER visits, MODIFY id INT UNSIGNED NOT NULL AUTO_INCREMENT AFTER note", "MODIFY COLUMN id INT UNSIGNED NOT NULL AUTO_INCREMENT FIRST, ADD z INT AFTER id")},

	// Under rules.
	{rules: masking("x", "hash"), run: alter("MODIFY x VARCHAR(90), ADD y INT", "DROP x"), setup: values("VARCHAR(9)", "'a'", "NULL")},
	{rules: masking("x", "null"), run: alter("MODIFY x INT, ADD y INT NOT NULL DEFAULT 3"), setup: values("VARCHAR(9)", "'1'", "NULL")},
	{rules: overriding("int", "bigint"), run: alter("ADD y INT NOT NULL DEFAULT 3", "MODIFY y INT FIRST", "CHANGE x z INT"), setup: values("INT", "5", "NULL")},
	{rules: overriding("datetime", "timestamptz"), run: alter("ADD y DATETIME NOT NULL DEFAULT '2020-01-01 00:00:00'", "DROP x"), setup: values("DATETIME", "'2020-01-01 10:00:00'", "NULL")},
}

func TestColumnStories(t *testing.T) {
	for _, server := range []string{testserver.Source, "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			if server == "mysql-5.6" { // its default is no strict mode
				b.mode = strict
			}
			b.tell(columnStories)
		})
	}
}

// What PostgreSQL does in its newest version is the same.
func TestColumnStoriesOnAnotherTarget(t *testing.T) {
	newBenchOn(t, testserver.Source, testserver.Extended).tell(columnStories)
}

func (b *bench) tell(stories []story) {
	for _, s := range stories {
		if !b.has(s.on) {
			continue
		}
		if s.setup == nil {
			s.setup = base
		}
		b.follow(s)
	}
}
