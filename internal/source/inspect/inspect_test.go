package inspect_test

import (
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

var sources = []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"}

func each(t *testing.T, test func(t *testing.T, s *testserver.Server)) {
	for _, name := range sources {
		t.Run(name, func(t *testing.T) { test(t, testserver.Shared(t, name)) })
	}
}

func connect(t *testing.T, s *testserver.Server, user string) *client.Conn {
	t.Helper()
	conn, err := dial.Connect(t.Context(), dial.Config{Host: s.Host, Port: uint16(s.Port), User: user}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func facts(t *testing.T, conn *client.Conn) *inspect.Server {
	t.Helper()
	f, err := inspect.Facts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFacts(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		f := facts(t, connect(t, s, s.User))
		if f.Flavor != s.Flavor() || int(f.ServerID) != s.Port || f.ID == "" || !f.GTID || f.Fold || f.Version < 50624 {
			t.Errorf("%+v", f)
		}
		if f.Vars["binlog_format"] != "ROW" || f.Vars["binlog_row_image"] != "FULL" || f.Vars["log_bin"] != "ON" {
			t.Errorf("%v", f.Vars)
		}
	})
}

func TestTablesAndDefinitions(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		database := s.Database(t, "Inspect `it's")
		s.Exec(t, database, "CREATE TABLE `b ``x\"` (id int PRIMARY KEY COMMENT 'é')", "CREATE TABLE A (x int) ENGINE=MyISAM",
			"CREATE VIEW v AS SELECT * FROM A", "INSERT INTO A VALUES (1), (2)")
		want := []inspect.TableInfo{
			{Name: schema.Name{Schema: database, Table: "A"}, Engine: "MyISAM", Type: "BASE TABLE", Rows: 2},
			{Name: schema.Name{Schema: database, Table: "b `x\""}, Engine: "InnoDB", Type: "BASE TABLE"},
		}
		if s.Flavor() == event.MariaDB {
			s.Exec(t, database, "CREATE SEQUENCE seq", "CREATE TABLE sv (x int) WITH SYSTEM VERSIONING")
			want = append(want,
				inspect.TableInfo{Name: schema.Name{Schema: database, Table: "seq"}, Engine: "InnoDB", Type: "SEQUENCE", Rows: 1},
				inspect.TableInfo{Name: schema.Name{Schema: database, Table: "sv"}, Engine: "InnoDB", Type: "SYSTEM VERSIONED"})
		}
		conn := connect(t, s, s.User)
		got, err := inspect.SizedTables(t.Context(), conn, database)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(inspect.TableInfo{}, "Bytes")); diff != "" {
			t.Error(diff)
		}
		bare, err := inspect.Tables(t.Context(), conn, database)
		if diff := cmp.Diff(want, bare, cmpopts.IgnoreFields(inspect.TableInfo{}, "Rows", "Bytes")); err != nil || diff != "" {
			t.Errorf("without sizes: %s, %v", diff, err)
		}
		for _, info := range got {
			sized, err := inspect.SizedTable(t.Context(), conn, info.Name)
			if diff := cmp.Diff(info, sized); err != nil || diff != "" {
				t.Errorf("by itself: %s, %v", diff, err)
			}
		}
		if info, err := inspect.Table(t.Context(), conn, schema.Name{Schema: database, Table: "none"}); err != nil || info.Type != "" {
			t.Errorf("a table that is not there is %+v, %v", info, err)
		}
		text, err := inspect.Definition(t.Context(), conn, want[1].Name)
		if err != nil || !strings.HasPrefix(text, "CREATE TABLE `b ``x\"` (") || !strings.Contains(text, "'é'") {
			t.Errorf("%s %v", text, err)
		}
		_, err = inspect.Definition(t.Context(), conn, schema.Name{Schema: database, Table: "none"})
		if fault.KindOf(err) != fault.Environment || !strings.Contains(err.Error(), "none") {
			t.Errorf("a table that is not there: %v", err)
		}
		names, err := inspect.Schemas(t.Context(), conn)
		if err != nil || strings.Count("|"+strings.Join(names, "|")+"|", "|"+database+"|") != 1 || strings.Contains(strings.Join(names, "|"), "_schema") {
			t.Errorf("%q %v", names, err)
		}
		if grants, err := inspect.Grants(t.Context(), conn); err != nil || len(grants) == 0 {
			t.Errorf("%q %v", grants, err)
		}
		if n, err := inspect.Prepared(t.Context(), conn); err != nil || n < 0 {
			t.Error(n, err)
		}
	})
}

func TestAutoIncrementsAreThoseOfNow(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		db := s.Database(t, "increments")
		s.Exec(t, db, "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, b INT)", "CREATE TABLE none (id INT PRIMARY KEY)", "INSERT INTO a VALUES (7, 1)")
		conn := connect(t, s, s.User)
		server := facts(t, conn)
		for _, want := range []uint64{8, 101} {
			next, err := inspect.AutoIncrements(t.Context(), conn, server, db)
			if err != nil || len(next) != 1 || next[schema.Name{Schema: db, Table: "a"}] != want {
				t.Errorf("the next values are %v, %v", next, err)
			}
			s.Exec(t, db, "INSERT INTO a VALUES (100, 1)", "DELETE FROM a WHERE id = 100")
		}
	})
}

func TestMarks(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		database := s.Database(t, "marks")
		s.Exec(t, database, "CREATE TABLE i (x int) ENGINE=InnoDB", "CREATE TABLE m (x int) ENGINE=MyISAM", "INSERT INTO i VALUES (1)")
		conn, other := connect(t, s, s.User), connect(t, s, s.User)
		f := facts(t, conn)
		for _, table := range []schema.Name{{Schema: database, Table: "i"}, {Schema: database, Table: "m"}} {
			low, err := inspect.LowMark(t.Context(), conn, f, table)
			if err != nil || low.Server != f.ID || low.GTIDs == "" || strings.ContainsAny(low.GTIDs, "\n ") {
				t.Errorf("low mark of %s: %v %v", table, low, err)
			}
			high, err := inspect.HighMark(t.Context(), conn, f, table)
			if err != nil || high.File == "" || high.Offset == 0 || high.GTIDs == "" {
				t.Errorf("high mark of %s: %v %v", table, high, err)
			}
			exact, err := inspect.Snapshot(t.Context(), conn, other, f, table)
			if err != nil || exact.File == "" || exact.Offset == 0 || exact.GTIDs == "" {
				t.Errorf("snapshot of %s: %v %v", table, exact, err)
			}
			if err := inspect.Release(t.Context(), conn); err != nil {
				t.Error(err)
			}
		}
		s.Exec(t, database, "INSERT INTO i VALUES (2)", "INSERT INTO m VALUES (2)") // nothing is left locked
	})
}

// A snapshot sees what was committed before it, however long ago the writer began.
func TestSnapshotWaitsForWritersOnMySQL(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			database := s.Database(t, "snap")
			s.Exec(t, database, "CREATE TABLE t (x int)")
			writer, conn, locker := connect(t, s, s.User), connect(t, s, s.User), connect(t, s, s.User)
			table := schema.Name{Schema: database, Table: "t"}
			if err := dial.Exec(t.Context(), writer, "BEGIN", "INSERT INTO "+dial.Quote(database)+".t VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- dial.Exec(t.Context(), writer, "DO SLEEP(0.3)", "COMMIT") }()
			before, err := inspect.Position(t.Context(), conn, facts(t, conn))
			if err != nil {
				t.Fatal(err)
			}
			exact, err := inspect.Snapshot(t.Context(), conn, locker, facts(t, conn), table)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			rows, err := dial.Text(t.Context(), conn, "SELECT COUNT(*) FROM "+dial.Quote(database)+".t")
			if err != nil || rows[0][0] != "1" || before == exact {
				t.Errorf("the snapshot at %s (before: %s) has %v rows, %v", exact, before, rows, err)
			}
			if err := inspect.Release(t.Context(), conn); err != nil {
				t.Error(err)
			}
		})
	}
}

// SELECT, REPLICATION SLAVE and REPLICATION CLIENT are enough for tables of InnoDB,
// but for those of MySQL 5.6.
func TestFewPrivilegesAreEnough(t *testing.T) {
	each(t, func(t *testing.T, s *testserver.Server) {
		database := s.Database(t, "few")
		user := dial.Literal(strings.ReplaceAll(database, "few", "u")) + "@'%'"
		s.Exec(t, database, "CREATE TABLE i (x int PRIMARY KEY) ENGINE=InnoDB", "CREATE TABLE m (x int) ENGINE=MyISAM", "CREATE USER "+user,
			"GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "+user)
		t.Cleanup(func() { s.Exec(t, "", "DROP USER "+user) })
		conn := connect(t, s, strings.ReplaceAll(database, "few", "u"))
		f := facts(t, conn)
		i, m := schema.Name{Schema: database, Table: "i"}, schema.Name{Schema: database, Table: "m"}
		if _, err := inspect.LowMark(t.Context(), conn, f, i); err != nil && f.Version >= 50700 { // 5.6 needs a lock
			t.Error(err)
		}
		if _, err := inspect.HighMark(t.Context(), conn, f, i); err != nil {
			t.Error(err)
		}
		_, err := inspect.LowMark(t.Context(), conn, f, m)
		if fault.KindOf(err) != fault.Environment || !strings.Contains(fault.HintOf(err), "LOCK TABLES") {
			t.Errorf("a lock without the privilege: %v", err)
		}
		if f.Flavor == event.MariaDB {
			if _, err := inspect.Snapshot(t.Context(), conn, nil, f, i); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestNoBinaryLogIsSaid(t *testing.T) {
	s := testserver.Private(t, testserver.Source, "--skip-log-bin")
	database := s.Database(t, "nolog")
	s.Exec(t, database, "CREATE TABLE t (x int)")
	conn := connect(t, s, s.User)
	_, err := inspect.LowMark(t.Context(), conn, facts(t, conn), schema.Name{Schema: database, Table: "t"})
	if fault.KindOf(err) != fault.Environment || !strings.Contains(fault.HintOf(err), "log_bin") {
		t.Errorf("%v", err)
	}
}
