package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// A session that logs changes of documents in place of the documents.
func TestPartialJSON(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, "mysql-9.7"), testserver.Shared(t, testserver.Target), options{yaml: "    on_error_replay: continue\n"})
	schema := r.schemas[r.marker]
	pad := strings.Repeat("p", 200)
	statements := []string{"CREATE TABLE docs (id INT PRIMARY KEY, doc JSON, n INT, other JSON NOT NULL)", "CREATE TABLE nokey (n INT, doc JSON)", "CREATE TABLE lost (id INT PRIMARY KEY, doc JSON)"}
	for id := 1; id <= 50; id++ {
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO docs VALUES (%[1]d, '{"n": %[1]d, "list": [1, {"x": null}, [2]], "a \\"b\\".c": "é", "pad": "%[2]s"}', %[1]d, '["%[2]s", {}]')`, id, pad))
	}
	statements = append(statements, "INSERT INTO nokey SELECT 1, doc FROM docs WHERE id < 4", "INSERT INTO nokey SELECT 1, doc FROM docs WHERE id < 4", "INSERT INTO lost SELECT id, doc FROM docs")
	r.source(statements...)
	r.init()
	r.start()
	r.source("SET SESSION binlog_row_value_options = PARTIAL_JSON",
		`UPDATE docs SET doc = JSON_SET(doc, '$.n', n * 1.50, '$."a \\"b\\".c"', CAST('2020-01-02' AS DATE), '$.list[1].x', JSON_EXTRACT(other, '$[1]'), '$.list[9]', 'end', '$.new', id)`,
		"SET SESSION binlog_transaction_compression = ON", "UPDATE docs SET doc = JSON_REMOVE(doc, '$.list[0]', '$.pad'), n = n + 1 WHERE id % 2 = 0", "SET SESSION binlog_transaction_compression = OFF",
		"BEGIN", "UPDATE docs SET other = JSON_REPLACE(other, '$[1]', doc), doc = JSON_SET(doc, '$.n', NULL) WHERE id < 20", "UPDATE docs SET other = JSON_SET(other, '$[1].n', id)", "UPDATE docs SET id = -id WHERE id = 7", "COMMIT",
		"UPDATE docs SET doc = NULL WHERE id = 3", "UPDATE docs SET doc = '[]', other = JSON_SET(other, '$[0]', 1) WHERE id < 6", "DELETE FROM docs WHERE id = 50",
		"UPDATE nokey SET doc = JSON_SET(doc, '$.n', 'changed', '$.list[0]', TRUE) WHERE JSON_EXTRACT(doc, '$.n') = 2 LIMIT 1")
	r.caughtUp()
	r.same()
	if out := r.must("show_errors", "--source", "mysql"); strings.Contains(out, "docs") || strings.Contains(out, "nokey") {
		t.Errorf("there were errors:\n%s", out)
	}
	// Without the document before there is nothing to change.
	r.source("SET SESSION binlog_row_value_options = PARTIAL_JSON, SESSION binlog_row_image = MINIMAL",
		"UPDATE lost SET doc = JSON_SET(doc, '$.n', 0) WHERE id = 1", "SET SESSION binlog_row_image = FULL", "UPDATE docs SET doc = JSON_SET(doc, '$.last', 1)")
	r.caughtUp()
	r.sameTable(r.marker, schema, "docs")
	if rows := r.target("SELECT t_error_message FROM sch_chameleon.t_error_log WHERE v_table_name = 'lost'"); len(rows) != 1 || !strings.Contains(rows[0][0], "binlog_row_image=FULL") {
		t.Errorf("the table that lost its documents: %v", rows)
	}
}
