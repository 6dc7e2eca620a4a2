package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func config(s *testserver.Server) dial.Config {
	return dial.Config{Host: s.Host, Port: uint16(s.Port), User: s.User, SSLMode: dial.Disable} // #nosec G115 -- a port
}

func open(t *testing.T, s *testserver.Server) *Session {
	t.Helper()
	session, err := Open(context.Background(), config(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

// all reads a query's rows as the ordinary client shows them.
func all(t *testing.T, rows *Rows, sql string) [][]string {
	t.Helper()
	if err := rows.Query(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for {
		fields, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(fields))
		for i, field := range fields {
			row[i] = string(field)
			if field == nil {
				row[i] = "NULL"
			}
		}
		got = append(got, row)
	}
}

var servers = []string{"mariadb-10.11", "mysql-9.7", "mysql-5.6"}

func TestRowsAreWhatTheOrdinaryClientReads(t *testing.T) {
	for _, name := range servers {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			db := s.Database(t, "rows")
			s.Exec(t, db, "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(300), b LONGBLOB, c DOUBLE, d DATETIME) CHARACTER SET utf8mb4")
			var values []string
			for i := range 400 {
				blob := fmt.Sprintf("REPEAT(CHAR(%d), %d)", i%256, []int{0, 1, 249, 250, 251, 252, 65534, 65535, 65536, 140000}[i%10])
				if i%7 == 0 {
					blob = "NULL"
				}
				values = append(values, fmt.Sprintf("(%d, REPEAT('ü😀', %d), %s, %d/3, '2024-02-29 10:11:12')", i, i%100, blob, i))
			}
			s.Exec(t, db, "INSERT INTO t VALUES "+strings.Join(values, ","))
			session := open(t, s)
			query := "SELECT * FROM `" + db + "`.t ORDER BY id"
			want := s.Query(t, db, query)
			for range 2 { // the connection can be used again
				got := all(t, session.rows, query)
				if len(got) != len(want) {
					t.Fatalf("%d rows, not %d", len(got), len(want))
				}
				for i := range got {
					if strings.Join(got[i], "|") != strings.Join(want[i], "|") {
						t.Fatalf("row %d differs", i)
					}
				}
			}
			if got := all(t, session.rows, "SELECT * FROM `"+db+"`.t WHERE id < 0"); len(got) != 0 {
				t.Errorf("an empty result has %d rows", len(got))
			}
			if rows, err := dial.Text(context.Background(), session.Conn(), "SELECT 7"); err != nil || rows[0][0] != "7" {
				t.Errorf("the connection cannot be asked between two results: %v %v", rows, err)
			}
		})
	}
}

func TestARowOf64MB(t *testing.T) {
	s := testserver.Private(t, testserver.Source, "--max-allowed-packet=256M", "--innodb-log-file-size=512M")
	db := s.Database(t, "rows")
	s.Exec(t, db, "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)",
		"INSERT INTO t VALUES (1, REPEAT('a', 67108864)), (2, 'short'), (3, REPEAT('b', 16777215-10)), (4, REPEAT('c', 16777215)), (5, REPEAT('d', 33554430-11))")
	session := open(t, s)
	got := all(t, session.rows, "SELECT b FROM `"+db+"`.t ORDER BY id")
	for i, want := range []struct {
		letter string
		n      int
	}{{"a", 67108864}, {"", 0}, {"b", 16777205}, {"c", 16777215}, {"d", 33554419}} {
		if want.n > 0 && got[i][0] != strings.Repeat(want.letter, want.n) {
			t.Errorf("row %d has %d bytes, not %d of %s", i, len(got[i][0]), want.n, want.letter)
		}
	}
	if got[1][0] != "short" {
		t.Errorf("the row after the long one is %q", got[1][0])
	}
	// Packets that end just at the greatest size are followed by an empty one: 1 + 3 or 9 bytes
	// of length go before the value.
	for _, n := range []int{16777215 - 9, 2*16777215 - 9} {
		got := all(t, session.rows, fmt.Sprintf("SELECT REPEAT('x', %d), 1", n-2))
		if len(got) != 1 || len(got[0][0]) != n-2 || got[0][1] != "1" {
			t.Errorf("a row of %d bytes was not read", n)
		}
	}
}

func TestErrorsWithinAResult(t *testing.T) {
	for _, name := range servers {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			db := s.Database(t, "rows")
			numbers(t, s, db, 2000)
			session := open(t, s)
			if err := session.rows.Query(context.Background(), "SELECT nonsense FROM `"+db+"`.n"); dial.Number(err) != 1054 {
				t.Fatalf("an unknown column gives %v", err)
			}
			query := "SELECT id, REPEAT('x', 1000), IF(id = 1500, (SELECT 1 UNION SELECT 2), 0) FROM `" + db + "`.n ORDER BY id"
			if err := session.rows.Query(context.Background(), query); err != nil {
				t.Fatal(err)
			}
			rows := 0
			for {
				_, err := session.rows.Next()
				if err == nil {
					rows++
					continue
				}
				if dial.Number(err) != 1242 {
					t.Errorf("after %d rows: %v", rows, err)
				}
				break
			}
			if rows == 0 {
				t.Error("the error came before the first row, which is not what is to be tested")
			}
			if got := all(t, session.rows, "SELECT 1"); len(got) != 1 {
				t.Error("the connection is not in step after an error")
			}
		})
	}
}

func TestACancelledReadEndsAtOnce(t *testing.T) {
	s := testserver.Shared(t, testserver.Source)
	session := open(t, s)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	go cancel(why)
	err := session.rows.Query(ctx, "SELECT SLEEP(100)")
	if err == nil {
		_, err = session.rows.Next()
	}
	if !errors.Is(err, why) {
		t.Errorf("a cancelled query gives %v", err)
	}
	lost := open(t, s)
	id, err := dial.Text(context.Background(), lost.Conn(), "SELECT CONNECTION_ID()")
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, "", "KILL "+id[0][0])
	if err := lost.rows.Query(context.Background(), "SELECT 1"); fault.KindOf(err) != fault.Retry {
		t.Errorf("a lost connection gives %v", err)
	}
}

// numbers makes a table n of one INT key, filled with 1 to count.
func numbers(t *testing.T, s *testserver.Server, db string, count int) {
	t.Helper()
	values := make([]string, count)
	for i := range values {
		values[i] = fmt.Sprintf("(%d)", i+1)
	}
	s.Exec(t, db, "CREATE TABLE n (id INT PRIMARY KEY)", "INSERT INTO n VALUES "+strings.Join(values, ","))
}

// Reading must not allocate for each row.
func TestRowsAreReadWithoutAllocating(t *testing.T) {
	s := testserver.Shared(t, testserver.Source)
	db := s.Database(t, "rows")
	numbers(t, s, db, 20000)
	session := open(t, s)
	if err := session.rows.Query(context.Background(), "SELECT id, id * 2, NULL, 'text' FROM `"+db+"`.n"); err != nil {
		t.Fatal(err)
	}
	perRow := testing.AllocsPerRun(10000, func() {
		if _, err := session.rows.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if perRow > 0.01 {
		t.Errorf("%.2f allocations for each row", perRow)
	}
}
