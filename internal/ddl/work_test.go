package ddl_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
	"pgchameleon/internal/typemap"
)

// locks are the modes of pg_locks, weakest first, by the manual's names.
var locks = []string{"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}

// What is foretold of each statement that the stories produce is what PostgreSQL does.
func TestWork(t *testing.T) {
	for _, server := range []string{testserver.Target, testserver.Extended} {
		t.Run(server, func(t *testing.T) {
			s := testserver.Shared(t, server)
			conn := session(t, s, s.Database(t, "work"))
			if err := conn.Exec(t.Context(), "CREATE EXTENSION IF NOT EXISTS citext"); err != nil {
				t.Fatal(err)
			}
			counted := 0
			for _, story := range slices.Concat(stories, valueStories, columnStories) {
				counted += foretell(t, conn, story)
			}
			if counted < 200 {
				t.Errorf("only %d statements were tried", counted)
			}
		})
	}
}

// foretell runs a story's statements, as far as they need no source, each in a
// transaction, and compares what they lock and rewrite.
func foretell(t *testing.T, conn *launch.Conn, s story) (counted int) {
	d := parse.Dialect{Flavor: event.MariaDB, Version: 110806}
	if s.on == "my" {
		d = parse.Dialect{Flavor: event.MySQL, Version: 90704}
	}
	rules := &mapping.Rules{Schemas: map[string]string{"db": "w"}, Types: typemap.Options{}}
	if s.rules != nil {
		s.rules(rules)
		rules.Schemas = map[string]string{"db": "w"}
	}
	exec := func(sql string) error { return conn.Exec(context.Background(), sql) }
	for _, sql := range []string{"DROP SCHEMA IF EXISTS w CASCADE", "CREATE SCHEMA w"} {
		if err := exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	set := schema.NewSet(false).WithDatabase("db", "utf8mb4_general_ci")
	setup := s.setup
	if setup == nil {
		setup = base
	}
	for _, sql := range append(append([]string{}, setup...), s.run...) {
		if strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "SET ") { // of the source alone
			continue
		}
		effect, err := ddl.Apply(set, &event.Statement{Schema: "db", SQL: sql}, d, rules)
		if err != nil || len(effect.Excluded) > 0 {
			return counted
		}
		mapped := func(name schema.Name) *mapping.Table {
			table := set.Get(name)
			if table == nil {
				return nil
			}
			before, err := rules.Table(table)
			if err != nil {
				t.Fatal(err)
			}
			return before
		}
		works := effect.Works(mapped)
		for i, statement := range effect.SQL {
			before, want := mapped(effect.For[i]), works[i]
			lock, rewritten, err := observe(conn, statement)
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, sql, statement)
			}
			if before == nil { // nobody can wait for a table that is not there yet
				if want != (ddl.Work{}) {
					t.Errorf("%s\nis foretold to lock a new table: %+v", statement, want)
				}
				continue
			}
			if lock != want.Lock || rewritten != want.Rewrites {
				t.Errorf("%s\nlocks %q, rewrites %t; foretold were %+v", statement, lock, rewritten, want)
			}
			counted++
		}
		set = effect.Next
	}
	return counted
}

// observe runs a statement and tells the strongest lock that it took on a table that
// was there, and whether one has another file now.
func observe(conn *launch.Conn, statement string) (lock string, rewritten bool, err error) {
	ctx := context.Background()
	query := func(sql string) (rows [][]string) {
		if err == nil {
			rows, err = conn.Query(ctx, sql)
		}
		return rows
	}
	if err = conn.Exec(ctx, "BEGIN"); err != nil {
		return "", false, err
	}
	files := map[string]string{}
	list := "SELECT c.oid, relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'w' AND relkind = 'r'"
	for _, row := range query(list) {
		files[row[0]] = row[1]
	}
	if err == nil {
		err = conn.Exec(ctx, statement)
	}
	strongest := 0
	for _, row := range query("SELECT relation, upper(regexp_replace(replace(mode, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g')) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'") {
		if _, known := files[row[0]]; !known {
			continue
		}
		for i, name := range locks {
			if name == row[1] {
				strongest = max(strongest, i)
			}
		}
	}
	for _, row := range query(list) {
		was, known := files[row[0]]
		rewritten = rewritten || known && was != row[1]
	}
	if err != nil {
		return "", false, fmt.Errorf("watching a statement: %w", err)
	}
	return locks[strongest], rewritten, conn.Exec(ctx, "COMMIT")
}
