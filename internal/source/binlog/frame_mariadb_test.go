package binlog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

func sharedMySQL(t *testing.T) *testserver.Server { return testserver.Shared(t, "mysql-9.7") }

func testMixedEngines(t *testing.T, name string) {
	s := newSource(t, testserver.Shared(t, name))
	s.exec(t, "CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE m (id int) ENGINE=MyISAM")
	from := s.position(t)
	s.exec(t, "BEGIN", "INSERT INTO t VALUES (1)", "SAVEPOINT `S 1`", "INSERT INTO t VALUES (2)", "INSERT INTO m VALUES (1)",
		"SAVEPOINT s2", "INSERT INTO t VALUES (3)", "ROLLBACK TO `s 1`", "DELETE FROM t WHERE id = 1", "COMMIT",
		"BEGIN", "CREATE TEMPORARY TABLE tt (a int)", "INSERT INTO t VALUES (9)", "DROP TEMPORARY TABLE tt", "ROLLBACK")
	want := "insert m\ninsert t delete t\nundone\n"
	if diff := cmp.Diff(want, s.story(s.collect(t, s.options(), from, s.position(t)))); diff != "" {
		t.Error(diff)
	}
}

func testCompressedMariaDB(t *testing.T, name string) {
	s := newSource(t, testserver.Private(t, name, "--log-bin-compress=ON", "--log-bin-compress-min-len=10"))
	s.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text, z int unsigned)")
	from := s.position(t)
	long := strings.Repeat("y", 1000)
	s.exec(t, "INSERT INTO t VALUES (1, REPEAT('a', 60000), 7)", "UPDATE t SET v = 'short'", "DELETE FROM t", "CREATE TABLE u (x int COMMENT '"+long+"')",
		"CREATE TABLE c (a text COMPRESSED, b varchar(100) COMPRESSED, d decimal(10,3) unsigned)", "INSERT INTO c VALUES ('"+long+"', 'b', 1.5)")
	got := s.collect(t, s.options(), from, s.position(t))
	want := "insert t\nupdate t\ndelete t\n[CREATE TABLE u (x int COMMENT '" + long + "')]\n" +
		"[CREATE TABLE c (a text COMPRESSED, b varchar(100) COMPRESSED, d decimal(10,3) unsigned)]\ninsert c\n"
	if diff := cmp.Diff(want, s.story(got)); diff != "" {
		t.Fatal(diff)
	}
	if rows := got[0].Events[0].(*event.Rows); len(rows.Data) < 60000 {
		t.Errorf("the rows are still compressed: %d bytes", len(rows.Data))
	}
	rows := got[5].Events[0].(*event.Rows)
	if diff := cmp.Diff([]byte{140, 141, 246}, rows.Map.Types); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint16{2, 101*4 - 3, 10<<8 | 3}, rows.Map.Meta); diff != "" {
		t.Error(diff)
	}
}

// A two-phase ALTER is in the log when it starts and when it is done: it
// happens when it is done, and not at all if it fails.
func TestTwoPhaseAlter(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, testserver.Shared(t, name))
			s.exec(t, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1), (1)")
			from := s.position(t)
			s.exec(t, "SET binlog_alter_two_phase = ON", "ALTER TABLE t ADD x int", "ALTER IGNORE TABLE t ADD UNIQUE (id)", "ALTER TABLE t DROP INDEX id", "INSERT INTO t VALUES (2, 2)")
			fails := []string{"SET SESSION binlog_alter_two_phase = ON", "USE `" + s.database + "`", "INSERT INTO t VALUES (2, 3)", "ALTER TABLE t ADD PRIMARY KEY (id)"}
			if err := dial.Exec(t.Context(), s.conn, fails...); dial.Number(err) != 1062 {
				t.Fatalf("the ALTER should fail: %v", err)
			}
			want := "[ALTER TABLE t ADD x int]\n[ALTER IGNORE TABLE t ADD UNIQUE (id)]\n[ALTER TABLE t DROP INDEX id]\ninsert t\ninsert t\n"
			if diff := cmp.Diff(want, s.story(s.collect(t, s.options(), from, s.position(t)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
