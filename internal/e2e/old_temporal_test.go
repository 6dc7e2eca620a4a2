package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Tables whose times are in the format of MariaDB 5.3, before and after they are rebuilt.
func TestTimesOfMariaDB53(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			src := testserver.Private(t, name, "--mysql56-temporal-format=OFF")
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			const columns = "(id INT PRIMARY KEY, a TIME(3), d DATETIME(6), e DATETIME, s TIMESTAMP(1) NULL, v VARCHAR(20)"
			r.source("CREATE TABLE old "+columns+")", "CREATE TABLE versioned "+columns+") WITH SYSTEM VERSIONING", "CREATE TABLE nokey (d DATETIME(2), t TIME(6))",
				"INSERT INTO old VALUES (1, '12:13:14.156', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05', '2020-01-02 03:04:05.6', 'copied')",
				"INSERT INTO versioned SELECT * FROM old", "INSERT INTO nokey SELECT d, a FROM old")
			if text := fmt.Sprint(r.src.Query(t, r.marker, "SHOW CREATE TABLE old")); !strings.Contains(text, "mariadb-5.3") {
				t.Fatalf("the server made the new format: %s", text)
			}
			r.init()
			r.start()
			r.source("INSERT INTO old VALUES (2, '00:00:00.001', '9999-12-31 23:59:59.999999', NULL, '2038-01-19 03:14:07.9', 'streamed'), (3, NULL, '1000-01-01 00:00:00.1', '1999-12-31 23:59:59', NULL, NULL)",
				"INSERT INTO versioned SELECT * FROM old WHERE id > 1", "UPDATE versioned SET v = 'changed', d = '2021-01-01 00:00:00.5' WHERE id < 3", "DELETE FROM versioned WHERE id = 1",
				"UPDATE nokey SET t = '23:59:59.999999'", "INSERT INTO nokey VALUES ('2022-02-02 02:02:02.22', NULL)",
				"ALTER TABLE old ADD COLUMN (t TIME(5)), MODIFY a TIME(4)", "UPDATE old SET t = '01:02:03.04567', a = '04:05:06.7' WHERE id = 1",
				"SET GLOBAL mysql56_temporal_format = ON", "ALTER TABLE old FORCE", "UPDATE old SET t = '02:03:04.05678', d = '2023-03-03 03:03:03.333333'", "ALTER TABLE nokey ADD COLUMN n DATETIME(3)", "UPDATE nokey SET n = '2024-04-04 04:04:04.444'")
			r.caughtUp()
			r.same()
			if out := r.must("show_errors", "--source", "mysql"); strings.Contains(out, "old") || strings.Contains(out, "versioned") || strings.Contains(out, "nokey") {
				t.Errorf("there were errors:\n%s", out)
			}
		})
	}
}
