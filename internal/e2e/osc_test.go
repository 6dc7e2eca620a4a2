package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// alteration is one that a tool for online schema changes is asked for.
type alteration struct {
	name    string
	alter   string
	renamed map[string]string // columns with new names
	options []string          // for pt-online-schema-change
}

var alterations = []alteration{
	{name: "add", alter: "ADD COLUMN n INT NOT NULL DEFAULT 7 AFTER id, ADD COLUMN t VARCHAR(10) DEFAULT 'é', ADD INDEX by_n (n)"},
	{name: "drop_column", alter: "DROP COLUMN old, DROP INDEX by_name"},
	{name: "widen", alter: "MODIFY amount BIGINT NULL, MODIFY name VARCHAR(200) NOT NULL DEFAULT 'x', MODIFY state ENUM('a', 'b', 'c') NOT NULL DEFAULT 'b'"},
	{name: "narrow", alter: "MODIFY old VARCHAR(20), MODIFY made DATE"},
	{name: "rename_column", alter: "CHANGE COLUMN old fresh INT", renamed: map[string]string{"old": "fresh"}, options: []string{"--no-check-alter"}},
	{name: "charset", alter: "CONVERT TO CHARACTER SET utf8mb4"},
	{name: "add_unique", alter: "ADD UNIQUE KEY uq (name, id)", options: []string{"--no-check-unique-key-change"}},
	{name: "primary", alter: "DROP PRIMARY KEY, ADD PRIMARY KEY (id, name)", options: []string{"--no-check-alter"}},
	{name: "clock", alter: "ADD COLUMN at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"},
	{name: "engine", alter: "ENGINE=InnoDB, COMMENT='made anew'"},
}

func itemTable(name string) string {
	return "CREATE TABLE " + backtick(name) + ` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL DEFAULT '', amount INT, old INT,
		state ENUM('a','b') NOT NULL DEFAULT 'a', price DECIMAL(10,2), made DATETIME, note TEXT, KEY by_name (name)) ENGINE=InnoDB DEFAULT CHARSET=latin1`
}

// fillItems makes tables with n rows each.
func fillItems(t *testing.T, s *testserver.Server, db string, n int, tables ...string) {
	t.Helper()
	for _, table := range tables {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = fmt.Sprintf("(%d, 'name %d', %d, %d, '%s', %d.25, '2024-02-29 12:00:%02d', 'a note \\t \\\\ %d')", i+1, i, i, i%13, []string{"a", "b"}[i%2], i, i%60, i)
		}
		statements := []string{itemTable(table)}
		for chunk := range slices.Chunk(rows, 5000) {
			statements = append(statements, "INSERT INTO "+backtick(table)+" (id, name, amount, old, state, price, made, note) VALUES "+strings.Join(chunk, ","))
		}
		s.Exec(t, db, statements...)
	}
}

// itemStatements gives random changes of the tables, which fit before and after any of the alterations.
func itemStatements(n int, tables ...string) func(*rand.Rand) string {
	return func(random *rand.Rand) string {
		table, id := backtick(tables[random.IntN(len(tables))]), 1+random.IntN(n)
		switch random.IntN(8) {
		case 0, 1:
			return fmt.Sprintf("INSERT INTO %s (name, amount, note) VALUES ('new %d', %d, NULL)", table, id, id)
		case 2:
			return fmt.Sprintf("UPDATE %s SET amount = amount + 1 WHERE id BETWEEN %d AND %d", table, id, id+20)
		case 3:
			return fmt.Sprintf("UPDATE %s SET name = 'n%d', price = %d.5 WHERE id = %d", table, random.Uint32(), id, id)
		case 4:
			return fmt.Sprintf("DELETE FROM %s WHERE id BETWEEN %d AND %d", table, id, id+3)
		case 5:
			return fmt.Sprintf("REPLACE INTO %s (id, name, amount, state) VALUES (%d, 'again', 1, 'b')", table, id)
		case 6:
			return fmt.Sprintf("UPDATE %s SET id = %d WHERE id = %d", table, n+random.IntN(1<<24), id)
		default:
			return fmt.Sprintf("UPDATE %s SET made = '2025-01-01 00:00:00', note = 'touched %d' WHERE id = %d", table, id, id)
		}
	}
}

// complete holds all of the replica against the source: rows, shapes, the list of tables, and that nothing was left out.
func (r *replica) complete(yaml string) {
	r.t.Helper()
	r.same()
	db := r.marker
	here := r.target(fmt.Sprintf("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1", quoteString(quoteIdent(r.schemas[db]))))
	there := r.src.Query(r.t, "", "SELECT table_name FROM information_schema.tables WHERE table_schema = "+quoteString(db)+" AND table_type = 'BASE TABLE'")
	if a, b := lines(here), lines(there); !slices.Equal(a, b) {
		r.t.Errorf("PostgreSQL has the tables %v, the source %v", a, b)
	}
	states := r.target("SELECT t_source_table, enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state NOT IN ('replicating', 'catching_up')")
	if len(states) > 0 {
		r.t.Errorf("tables that are not replicated: %v", states)
	}
	known := r.target("SELECT t_source_table FROM sch_chameleon.t_replica_tables")
	if a, b := lines(known), lines(there); !slices.Equal(a, b) {
		r.t.Errorf("the catalogue has the tables %v, the source %v", a, b)
	}
	fresh := *r
	fresh.home, fresh.database = r.t.TempDir(), r.dst.Database(r.t, "e2e")
	fresh.configure(yaml)
	fresh.must("create_replica_schema")
	fresh.must("add_source", "--source", "mysql")
	fresh.init()
	fresh.start() // some unique keys are built at the high mark
	defer fresh.stop()
	fresh.caughtUp()
	fresh.eventually(limit, func() (bool, string) {
		behind := fresh.target("SELECT t_source_table FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating'")
		return len(behind) == 0, fmt.Sprintf("not replicating yet: %v", behind)
	})
	if a, b := lines(r.layout()), lines(fresh.layout()); !slices.Equal(a, b) {
		mine, theirs := difference(a, b)
		r.t.Errorf("shapes differ from those of a fresh copy\nonly here: %s\nonly in the copy: %s", sample(mine), sample(theirs))
	}
}

// layout lists columns and indexes as PostgreSQL has them.
func (r *replica) layout() [][]string {
	r.t.Helper()
	schema := quoteString(r.schemas[r.marker])
	return append(r.target(fmt.Sprintf(`SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, coalesce(pg_get_expr(d.adbin, d.adrelid), '-'),
			coalesce(col_description(c.oid, a.attnum), '-'), coalesce(obj_description(c.oid), '-'), (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = a.atttypid)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE n.nspname = %s AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`, schema)),
		r.target(fmt.Sprintf("SELECT indexdef FROM pg_indexes WHERE schemaname = %s UNION ALL SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = quote_ident(%s)::regnamespace "+
			"UNION ALL SELECT typname FROM pg_type WHERE typtype = 'e' AND typnamespace = quote_ident(%s)::regnamespace", schema, schema, schema))...)
}

// gh-ost's procedure, under live writes, for each kind of alteration.
func TestGhostProcedure(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{})
			var tables []string
			for _, a := range alterations {
				if a.name != "primary" { // gh-ost needs a key that both tables have
					tables = append(tables, "it_"+a.name)
				}
			}
			fillItems(t, src, r.marker, 600, tables...)
			r.init()
			r.start()
			r.caughtUp()
			r.allReplicate()
			writers := startWriters(t, src, r.marker, 2, 11, itemStatements(600, tables...))
			for _, a := range alterations {
				if a.name == "primary" {
					continue
				}
				g := &ghost{t: t, src: src, db: r.marker, table: "it_" + a.name, alter: a.alter, renamed: a.renamed, writers: writers}
				g.run()
			}
			writers.stop()
			r.caughtUp()
			r.complete("")
			r.spared(sparing...)
		})
	}
}

// sparing are the alterations that need no second copy.
var sparing = []string{"it_add", "it_charset", "it_drop_column", "it_engine", "it_rename_column", "it_widen"}

// spared makes sure that just these tables were altered in place.
func (r *replica) spared(tables ...string) {
	r.t.Helper()
	var got []string
	for _, line := range r.logLines("a table takes its new shape in place") {
		_, rest, _ := strings.Cut(line, "table="+r.marker+".")
		name, _, _ := strings.Cut(rest, " ")
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(tables)
	if !slices.Equal(slices.Compact(got), tables) {
		r.t.Errorf("altered in place: %v, want %v", got, tables)
	}
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_shadows"); rows[0][0] != "0" {
		r.t.Errorf("%s shadow tables are still in the catalogue", rows[0][0])
	}
}

// logLines lists the lines of the log that hold a text.
func (r *replica) logLines(text string) []string {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.home, "logs", "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	var list []string
	for _, file := range files {
		all, err := os.ReadFile(file)
		if err != nil {
			r.t.Fatal(err)
		}
		for line := range strings.Lines(string(all)) {
			if strings.Contains(line, text) {
				list = append(list, line)
			}
		}
	}
	return list
}

// onlineSchemaChange runs the real pt-online-schema-change.
func onlineSchemaChange(t *testing.T, src *testserver.Server, db, table, alter string, options ...string) {
	t.Helper()
	out, err := ptCommand(t, src, db, table, alter, options...).CombinedOutput()
	if err != nil {
		t.Fatalf("pt-online-schema-change of %s, %s: %v\n%s", table, alter, err, out)
	}
}

func ptCommand(t *testing.T, src *testserver.Server, db, table, alter string, options ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("pt-online-schema-change")
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip("pt-online-schema-change is not installed: apt-get install percona-toolkit")
	} else if err != nil {
		t.Fatalf("%v: apt-get install percona-toolkit", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	args := []string{"--execute", "--no-version-check", "--recursion-method=none", "--set-vars=lock_wait_timeout=150,innodb_lock_wait_timeout=50", "--chunk-size=100", "--alter", alter}
	args = append(append(args, options...), fmt.Sprintf("h=%s,P=%d,u=%s,D=%s,t=%s", src.Host, src.Port, src.User, db, table))
	return exec.CommandContext(ctx, path, args...) // #nosec G204 -- a tool of the test
}

// The real pt-online-schema-change, under live writes, for each kind of alteration.
func TestOnlineSchemaChange(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			r := newReplica(t, src, dst, options{})
			var tables []string
			for _, a := range alterations {
				tables = append(tables, "it_"+a.name)
			}
			fillItems(t, src, r.marker, 600, tables...)
			r.init()
			r.start()
			r.caughtUp()
			r.allReplicate()
			writers := startWriters(t, src, r.marker, 2, 12, itemStatements(600, tables...))
			for _, a := range alterations {
				onlineSchemaChange(t, src, r.marker, "it_"+a.name, a.alter, a.options...)
			}
			writers.stop()
			r.caughtUp()
			r.complete("")
			r.spared(sparing...)
		})
	}
}

// Tables with children and parents: the foreign keys are moved by either method, cascades go on.
func TestOnlineSchemaChangeOfParentsAndChildren(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"rebuild_constraints", "drop_swap"} {
		t.Run(method, func(t *testing.T) {
			src, dst := defaultPair(t)
			r := newReplica(t, src, dst, options{})
			fill(t, src, r.marker, 600)
			r.init()
			r.start()
			r.caughtUp()
			r.allReplicate()
			writers := startWriters(t, src, r.marker, 1, 13, peaceful) // two wait for each other's locks when a parent is dropped
			const alter = "ADD COLUMN n INT NOT NULL DEFAULT 7"
			if method == "drop_swap" { // which the tool refuses of servers that do not call themselves MariaDB: its last statements by hand
				onlineSchemaChange(t, src, r.marker, "customers", alter, "--alter-foreign-keys-method=none", "--force", "--no-swap-tables", "--no-drop-new-table", "--no-drop-triggers")
				writers.gate.Lock() // a transaction that has a child's lock and wants the parent's would wait for the DROP, which waits for the child
				r.source("SET foreign_key_checks=0", "DROP TABLE IF EXISTS customers", "RENAME TABLE _customers_new TO customers")
				writers.gate.Unlock()
			} else {
				onlineSchemaChange(t, src, r.marker, "customers", alter, "--alter-foreign-keys-method="+method)
			}
			writers.stop()
			writers = startTraffic(t, src, r.marker, 2, 14)
			onlineSchemaChange(t, src, r.marker, "orders", "ADD COLUMN n INT NOT NULL DEFAULT 7")
			onlineSchemaChange(t, src, r.marker, "prices", "ADD COLUMN n INT NOT NULL DEFAULT 7")
			writers.stop()
			r.caughtUp()
			r.complete("")
		})
	}
}

// peaceful statements leave parents with their keys: while the tool moves foreign keys from
// the old table to the new one, the children of what is deleted would be orphans.
func peaceful(random *rand.Rand) string {
	for {
		statement := randomStatement(random)
		if !strings.HasPrefix(statement, "DELETE FROM customers") && !strings.HasPrefix(statement, "REPLACE INTO customers") && !strings.HasPrefix(statement, "UPDATE customers SET id") {
			return statement
		}
	}
}
