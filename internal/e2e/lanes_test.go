package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// bank makes tables whose rows tell on any state that the source did not have: the sum of
// all balances is 0, transfers have no gaps, seats change hands by their unique number, and
// rows of children go with their parents.
func (r *replica) bank() {
	r.source("CREATE TABLE accounts (id INT PRIMARY KEY, balance INT NOT NULL, moves INT NOT NULL DEFAULT 0, KEY (balance))",
		"CREATE TABLE transfers (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b INT, amount INT)",
		"CREATE TABLE seats (id INT PRIMARY KEY, number INT UNIQUE, at INT)",
		"CREATE TABLE parents (id INT PRIMARY KEY) ENGINE=InnoDB",
		"CREATE TABLE children (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE) ENGINE=InnoDB",
		"CREATE TABLE barrier (id INT PRIMARY KEY)", "CREATE TABLE bag (v INT)", "CREATE TABLE odd (id INT AUTO_INCREMENT PRIMARY KEY, d DATE)",
		"SET sql_mode = ''",
		`CREATE PROCEDURE trade(n INT) BEGIN
			DECLARE i, a, b INT DEFAULT 0;
			WHILE i < n DO
				SET i = i + 1, a = 1 + FLOOR(RAND() * 3000), b = 1 + FLOOR(RAND() * 3000);
				START TRANSACTION;
				UPDATE accounts SET balance = balance - i, moves = moves + 1 WHERE id = a;
				UPDATE accounts SET balance = balance + i, moves = moves + 1 WHERE id = b;
				INSERT INTO transfers (a, b, amount) VALUES (a, b, i);
				UPDATE seats SET number = NULL WHERE id = a;
				UPDATE seats SET number = a WHERE id = b AND number IS NULL AND NOT EXISTS (SELECT * FROM (SELECT 1 FROM seats WHERE number = a) x);
				IF i MOD 7 = 0 THEN
					DELETE FROM seats WHERE id = a;
					INSERT INTO seats VALUES (a, (SELECT * FROM (SELECT MIN(t.number) FROM (SELECT b AS number) t WHERE NOT EXISTS (SELECT 1 FROM seats s WHERE s.number = t.number)) y), i);
				END IF;
				IF i MOD 50 = 0 THEN
					DELETE FROM parents WHERE id = a MOD 20;
					INSERT INTO parents VALUES (a MOD 20);
					INSERT IGNORE INTO children SELECT id, a MOD 20 FROM accounts WHERE id MOD 20 = a MOD 20 AND id <= 100;
					INSERT INTO odd (d) VALUES ('0000-00-00');
					INSERT INTO bag VALUES (i), (i);
					DELETE FROM bag WHERE v = i - 100 LIMIT 1;
				END IF;
				COMMIT;
			END WHILE;
		END`,
		"INSERT INTO accounts (id, balance) VALUES (1, 0)")
	for size := 1; size < 4096; size *= 2 {
		r.source(fmt.Sprintf("INSERT INTO accounts (id, balance) SELECT id + %d, 0 FROM accounts", size))
	}
	r.source("DELETE FROM accounts WHERE id > 3000", "INSERT INTO seats SELECT id, id, 0 FROM accounts")
}

// audited looks at the bank in PostgreSQL again and again until done is closed.
func (r *replica) audited(done <-chan struct{}) {
	schema := quoteIdent(r.schemas[r.marker])
	query := strings.ReplaceAll(`SELECT (SELECT sum(balance) FROM @.accounts), (SELECT sum(moves) FROM @.accounts) - 2 * (SELECT count(*) FROM @.transfers),
		(SELECT count(*) - max(id) FROM @.transfers), (SELECT count(*) FROM @.children c WHERE NOT EXISTS (SELECT FROM @.parents p WHERE p.id = c.parent)), (SELECT count(*) FROM @.seats) - 3000`, "@", schema)
	last := 0
	for n := 0; ; n++ {
		select {
		case <-done:
			r.t.Logf("%d audits", n)
			return
		default:
		}
		rows := r.target(query)
		if got := fmt.Sprint(rows); got != "[[0 0 0 0 0]]" && got != "[[0 NULL NULL 0 0]]" && got != "[[0 0 NULL 0 0]]" {
			r.t.Errorf("PostgreSQL shows what the source never had: %s", got)
			return
		}
		count := 0
		_, _ = fmt.Sscan(r.target("SELECT count(*) FROM " + schema + ".transfers")[0][0], &count)
		if count < last {
			r.t.Errorf("there were %d transfers and now there are %d", last, count)
			return
		}
		last = count
	}
}

// heaped runs start, does work in the source, and lets the replica apply nothing of it until
// much of it is read.
func (r *replica) heaped(start func(), work ...string) {
	r.t.Helper()
	other := r.catalogue()
	hold := func(sql string) {
		if _, err := other.Exec(r.t.Context(), sql); err != nil {
			r.t.Fatal(err)
		}
	}
	hold("BEGIN")
	hold("SELECT FROM " + quoteIdent(r.schemas[r.marker]) + ".barrier")
	r.source("ALTER TABLE barrier ADD v INT") // which waits for that
	start()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + quoteIdent(r.schemas[r.marker]) + ".barrier'::regclass")
		return rows[0][0] != "0", "nothing waits for the barrier"
	})
	r.source(work...)
	all := r.unread()
	r.eventually(limit, func() (bool, string) { // or the relay is full
		if n := r.relayed()["transactions"].(float64); n >= 10_000 {
			return true, ""
		}
		return all()
	})
	hold("COMMIT")
}

// A backlog is written by several connections side by side, through kills and definitions in
// its middle; what PostgreSQL shows meanwhile is what the source had, in its order.
func TestABacklogOnSeveralConnections(t *testing.T) {
	t.Parallel()
	for _, source := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(source, func(t *testing.T) {
			const seed = 5
			random := rand.New(rand.NewPCG(seed, 0))
			t.Logf("seed %d", seed)
			r := newReplica(t, testserver.Private(t, source), testserver.Shared(t, testserver.Target), options{yaml: "    apply_threads: 3\n"})
			r.bank()
			r.init()
			for _, statement := range []string{"ALTER TABLE transfers ADD note VARCHAR(10) DEFAULT 'none'", "TRUNCATE TABLE bag", "ALTER TABLE seats ADD KEY (at)", "ALTER TABLE accounts MODIFY balance BIGINT NOT NULL"} {
				r.source("CALL trade(4000)", statement)
			}
			done := make(chan struct{})
			var audits sync.WaitGroup
			audits.Go(func() { r.audited(done) })
			for range 4 {
				if r.killAfter(time.Duration(300+random.IntN(900))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
					t.Error("start_replica ended by itself")
				}
			}
			other := r.src.Database(t, "e2e") // whose statements are nothing to the replica
			r.heaped(r.start, "CALL trade(5000)", "CREATE TABLE "+other+".a (id INT)", "CALL trade(5000)", "DROP TABLE "+other+".a", "CALL trade(5000)")
			r.caughtUp()
			close(done)
			audits.Wait()
			r.same()
			if rows := r.target(fmt.Sprintf("SELECT (SELECT count(*) FROM %s.odd) - (SELECT sum(i_count) FROM sch_chameleon.t_conversions WHERE t_source_table = 'odd')", quoteIdent(r.schemas[r.marker]))); rows[0][0] != "0" {
				t.Errorf("%s changed values are not counted", rows[0][0])
			}
			if len(r.logLines("beside=1"))+len(r.logLines("beside=2")) == 0 {
				t.Error("no batch was written beside another")
			}
			r.nothingExcluded()
		})
	}
}

// A row that PostgreSQL refuses in the middle of a backlog costs its table only.
func TestARefusedRowInABacklog(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Private(t, testserver.Source), testserver.Shared(t, testserver.Target), options{}) // no others' statements part the backlog
	schema := r.schemas[r.marker]
	r.source("CREATE TABLE barrier (id INT PRIMARY KEY)", "CREATE TABLE good (id INT PRIMARY KEY, v INT)", "CREATE TABLE bad (id INT PRIMARY KEY, v INT)",
		`CREATE PROCEDURE work(n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO SET i = i + 1; START TRANSACTION; INSERT INTO good VALUES (i, i); INSERT INTO bad VALUES (i, i); COMMIT; END WHILE; END`)
	r.init()
	r.target(fmt.Sprintf("ALTER TABLE %s.bad ADD CONSTRAINT small CHECK (v <> 12345)", quoteIdent(schema)))
	r.heaped(r.start, "CALL work(25000)")
	r.caughtUp()
	r.sameTable(r.marker, schema, "good")
	if rows := r.target(fmt.Sprintf("SELECT count(*), max(id) FROM %s.bad", quoteIdent(schema))); fmt.Sprint(rows) != "[[12344 12344]]" {
		t.Errorf("bad holds %v, want the rows before the refused one", rows)
	}
	if excluded := r.excludedTables(); len(excluded) != 1 || excluded["bad"] == "" {
		t.Errorf("excluded are %v", excluded)
	}
	if len(r.logLines("one after the other")) != 1 {
		t.Error("the log does not tell that the lanes were left")
	}
}
