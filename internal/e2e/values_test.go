package e2e

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/testserver"
)

// applied reads which rules changed how many values, and how many originals are kept.
func (r *replica) applied(table string) map[string]string {
	r.t.Helper()
	found := map[string]string{}
	rules, _ := r.status()["rules_applied"].([]any)
	for _, entry := range rules {
		rule := entry.(map[string]any)
		if rule["table"] == r.marker+"."+table {
			found[fmt.Sprintf("%s: %s", rule["column"], rule["rule"])] = fmt.Sprintf("%v of %v", rule["originals"], rule["count"])
		}
	}
	return found
}

// Values that PostgreSQL cannot hold follow the rules, the configured ones before the defaults. What is
// lost by it is kept, with the key of its row, from the copy and from the stream.
func TestRulesForValues(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Shared(t, name)
			db := src.Database(t, "e2e")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf(`value_rules:
  zero_date: '-infinity'
  nul_character: replace
  keep_originals: 3
  by_type:
    timestamp:
      zero_date: 1970-01-01
  by_column:
    "%[1]s.v.d2":
      zero_date: null
    "%[1]s.*.strict":
      zero_date: error
type_override:
  "tinyint(1)":
    override_to: boolean
    override_tables: ["*"]
  "decimal":
    override_to: numeric(6,1)
    override_columns: ["%[1]s.v.n"]
`, db)})
			r.source("SET sql_mode = ''", `CREATE TABLE v (id INT PRIMARY KEY, d1 DATE, d2 DATE, ts TIMESTAMP NULL, txt VARCHAR(20), t TIME NOT NULL, b TINYINT(1), n DECIMAL(12,3),
				e ENUM('x','y')) CHARACTER SET utf8mb4`,
				"CREATE TABLE strict_dates (id INT PRIMARY KEY, strict DATE)")
			values := `'0000-00-00', '2024-02-31', '0000-00-00 00:00:00', 'a\0b', '-100:00:01', 2, 12345.678, 'none'`
			relaxed := strings.ReplaceAll(values, "2024-02-31", "2024-00-31")
			r.source("SET sql_mode = ''", "INSERT INTO v VALUES (1, "+relaxed+")", "INSERT INTO strict_dates VALUES (1, '2024-01-01')")
			r.init()
			r.start()
			r.source("SET sql_mode = ''", "INSERT INTO v VALUES (2, "+relaxed+")", "SET sql_mode = ''", "INSERT INTO v VALUES (3, "+relaxed+")",
				"SET sql_mode = ''", "UPDATE v SET b = 3 WHERE id = 3", "SET sql_mode = ''", "UPDATE v SET id = 4, txt = 'plain' WHERE id = 1", "DELETE FROM v WHERE id = 2")
			r.caughtUp()
			want := [][]string{
				{"3", "-infinity", "NULL", "1970-01-01 00:00:00+00", "a\uFFFDb", "00:00:00", "true", "12345.7", ""},
				{"4", "-infinity", "NULL", "1970-01-01 00:00:00+00", "plain", "00:00:00", "true", "12345.7", ""},
			}
			if diff := cmp.Diff(want, r.target("SELECT id::text, d1::text, d2::text, ts::text, txt, t::text, b::text, n::text, e::text FROM web.v ORDER BY id")); diff != "" {
				t.Errorf("PostgreSQL has (+) what the rules do not give (-):\n%s", diff)
			}
			counts := map[string]string{
				"d1: zero date": "3 of 5", "d2: zero date": "3 of 5", "ts: zero date": "3 of 5", "txt: NUL character": "3 of 4",
				"t: out of range": "3 of 5", "b: out of range": "3 of 5", "n: rounded": "3 of 5", "e: invalid enum member": "3 of 5",
			}
			if diff := cmp.Diff(counts, r.applied("v")); diff != "" {
				t.Errorf("the rules were applied (+), not (-):\n%s", diff)
			}
			originals := [][]string{{"copy", "1", "-100:00:01"}, {"stream", "2", "-100:00:01"}, {"stream", "3", "-100:00:01"}}
			if diff := cmp.Diff(originals, r.target("SELECT t_stage, t_row_key, t_row_data FROM sch_chameleon.t_discarded_rows WHERE t_source_column = 't' ORDER BY i_id_row")); diff != "" {
				t.Errorf("the originals of t are (+), not (-):\n%s", diff)
			}
			if rows := r.target(`SELECT t_row_data FROM sch_chameleon.t_discarded_rows WHERE t_source_column = 'txt' AND t_row_key = '1'`); fmt.Sprint(rows) != `[[a\x00b]]` {
				t.Errorf("the original with a NUL is kept as %q", rows)
			}

			// A rule that refuses: the stream excludes the table and goes on.
			r.source("SET sql_mode = ''", "INSERT INTO strict_dates VALUES (2, '0000-00-00')", "INSERT INTO v (id, t) VALUES (9, '10:00:00')")
			r.caughtUp()
			if out := r.must("show_status", "--source", "mysql", "--full"); !strings.Contains(out, db+".strict_dates") || !strings.Contains(out, "value_rules has zero_date: error") {
				t.Errorf("the status does not tell of the excluded table:\n%s", out)
			}
			if rows := r.target("SELECT count(*) FROM web.v"); rows[0][0] != "3" {
				t.Errorf("the other table has %s rows", rows[0][0])
			}
		})
	}
}

// secretWords are what TestMaskedColumns hides; nothing that the program leaves behind may
// have one of them.
var secretWords = []string{"Dora Dark", "dora@example.com", "Ann Miller", "ann@example.com", "+49 30 123456", "Bob Secret", "bob@example.com", "Carl Hidden", "DE02120300000000202051", "default-secret"}

// Masked values do not leave the program: not in the tables, their defaults, the catalogue or the logs,
// by the copy, by the stream and by DDL; and joins over hashes find what they did.
func TestMaskedColumns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Private(t, name) // a prepared XA transaction keeps others from copying
			db := src.Database(t, "e2e")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf(`    masks:
      "*.mail": hash
      "%[1]s.people.name": fixed(somebody)
      "%[1]s.people.phone": keep_first(3)
      "%[1]s.people.iban": null
mask_key: a key of more than sixteen bytes
`, db)})
			r.source("CREATE TABLE people (mail VARCHAR(50) PRIMARY KEY, name VARCHAR(40) NOT NULL, phone VARCHAR(30), iban CHAR(22) NOT NULL, born DATE) CHARACTER SET utf8mb4",
				"CREATE TABLE orders (id INT PRIMARY KEY, mail VARCHAR(50) NOT NULL, FOREIGN KEY (mail) REFERENCES people (mail) ON DELETE CASCADE ON UPDATE CASCADE) CHARACTER SET utf8mb4",
				"INSERT INTO people VALUES ('ann@example.com', 'Ann Miller', '+49 30 123456', 'DE02120300000000202051', '1980-01-01'), ('x@example.com', 'x', NULL, '', NULL)",
				"INSERT INTO orders VALUES (1, 'ann@example.com'), (2, 'x@example.com')")
			r.init()
			r.start()
			r.source("INSERT INTO people VALUES ('bob@example.com', 'Bob Secret', '+49 30 123456', 'DE02120300000000202051', NULL)", "INSERT INTO orders VALUES (3, 'bob@example.com'), (4, 'ann@example.com')",
				"UPDATE people SET mail = 'xx@example.com', name = 'Carl Hidden' WHERE mail = 'x@example.com'",
				"ALTER TABLE people ADD note INT DEFAULT 7, MODIFY name VARCHAR(60) NOT NULL DEFAULT 'default-secret', ALTER mail SET DEFAULT 'default-secret'",
				"CREATE TABLE news (id INT PRIMARY KEY, mail VARCHAR(50) DEFAULT 'default-secret')", "INSERT INTO news VALUES (1, 'ann@example.com'), (2, DEFAULT)",
				"DELETE FROM people WHERE mail = 'bob@example.com'")
			r.caughtUp()
			want := [][]string{{"1", "somebody", "+49", "NULL", "1980-01-01"}, {"2", "somebody", "NULL", "NULL", "NULL"}, {"4", "somebody", "+49", "NULL", "1980-01-01"}}
			if diff := cmp.Diff(want, r.target("SELECT o.id::text, name, phone, iban, born::text FROM web.people JOIN web.orders o USING (mail) ORDER BY o.id")); diff != "" {
				t.Errorf("the join gives (+), not (-):\n%s", diff)
			}
			if rows := r.target("SELECT count(*), min(length(mail)) FROM web.news JOIN web.people USING (mail)"); fmt.Sprint(rows) != "[[1 64]]" {
				t.Errorf("the table that came by DDL joins as %v", rows)
			}
			// Rows of an XA transaction are kept until it commits.
			r.source("XA START 'dora'", "INSERT INTO people (mail, name, iban) VALUES ('dora@example.com', 'Dora Dark', 'DE02120300000000202051')", "XA END 'dora'", "XA PREPARE 'dora'")
			r.source("INSERT INTO news VALUES (3, 'x')")
			r.caughtUp()
			if rows := r.target("SELECT count(*), coalesce(min(get_byte(b_events, 0)), 0) FROM sch_chameleon.t_xa_prepared"); fmt.Sprint(rows) != "[[1 1]]" {
				t.Errorf("of the prepared transaction are kept %v", rows)
			}
			r.stop()
			r.hidden(secretWords)
			r.start()
			r.source("XA COMMIT 'dora'")
			r.caughtUp()
			if rows := r.target("SELECT count(*) FROM web.people WHERE name = 'somebody'"); rows[0][0] != "3" {
				t.Errorf("after its commit there are %s people", rows[0][0])
			}
			// A change that the target refuses: its row is kept, masked.
			r.dst.Exec(t, r.database, "ALTER TABLE web.orders ADD CONSTRAINT no CHECK (id < 100)")
			r.source("INSERT INTO orders VALUES (100, 'ann@example.com')")
			r.caughtUp()
			if rows := r.target("SELECT count(*) FROM sch_chameleon.t_discarded_rows"); rows[0][0] != "1" {
				t.Errorf("%s rows are kept of the one that was refused", rows[0][0])
			}
			r.stop()
			if shown := r.must("show_errors") + r.must("show_status", "--source", "mysql", "--full") + r.must("show_config"); hasAny(shown, secretWords[:8]) {
				t.Errorf("a command shows what is hidden:\n%s", shown)
			}
			r.hidden(secretWords)
		})
	}
}

// hasAny finds words as they are and in hexadecimal digits.
func hasAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) || strings.Contains(text, hex.EncodeToString([]byte(word))) {
			return true
		}
	}
	return false
}

// hidden looks for words in all of the target database, and in the logs.
func (r *replica) hidden(words []string) {
	r.t.Helper()
	for _, row := range r.target(`SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'r' AND nspname IN ('web', 'sch_chameleon', 'pg_catalog') AND relname NOT IN ('pg_statistic', 'pg_authid')`) {
		for _, line := range r.target("SELECT t::text FROM " + row[0] + " AS t") {
			if hasAny(line[0], words) {
				r.t.Errorf("%s has %s", row[0], line[0])
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(r.home, "logs", "*"))
	if err != nil || len(files) == 0 {
		r.t.Fatalf("there are no logs: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if hasAny(line, words) {
				r.t.Errorf("the log has %s", line)
			}
		}
	}
}

// A mask that hides nothing, and settings that do not fit what was copied, are refused.
func TestSettingsThatDoNotFit(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	mask := func(column, mask string) string {
		return fmt.Sprintf("    masks:\n      \"%s.%s\": %s\n", db, column, mask)
	}
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: mask("people.nmae", "null")})
	r.source("CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20), flag TINYINT(1))", "INSERT INTO people VALUES (1, 'Ann', 1)")
	refuses := func(want string, args ...string) {
		t.Helper()
		if out, code := r.run(args...); code == 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, and %q is not told:\n%s", strings.Join(args, " "), code, want, out)
		}
	}
	refuses(db+".people.nmae", "init_replica", "--source", "mysql", "--debug")
	r.configure("type_override:\n  \"tinyint(1)\":\n    override_to: booleen\n    override_tables: [\"*\"]\n")
	refuses("booleen", "init_replica", "--source", "mysql", "--debug")
	r.configure("type_override:\n  \"datetime\":\n    override_to: boolean\n    override_tables: [\"*\"]\n")
	refuses("cannot become boolean", "show_config")
	r.configure("")
	r.init()
	r.configure(mask("people.name", "null"))
	refuses("name of table "+db+".people", "start_replica", "--source", "mysql", "--debug")
	r.configure("type_override:\n  \"tinyint(1)\":\n    override_to: boolean\n    override_tables: [\"*\"]\n")
	r.must("enable_replica", "--source", "mysql")
	refuses("flag of table "+db+".people is smallint and would become boolean", "start_replica", "--source", "mysql", "--debug")
	r.configure("")
	r.must("enable_replica", "--source", "mysql")
	r.start()
	r.source("INSERT INTO people VALUES (2, 'Bob', 0)")
	r.caughtUp()
	r.same()
}

// Keys and look-ups without regard to case work as on the source, where that is asked for.
func TestCaseInsensitiveColumns(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"citext", "icu"} {
		t.Run(way, func(t *testing.T) {
			src, dst := defaultPair(t)
			db := src.Database(t, "e2e")
			r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: "    collations:\n      \"*\": " + way + "\n"})
			r.source("CREATE TABLE names (name VARCHAR(20) PRIMARY KEY, nick VARCHAR(20) UNIQUE, exact VARCHAR(20) COLLATE utf8mb4_bin, n INT) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
				"CREATE TABLE loose (name VARCHAR(20)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "INSERT INTO loose VALUES ('a'), ('A')",
				"INSERT INTO names VALUES ('Ann', 'a', 'x', 1), ('Bob', 'b', 'X', 2)")
			if way == "citext" {
				if out, code := r.run("init_replica", "--source", "mysql", "--debug"); code == 0 || !strings.Contains(out, "CREATE EXTENSION citext") {
					t.Fatalf("the missing extension is not told (%d):\n%s", code, out)
				}
				dst.Exec(t, r.database, "CREATE EXTENSION citext")
			}
			r.init()
			r.start()
			r.source("UPDATE names SET name = 'ANN', n = 10 WHERE name = 'ann'", "UPDATE names SET nick = 'B' WHERE name = 'bob'",
				"START TRANSACTION", "DELETE FROM names WHERE name = 'bob'", "INSERT INTO names VALUES ('BOB', 'B', 'y', 3)", "UPDATE names SET nick = 'c' WHERE name = 'BOB'", "UPDATE names SET nick = 'C', name = 'boB' WHERE name = 'bob'", "COMMIT",
				"DELETE FROM loose WHERE BINARY name = 'A'", "INSERT INTO names VALUES ('Carl', 'd', 'z', 4)", "DELETE FROM names WHERE name = 'CARL'",
				"CREATE TABLE later (k VARCHAR(9) PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "INSERT INTO later VALUES ('K')", "UPDATE later SET k = 'k'")
			r.caughtUp()
			r.sameTable(db, "web", "names")
			r.sameTable(db, "web", "later")
			for query, want := range map[string]string{
				"SELECT name FROM web.names WHERE name = 'ann'": "[[ANN]]", "SELECT nick FROM web.names WHERE nick = 'c'": "[[C]]",
				"SELECT count(*) FROM web.names WHERE exact = 'Y'": "[[0]]", "SELECT name FROM web.loose": "[[a]]", "SELECT k FROM web.later WHERE k = 'K'": "[[k]]",
			} {
				if rows := r.target(query); fmt.Sprint(rows) != want {
					t.Errorf("%s gives %v, want %s", query, rows, want)
				}
			}
		})
	}
}

// Overrides choose by type, by patterns of tables and by column, for the copy, the stream and DDL alike.
func TestOverrides(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Shared(t, name)
			db := src.Database(t, "e2e")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf(`type_override:
  "tinyint(1)":
    override_to: boolean
    override_tables: ["*"]
  "enum":
    override_to: text
    override_tables: ["%[1]s.shop_*"]
  "int unsigned":
    override_to: integer
    override_columns: ["web.*.small"]
  "time":
    override_to: interval
    override_tables: ["*"]
  "set(*":
    override_to: text[]
    override_columns: ["%[1]s.other.s"]
  "char(36)":
    override_to: uuid
    override_tables: ["*"]
`, db)})
			columns := "id INT PRIMARY KEY, flag TINYINT(1), e ENUM('x','y'), small INT UNSIGNED, large INT UNSIGNED, t TIME, s SET('a','b'), u CHAR(36)"
			row := func(id string) string {
				return "(" + id + ", 1, 'y', 4000000000, 4000000000, '-100:00:01', 'a,b', '00112233-4455-6677-8899-aabbccddeeff')"
			}
			r.source("CREATE TABLE shop_items ("+columns+")", "CREATE TABLE other ("+columns+")", "INSERT INTO shop_items VALUES "+row("1"), "INSERT INTO other VALUES "+row("1"))
			r.init()
			r.start()
			r.source("INSERT INTO shop_items VALUES "+row("2"), "INSERT INTO other VALUES "+row("2"), "CREATE TABLE shop_later ("+columns+")", "INSERT INTO shop_later VALUES "+row("2"),
				"ALTER TABLE other ADD flag2 TINYINT(1) NOT NULL DEFAULT 1, ADD t2 TIME DEFAULT '-00:00:01'", "UPDATE other SET flag2 = 0, t = '838:59:59' WHERE id = 2", "UPDATE shop_items SET flag = 0, e = 'x' WHERE id = 2")
			r.caughtUp()
			types := func(table string) string {
				rows := r.target("SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'web." + table + "'::regclass AND attnum > 2")
				return rows[0][0]
			}
			for table, want := range map[string]string{
				"shop_items": "text integer bigint interval text uuid", "shop_later": "text integer bigint interval text uuid",
				"other": "web.enum__other__e integer bigint interval text[] uuid boolean interval",
			} {
				if got := types(table); got != want {
					t.Errorf("%s has the types %s, want %s", table, got, want)
				}
			}
			for query, want := range map[string]string{
				"SELECT id, flag, e, small, large, t FROM web.shop_items ORDER BY id": "[[1 true y NULL 4000000000 -100:00:01] [2 false x NULL 4000000000 -100:00:01]]",
				"SELECT id, flag, s, u, flag2, t, t2 FROM web.other ORDER BY id": "[[1 true {a,b} 00112233-4455-6677-8899-aabbccddeeff true -100:00:01 -00:00:01] " +
					"[2 true {a,b} 00112233-4455-6677-8899-aabbccddeeff false 838:59:59 -00:00:01]]",
			} {
				rows := r.target("SELECT * FROM (" + query + ") AS q")
				if got := fmt.Sprint(texts(rows)); got != want {
					t.Errorf("%s gives %v, want %s", query, got, want)
				}
			}
		})
	}
}

// texts writes t and f as PostgreSQL casts them to text.
func texts(rows [][]string) [][]string {
	for _, row := range rows {
		for i, field := range row {
			switch field {
			case "t":
				row[i] = "true"
			case "f":
				row[i] = "false"
			}
		}
	}
	return rows
}

// killWhen runs a copy and kills it with SIGKILL once a condition holds in the target, which
// waits for it: the moment is short. If the copy has ended before, it begins anew.
func (r *replica) killWhen(condition string, args ...string) {
	r.t.Helper()
	for range 10 {
		cmd := r.command(r.t.Context(), args...)
		if err := cmd.Start(); err != nil {
			r.t.Fatal(err)
		}
		r.target("DO $$ BEGIN FOR i IN 1..4000 LOOP EXIT WHEN (" + condition + ")::bool; PERFORM pg_sleep(0.002); END LOOP; END $$")
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err != nil && strings.HasPrefix(r.target(condition)[0][0], "t") {
			return
		}
		args = append(args[:len(args):len(args)], "--restart")
	}
	r.t.Fatal("the copy was never killed in time")
}

// A copy that goes on under another mask begins the table anew, so that no row of before shows; and the
// bounds of chunks do not show keys that are masked.
func TestCopiesThatGoOnUnderMasks(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	const small = "    copy_max_memory: \"200k\"\n    copy_threads: 1\n"
	mask := func(key string) string { return small + "    masks:\n      \"*.mail\": hash\nmask_key: " + key + "\n" }
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: small})
	r.source("CREATE TABLE people (mail VARCHAR(60) PRIMARY KEY, n INT, pad CHAR(200)) CHARACTER SET utf8mb4",
		"INSERT INTO people SELECT CONCAT('user-', seq, '@example.com'), seq, REPEAT('x', 200) FROM seq_1_to_150000", "ANALYZE TABLE people")
	const begun = "SELECT (count(*) > 2)::text FROM sch_chameleon.t_chunks WHERE b_upper IS NOT NULL"
	r.killWhen(begun, "init_replica", "--source", "mysql", "--debug")

	r.configure(mask("one key of sixteen bytes"))
	r.killWhen("SELECT (count(*) > 2)::text FROM sch_chameleon.t_chunks WHERE get_byte(b_upper, 0) = 1", "init_replica", "--source", "mysql", "--debug")
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_chunks WHERE get_byte(coalesce(b_upper, b_lower), 0) <> 1"); rows[0][0] != "0" {
		t.Errorf("%s chunks have bounds that anybody reads", rows[0][0])
	}
	copied := r.target("SELECT sum(i_rows) FROM sch_chameleon.t_chunks")[0][0]
	r.init()
	if rows := r.target("SELECT count(*), count(DISTINCT mail), min(length(mail)), max(length(mail)) FROM web.people"); fmt.Sprint(rows) != "[[150000 150000 64 64]]" {
		t.Errorf("PostgreSQL has %v (the copy went on after %s rows)", rows, copied)
	}
}
