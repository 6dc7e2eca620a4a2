package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Tables that a server makes more of than the statement says: invisible and generated
// columns, a history of rows, a key that the server adds. Each begins before the copy and
// goes on in the stream.
func TestSpecialTables(t *testing.T) {
	t.Parallel()
	const columns = "a BIGINT UNSIGNED, b DECIMAL(30,10), c VARCHAR(40), d DATETIME(6), e ENUM('x','y'), f VARBINARY(10), g TIMESTAMP(3) NULL, h CHAR(5), i BIT(9), j TEXT, k SET('p','q'), l DATE"
	rows := []string{
		"(18446744073709551615, -1.0000000001, 'é😀', '9999-12-31 23:59:59.999999', 'y', x'00ff00', '2024-02-29 12:00:00.125', 'ab', b'101010101', 'tab\\t', 'p,q', '2000-01-01')",
		"(0, 9999999999999999999.9999999999, '', '1000-01-01 00:00:00.000001', 'x', '', '1970-01-01 00:00:01', '', 0, '\\\\N', '', '1000-01-01')",
		"(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
		"(1, 0, 'NULL', '2020-01-01 01:01:01', 'x', 'abc', NULL, 'é', 1, NULL, 'q', '9999-12-31')",
	}
	stories := []struct {
		story, create string
		set, only     string
	}{
		{"a history of rows", "id INT AUTO_INCREMENT PRIMARY KEY, " + columns + ") WITH SYSTEM VERSIONING", "", "mariadb"},
		{"a history of rows with columns for its period", "id INT AUTO_INCREMENT PRIMARY KEY, " + columns +
			", row_start TIMESTAMP(6) GENERATED ALWAYS AS ROW START, row_end TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (row_start, row_end)) WITH SYSTEM VERSIONING", "", "mariadb"},
		{"a history in partitions", "id INT AUTO_INCREMENT PRIMARY KEY, " + columns +
			") WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION old HISTORY, PARTITION now CURRENT)", "", "mariadb"},
		{"invisible columns", "id INT AUTO_INCREMENT PRIMARY KEY, m INT NOT NULL DEFAULT 7 INVISIBLE, " + columns + ", n VARCHAR(9) DEFAULT 'hidden' INVISIBLE)", "", "mariadb mysql-9"},
		{"generated columns", "id INT AUTO_INCREMENT PRIMARY KEY, " + columns +
			", v1 VARCHAR(90) AS (CONCAT(c, c)) VIRTUAL, s1 VARCHAR(90) AS (UPPER(c)) STORED, v2 DECIMAL(32,10) AS (b * 2) VIRTUAL, s2 DATE AS (DATE(d)) STORED, v3 VARBINARY(20) AS (CONCAT(f, f)) VIRTUAL, " +
			"v4 BIGINT UNSIGNED AS (a) VIRTUAL, KEY (v1), KEY (s2))", "", "mariadb mysql-9"},
		{"a generated column before the others", "v0 VARCHAR(90) AS (LOWER(c)) VIRTUAL, s0 BIGINT UNSIGNED AS (a DIV 2) STORED, id INT PRIMARY KEY AUTO_INCREMENT, " + columns + ")", "", "mysql-9"},
		{"a key that the server adds", columns + ")", "SET sql_generate_invisible_primary_key = ON", "mysql-9"},
		{"no key", columns + ")", "", "mariadb mysql"},
		{"a unique key in the place of a key", "id INT NOT NULL AUTO_INCREMENT, UNIQUE KEY (id), " + columns + ")", "", "mariadb mysql"},
		{"a key of several types", "id INT NOT NULL AUTO_INCREMENT, z DATETIME(3) NOT NULL DEFAULT '2001-02-03 04:05:06.789', y VARCHAR(9) NOT NULL DEFAULT 'é', x BINARY(4) NOT NULL DEFAULT 'b', " + columns +
			", PRIMARY KEY (z, y, id, x), KEY (id))", "", "mariadb mysql"},
		{"partitions", "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, " + columns + ") PARTITION BY HASH (id) PARTITIONS 3", "", "mariadb mysql"},
		{"compressed pages", "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, " + columns + ") ROW_FORMAT=COMPRESSED", "", "mariadb mysql"},
	}
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-5.6", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			each := func(do func(table, story, create, set string)) {
				for i, s := range stories {
					if (kind{only: s.only}).on(name) {
						do(fmt.Sprintf("special%d", i), s.story, s.create, s.set)
					}
				}
			}
			utc := []string{"SET NAMES utf8mb4", "SET time_zone = '+00:00'"}
			insert := func(table string) string {
				return "INSERT INTO " + table + " (a, b, c, d, e, f, g, h, i, j, k, l) VALUES " + strings.Join(rows, ", ")
			}
			each(func(table, _, create, set string) {
				statements := slices.Clone(utc)
				if set != "" {
					statements = append(statements, set)
				}
				r.source(append(statements, "CREATE TABLE "+table+" ("+create, insert(table))...)
			})
			r.init()
			r.start()
			each(func(table, _, _, _ string) {
				r.source(append(slices.Clone(utc), insert(table), insert(table),
					"UPDATE "+table+" SET c = CONCAT(c, '+'), i = 3, d = NULL WHERE a = 0 LIMIT 2", "UPDATE "+table+" SET a = 5, j = 'was NULL' WHERE a IS NULL LIMIT 1",
					"BEGIN", "DELETE FROM "+table+" WHERE a = 1 LIMIT 2", "UPDATE "+table+" SET b = b + 1, l = '2024-02-29', h = 'x' WHERE b IS NOT NULL", "COMMIT")...)
			})
			r.caughtUp()
			each(func(table, story, _, _ string) {
				r.sameTable(r.marker, r.schemas[r.marker], table)
				if rows := r.target("SELECT count(*) FROM " + quoteIdent(r.schemas[r.marker]) + "." + table); rows[0][0] != "10" {
					t.Errorf("%s (%s): PostgreSQL has %s rows, want 10", story, table, rows[0][0])
				}
			})
			if out := r.must("show_status", "--source", "mysql"); strings.Contains(out, "excluded") {
				t.Errorf("tables are excluded:\n%s", out)
			}
		})
	}
}
