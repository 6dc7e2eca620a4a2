package binlog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

func TestTableMapsWithFullMetadata(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, testserver.Private(t, name, "--binlog-row-metadata=FULL"))
			s.exec(t, "CREATE TABLE `T é` (a int unsigned, y year, b bit(3), `c d` decimal(5,2), e enum('x'), f double unsigned, g bigint, h tinyint unsigned NOT NULL, "+
				"i set('é','😀') CHARACTER SET utf8mb4, j enum('é','z') CHARACTER SET latin1, PRIMARY KEY (h, a))")
			from := s.position(t)
			s.exec(t, "INSERT INTO `T é` VALUES (1, 2000, b'1', 1.5, 'x', 1, 1, 1, 1, 1)")
			got := s.collect(t, s.options(), from, s.position(t))
			if len(got) != 1 {
				t.Fatal(s.story(got))
			}
			m := got[0].Events[0].(*event.Rows).Map
			want := &event.TableMap{
				ID: m.ID, Schema: s.database, Table: "T é", Types: []byte{3, 13, 16, 246, 254, 5, 8, 1, 254, 254},
				Meta: []uint16{0, 0, 3, 5<<8 | 2, 247<<8 | 1, 8, 0, 0, 248<<8 | 1, 247<<8 | 1}, Nullable: []byte{0x7e, 0x03},
				Names: []string{"a", "y", "b", "c d", "e", "f", "g", "h", "i", "j"}, Unsigned: []bool{true, true, false, false, false, true, false, true, false, false},
				Charsets: []string{4: "utf8mb4", 8: "utf8mb4", 9: "latin1"}, Key: []int{7, 0}, Members: [][]string{4: {"x"}, 8: {"é", "😀"}, 9: {"\xe9", "z"}},
			}
			if diff := cmp.Diff(want, m); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStatementsSayTheirSession(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		from := s.position(t)
		s.exec(t, "SET sql_mode = 'ANSI_QUOTES'", `CREATE TABLE "a" (x int COMMENT 'é🦎')`, "SET sql_mode = ''",
			"SET NAMES latin1", "CREATE TABLE b (x int COMMENT '\xe9')", "SET NAMES gbk", "CREATE TABLE c (x int COMMENT '\xd6\xd0')")
		s.Exec(t, "", "CREATE TABLE `"+s.database+"`.d (x int)")
		var statements []*event.Statement
		for _, tx := range s.collectAll(t, s.options(), from, s.position(t)) {
			for _, e := range tx.Events {
				if st, is := e.(*event.Statement); is && (st.Schema == s.database || st.Schema == "") {
					statements = append(statements, st)
				}
			}
		}
		want := []string{`CREATE TABLE "a" (x int COMMENT 'é🦎')`, "CREATE TABLE b (x int COMMENT 'é')", "CREATE TABLE c (x int COMMENT '中')",
			"CREATE TABLE `" + s.database + "`.d (x int)"}
		var got []string
		for _, st := range statements {
			got = append(got, st.SQL)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		const ansiQuotes = 4
		if statements[0].SQLMode&ansiQuotes == 0 || statements[1].SQLMode&ansiQuotes != 0 {
			t.Errorf("sql_mode %x, %x", statements[0].SQLMode, statements[1].SQLMode)
		}
		if age := time.Since(statements[0].Time); age < -time.Minute || age > time.Minute {
			t.Errorf("the statement began at %s", statements[0].Time)
		}
		if statements[0].Schema != s.database || statements[3].Schema != "" {
			t.Errorf("schemas %q, %q", statements[0].Schema, statements[3].Schema)
		}
	})
}

// Rows of tables that are not kept are dropped; Keep is asked each time.
func TestKeepChoosesTables(t *testing.T) {
	s := newSource(t, testserver.Shared(t, testserver.Source))
	s.exec(t, "CREATE TABLE t (x int)", "CREATE TABLE u (x int)")
	from := s.position(t)
	s.exec(t, "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)", "BEGIN", "INSERT INTO u VALUES (2)", "INSERT INTO t VALUES (2)", "COMMIT", "INSERT INTO t VALUES (3)")
	options := s.options()
	asked := 0
	options.Keep = func(n schema.Name) bool {
		if n == (schema.Name{Schema: s.database, Table: "t"}) {
			asked++
			return asked != 3
		}
		return false
	}
	if diff := cmp.Diff("insert t\ninsert t\n", s.story(s.collect(t, options, from, s.position(t)))); diff != "" {
		t.Error(diff)
	}
}

// Servers without GTIDs are read by file and offset.
func TestWithoutGTIDs(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, testserver.Private(t, name, "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"))
			s.exec(t, "CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE m (id int) ENGINE=MyISAM")
			from := s.position(t)
			if s.facts.GTID || from.GTIDs != "" {
				t.Fatalf("%+v %s", s.facts, from)
			}
			s.exec(t, "INSERT INTO t VALUES (1)", "INSERT INTO m VALUES (1)", "CREATE TABLE u (x int)",
				"BEGIN", "INSERT INTO t VALUES (2)", "SAVEPOINT s", "INSERT INTO t VALUES (3)", "INSERT INTO m VALUES (2)", "ROLLBACK TO s", "COMMIT",
				"BEGIN", "INSERT INTO t VALUES (4)", "INSERT INTO m VALUES (3)", "ROLLBACK", "CREATE TABLE c AS SELECT * FROM t")
			to := s.position(t)
			all := s.collect(t, s.options(), from, to)
			story := s.story(all)
			t.Log("\n" + story)
			if len(all) < 7 || all[0].GTID != "" {
				t.Errorf("%s", story)
			}
			table := schema.Name{Schema: s.database, Table: "t"}
			low, high := s.marks(t, table)
			if low.File == "" || high.File == "" {
				t.Errorf("marks %s, %s", low, high)
			}
			if err := dial.Exec(t.Context(), s.conn, "INSERT INTO `"+s.database+"`.t VALUES (9)"); err != nil {
				t.Errorf("the table is still locked: %v", err)
			}
		})
	}
}

// Texts that the server writes by itself are UTF-8 on some servers, whatever the client's
// character set is that the event tells.
func TestTextsOfTheServersOwn(t *testing.T) {
	each(t, func(t *testing.T, s *source) {
		s.exec(t, "SET NAMES utf8mb4", "CREATE TABLE `é` (e ENUM('ä','中') CHARACTER SET utf8mb4)", "CREATE TABLE `中` (x INT)")
		selects := s.Name != "mysql-5.6" // forbids it beside GTIDs
		from := s.position(t)
		var want []string
		for _, client := range []struct{ charset, name, gone string }{{"latin1", "\xe9", "b"}, {"gbk", "\xd6\xd0", "d"}} {
			run := []string{"SET NAMES " + client.charset, "CREATE TEMPORARY TABLE tmp" + client.charset + " (e ENUM('" + client.name + "') CHARACTER SET utf8mb4)",
				"CREATE TABLE " + client.gone + " LIKE tmp" + client.charset}
			name := map[string]string{"latin1": "é", "gbk": "中"}[client.charset]
			want = append(want, "CREATE TABLE `"+client.gone+"` '"+name+"'")
			if selects {
				run = append(run, "CREATE TABLE select_"+client.charset+" AS SELECT * FROM tmp"+client.charset)
				want = append(want, "CREATE TABLE `select_"+client.charset+"` '"+name+"' derived")
			}
			s.exec(t, append(run, "DROP TABLE `"+client.name+"`")...)
			want = append(want, "DROP TABLE `"+name+"`")
		}
		var got []string
		for _, tx := range s.collectAll(t, s.options(), from, s.position(t)) {
			for _, e := range tx.Events {
				st, is := e.(*event.Statement)
				if !is || st.Schema != s.database || strings.Contains(st.SQL, "TEMPORARY") {
					continue
				}
				short := strings.TrimSuffix(st.SQL, " /* generated by server */")
				if _, members, found := strings.Cut(short, "enum("); found {
					members, _, _ = strings.Cut(members, ")")
					short, _, _ = strings.Cut(short, " (")
					short += " " + members
				}
				if st.Derived {
					short += " derived"
				}
				got = append(got, short)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
