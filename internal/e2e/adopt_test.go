package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// sound are tables whose rows pg_chameleon copies and follows rightly.
var sound = []string{
	`CREATE TABLE customers (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL DEFAULT 'nobody', active TINYINT(1) NOT NULL DEFAULT 1,
		score SMALLINT, seen MEDIUMINT UNSIGNED, total DECIMAL(12,2), big BIGINT UNSIGNED, born DATE, made DATETIME(3), at TIME, y YEAR, flag BIT(1), ratio DOUBLE,
		state ENUM('new','paid','sent') NOT NULL DEFAULT 'new', code CHAR(4), note TEXT COMMENT 'free text', doc JSON, changed TIMESTAMP NULL,
		UNIQUE KEY by_code (code), KEY by_score (score), KEY by_note (note(10))) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
	`CREATE TABLE pairs (a INT NOT NULL, b VARCHAR(10) NOT NULL, n INT NOT NULL DEFAULT 0, customer INT UNSIGNED, PRIMARY KEY (a, b), KEY by_customer (customer),
		CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE=InnoDB`,
}

func soundRow(i int) string {
	return fmt.Sprintf("(%[1]d, 'name %[1]d?', %[2]d, %[3]d, 70000, %[1]d.25, 4000000000, '2020-02-29', '2024-02-29 12:00:00.125', '23:59:59', 2024, b'1', 0.1, '%[4]s', 'c%[1]d', 'tab\\t and \\\\ Ünïcode', '{\"a\": [1, \"x\"]}', '2024-07-01 10:00:00')",
		i, i%2, i%1000, []string{"new", "paid", "sent"}[i%3])
}

// soundStatement changes the sound tables at random.
func soundStatement(random *rand.Rand) string {
	id := 1 + random.IntN(400)
	switch random.IntN(6) {
	case 0:
		return "INSERT IGNORE INTO customers VALUES " + soundRow(id)
	case 1:
		return fmt.Sprintf("UPDATE customers SET name = 'changed %d', score = %d, state = 'paid', flag = b'0', big = 18, doc = '{\"b\": %[1]d}', changed = '2025-01-01 00:00:00' WHERE id = %[3]d", random.IntN(1000), random.IntN(30000), id)
	case 2:
		return fmt.Sprintf("DELETE FROM customers WHERE id = %d", 300+random.IntN(100))
	case 3:
		return fmt.Sprintf("INSERT INTO pairs (a, b) VALUES (%d, 'x%d') ON DUPLICATE KEY UPDATE n = n + 1", random.IntN(50), random.IntN(5))
	case 4:
		return fmt.Sprintf("UPDATE pairs SET a = a + 1000 WHERE a = %d", random.IntN(50))
	default:
		return fmt.Sprintf("UPDATE customers SET note = 'n %d', y = 1999, active = 5, total = -1.5 WHERE id = %d", random.IntN(100), id)
	}
}

// damaged are tables that pg_chameleon does damage to: each with its rows and a part of the reason.
var damaged = []struct{ name, create, insert, reason string }{
	{"blobs", "(id INT PRIMARY KEY, v VARBINARY(20))", "(1, x'deadbeef')", "hexadecimal digits"},
	{"binaries", "(id BINARY(4) PRIMARY KEY, v INT)", "(x'01020304', 1)", "hexadecimal digits"},
	{"bits", "(id INT PRIMARY KEY, v BIT(8))", "(1, 101)", "taken for decimal digits"},
	{"sets", "(id INT PRIMARY KEY, v SET('a','b') NULL)", "(1, 'a,b'), (2, NULL), (3, '')", "empty sets"},
	{"floats", "(id INT PRIMARY KEY, v FLOAT)", "(1, 0.1)", "six digits"},
	{"emoji", "(id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4)", "(1, 'well 😀'), (2, 'what?')", "beyond U+FFFF"},
	{"words", "(id INT PRIMARY KEY, v VARCHAR(20))", "(1, 'NULL'), (2, NULL)", "the word NULL"},
	{"zeros", "(id INT PRIMARY KEY, v DATE NOT NULL)", "(1, '2020-01-01'), (2, '0000-00-00')", "zero dates"},
	{"times", "(id INT PRIMARY KEY, v TIME)", "(1, '10:00:00'), (2, '-01:00:00')", "beyond a day"},
	{"large", "(id INT PRIMARY KEY, v INT UNSIGNED)", "(1, 5), (2, 4000000000)", "beyond integer"},
	{"moments", "(id INT PRIMARY KEY, v TIMESTAMP NULL)", "(1, '2024-07-01 10:00:00'), (2, NULL)", "another time zone"},
	{"years", "(id INT PRIMARY KEY, v YEAR)", "(1, 2000)", "1900"},
	{"lone", "(id INT, v INT)", "(1, 1), (1, 1)", "no key"},
	{"loose", "(id INT NULL UNIQUE, v INT)", "(1, 1), (NULL, 2)", "no key of columns that are NOT NULL"},
	{"dated", "(id INT PRIMARY KEY, v DATETIME NULL)", "(1, '0000-00-00 00:00:00')", "value_rules"},
	{"history", "(id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING", "(1, 1)", "pg_chameleon does not follow it"},
	{"parted", "(id INT PRIMARY KEY, v INT)", "(1, 1)", "23505 - duplicate key"},
	{"stored", "(id INT PRIMARY KEY, v INT)", "(1, 1)", "could not store 1 changes"},
	{"altered", "(id INT PRIMARY KEY, v INT)", "(1, 1)", "may have changed its definition"},
	{"drifted", "(id INT PRIMARY KEY, v INT, w INT)", "(1, 1, 1)", "has no column w"},
	{"forgotten", "(a INT, b VARCHAR(5), v ENUM('a','b'), PRIMARY KEY (a, b))", "(1, 'it''s', 'a'), (2, 'x', NULL)", "where the source has a member"},
	{"optional", "(id INT PRIMARY KEY, v ENUM('a','b'), n INT UNSIGNED)", "(1, 'a', 1), (2, NULL, 2)", ""},
	{"members", "(id INT PRIMARY KEY, v ENUM('a','b'))", "(1, 'a')", "lacks a member"},
	{"fathers", "(id INT PRIMARY KEY)", "(1), (2)", ""},
	{"children", "(id INT PRIMARY KEY, father INT, FOREIGN KEY (father) REFERENCES fathers (id) ON DELETE CASCADE)", "(1, 1), (2, 2)", "whose parents"},
}

// A replica of pg_chameleon 2.0 goes on, while the source is written to, with the tables that can be
// trusted; the others are named, and filled by sync_tables.
func TestAReplicaOfPgChameleonIsTakenOver(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := bareReplica(t, src, dst, options{yaml: "    refill: manual\nvalue_rules:\n  by_column:\n    \"*.dated.v\":\n      zero_date: -infinity\n"})
	o := &old{replica: r}
	schema := r.schemas[r.marker]
	r.source(sound...)
	r.source("SET SESSION sql_mode = ''", "INSERT INTO pairs (a, b) VALUES (1, 'x'), (2, 'y')")
	for i := 1; i <= 300; i += 100 {
		var rows []string
		for j := i; j < i+100; j++ {
			rows = append(rows, soundRow(j))
		}
		r.source("INSERT INTO customers VALUES " + strings.Join(rows, ", "))
	}
	for _, d := range damaged {
		r.source("SET SESSION sql_mode = ''", "CREATE TABLE "+d.name+" "+d.create, "INSERT INTO "+d.name+" VALUES "+d.insert)
	}
	r.source("CREATE SEQUENCE numbers START WITH 100", "SELECT NEXT VALUE FOR numbers")
	r.source("CREATE TABLE unneeded (id INT PRIMARY KEY)", "CREATE TABLE later (id INT PRIMARY KEY, v INT)", "INSERT INTO later VALUES (1, 1)")
	r.oldCatalogue("2.0.10")
	keys := r.copyAsBefore(r.marker, schema)
	in := fmt.Sprintf("%q.", schema)
	dst.Exec(t, r.database,
		"ALTER TABLE "+in+"drifted DROP COLUMN w", "UPDATE "+in+"years SET v = 1900", "UPDATE "+in+"forgotten SET v = NULL", "UPDATE "+in+"moments SET v = v + interval '2 hours'",
		"ALTER TYPE "+in+"enum_members_v RENAME VALUE 'b' TO 'c'")
	r.source("DELETE FROM fathers WHERE id = 1")
	dst.Exec(t, r.database, "DELETE FROM "+in+"fathers WHERE id = 1") // and the child stays
	o.halfTransaction(in)
	o.register(r.schemas, map[string]map[string]string{schema: keys})
	r.source("INSERT INTO later VALUES (2, 2)", "UPDATE later SET v = 10 WHERE id = 1")
	file, offset := r.end() // as of which pg_chameleon's sync_tables has copied this one
	dst.Exec(t, r.database, "TRUNCATE "+in+"later", "INSERT INTO "+in+"later VALUES (1, 10), (2, 2)",
		"UPDATE sch_chameleon.t_replica_tables SET t_binlog_name = '"+file+"', i_binlog_position = "+offset+" WHERE v_table_name = 'later'",
		"UPDATE sch_chameleon.t_replica_tables SET b_replica_enabled = false WHERE v_table_name = 'parted'",
		"INSERT INTO sch_chameleon.t_error_log (i_id_batch, i_id_source, v_schema_name, v_table_name, t_table_pkey, t_binlog_name, i_binlog_position, t_error_message) VALUES (1, 1, '"+schema+"', 'parted', 'id=1', 'b', 4, '23505 - duplicate key')",
		"INSERT INTO sch_chameleon.t_discarded_rows (i_id_batch, v_schema_name, v_table_name, t_row_data) VALUES (1, '"+schema+"', 'stored', '00')")
	r.source("ALTER TABLE altered ADD COLUMN w INT", "TRUNCATE TABLE years", "INSERT INTO years VALUES (3, 2003)", "DROP TABLE unneeded",
		"CREATE TABLE made_since (id INT PRIMARY KEY, v INT)", "INSERT INTO made_since VALUES (1, 1)", "UPDATE later SET v = 11 WHERE id = 1")

	writers := startWriters(t, src, r.marker, 2, 7, soundStatement)
	before := r.catalogueText()
	for _, command := range [][]string{{"show_status"}, {"show_errors"}, {"start_replica", "--source", "mysql"}} {
		if out, code := r.run(command...); code != 6 || !strings.Contains(out, "chameleon upgrade_replica_schema") {
			t.Errorf("%v on pg_chameleon's catalogue exits with %d: %s", command, code, out)
		}
	}
	out := r.must("upgrade_replica_schema", "--dry-run", "--full")
	if r.catalogueText() != before || !strings.Contains(out, "Nothing was changed") {
		t.Errorf("--dry-run has changed something:\n%s", out)
	}
	if !strings.Contains(out, ": reading its binary log from ") || !strings.Contains(out, "looking at table 1 of ") || !strings.Contains(out, ": "+r.marker+".customers") {
		t.Errorf("it does not tell what it is looking at:\n%s", out)
	}
	r.tells(out)
	if out := r.must("upgrade_replica_schema", "--dry-run", "--json"); !json.Valid([]byte(out)) || !strings.Contains(out, `"followed": true`) {
		t.Errorf("as JSON the plan is %s", out)
	}
	out = r.must("upgrade_replica_schema", "--yes")
	if !strings.Contains(out, "kept as _sch_chameleon_2_0") {
		t.Errorf("upgrade_replica_schema says:\n%s", out)
	}
	if rows := r.target("SELECT count(*) FROM _sch_chameleon_2_0.t_replica_tables"); rows[0][0] == "0" {
		t.Error("pg_chameleon's catalogue is not kept")
	}
	r.start()
	writers.stop()
	r.caughtUp()
	for _, table := range []string{"customers", "pairs", "fathers", "later", "made_since", "optional"} {
		r.sameTable(r.marker, schema, table)
	}
	r.names(schema)
	r.alters(schema)
	r.must("sync_tables", "--source", "mysql", "--tables", "disabled")
	r.allReplicate()
	r.caughtUp()
	dst.Exec(t, r.database, "DROP TABLE "+in+"unneeded")                                              // which nobody follows
	r.source("DELETE FROM times WHERE id = 2", "DELETE FROM zeros WHERE id = 2", "DELETE FROM dated") // which a rule has changed
	r.caughtUp()
	r.same()
}

// halfTransaction commits on the source what pg_chameleon has replayed the first half of, and goes
// on in the midst of it.
func (o *old) halfTransaction(in string) {
	o.t.Helper()
	file, from := o.end()
	o.source("BEGIN", "INSERT INTO pairs (a, b, n) VALUES (70, 'first', 1)", "UPDATE pairs SET n = 5 WHERE a = 1", "INSERT INTO pairs (a, b, n) VALUES (71, 'second', 2)", "DELETE FROM pairs WHERE a = 2", "COMMIT")
	o.file = file
	for _, row := range o.src.Query(o.t, "", fmt.Sprintf("SHOW BINLOG EVENTS IN '%s' FROM %s LIMIT 30", file, from)) {
		if strings.HasPrefix(row[2], "Update_rows") {
			o.offset = row[4]
			break
		}
	}
	if o.offset == "" {
		o.t.Fatal("the transaction is not in the binary log")
	}
	o.dst.Exec(o.t, o.database, "INSERT INTO "+in+"pairs (a, b, n) VALUES (70, 'first', 1)", "UPDATE "+in+"pairs SET n = 5 WHERE a = 1")
}

// tells checks the plan.
func (r *replica) tells(plan string) {
	r.t.Helper()
	_, left, _ := strings.Cut(plan, "cannot be trusted")
	for _, d := range damaged {
		line := ""
		for l := range strings.Lines(left) {
			if strings.HasPrefix(l, "│ "+r.marker+"."+d.name+" ") {
				line = l
			}
		}
		switch {
		case d.reason == "" && line != "":
			r.t.Errorf("table %s is not followed: %s", d.name, line)
		case d.reason != "" && !strings.Contains(line, d.reason):
			r.t.Errorf("of table %s the plan says %q, not %q", d.name, line, d.reason)
		}
	}
	for _, table := range []string{"customers", "pairs", "later", "made_since"} {
		if strings.Contains(left, "│ "+r.marker+"."+table+" ") {
			r.t.Errorf("table %s is not followed", table)
		}
	}
	if !strings.Contains(left, "chameleon sync_tables --source mysql --tables ") || !strings.Contains(left, r.marker+".emoji") || strings.Contains(left[strings.Index(left, "chameleon sync_tables"):], "unneeded") {
		r.t.Errorf("the plan offers:\n%s", left)
	}
	if r.t.Failed() {
		r.t.Logf("the plan:\n%s", plan)
	}
}

// catalogueText is all that the target says of itself.
func (r *replica) catalogueText() string {
	r.t.Helper()
	rows := r.target(`SELECT n.nspname, c.relname, c.relkind, (SELECT string_agg(concat(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef), ',' ORDER BY a.attnum)
		FROM pg_attribute AS a WHERE a.attrelid = c.oid AND NOT a.attisdropped) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2`)
	rows = append(rows, r.target("SELECT s::text FROM sch_chameleon.t_sources AS s")...)
	rows = append(rows, r.target("SELECT b::text FROM sch_chameleon.t_replica_batch AS b ORDER BY b.i_id_batch")...)
	rows = append(rows, r.target("SELECT t::text FROM sch_chameleon.t_replica_tables AS t ORDER BY t.i_id_table")...)
	return strings.Join(lines(rows), "\n")
}

// names checks that what belongs to the tables has the names that statements expect.
func (r *replica) names(schema string) {
	r.t.Helper()
	rows := r.target("SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = '" + schema + "' AND c.relkind IN ('i', 'S') AND c.relname LIKE 'customers%' ORDER BY 1")
	var got []string
	for _, row := range rows {
		got = append(got, row[0])
	}
	if want := []string{"customers__by_code", "customers__by_score", "customers__id__seq", "customers__pkey"}; !slices.Equal(got, want) {
		r.t.Errorf("the indexes and sequences are %v, not %v", got, want)
	}
	rows = r.target("SELECT format_type(a.atttypid, a.atttypmod), (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = a.atttypid), " +
		"pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = '\"" + schema + "\".customers'::regclass AND a.attname = 'state'")
	if !strings.Contains(rows[0][0], "enum__customers__state") || rows[0][1] != "new,paid,sent," || !strings.Contains(rows[0][2], "new") {
		r.t.Errorf("the enum is %v", rows)
	}
}

// alters lets the source alter a table that was taken over: where that does not concern a type that
// another program gave, it is done in place, otherwise the table is to be filled.
func (r *replica) alters(schema string) {
	r.t.Helper()
	r.source("ALTER TABLE customers ADD COLUMN extra INT DEFAULT 7, DROP INDEX by_score, MODIFY state ENUM('new','paid','sent','lost') NOT NULL DEFAULT 'new'", "RENAME TABLE pairs TO couples",
		"UPDATE customers SET state = 'lost', active = 3 WHERE id = 5", "INSERT INTO couples (a, b) VALUES (5000, 'z')")
	r.caughtUp()
	r.sameTable(r.marker, schema, "customers")
	r.sameTable(r.marker, schema, "couples")
	r.source("ALTER TABLE customers MODIFY active SMALLINT NOT NULL DEFAULT 0", "INSERT INTO optional VALUES (3, 'b', 4000000000)")
	r.caughtUp()
	for _, row := range r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE t_source_table IN ('customers', 'optional')") {
		if !strings.Contains(row[1], "a type in PostgreSQL that this program has not given it") {
			r.t.Errorf("the table's reason is %v", row)
		}
	}
}

// What is not ready to be taken over is refused with the command that makes it so, and stays as it is.
func TestATakeOverThatCannotBe(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := bareReplica(t, src, dst, options{})
	o := &old{replica: r}
	r.oldCatalogue("2.0.10")
	r.source("CREATE TABLE redone (id INT PRIMARY KEY, v INT UNIQUE)", "INSERT INTO redone VALUES (1, 1), (2, 2), (3, 3)")
	file, offset := r.end()
	r.source("UPDATE redone SET v = 10 WHERE id = 1", "DELETE FROM redone WHERE id = 2", "INSERT INTO redone VALUES (4, 4)", "UPDATE redone SET v = 11 WHERE id = 1", "UPDATE redone SET v = 2 WHERE id = 3")
	keys := r.copyAsBefore(r.marker, r.schemas[r.marker])
	o.file, o.offset = r.end()
	o.register(r.schemas, map[string]map[string]string{r.schemas[r.marker]: keys})
	before := r.catalogueText()
	refused := func(what, undo, reason, hint string) {
		t.Helper()
		if what != "" {
			dst.Exec(t, r.database, what)
		}
		out, code := r.run("upgrade_replica_schema", "--yes")
		if code == 0 || !strings.Contains(out, reason) || !strings.Contains(out, hint) {
			t.Errorf("after %s, exit code %d:\n%s", what, code, out)
		}
		if undo != "" {
			dst.Exec(t, r.database, undo)
		}
		if now := r.catalogueText(); now != before {
			t.Fatalf("after %s something has changed:\n%s\nwas\n%s", what, now, before)
		}
	}
	refused("UPDATE sch_chameleon.t_replica_batch SET b_processed = true WHERE i_id_batch = 2; INSERT INTO sch_chameleon.t_batch_events VALUES (2, '{7,8}')",
		"UPDATE sch_chameleon.t_replica_batch SET b_processed = false WHERE i_id_batch = 2; DELETE FROM sch_chameleon.t_batch_events",
		"2 changes of source mysql that pg_chameleon has read are not replayed yet", "chameleon start_replica --source mysql")
	refused("UPDATE sch_chameleon.t_sources SET enm_status = 'initialising'", "UPDATE sch_chameleon.t_sources SET enm_status = 'stopped'", "was not brought to its end", "drop_source")
	refused("UPDATE sch_chameleon.t_sources SET t_source = 'other'", "UPDATE sch_chameleon.t_sources SET t_source = 'mysql'", "no source of the configuration is the source other", "drop_source")
	refused("UPDATE sch_chameleon.t_sources SET jsb_schema_mappings = '{\"x\": \"y\"}'",
		fmt.Sprintf("UPDATE sch_chameleon.t_sources SET jsb_schema_mappings = '{%q: %q}'", r.marker, r.schemas[r.marker]), "with the mappings x: y", "schema_mappings")
	refused("UPDATE sch_chameleon.t_replica_batch SET t_binlog_name = 'gone.000001' WHERE i_id_batch = 2", "UPDATE sch_chameleon.t_replica_batch SET t_binlog_name = '"+o.file+"' WHERE i_id_batch = 2", "no longer has the binary log file gone.000001", "init_replica")
	refused("UPDATE sch_chameleon.t_replica_batch SET i_binlog_position = 4000000000 WHERE i_id_batch = 2", "UPDATE sch_chameleon.t_replica_batch SET i_binlog_position = "+o.offset+" WHERE i_id_batch = 2", "it is another server, or was reset", "init_replica")
	daemon, err := dst.Connect(t.Context(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Exec(t.Context(), "SET application_name = '[pg_chameleon] - source: mysql, action: read'"); err != nil {
		t.Fatal(err)
	}
	refused("", "", "a process of pg_chameleon is at work", "stop_all_replicas")
	if err := daemon.Close(); err != nil {
		t.Fatal(err)
	}
	// What fails in the midst of it leaves all as it was.
	dst.Exec(t, r.database, "CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not today''; END'",
		"CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION public.refuse()")
	refused("", "DROP EVENT TRIGGER refuse", "not today", "nothing was changed")
	// What pg_chameleon has read and lost, when it was stopped at the wrong moment, is read again.
	dst.Exec(t, r.database, "INSERT INTO sch_chameleon.t_replica_batch (i_id_source, t_binlog_name, i_binlog_position, ts_created) VALUES (1, '"+file+"', "+offset+", now() - interval '1 hour')",
		"DELETE FROM "+quoteIdent(r.schemas[r.marker])+".redone WHERE id = 4")
	r.must("upgrade_replica_schema", "--yes")
	r.start()
	r.caughtUp()
	r.same()
}

// A catalogue of this program's is brought up to date, and no catalogue is none.
func TestUpgradeOfOurOwnCatalogue(t *testing.T) {
	t.Parallel()
	r := bareReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	if out, code := r.run("upgrade_replica_schema"); code == 0 || !strings.Contains(out, "create_replica_schema") {
		t.Errorf("without a catalogue, exit code %d:\n%s", code, out)
	}
	r.must("create_replica_schema")
	if out := r.must("upgrade_replica_schema", "--dry-run"); !strings.Contains(out, "this program's, version") {
		t.Errorf("a catalogue of ours:\n%s", out)
	}
	if out := r.must("upgrade_replica_schema"); !strings.Contains(out, "up to date") {
		t.Errorf("a catalogue of ours:\n%s", out)
	}
}
