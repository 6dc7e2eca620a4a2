package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// A table that was changed without a word in the binary log is excluded at its next row, with
// what differs; none of its rows is written shifted, and all other tables go on.
func TestTablesThatWereChangedUnseen(t *testing.T) {
	t.Parallel()
	stories := []struct {
		name, unseen, row string
		full              string // what FULL metadata tell
		minimal           string // what MINIMAL metadata tell; "" nothing, and nothing is wrong
	}{
		{"swapped", "MODIFY a INT AFTER b", "(2, 21, 20, 'x', 'q', 1)", "column 2 is a in the tracked definition and b in the event", ""},
		{"fewer", "DROP b", "(2, 20, 'x', 'q', 1)", "has 6 columns, the event 5", "has 6 columns, the event 5"},
		{"sign", "MODIFY a INT UNSIGNED", "(2, 4000000000, 21, 'x', 'q', 1)", "column a is signed", "column a is signed"},
		{"letters", "MODIFY v VARCHAR(20) CHARACTER SET latin1", "(2, 1, 2, 'é', 'q', 1)", "is utf8mb4 in the tracked definition and latin1 in the event", "is utf8mb4 in the tracked definition and latin1 in the event"},
		{"list", "MODIFY e ENUM('q','p') NOT NULL", "(2, 1, 2, 'x', 'q', 1)", "members of column e", ""},
		{"digits", "MODIFY d DECIMAL(12,4)", "(2, 1, 2, 'x', 'q', 1.2345)", "is decimal(5,2) in the tracked definition and decimal(12,4)", "is decimal(5,2) in the tracked definition and decimal(12,4)"},
		{"wire", "MODIFY b BIGINT", "(2, 1, 2, 'x', 'q', 1)", "column b", "column b"},
		{"other_key", "DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)", "(1, 2, 2, 'x', 'q', 1)", "primary key is (id) in the tracked definition and (a, id)", ""},
	}
	for _, server := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7"} {
		for _, metadata := range []string{"FULL", "MINIMAL"} {
			t.Run(server+" "+metadata, func(t *testing.T) {
				r := newReplica(t, testserver.Private(t, server, "--binlog-row-metadata="+metadata), testserver.Shared(t, testserver.Target), options{})
				for _, s := range stories {
					r.source(fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY, a INT NOT NULL, b INT, v VARCHAR(20) CHARACTER SET utf8mb4, e ENUM('p','q') CHARACTER SET utf8mb4 NOT NULL, d DECIMAL(5,2))", s.name),
						fmt.Sprintf("INSERT INTO %s VALUES (1, 10, 11, 'é', 'p', 1)", s.name))
				}
				r.init()
				r.start()
				for _, s := range stories {
					r.source(fmt.Sprintf("INSERT INTO %s VALUES (0, 10, 11, 'é', 'p', 1)", s.name)) // so that there is a decoder
					r.source("SET sql_log_bin = 0", fmt.Sprintf("ALTER TABLE %s %s", s.name, s.unseen), "SET sql_log_bin = 1",
						fmt.Sprintf("INSERT INTO %s VALUES %s", s.name, s.row))
				}
				r.caughtUp()
				for _, s := range stories {
					want := s.minimal
					if metadata == "FULL" {
						want = s.full
					}
					if want == "" {
						continue
					}
					rows := r.target(fmt.Sprintf("SELECT enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE t_source_table = '%s'", s.name))
					if rows[0][0] != "excluded" || !strings.Contains(rows[0][1], want) || !strings.Contains(rows[0][1], "at offset") {
						t.Errorf("%s is %v, not excluded because %s", s.name, rows[0], want)
					}
					if n := r.target(fmt.Sprintf("SELECT count(*) FROM %q.%s", r.schemas[r.marker], s.name)); n[0][0] != "2" {
						t.Errorf("%s has %s rows", s.name, n[0][0])
					}
				}
			})
		}
	}
}
