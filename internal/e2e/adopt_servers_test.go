package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// The oldest and the newest MySQL, with types that MariaDB does not have.
func TestAReplicaOfMySQLIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"mysql-5.6", "mysql-9.7"} {
		t.Run(server, func(t *testing.T) {
			src, dst := testserver.Shared(t, server), testserver.Shared(t, testserver.Target)
			r := bareReplica(t, src, dst, options{yaml: "    refill: manual\n"})
			o := &old{replica: r}
			schema := r.schemas[r.marker]
			doc, table := "JSON", sound[0]
			if server == "mysql-5.6" { // whose DATE_FORMAT, by which both sides are compared, loses fractions at times
				doc, table = "TEXT", strings.NewReplacer("doc JSON", "doc TEXT", "DATETIME(3)", "DATETIME").Replace(table)
			}
			r.source("SET SESSION sql_mode = ''", table, sound[1], "INSERT INTO customers VALUES "+soundRow(1)+", "+soundRow(2),
				"CREATE TABLE shapes (id INT PRIMARY KEY, v POINT)", "INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)'))",
				"CREATE TABLE documents (id INT PRIMARY KEY, v "+doc+")", `INSERT INTO documents VALUES (1, 'null'), (2, '{"a": "NULL"}')`)
			r.oldCatalogue("2.0.10")
			keys := r.copyAsBefore(r.marker, schema)
			o.file, o.offset = r.end()
			o.register(r.schemas, map[string]map[string]string{schema: keys})
			r.source("UPDATE customers SET name = 'another', changed = '2024-12-01 08:00:00' WHERE id = 1", "INSERT INTO pairs (a, b) VALUES (3, 'c')")
			out := r.must("upgrade_replica_schema", "--yes", "--full")
			if !strings.Contains(out, "without their SRID") || strings.Contains(out, "has scalars, or the text NULL") != (doc == "JSON") {
				t.Errorf("the plan is\n%s", out)
			}
			r.start()
			r.caughtUp()
			r.sameTable(r.marker, schema, "customers")
			r.sameTable(r.marker, schema, "pairs")
			r.must("sync_tables", "--source", "mysql", "--tables", "disabled")
			r.allReplicate()
			r.caughtUp()
			r.sameTable(r.marker, schema, "shapes")
			if rows := r.target(fmt.Sprintf("SELECT string_agg(v::text, ';' ORDER BY id) FROM %q.documents", schema)); rows[0][0] != `null;{"a": "NULL"}` {
				t.Errorf("the documents are %v", rows)
			}
		})
	}
}

// A replica of pg_chameleon 1.8 has a source for each schema, each at a place of its own. They go on
// as one.
func TestAReplicaOfPgChameleon1IsTakenOver(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	one, two := src.Database(t, "old"), src.Database(t, "old")
	r := bareReplica(t, src, dst, options{schemas: map[string]string{one: one, two: two}})
	r.oldCatalogue("1.8")
	for _, db := range []string{one, two} {
		src.Exec(t, db, "CREATE TABLE plain (id INT PRIMARY KEY, v INT)", "INSERT INTO plain VALUES (1, 1)", "CREATE TABLE bytes (id INT PRIMARY KEY, v BLOB)", "INSERT INTO bytes VALUES (1, x'00ff')")
	}
	for i, db := range []string{one, two} {
		keys := r.copyAsBefore(db, db)
		file, offset := r.end()
		dst.Exec(t, r.database,
			fmt.Sprintf("INSERT INTO sch_chameleon.t_sources (t_source, t_dest_schema, enm_status) VALUES ('source %d', '%s', 'stopped')", i, db),
			fmt.Sprintf("INSERT INTO sch_chameleon.t_replica_batch (i_id_source, t_binlog_name, i_binlog_position) VALUES (%d, '%s', %s)", i+1, file, offset))
		for table, key := range keys {
			dst.Exec(t, r.database, fmt.Sprintf("INSERT INTO sch_chameleon.t_replica_tables (i_id_source, v_schema_name, v_table_name, v_table_pkey) VALUES (%d, '%s', '%s', '{%s}')", i+1, db, table, key))
		}
		if db == one { // which pg_chameleon has done in the other schema too
			src.Exec(t, two, "ALTER TABLE plain ADD COLUMN w INT")
		}
		src.Exec(t, one, "UPDATE plain SET v = v + 1", fmt.Sprintf("INSERT INTO plain VALUES (%d, 0)", i+10))
	}
	src.Exec(t, two, "UPDATE plain SET v = 5")
	out := r.must("upgrade_replica_schema", "--yes")
	if !strings.Contains(out, "pg_chameleon's, version 1.7") || !strings.Contains(out, "kept as _sch_chameleon_1_7") || !strings.Contains(out, one+".bytes,"+two+".bytes") && !strings.Contains(out, two+".bytes,"+one+".bytes") {
		t.Errorf("the plan is\n%s", out)
	}
	r.start()
	r.caughtUp()
	r.sameTable(one, one, "plain")
	r.sameTable(two, two, "plain")
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE enm_state = 'replicating'"); rows[0][0] != "3" {
		t.Errorf("the tables are %v", r.target("SELECT t_source_schema, t_source_table, enm_state, t_reason FROM sch_chameleon.t_replica_tables"))
	}
}
