package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// A session that sets binlog_row_image by itself logs rows in part, whatever the server's
// own setting. Such a row cannot be written whole: its table is excluded before any row
// is wrong, with the reason, and all others go on. What MariaDB's FULL_NODUP leaves out
// stands in the image before.
func TestASessionThatLogsRowsInPart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-5.6", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			const definition = " (id INT PRIMARY KEY, a INT NOT NULL DEFAULT 5, b VARCHAR(20), doc TEXT) ENGINE=InnoDB"
			// What the session does to each table, and whether that is logged in part.
			type story struct {
				table, image, statement string
				part                    bool
			}
			stories := []story{
				{"inserted", "MINIMAL", "INSERT INTO inserted (id, b) VALUES (9, 'short')", true},
				{"updated", "MINIMAL", "UPDATE updated SET b = 'new' WHERE id IN (1, 2)", true},
				{"removed", "MINIMAL", "DELETE FROM removed WHERE id = 1", true},
				{"without_blob", "NOBLOB", "UPDATE without_blob SET a = 77 WHERE id = 1", true},
				{"with_blob", "NOBLOB", "INSERT INTO with_blob VALUES (9, 9, 'whole', 'whole')", false},
				{"full", "FULL", "UPDATE full SET a = 78, b = NULL WHERE id = 2", false},
			}
			if name == "mariadb-11.8" {
				r.source("CREATE TABLE history"+definition+" WITH SYSTEM VERSIONING", "INSERT INTO history VALUES (1, 1, 'one', 'first'), (2, 2, 'two', 'second')")
				stories = append(stories, story{"history", "FULL_NODUP", "UPDATE history SET a = 80 WHERE id = 1", false}, story{"nodup", "FULL_NODUP", "UPDATE nodup SET a = 79, b = NULL WHERE id < 3", false})
			}
			for _, s := range stories {
				if s.table == "history" {
					continue
				}
				r.source("CREATE TABLE "+s.table+definition, "INSERT INTO "+s.table+" VALUES (1, 1, 'one', 'first'), (2, 2, 'two', 'second'), (3, 3, NULL, NULL)")
			}
			r.source("CREATE TABLE bystander" + definition)
			r.init()
			r.start()
			for i, s := range stories {
				r.source("BEGIN", fmt.Sprintf("INSERT INTO bystander VALUES (%d, 1, 'before', 'x')", 2*i), "COMMIT",
					"SET binlog_row_image = "+s.image, "BEGIN", s.statement, "COMMIT",
					"SET binlog_row_image = FULL", "BEGIN", fmt.Sprintf("INSERT INTO bystander VALUES (%d, 1, 'after', 'x')", 2*i+1), "COMMIT")
			}
			r.source("UPDATE updated SET b = 'newer'", "UPDATE full SET a = a + 1") // whole again: too late for the first
			r.caughtUp()

			reasons := map[string]string{}
			replicas, _ := r.status()["replicas"].([]any)
			for _, each := range replicas {
				line, _ := each.(map[string]any)
				_, table, _ := strings.Cut(fmt.Sprint(line["source"]), ".")
				if line["state"] != "replicating" {
					reasons[table] = fmt.Sprintf("%s: %s", line["state"], line["reason"])
				}
			}
			for _, s := range stories {
				switch reason := reasons[s.table]; {
				case !s.part && reason != "":
					t.Errorf("%s is %s", s.table, reason)
				case !s.part:
					r.sameTable(r.marker, r.schemas[r.marker], s.table)
				case !strings.HasPrefix(reason, "excluded: ") || !strings.Contains(reason, "binlog_row_image=FULL"):
					t.Errorf("%s is not excluded with its reason and the remedy: %q", s.table, reason)
				default:
					rows := r.target("SELECT id, a, b, doc FROM " + quoteIdent(r.schemas[r.marker]) + "." + s.table + " ORDER BY id")
					if fmt.Sprint(rows) != "[[1 1 one first] [2 2 two second] [3 3 NULL NULL]]" {
						t.Errorf("%s holds %v", s.table, rows)
					}
				}
				delete(reasons, s.table)
			}
			if len(reasons) > 0 {
				t.Errorf("others do not replicate: %v", reasons)
			}
			r.sameTable(r.marker, r.schemas[r.marker], "bystander")
			out := r.must("show_status", "--source", "mysql")
			if !strings.Contains(out, "updated") || !strings.Contains(out, "the row image lacks") {
				t.Errorf("show_status does not tell why:\n%s", out)
			}
		})
	}
}
