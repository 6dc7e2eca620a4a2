package ddl_test

import (
	"strings"
	"testing"

	"pgchameleon/internal/event"
)

const (
	numbers  = "INSERT INTO t VALUES (1, -7, 3, 0), (2, NULL, 4, 1), (3, 0, 5, 2), (4, 9, 6, 3), (5, 10, 7, 4), (6, 11, 8, 5), (7, 19, 9, 6), (8, 20, NULL, 7), (9, -1, 1, 18446744073709551615), (10, -2, 2, 9223372036854775808), (11, 2147483647, 3, 9223372036854775807), (12, -2147483648, -4, 18446744073709551613)"
	numbered = "CREATE TABLE t (id INT, a INT, b INT, u BIGINT UNSIGNED NOT NULL) "
)

// truncating empties partitions one after another.
func truncating(names ...string) (list []string) {
	for _, name := range names {
		list = append(list, "ALTER TABLE t TRUNCATE PARTITION "+name)
	}
	return list
}

// Partitions are made, changed and emptied; the rows in PostgreSQL go with them.
var partitionStories = []story{
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (0), PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20), PARTITION pm VALUES LESS THAN MAXVALUE)", numbers},
		run: append(truncating("p1", "p0"), alter("DROP PARTITION p2", "REORGANIZE PARTITION pm INTO (PARTITION p5 VALUES LESS THAN (100), PARTITION pm VALUES LESS THAN MAXVALUE)", "DROP PARTITION pm", "ADD PARTITION (PARTITION p6 VALUES LESS THAN (200), PARTITION p7 VALUES LESS THAN (10 + 20 * 20))", "TRUNCATE PARTITION P5, p6")...)},
	{setup: []string{numbered + "PARTITION BY RANGE (u) (PARTITION p0 VALUES LESS THAN (3), PARTITION p1 VALUES LESS THAN (9223372036854775808), PARTITION p2 VALUES LESS THAN (18446744073709551615), PARTITION p3 VALUES LESS THAN MAXVALUE)", numbers},
		run: truncating("p0", "p2", "p3", "p1")},
	{setup: []string{numbered + "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (-7, 0, 9), PARTITION p1 VALUES IN (10, NULL), PARTITION p2 VALUES IN (11, 19, 20, -1, -2), PARTITION p3 VALUES IN (2147483647, -2147483648))", numbers},
		run: append(truncating("p1", "p0"), alter("DROP PARTITION p3", "ADD PARTITION (PARTITION p4 VALUES IN (5, 4))", "REORGANIZE PARTITION p2, p4 INTO (PARTITION p4 VALUES IN (5, 4, 11, 19, 20, -1, -2))", "TRUNCATE PARTITION p4")...)},
	{setup: []string{numbered + "PARTITION BY HASH (a) PARTITIONS 3", numbers}, run: append(truncating("p2", "p0"), alter("ADD PARTITION PARTITIONS 2", "TRUNCATE PARTITION p4", "COALESCE PARTITION 3", "TRUNCATE PARTITION p1")...)},
	{setup: []string{numbered + "PARTITION BY HASH (u) PARTITIONS 5", numbers}, run: truncating("p0", "p3", "p2", "p1", "p4")},
	{setup: []string{numbered + "PARTITION BY HASH (b) PARTITIONS 7", numbers}, run: truncating("p0", "p1", "p2, p5", "p6")},
	{setup: []string{numbered + "PARTITION BY LINEAR HASH (a) PARTITIONS 6", numbers}, run: truncating("p0", "p1", "p2", "p3", "p4", "p5")},
	{setup: []string{numbered + "PARTITION BY LINEAR HASH (u) PARTITIONS 3", numbers}, run: truncating("p2", "p1", "p0")},
	{setup: []string{numbered + "PARTITION BY HASH (id) (PARTITION x, PARTITION y COMMENT 'hi')", numbers}, run: alter("TRUNCATE PARTITION y", "ADD PARTITION PARTITIONS 1", "ADD PARTITION (PARTITION z)", "COALESCE PARTITION 1", "TRUNCATE PARTITION ALL")},
	{setup: []string{numbered + "PARTITION BY KEY (id) PARTITIONS 3", numbers}, run: alter("ADD PARTITION PARTITIONS 2", "COALESCE PARTITION 1", "TRUNCATE PARTITION ALL")},
	{setup: []string{numbered + "PARTITION BY KEY (id) PARTITIONS 3", numbers}, run: truncating("p1"), excluded: "KEY"},
	{setup: []string{numbered + "PARTITION BY RANGE COLUMNS (a, b) (PARTITION p0 VALUES LESS THAN (0, 0), PARTITION p1 VALUES LESS THAN (10, 7), PARTITION p2 VALUES LESS THAN (20, MAXVALUE), PARTITION p3 VALUES LESS THAN (MAXVALUE, MAXVALUE))", numbers}, run: truncating("p1", "p0", "p2", "p3")},
	{setup: []string{numbered + "PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((-7, 3), (NULL, 4)), PARTITION p1 VALUES IN ((0, 5), (9, 6), (10, 7), (11, 8), (19, 9)), PARTITION p2 VALUES IN ((20, NULL), (-1, 1), (-2, 2), (2147483647, 3), (-2147483648, -4)))", numbers}, run: truncating("p0", "p2", "p1")},
	{setup: []string{numbered + "PARTITION BY RANGE (a) SUBPARTITION BY HASH (id) SUBPARTITIONS 3 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: append(truncating("p0"), alter("REORGANIZE PARTITION p1 INTO (PARTITION p2 VALUES LESS THAN (15), PARTITION p3 VALUES LESS THAN MAXVALUE)", "DROP PARTITION p2", "TRUNCATE PARTITION p3")...)},
	{on: "my", setup: []string{numbered + "PARTITION BY RANGE (a) SUBPARTITION BY HASH (id) SUBPARTITIONS 3 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: truncating("p0sp1", "p1sp0", "p0sp0, p1", "p0")},
	{on: "my", setup: []string{numbered + "PARTITION BY LIST (id) SUBPARTITION BY LINEAR HASH (b) (PARTITION p0 VALUES IN (1,2,3,4,5,6) (SUBPARTITION s0, SUBPARTITION s1, SUBPARTITION s2), PARTITION p1 VALUES IN (7,8,9,10,11,12) (SUBPARTITION s3, SUBPARTITION s4, SUBPARTITION s5))", numbers}, run: truncating("s4", "s1", "s0", "s5")},
	{on: "my", setup: []string{numbered + "PARTITION BY RANGE (a) SUBPARTITION BY KEY (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: truncating("p1", "p0sp1"), excluded: "KEY"},

	// Text and dates as columns.
	{setup: []string{"CREATE TABLE t (s VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, v INT) PARTITION BY LIST COLUMNS (s) (PARTITION p0 VALUES IN ('a', 'it''s', NULL), PARTITION p1 VALUES IN ('A', 'é', ''), PARTITION p2 VALUES IN ('B\\\\x'))", "INSERT INTO t VALUES ('a', 1), ('a  ', 2), ('A', 3), (NULL, 4), ('it''s', 5), ('é', 6), ('', 7), ('  ', 8), ('B\\\\x', 9)"}, run: truncating("p1", "p0", "p2")},
	{setup: []string{"CREATE TABLE t (s VARCHAR(9), v INT) PARTITION BY LIST COLUMNS (s) (PARTITION p0 VALUES IN ('a'), PARTITION p1 VALUES IN ('b'))"}, run: truncating("p1"), excluded: "collation"},
	{setup: []string{"CREATE TABLE t (s VARCHAR(9), v INT) PARTITION BY RANGE COLUMNS (s) (PARTITION p0 VALUES LESS THAN ('k'), PARTITION p1 VALUES LESS THAN (MAXVALUE))"}, run: truncating("p1"), excluded: "collation"},
	{setup: []string{"CREATE TABLE t (d DATE, n DATETIME, id INT) PARTITION BY RANGE COLUMNS (d, id) (PARTITION p0 VALUES LESS THAN ('2020-01-01', 5), PARTITION p1 VALUES LESS THAN ('2020-3-1', 1), PARTITION p2 VALUES LESS THAN ('2020-03-01', MAXVALUE), PARTITION p3 VALUES LESS THAN (MAXVALUE, MAXVALUE))", "INSERT INTO t VALUES ('2019-12-31', NULL, 1), ('2020-01-01', NULL, 4), ('2020-01-01', NULL, 5), ('2020-02-29', NULL, 0), ('2020-03-01', NULL, 0), ('2020-03-01', NULL, NULL), ('2020-03-01', NULL, 1), (NULL, NULL, 7), ('9999-12-31', NULL, 1)"}, run: truncating("p1", "p2", "p0", "p3")},
	{setup: []string{"CREATE TABLE t (d DATE, n DATETIME, id INT) PARTITION BY LIST COLUMNS (d) (PARTITION p0 VALUES IN ('2020-01-01', '2020-02-29'), PARTITION p1 VALUES IN (NULL, '2021-01-01'))", "INSERT INTO t VALUES ('2020-01-01', NULL, 1), ('2020-02-29', NULL, 4), (NULL, NULL, 7), ('2021-01-01', NULL, 1)"}, run: truncating("p1", "p0")},
	{setup: []string{"CREATE TABLE t (n DATETIME, id INT) PARTITION BY RANGE COLUMNS (n) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN ('2020-01-02 03:04:05'), PARTITION p2 VALUES LESS THAN (MAXVALUE))", "INSERT INTO t VALUES ('2020-01-01', 1), ('2019-12-31 23:59:59', 2), ('2020-01-02 03:04:05', 3), ('2020-01-02 03:04:04', 4), (NULL, 5)"}, run: truncating("p1", "p0", "p2")},
	{setup: []string{"SET SESSION sql_mode = ''", "CREATE TABLE t (d DATE, id INT) PARTITION BY RANGE COLUMNS (d) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE))", "INSERT INTO t VALUES ('2020-00-00', 1)", "SET SESSION sql_mode = DEFAULT"}, run: truncating("p0"), excluded: "rules have changed"},

	// What else happens to a partitioned table.
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: []string{"CREATE TABLE u LIKE t", "RENAME TABLE t TO w, u TO t", "ALTER TABLE w TRUNCATE PARTITION p0", "ALTER TABLE w ADD c INT NOT NULL DEFAULT 4 FIRST, MODIFY a BIGINT", "ALTER TABLE w DROP PARTITION p1", "ALTER TABLE w REMOVE PARTITIONING", "ALTER TABLE w PARTITION BY HASH (a) PARTITIONS 4", "ALTER TABLE w PARTITION BY LINEAR KEY ALGORITHM = 1 (a, b)", "ALTER TABLE w COMMENT 'x' PARTITION BY KEY () PARTITIONS 2"}[:8]},
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: alter("ANALYZE PARTITION p0", "CHECK PARTITION ALL", "OPTIMIZE PARTITION p1", "REBUILD PARTITION p0, p1", "REPAIR PARTITION ALL", "ENGINE = InnoDB", "DROP COLUMN b")},
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", "CREATE TABLE n (id INT, a INT, b INT, u BIGINT UNSIGNED NOT NULL)", numbers, "INSERT INTO n VALUES (100, 1, 2, 3), (101, NULL, 2, 3), (102, -5, 4, 5)"},
		run: alter("EXCHANGE PARTITION p0 WITH TABLE n", "EXCHANGE PARTITION p0 WITH TABLE n", "EXCHANGE PARTITION p1 WITH TABLE n")[:2]},
	{setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, e ENUM('x','y'), s SET('m','n'), b BIT(3), v VARBINARY(4)) PARTITION BY HASH (id) PARTITIONS 3", "CREATE TABLE n (id INT PRIMARY KEY, e ENUM('x','y'), s SET('m','n'), b BIT(3), v VARBINARY(4))", "INSERT INTO t VALUES (1, 'x', 'm', b'101', x'00ff'), (2, 'y', 'm,n', NULL, ''), (3, NULL, '', b'1', NULL), (4, 'x', NULL, b'0', 'abcd')", "INSERT INTO n VALUES (7, 'y', 'n', b'11', 'q'), (1, 'y', 'n', b'11', 'q')"},
		run: alter("EXCHANGE PARTITION p1 WITH TABLE n", "EXCHANGE PARTITION p1 WITH TABLE n")},
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", numbers}, run: []string{"CREATE TABLE u LIKE t", "ALTER TABLE u REMOVE PARTITIONING", "ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE u"}},

	// MariaDB alone.
	{on: "maria", setup: []string{numbered + "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (-7, 9, NULL), PARTITION p1 VALUES IN (10), PARTITION pd DEFAULT)", numbers}, run: append(truncating("p1"), alter("ADD PARTITION (PARTITION p2 VALUES IN (20))", "ADD PARTITION IF NOT EXISTS (PARTITION p2 VALUES IN (20))", "TRUNCATE PARTITION pd")...), excluded: "default"},
	{on: "maria", setup: []string{numbered + "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (-7, 9, NULL), PARTITION p1 VALUES IN (10), PARTITION pd VALUES IN (0, 11, 19, 20, -1, -2, 2147483647, -2147483648))", numbers}, run: alter("DROP PARTITION IF EXISTS p1, nothing", "ADD PARTITION IF NOT EXISTS (PARTITION p0 VALUES IN (20))", "DROP PARTITION IF EXISTS nothing", "TRUNCATE PARTITION p0")},
	{on: "maria", setup: []string{numbered + "PARTITION BY LIST (a) (PARTITION p1 VALUES IN (10), PARTITION pd DEFAULT)", numbers}, run: truncating("pd")},
	{on: "maria", setup: []string{numbered + "PARTITION BY LIST COLUMNS (a, b) (PARTITION p1 VALUES IN ((10, 7), (NULL, 4)), PARTITION pd DEFAULT)", numbers}, run: truncating("pd", "p1")},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT, a INT, b INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN (30))", "INSERT INTO t VALUES (1, 5, 1), (2, 15, 2), (3, 25, 3), (4, NULL, 1), (5, 19, 2)"},
		run: []string{"ALTER TABLE t CONVERT PARTITION p1 TO TABLE q", "ALTER TABLE t TRUNCATE PARTITION p2", "ALTER TABLE t REORGANIZE PARTITION p2 INTO (PARTITION p1 VALUES LESS THAN (15), PARTITION p2 VALUES LESS THAN (30))", "ALTER TABLE t CHANGE a aa INT", "ALTER TABLE t TRUNCATE PARTITION p0"}},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 1000 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", "UPDATE t SET x = 10 WHERE id = 1", "DELETE FROM t WHERE id = 3"},
		run: alter("TRUNCATE PARTITION p1", "DROP PARTITION p0", "ADD PARTITION PARTITIONS 2", "ADD PARTITION (PARTITION px HISTORY)", "TRUNCATE PARTITION pn", "PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH (PARTITION p0 HISTORY, PARTITION pn CURRENT)", "PARTITION BY SYSTEM_TIME INTERVAL 1 HOUR AUTO PARTITIONS 3", "DROP PARTITION p0", "PARTITION BY SYSTEM_TIME PARTITIONS 2")},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 DAY SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 HISTORY, PARTITION pn CURRENT)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)"}, run: truncating("p0", "pn")},
}

// newer are those of servers that are not the oldest.
var newerPartitionStories = []story{
	{setup: []string{numbered + "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", "CREATE TABLE n (id INT, a INT, b INT, u BIGINT UNSIGNED NOT NULL)", numbers, "INSERT INTO n VALUES (100, 99, 2, 3)"},
		run: alter("EXCHANGE PARTITION p0 WITH TABLE n WITHOUT VALIDATION", "TRUNCATE PARTITION p0"), excluded: "WITHOUT VALIDATION"},
	{on: "maria", setup: []string{"CREATE TABLE t (id INT, a INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10))", "CREATE TABLE n (id INT, a INT)", "INSERT INTO t VALUES (1, 5)", "INSERT INTO n VALUES (2, 15)"},
		run: []string{"ALTER TABLE t CONVERT TABLE n TO PARTITION p1 VALUES LESS THAN (20) WITH VALIDATION", "ALTER TABLE t TRUNCATE PARTITION p1"}},
}

func TestPartitionStories(t *testing.T) {
	for _, server := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			list := partitionStories
			if server == "mariadb-11.8" || server == "mysql-9.7" {
				list = append(newerPartitionStories, list...)
			}
			for _, s := range list {
				old := server == "mysql-5.6" && (s.on != "" || strings.Contains(s.setup[0], "sql_mode"))
				if old || s.on == "maria" && b.dialect.Flavor != event.MariaDB || s.on == "my" && b.dialect.Flavor != event.MySQL {
					continue
				}
				s.each, b.noted = true, nil
				b.follow(s)
			}
		})
	}
}
