package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// logged gives the statement and the message that the error log has of a table.
func (r *replica) logged(table string) string {
	r.t.Helper()
	return fmt.Sprint(r.target("SELECT t_sql, t_error_message FROM sch_chameleon.t_error_log WHERE t_source_table = '" + table + "' ORDER BY i_id_log"))
}

func (r *replica) skippedStatements() string {
	r.t.Helper()
	return r.target("SELECT i_skipped FROM sch_chameleon.t_last_replayed")[0][0]
}

// A statement that cannot be carried over costs the tables that it names and no other; it
// stands in the error log. One that names no replicated table is passed over and counted.
func TestFaultyStatementsCostTheirTablesOnly(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE clash (id INT PRIMARY KEY)", "CREATE TABLE other (id INT PRIMARY KEY)", "CREATE TABLE last (id INT PRIMARY KEY)")
	r.init()
	r.start()
	r.caughtUp()
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "CREATE TABLE "+schema+".fresh (mine INT)", "ALTER TABLE "+schema+".clash ADD COLUMN n INT")
	before := r.skippedStatements()
	r.source(
		"CREATE TABLE fresh (id INT PRIMARY KEY)", "INSERT INTO fresh VALUES (1)", // a table of the user's stands there
		"ALTER TABLE clash ADD n BIGINT", "INSERT INTO clash VALUES (1, 1)", // a column of the user's is there
		"CREATE VIEW w AS SELECT * FROM other", "DROP VIEW w", "GRANT SELECT ON other TO CURRENT_USER",
		"INSERT INTO other VALUES (1)")
	r.caughtUp()
	excluded := r.excludedTables()
	for _, table := range []string{"fresh", "clash"} {
		if !strings.Contains(excluded[table], "PostgreSQL refused the statement's translation") || !strings.Contains(r.logged(table), table+" ") {
			t.Errorf("%s is excluded because %q and logged as %s", table, excluded[table], r.logged(table))
		}
	}
	if len(excluded) != 2 {
		t.Errorf("excluded are %v", excluded)
	}
	if after := r.skippedStatements(); after == before {
		t.Errorf("%s statements were passed over, as before", after)
	}
	r.sameTable(r.marker, r.schemas[r.marker], "other")
	r.has("fresh", "*", "[]")
}

// Rows that are not as the tracked definition says exclude their table, whether the number,
// the types or only the names of the columns tell; never are they written shifted.
func TestRowsThatDisagreeWithTheTrackedSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		story, server, options string
		wrong                  string // what the catalogue is made to say of the table
		says                   string
	}{
		{"a column more", testserver.Source, "", "jsb_definition #- '{columns,2}'", "the tracked definition has 2 columns, the event 3"},
		{"other types", testserver.Source, "", "jsonb_set(jsb_definition, '{columns}', jsb_definition #> '{columns}' || '[]') || jsonb_build_object('columns', jsonb_build_array(jsb_definition #> '{columns,1}', jsb_definition #> '{columns,0}', jsb_definition #> '{columns,2}'))", ""},
		{"other names", "mysql-9.7", "--binlog-row-metadata=FULL", "jsonb_set(jsb_definition, '{columns,2,name}', '\"elsewhere\"')", "column 3 is elsewhere in the tracked definition and w in the event"},
	} {
		t.Run(c.story, func(t *testing.T) {
			src := testserver.Shared(t, c.server)
			if c.options != "" {
				src = testserver.Private(t, c.server, c.options)
			}
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			r.source("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(9), w INT)", "INSERT INTO a VALUES (1, 'x', 1)", "CREATE TABLE other (id INT PRIMARY KEY)")
			r.init()
			r.start()
			r.caughtUp()
			r.stop()
			r.dst.Exec(t, r.database, "UPDATE sch_chameleon.t_definitions SET jsb_definition = "+c.wrong+", jsb_mapping = NULL WHERE t_source_table = 'a'")
			r.source("INSERT INTO a VALUES (2, 'y', 2)", "UPDATE a SET w = 5 WHERE id = 1", "INSERT INTO other VALUES (1)")
			r.start()
			r.caughtUp()
			if reason := r.excludedTables()["a"]; reason == "" || !strings.Contains(reason, c.says) {
				t.Errorf("it is excluded because %q", reason)
			}
			r.has("a", "*", "[[1 x 1]]")
			r.sameTable(r.marker, r.schemas[r.marker], "other")
		})
	}
}

// on_error_replay: exit stops before a statement that would cost a table, and goes on once
// the cause is mended.
func TestExitStopsBeforeAFaultyStatement(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    on_error_replay: exit\n"})
	r.source("CREATE TABLE other (id INT PRIMARY KEY)")
	r.init()
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "CREATE TABLE "+schema+".fresh (mine INT)")
	r.source("CREATE TABLE fresh (id INT PRIMARY KEY)", "INSERT INTO fresh VALUES (1)", "INSERT INTO other VALUES (1)")
	if out, code := r.run("start_replica", "--source", "mysql", "--debug"); code == 0 || !strings.Contains(out, "on_error_replay is exit") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	dst.Exec(t, r.database, "DROP TABLE "+schema+".fresh")
	r.must("enable_replica", "--source", "mysql")
	r.start()
	r.caughtUp()
	r.same()
}
