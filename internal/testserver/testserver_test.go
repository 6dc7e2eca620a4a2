package testserver_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/testserver/launch"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestSharedServersAnswer(t *testing.T) {
	for _, name := range launch.All() {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			if again := testserver.Shared(t, name); again.Port != s.Port {
				t.Errorf("two shared servers of one name: ports %d and %d", s.Port, again.Port)
			}
			database := s.Database(t, "odd `\" name")
			s.Exec(t, database, "CREATE TABLE t (a int, b text, c varchar(10))", "INSERT INTO t VALUES (1, 'é🦎', NULL), (2, '', 'x')")
			got := s.Query(t, database, "SELECT * FROM t ORDER BY a")
			if diff := cmp.Diff([][]string{{"1", "é🦎", "NULL"}, {"2", "", "x"}}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A statement that waits for no lock is asked again while another session has the table.
func TestStatementsWithoutWaitingAreAskedAgain(t *testing.T) {
	s := testserver.Shared(t, testserver.Source)
	database := s.Database(t, "busy")
	s.Exec(t, database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
	reader, err := s.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := reader.Exec(t.Context(), "BEGIN", "SELECT a FROM t"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- reader.Exec(t.Context(), "DO SLEEP(0.2)", "COMMIT") }()
	s.Exec(t, database, "TRUNCATE TABLE t NOWAIT")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := s.Query(t, database, "SELECT a FROM t"); len(got) != 0 {
		t.Errorf("after it the table holds %v", got)
	}
}

func TestPrivateServerSurvivesStopAndKill(t *testing.T) {
	for _, name := range []string{testserver.Source, testserver.Target} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Private(t, name)
			database := s.Database(t, "kept")
			s.Exec(t, database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
			s.Stop(t)
			s.Start(t)
			s.Kill(t)
			s.Start(t)
			if got := s.Query(t, database, "SELECT a FROM t"); len(got) != 1 || got[0][0] != "7" {
				t.Errorf("after a stop and a kill the table holds %v", got)
			}
		})
	}
}

// The extensions that columns of the sources can become types of.
func TestExtensionsAreThere(t *testing.T) {
	for name, extensions := range map[string][]string{"postgres-15": {"citext"}, testserver.Extended: {"citext", "postgis", "vector"}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			database := s.Database(t, "extended")
			for _, extension := range extensions {
				s.Exec(t, database, "CREATE EXTENSION "+extension)
			}
			if len(extensions) < 2 {
				return
			}
			got := s.Query(t, database, "SELECT ST_AsText(ST_Transform('SRID=4326;POINT(15 0)'::geometry, 32633), 0), vector_dims('[1,2]'::vector)")
			if diff := cmp.Diff([][]string{{"POINT(500000 0)", "2"}}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrivateOptionsGoLast(t *testing.T) {
	s := testserver.Private(t, testserver.Source, "--binlog-row-image=MINIMAL")
	if got := s.Query(t, "", "SELECT @@binlog_row_image"); got[0][0] != "MINIMAL" {
		t.Errorf("binlog_row_image is %v", got)
	}
	if s.Flavor() != event.MariaDB || !s.MySQL() {
		t.Errorf("%s is taken for %q", s.Name, s.Flavor())
	}
}

// A row of 64 MB goes into every MySQL and MariaDB: tests of large rows rely on it.
func TestLargeRowsAreTaken(t *testing.T) {
	for _, name := range launch.All() {
		if strings.HasPrefix(name, "postgres") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			database := s.Database(t, "large")
			s.Exec(t, database, "CREATE TABLE t (a longtext)", "INSERT INTO t VALUES (REPEAT('x', 64 << 20))")
			if got := s.Query(t, database, "SELECT LENGTH(a) FROM t"); got[0][0] != "67108864" {
				t.Errorf("the row has %v bytes", got)
			}
		})
	}
}

func TestHomeLeavesNothingBehind(t *testing.T) {
	testserver.Shared(t, testserver.Target) // so it is installed
	home, err := launch.NewHome()
	if err != nil {
		t.Fatal(err)
	}
	server, err := home.Start(t.Context(), testserver.Target)
	if err != nil {
		t.Fatal(err)
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", home.Dir, err)
	}
	if conn, err := server.Connect(t.Context(), ""); err == nil {
		_ = conn.Close()
		t.Error("the server still answers")
	}
}
