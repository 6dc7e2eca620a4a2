package e2e

import (
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Members and defaults with characters that SHOW CREATE TABLE writes as `?`, beside a `?`
// that is one: as columns and as keys, in the copy, in the stream and in its DDL.
func TestMembersBeyondTheBasicPlane(t *testing.T) {
	t.Parallel()
	const full = " --binlog-row-metadata=FULL"
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-5.6", "mysql-9.7", "mariadb-11.8" + full, "mysql-9.7" + full} {
		t.Run(name, func(t *testing.T) {
			var src *testserver.Server
			if server, setting, private := strings.Cut(name, " "); private {
				src = testserver.Private(t, server, setting)
			} else {
				src = testserver.Shared(t, name)
			}
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			many := "'m0'"
			for i := 1; i < 63; i++ {
				many += ",'m" + strings.Repeat("x", i) + "'"
			}
			const enum, set = "ENUM('a','😀','?','é😀x?') CHARACTER SET ", "SET('x','🦎','?','y?')"
			r.source("SET NAMES utf8mb4", "SET sql_mode = ''",
				"CREATE TABLE plain (id INT PRIMARY KEY AUTO_INCREMENT, e "+enum+"utf8mb4 NOT NULL DEFAULT '😀', s "+set+" CHARACTER SET utf8mb4 DEFAULT 'x,🦎', q ENUM('?','b?') DEFAULT 'b?', "+
					"w "+enum+"utf16 DEFAULT '😀', v VARCHAR(10) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'v😀?', u CHAR(9) CHARACTER SET utf32 DEFAULT '𐀀') COMMENT 'one'",
				"CREATE TABLE keyed (e "+enum+"utf8mb4 NOT NULL, s "+set+" CHARACTER SET utf8mb4 NOT NULL DEFAULT '🦎', n INT, PRIMARY KEY (e, s))",
				"CREATE TABLE nokey (e "+enum+"utf8mb4 DEFAULT '😀', `odd ``name` SET("+many+",'😀') CHARACTER SET utf8mb4)",
				"INSERT INTO plain (e, s, w, q) VALUES (1, 1, 1, 1), (2, 2, 2, 2), (3, 4, 3, NULL), (4, 15, 4, 1), (0, 0, NULL, 2)", "INSERT INTO plain () VALUES ()",
				"INSERT INTO keyed VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 15, 4)", "INSERT INTO nokey VALUES (1, 1), (2, 1<<63), (3, 18446744073709551615), (4, 7), (NULL, NULL)")
			r.init()
			r.start()
			r.source("SET NAMES utf8mb4", "SET sql_mode = ''",
				"INSERT INTO plain (e, s, w, q) SELECT e, s, w, q FROM plain", "UPDATE plain SET e = 2, w = 4 WHERE id = 1",
				"INSERT INTO keyed VALUES (1, 15, 1), (2, 15, 2), (3, 15, 3)", "UPDATE keyed SET e = 2, s = 5 WHERE e = 3 AND s = 3", "DELETE FROM keyed WHERE e = 2 AND n = 2",
				"UPDATE nokey SET e = e + 1 WHERE e < 4", "DELETE FROM nokey WHERE e IS NULL",
				"ALTER TABLE plain ADD f ENUM('?','🐢') CHARACTER SET utf8mb4 NOT NULL DEFAULT '🐢', MODIFY e ENUM('a','😀','?','é😀x?','🐍') CHARACTER SET utf8mb4 NOT NULL DEFAULT '😀'",
				"INSERT INTO plain (e, f) VALUES (5, 1), (2, 2)", "ALTER TABLE keyed ADD t SET('🐢','b') CHARACTER SET utf8mb4 DEFAULT '🐢'", "UPDATE keyed SET t = 3 WHERE n = 4",
				"CREATE TABLE streamed (id INT PRIMARY KEY, e "+enum+"utf8mb4 NOT NULL DEFAULT '😀')", "INSERT INTO streamed VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
				"CREATE TABLE likewise LIKE plain", "INSERT INTO likewise SELECT * FROM plain")
			r.caughtUp()
			r.same()
			if out := r.must("show_errors", "--source", "mysql"); strings.Contains(out, "plain") || strings.Contains(out, "keyed") || strings.Contains(out, "nokey") {
				t.Errorf("there were errors:\n%s", out)
			}
			r.run("stop_replica", "--source", "mysql")
			schema := quoteIdent(r.schemas[r.marker])
			for table, want := range map[string]string{"plain": "😀|x,🦎|b?|😀|v😀?|𐀀", "keyed": "🦎"} {
				insert, columns := "(id, f) VALUES (1000, '🐢')", "concat_ws('|', e, s, q, w, v, trim(u))"
				if table == "keyed" {
					insert, columns = "(e) VALUES ('😀')", "s"
				}
				if got := r.target("INSERT INTO " + schema + "." + table + " " + insert + " RETURNING " + columns); got[0][0] != want {
					t.Errorf("defaults of %s in PostgreSQL: %s, want %s", table, got[0][0], want)
				}
			}
		})
	}
}

// Members in DDL of sessions that speak other character sets, and in the text that the
// server writes for CREATE TABLE … SELECT.
func TestMembersOfOtherSessions(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-5.6", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source("SET NAMES utf8mb4", "CREATE TABLE t (id INT PRIMARY KEY) DEFAULT CHARSET utf8mb4", "CREATE TABLE `gé` (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)",
				"CREATE TABLE hides (e ENUM('a','😀') CHARACTER SET utf8mb4)", "INSERT INTO hides VALUES (1), (2)")
			r.init()
			r.start()
			r.source("SET NAMES latin1", "ALTER TABLE t ADD l ENUM('x','\xe9') NOT NULL DEFAULT '\xe9', ADD v VARCHAR(9) CHARACTER SET latin1 NOT NULL DEFAULT '\xe4'", "INSERT INTO t (id) VALUES (2)", "DROP TABLE `g\xe9`",
				"SET NAMES gbk", "ALTER TABLE t ADD g SET('\xd6\xd0','b') NOT NULL DEFAULT '\xd6\xd0', ADD w VARCHAR(9) CHARACTER SET gbk NOT NULL DEFAULT '\xd6\xd0'", "INSERT INTO t (id) VALUES (3)",
				"CREATE TEMPORARY TABLE tmp LIKE t", "CREATE TABLE likewise LIKE tmp", "INSERT INTO likewise SELECT * FROM t")
			selects := name != "mysql-5.6" // forbids it beside GTIDs
			if selects {
				r.source("SET NAMES latin1", "CREATE TABLE selected (PRIMARY KEY (id)) AS SELECT * FROM t", "INSERT INTO selected (id) VALUES (9)", "SET NAMES utf8mb4", "CREATE TABLE uncertain AS SELECT * FROM hides")
			}
			r.caughtUp()
			schema := r.schemas[r.marker]
			for _, table := range []string{"t", "likewise", "selected"} {
				if table != "selected" || selects {
					r.sameTable(r.marker, schema, table)
				}
			}
			if rows := r.target("SELECT count(*) FROM information_schema.tables WHERE table_schema = " + quoteString(schema) + " AND table_name IN ('gé', 'uncertain')"); rows[0][0] != "0" {
				t.Errorf("PostgreSQL has a table that was dropped, or one whose members are not known")
			}
			if out := r.must("show_errors", "--source", "mysql"); selects && !strings.Contains(out, "uncertain") || strings.Contains(out, "likewise") || strings.Contains(out, "selected") {
				t.Errorf("the errors are not those of the table uncertain:\n%s", out)
			}
		})
	}
}
