package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// views are queries, and whether a detached database has them: "" for exactly, "!" where
// differences are told that these rows do not show, "~" where they do, or else what is said of why there is none.
var views = []struct{ name, query, told string }{
	{"plain", "SELECT id, name, kind, at, j FROM people", ""},
	{"few", "SELECT id FROM people WHERE kind = 'tall' AND id BETWEEN 2 AND 5 OR score > 1.5", ""},
	{"named", "SELECT id AS a, score + 1 AS b, id = 2 AS c, -score AS d, CASE WHEN id > 3 THEN 'late' ELSE 'early' END AS e, NULL AS f FROM people", ""},
	{"joined", "SELECT p.id, p.name, c.name AS city FROM people p JOIN cities c ON p.city = c.id", ""},
	{"outer_joined", "SELECT p.id, c.name AS city, c.size FROM people p LEFT JOIN cities c ON p.city = c.id AND c.size > 100", ""},
	{"three", "SELECT p.id, q.id AS friend, c.size FROM people p JOIN (people q JOIN cities c ON q.city = c.id) ON p.city = c.id WHERE p.id <> q.id", ""},
	{"comma", "SELECT p.id, c.id AS city FROM people p, cities c", ""},
	{"counted", "SELECT city, COUNT(*) AS n, COUNT(DISTINCT kind) AS kinds, SUM(score) AS total, MIN(at) AS first, MAX(id) AS last FROM people GROUP BY city HAVING n > 1", ""},
	{"ordered", "SELECT id, score FROM people ORDER BY score DESC, id LIMIT 3", ""},
	{"paged", "SELECT id FROM people ORDER BY id LIMIT 2 OFFSET 3", ""},
	{"united", "SELECT id, city FROM people UNION ALL SELECT id, size FROM cities", ""},
	{"on_view", "SELECT a, b * 2 AS twice, c FROM named WHERE b > 1", ""},
	{"on_on_view", "SELECT COUNT(*) AS n FROM on_view", ""},
	{"derived", "SELECT t.city, t.n FROM (SELECT city, COUNT(*) AS n FROM people GROUP BY city) t WHERE t.n > 1", ""},
	{"dates", "SELECT id, YEAR(at) AS y, DATE(at) AS d, DATEDIFF(at, '2030-01-01') AS days, DATE_FORMAT(at, '%Y-%m/%d %H:%i') AS text FROM people", ""},
	{"texts", "SELECT id, CONCAT(id, ': ', kind, '-', city) AS t, LEFT(name, 2) AS l, CHAR_LENGTH(name) AS n, IFNULL(name, '?') AS i FROM people", ""},
	{"exact_text", "SELECT id FROM people WHERE code = 'Ab' OR code LIKE 'x%'", ""},
	{"any_case", "SELECT id FROM people WHERE name = 'ANN' OR name LIKE 'b%'", "!"},
	{"cased", "SELECT DISTINCT kind, city FROM people", ""},
	{"quotients", "SELECT id, score / 3 AS a, id / 0 AS b, 7 / 2 AS c FROM people", "!"},
	{"means", "SELECT city, AVG(score) AS a, AVG(id) AS b FROM people GROUP BY city", "!"},
	{"lists", "SELECT city, GROUP_CONCAT(id ORDER BY id DESC SEPARATOR '+') AS ids FROM people GROUP BY city", "!"},
	{"recent", "SELECT id FROM people WHERE stamp <= NOW() AND YEAR(stamp) > 2000", "!"},
	{"named_alike", "SELECT name, COUNT(*) AS n FROM people GROUP BY name", "~"},
	{"windowed", "SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM people", "is not known"},
	{"among", "SELECT id FROM people WHERE id IN (SELECT id FROM cities WHERE size > 100) AND city NOT IN (SELECT 2 AS x)", ""},
	{"there", "SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM cities c WHERE c.id = p.city AND c.size > 100)", ""},
	{"scalar", "SELECT id, (SELECT MAX(c.size) FROM cities c WHERE c.id <= p.id) AS largest FROM people p", ""},
	{"moved", "SELECT id, at + INTERVAL 1 MONTH AS a, DATE(at) - INTERVAL id DAY AS b, DATE(at) + INTERVAL 90 MINUTE AS c FROM people", ""},
	{"among_texts", "SELECT id FROM people WHERE name IN (SELECT name FROM people WHERE id > 3)", "~"},
	{"sub_refused", "SELECT id FROM people WHERE name IN (SELECT SOUNDEX(name) FROM cities)", "has no exact translation"},
	{"of_hidden", "SELECT id FROM hidden", "which PostgreSQL does not have"},
	{"on_hidden", "SELECT id FROM of_hidden", "which PostgreSQL does not have"},
	{"by_pattern", "SELECT id FROM people WHERE name REGEXP '^a'", "has no exact translation"},
	{"converted", "SELECT id FROM people WHERE name > 5", "MySQL converts"},
	{"called", "SELECT id, SOUNDEX(name) AS s FROM people", "has no exact translation"},
	{"taken", "SELECT id FROM people", "PostgreSQL refuses it"},
}

// Views that a detached database has show the same rows as on the source; all others are told of.
func TestViewsAreCarriedOver(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mariadb-11.8", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			db := src.Database(t, "e2e")
			role := "reader_" + db
			dst.Exec(t, "postgres", "CREATE ROLE "+role)
			r := newReplica(t, src, dst, options{schemas: map[string]string{db: "seen"}, yaml: fmt.Sprintf("    grant_select_to: [%s]\n    skip_tables:\n    - %s.hidden\n", role, db)})
			t.Cleanup(func() { dst.Exec(t, r.database, "DROP OWNED BY "+role, "DROP ROLE "+role) })
			r.source("CREATE TABLE cities (id INT PRIMARY KEY, name VARCHAR(20), size INT)", "CREATE TABLE hidden (id INT PRIMARY KEY)",
				`CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, kind ENUM('tall','small'), city INT, score DECIMAL(8,2),
					at DATETIME, stamp TIMESTAMP NULL, j JSON, code VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)`,
				"INSERT INTO cities VALUES (1, 'Rome', 90), (2, 'Oslo', 500), (3, 'Bern', 200)",
				`INSERT INTO people VALUES (1, 'Ann', 'tall', 1, 1.25, '2030-01-05 10:11:12', '2021-05-06 07:08:09', '{"a": 1}', 'Ab'), (2, 'bob', 'small', 1, 2, NULL, NULL, NULL, 'ab'),
					(3, 'Cem', NULL, 2, -3.5, '2031-12-31 23:59:59', '2022-01-01 00:00:00', '[]', 'xy'), (4, 'ann', 'tall', 2, NULL, '1999-02-28 00:00:00', NULL, NULL, NULL),
					(5, NULL, 'small', NULL, 0, '2030-01-05 00:00:00', '2023-01-01 00:00:00', NULL, 'X'), (6, 'Bob', 'tall', 1, 100000, NULL, NULL, NULL, 'x')`)
			var create []string
			for _, v := range views {
				create = append(create, "CREATE VIEW "+v.name+" AS "+v.query)
			}
			r.source(create...)
			r.init()
			dst.Exec(t, r.database, "CREATE TABLE seen.taken ()")
			report := r.must("detach_replica", "--source", "mysql", "--yes", "--full")
			r.wants(fmt.Sprintf("SELECT count(*) FROM pg_class WHERE relnamespace = 'seen'::regnamespace AND relkind IN ('r', 'v') AND relname <> 'taken' AND NOT has_table_privilege('%s', oid, 'SELECT')", role), "0")
			for _, v := range views {
				made := r.target(fmt.Sprintf("SELECT 1 FROM pg_views WHERE schemaname = 'seen' AND viewname = '%s'", v.name))
				if want := len(v.told) < 2; want != (len(made) == 1) {
					t.Errorf("view %s is made: %v\n%s", v.name, !want, lineOf(report, "."+v.name))
					continue
				} else if !want {
					if line := lineOf(report, "."+v.name+" "); !strings.Contains(line, v.told) {
						t.Errorf("view %s: %q does not tell %q", v.name, line, v.told)
					}
					continue
				}
				if differs := lineOf(report, "."+v.name+" ") != ""; differs != (v.told != "") {
					t.Errorf("view %s: a difference is told: %v\n%s", v.name, differs, lineOf(report, "."+v.name))
				}
				theirs, ours := lines(src.Query(t, db, "SELECT * FROM "+v.name)), lines(r.target("SELECT * FROM seen."+v.name))
				for i := range ours { // as MySQL writes them
					ours[i] = strings.ReplaceAll(ours[i], "+00", "")
				}
				if !slices.Equal(theirs, ours) && v.told != "~" {
					t.Errorf("view %s\non the source: %q\nin PostgreSQL: %q\n%s", v.name, theirs, ours, r.one(fmt.Sprintf("SELECT definition FROM pg_views WHERE viewname = '%s'", v.name)))
				}
			}
		})
	}
}

// lineOf gives the lines of a text that hold what is looked for.
func lineOf(text, part string) string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) && !strings.HasPrefix(line, "step ") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return strings.Join(found, "\n")
}
