package ddl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// sequences reads the source's sequences.
func (b *bench) sequences() []*schema.Table {
	b.t.Helper()
	var list []*schema.Table
	for _, row := range b.query(b.source, "SELECT table_name FROM information_schema.tables WHERE table_schema = '%s' AND table_type = 'SEQUENCE' ORDER BY 1", b.database) {
		text := b.query(b.source, "SHOW CREATE SEQUENCE `%s`", row[0])[0][1]
		next := b.query(b.source, "SELECT next_not_cached_value FROM `%s`", row[0])[0][0]
		s, err := ddl.Sequence(schema.Name{Schema: b.database, Table: row[0]}, text, next, b.dialect)
		if err != nil {
			b.t.Fatalf("%s: %v\n%s", b.name, err, text)
		}
		list = append(list, s)
	}
	return list
}

// copySequences makes the sequences of a set in PostgreSQL as the copy does.
func (b *bench) copySequences(set *schema.Set, target string) {
	b.t.Helper()
	b.known = map[schema.Name]bool{}
	for _, s := range set.Tables() {
		if s.Sequence != nil {
			b.must(b.target, ddl.CreateSequence(mapping.Quote(target)+"."+mapping.Quote(s.Name.Table), s.Sequence)...)
			b.known[s.Name] = true
		}
	}
}

// sameSequences compares the evolved sequences with fresh ones.
func (b *bench) sameSequences(run []string) {
	b.t.Helper()
	all := map[string][][]string{}
	for _, place := range []string{"fresh", "evolved"} {
		for _, row := range b.query(b.target, `SELECT sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size, data_type
			FROM pg_sequences WHERE schemaname = '%s' AND sequencename NOT LIKE '%%\_\_seq' ORDER BY 1`, place) {
			state := b.query(b.target, `SELECT last_value, is_called FROM %s."%s"`, place, strings.ReplaceAll(row[0], `"`, `""`))[0]
			all[place] = append(all[place], append(row, state...))
		}
	}
	if diff := cmp.Diff(all["fresh"], all["evolved"]); diff != "" {
		b.t.Errorf("%s: sequences: -fresh +evolved\n%s\n%s", b.name, strings.Join(run, "\n"), diff)
	}
}

// drawing is the table whose columns take values of sequences.
const drawing = "CREATE TABLE n (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s), a INT DEFAULT (NEXT VALUE FOR r), b VARCHAR(20) DEFAULT NEXTVAL(r), d DECIMAL(20) DEFAULT NEXTVAL(s))"

var sequenceStories = []story{
	{run: []string{"CREATE SEQUENCE s", "CREATE SEQUENCE IF NOT EXISTS s START 9", "CREATE OR REPLACE SEQUENCE s START WITH 5 MINVALUE=2 MAXVALUE 1000 INCREMENT BY 3 CACHE=7 CYCLE ENGINE=InnoDB COMMENT 'x'",
		"CREATE SEQUENCE `od\"d` START -5 INCREMENT = -2 MINVALUE -100 NOCACHE", "CREATE SEQUENCE down INCREMENT -1", "CREATE SEQUENCE zero INCREMENT 0", "CREATE SEQUENCE widest MINVALUE -9223372036854775807 START 9223372036854775806 MAXVALUE 9223372036854775806",
		"CREATE TABLE t2 (next_not_cached_value BIGINT NOT NULL, minimum_value BIGINT NOT NULL, maximum_value BIGINT NOT NULL, start_value BIGINT NOT NULL, increment BIGINT NOT NULL, cache_size BIGINT UNSIGNED NOT NULL, cycle_option TINYINT UNSIGNED NOT NULL, cycle_count BIGINT NOT NULL) SEQUENCE=1",
		"CREATE TABLE t3 LIKE s", "CREATE TEMPORARY SEQUENCE tmp", "DROP TEMPORARY SEQUENCE tmp", "DROP SEQUENCE t3, down", "DROP SEQUENCE IF EXISTS none, t2", "DROP TABLE zero"}},
	{setup: []string{"CREATE SEQUENCE s CACHE 10", "SELECT NEXTVAL(s)", "CREATE SEQUENCE r INCREMENT -1 NOCACHE", "SELECT NEXTVAL(r), NEXTVAL(r)"},
		run: []string{"ALTER SEQUENCE s INCREMENT 5", "ALTER SEQUENCE s MAXVALUE 10", "ALTER SEQUENCE s NOMAXVALUE", "ALTER SEQUENCE IF EXISTS s START 4 RESTART", "ALTER SEQUENCE s RESTART 50 MAXVALUE = 60 CYCLE", "ALTER SEQUENCE s NOCYCLE NOCACHE NO MINVALUE",
			"ALTER SEQUENCE r RESTART WITH -20", "ALTER SEQUENCE r MINVALUE -20 CACHE 5", "ALTER SEQUENCE r NO MAXVALUE", "ALTER SEQUENCE IF EXISTS none RESTART 3", "CREATE OR REPLACE SEQUENCE r", "ALTER SEQUENCE r RESTART 7"}},
	{setup: []string{"CREATE SEQUENCE s MAXVALUE 3 NOCACHE", "SELECT NEXTVAL(s), NEXTVAL(s), NEXTVAL(s)", "CREATE SEQUENCE r MAXVALUE 3 CYCLE NOCACHE", "SELECT NEXTVAL(r), NEXTVAL(r), NEXTVAL(r)", "CREATE SEQUENCE d MINVALUE -2 INCREMENT -2 NOCACHE", "SELECT NEXTVAL(d)"},
		run: []string{"ALTER SEQUENCE s MAXVALUE 20", "ALTER SEQUENCE r MAXVALUE 9", "ALTER SEQUENCE d MINVALUE -30"}},
	{setup: []string{"CREATE SEQUENCE s", "CREATE SEQUENCE r START 7"}, run: []string{"RENAME TABLE s TO s2", "RENAME TABLE s2 TO tmp, r TO s2, tmp TO r", "ALTER TABLE r RENAME TO q", "ALTER TABLE q COMMENT 'x', ENGINE = MyISAM"}},

	// Columns that take their values.
	{setup: []string{"CREATE SEQUENCE s", "CREATE SEQUENCE r START 7", drawing, "INSERT INTO n (id) VALUES (1)"},
		run: []string{"ALTER TABLE n ALTER a SET DEFAULT NEXTVAL(s), ADD e BIGINT DEFAULT 1", "ALTER TABLE n ALTER e SET DEFAULT (NEXT VALUE FOR r)", "ALTER TABLE n MODIFY a BIGINT DEFAULT NEXTVAL(r)", "ALTER TABLE n ALTER a DROP DEFAULT",
			"DROP SEQUENCE s", "CREATE SEQUENCE s START 3", "RENAME TABLE s TO s9", "RENAME TABLE s9 TO s", "CREATE TABLE m LIKE n", "DROP TABLE n", "DROP SEQUENCE r, s"}},
	{run: []string{"CREATE SEQUENCE s", "CREATE SEQUENCE r", drawing, "CREATE TABLE k (id INT DEFAULT NEXT VALUE FOR `s`, x INT DEFAULT (NEXTVAL(`r`)))", "DROP TABLE k"}},
}

// Since MariaDB 11.5 sequences have types.
var typedSequences = []story{
	{run: []string{"CREATE SEQUENCE s AS INT", "CREATE SEQUENCE r AS TINYINT UNSIGNED INCREMENT -1", "CREATE SEQUENCE q START 4 AS BIGINT UNSIGNED CYCLE", "CREATE SEQUENCE p AS BIGINT UNSIGNED MINVALUE 18446744073709551000", "CREATE SEQUENCE o AS BIGINT UNSIGNED INCREMENT -1",
		"CREATE SEQUENCE m AS MEDIUMINT MINVALUE -5 MAXVALUE 5 START 0", "ALTER SEQUENCE s AS BIGINT", "ALTER SEQUENCE s NOMAXVALUE", "ALTER SEQUENCE q MAXVALUE 100", "ALTER SEQUENCE m AS TINYINT", "ALTER SEQUENCE m NOMAXVALUE", "ALTER SEQUENCE r NOMINVALUE NOMAXVALUE", "CREATE TABLE l LIKE r", "DROP SEQUENCE l, p"}},
}

// A sequence in PostgreSQL is what a copy would have made of the source's, after each way of
// changing that, and so are the defaults that take its values.
func TestSequenceStories(t *testing.T) {
	for _, server := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			list := sequenceStories
			if server == "mariadb-11.8" {
				list = append(list, typedSequences...)
			}
			for _, s := range list {
				if s.setup == nil {
					s.setup = base
				}
				s.each = true
				b.follow(s)
			}
		})
	}
}
