package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/testserver"
)

// current compares the rows of a versioned table that hold on the source with those of PostgreSQL.
func (r *replica) current(table, columns string) {
	r.t.Helper()
	sql := "SELECT " + columns + " FROM %s ORDER BY " + columns
	want := fmt.Sprint(r.src.Query(r.t, r.marker, fmt.Sprintf(sql, table)))
	if got := fmt.Sprint(r.target(fmt.Sprintf(sql, quoteIdent(r.schemas[r.marker])+"."+table))); got != want {
		r.t.Errorf("%s has %s, not %s", table, got, want)
	}
}

// patient runs statements one by one, each again if it was the victim of a deadlock.
func patient(t *testing.T, s *testserver.Server, db string, statements ...string) {
	conn, err := client.Connect(fmt.Sprintf("%s:%d", s.Host, s.Port), s.User, "", db)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	for _, statement := range statements {
		_, err := conn.Execute(statement)
		for err != nil && strings.Contains(err.Error(), "Deadlock") {
			_, err = conn.Execute(statement)
		}
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// While rows of versioned tables of all sorts change, and their definitions and histories with
// them, PostgreSQL has the source's current rows.
func TestVersioningUnderTraffic(t *testing.T) {
	t.Parallel()
	for _, name := range mariaServers {
		t.Run(name, func(t *testing.T) {
			src := testserver.Shared(t, name)
			r := newReplica(t, src, testserver.Shared(t, testserver.Target), options{})
			const stated = ", rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)"
			r.source("CREATE TABLE plain (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING",
				"CREATE TABLE keyed (id INT, x INT"+stated+", PRIMARY KEY (id, re)) WITH SYSTEM VERSIONING",
				"CREATE TABLE parts (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 20 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)",
				"CREATE TABLE half (id INT PRIMARY KEY, x INT WITHOUT SYSTEM VERSIONING, y INT DEFAULT 1) WITH SYSTEM VERSIONING",
				"CREATE TABLE bare (id INT, x INT) WITH SYSTEM VERSIONING", "CREATE TABLE later (id INT PRIMARY KEY, x INT)")
			tables := []string{"plain", "keyed", "parts", "half", "bare", "later"}
			for _, table := range tables {
				r.source(fmt.Sprintf("INSERT INTO %s (id, x) VALUES (1, 1), (2, 2), (3, 3)", table), fmt.Sprintf("UPDATE %s SET x = 4 WHERE id = 1", table), fmt.Sprintf("DELETE FROM %s WHERE id = 2", table))
			}
			stop, traffic := make(chan struct{}), sync.WaitGroup{}
			for i, table := range tables {
				traffic.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
							id := 10 + (n*7+i)%25
							patient(t, src, r.marker, fmt.Sprintf("INSERT INTO %s (id, x) VALUES (%d, %d)", table, id+100*(n%3), n), fmt.Sprintf("UPDATE %s SET x = x + 1 WHERE id %% 3 = %d", table, n%3),
								fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, id+100*(n%3)), fmt.Sprintf("UPDATE %s SET id = id + 1000 WHERE id = %d", table, n%5), fmt.Sprintf("UPDATE %s SET id = id - 1000 WHERE id >= 1000", table))
						}
					}
				})
			}
			r.init()
			r.start()
			keep := "SET STATEMENT system_versioning_alter_history = KEEP FOR "
			r.source("DELETE HISTORY FROM plain", keep+"ALTER TABLE plain ADD y INT NOT NULL DEFAULT 3", keep+"ALTER TABLE keyed ADD y INT DEFAULT 5 FIRST", "DELETE HISTORY FROM keyed BEFORE SYSTEM_TIME NOW(6)",
				"ALTER TABLE parts DROP PARTITION p0", keep+"ALTER TABLE parts ADD y INT", "ALTER TABLE parts ADD PARTITION (PARTITION p2 HISTORY)", keep+"ALTER TABLE half DROP y, ADD z INT DEFAULT 9",
				"ALTER TABLE later ADD SYSTEM VERSIONING", keep+"ALTER TABLE bare ADD y INT DEFAULT 2")
			r.caughtUp()
			r.source("ALTER TABLE later DROP SYSTEM VERSIONING", keep+"ALTER TABLE plain DROP SYSTEM VERSIONING, ADD z INT DEFAULT 4", "DELETE HISTORY FROM bare", "ALTER TABLE plain ADD SYSTEM VERSIONING",
				keep+"ALTER TABLE keyed MODIFY x BIGINT, DROP y")
			close(stop)
			traffic.Wait()
			r.source("REPLACE INTO plain (id, x) VALUES (1, 7), (50, 8)", "UPDATE keyed SET x = 99 WHERE id = 1", "DELETE FROM half WHERE id = 3", "TRUNCATE TABLE later", "INSERT INTO later VALUES (5, 5)")
			r.caughtUp()
			r.nothingExcluded()
			for table, columns := range map[string]string{"plain": "id, x, y, z", "keyed": "id, x", "parts": "id, x, y", "half": "id, x, z", "bare": "id, x, y", "later": "id, x"} {
				r.current(table, columns)
			}
			names := fmt.Sprint(r.target("SELECT string_agg(column_name, ' ') FROM information_schema.columns WHERE table_schema = '" + r.schemas[r.marker] + "' AND (column_name LIKE 'row\\_%' OR column_name IN ('rs', 're'))"))
			if !strings.Contains(names, "NULL") && names != "[[]]" {
				t.Errorf("columns of the history are there: %s", names)
			}
		})
	}
}

// A history by transactions is logged as statements: the table's rows are read again.
func TestVersioningByTransactions(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE t (id INT PRIMARY KEY, x INT, rs BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, re BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING",
		"INSERT INTO t (id, x) VALUES (1, 1), (2, 2)", "UPDATE t SET x = 5 WHERE id = 1", "DELETE FROM t WHERE id = 2")
	r.init()
	r.start()
	r.current("t", "id, x")
	r.source("UPDATE t SET x = 6", "INSERT INTO t (id, x) VALUES (3, 3)")
	r.caughtUp()
	r.filledAgain()
	r.current("t", "id, x")
}
