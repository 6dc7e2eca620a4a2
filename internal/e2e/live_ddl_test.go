package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// liveChange is a statement with the servers that read it, by the beginnings of their names.
type liveChange struct{ only, sql string }

// liveChanges are run one after the other on live (id, k, a, b, c, d, e) while it is written.
var liveChanges = []liveChange{
	{"", "ALTER TABLE live ADD COLUMN n1 INT NOT NULL DEFAULT 5, ADD n2 VARCHAR(20) FIRST, ADD n3 DATETIME NULL AFTER k"},
	{"", "ALTER TABLE live DROP COLUMN n1"},
	{"", "ALTER TABLE live MODIFY a BIGINT"},
	{"", "ALTER TABLE live MODIFY a VARCHAR(30)"},
	{"", "ALTER TABLE live CHANGE a a2 TEXT"},
	{"", "ALTER TABLE live CHANGE a2 a VARCHAR(40) NOT NULL DEFAULT 'x'"},
	{"", "ALTER TABLE live MODIFY a VARCHAR(40) NULL"},
	{"mariadb mysql-9", "ALTER TABLE live RENAME COLUMN b TO b2"},
	{"mariadb mysql-9", "ALTER TABLE live RENAME COLUMN b2 TO b, RENAME COLUMN a TO a3"},
	{"mariadb mysql-9", "ALTER TABLE live RENAME COLUMN a3 TO a"},
	{"", "ALTER TABLE live ALTER b SET DEFAULT 'set'"},
	{"", "ALTER TABLE live ALTER b DROP DEFAULT"},
	{"", "ALTER TABLE live MODIFY e ENUM('p','q','r','s') NULL"},
	{"", "ALTER TABLE live MODIFY e ENUM('s','q','p','r') NULL"},
	{"", "ALTER TABLE live MODIFY e VARCHAR(10) NULL"},
	{"", "ALTER TABLE live MODIFY e ENUM('p','q','r','s') NULL"},
	{"", "ALTER TABLE live ADD INDEX by_b (b(5)), ADD UNIQUE by_id_k (id, k)"},
	{"mariadb mysql-9", "ALTER TABLE live RENAME INDEX by_b TO by_b_too"},
	{"", "CREATE INDEX by_d ON live (d)"},
	{"", "DROP INDEX by_d ON live"},
	{"", "ALTER TABLE live DROP INDEX by_id_k"},
	{"", "ALTER TABLE live DROP PRIMARY KEY, ADD PRIMARY KEY (k, id), ADD UNIQUE once (id)"},
	{"", "ALTER TABLE live DROP PRIMARY KEY, DROP INDEX once, ADD PRIMARY KEY (id), ALGORITHM=COPY"},
	{"", "ALTER TABLE live CONVERT TO CHARACTER SET utf8mb4"},
	{"", "ALTER TABLE live COMMENT 'it''s live'"},
	{"", "ALTER TABLE live AUTO_INCREMENT = 100000"},
	{"", "ALTER TABLE live MODIFY c DECIMAL(14,4), MODIFY d DATE"},
	{"", "ALTER TABLE live MODIFY c DOUBLE"},
	{"", "ALTER TABLE live MODIFY d VARCHAR(30)"},
	{"", "RENAME TABLE live TO aside, other TO live, aside TO other"},
	{"", "RENAME TABLE live TO aside, other TO live, aside TO other"},
	{"", "TRUNCATE TABLE other"},
	{"", "ALTER TABLE live ENGINE=InnoDB"},
	{"", "CREATE TABLE made LIKE live"},
	{"", "INSERT INTO made SELECT * FROM live"},
	{"", "DROP TABLE made"},
	{"", "ALTER TABLE live PARTITION BY HASH (id) PARTITIONS 3"},
	{"", "ALTER TABLE live COALESCE PARTITION 1"},
	{"", "ALTER TABLE live LOCK=SHARED REMOVE PARTITIONING"},
	{"mariadb mysql-9", "ALTER TABLE live ADD CONSTRAINT positive CHECK (k > -1000)"},
	{"mariadb mysql-9", "ALTER TABLE live ADD g BIGINT AS (k + 1) VIRTUAL"},
	{"mariadb mysql-9", "ALTER TABLE live DROP g, DROP n2, DROP n3"},
	{"mariadb", "ALTER TABLE live ADD COLUMN IF NOT EXISTS m INT DEFAULT 3, DROP COLUMN IF EXISTS nothing"},
	{"mariadb", "ALTER TABLE live MODIFY m INT INVISIBLE"},
	{"mariadb", "SET STATEMENT lock_wait_timeout = 60 FOR ALTER TABLE live WAIT 30 DROP COLUMN m"},
	{"mysql-9", "ALTER TABLE live ADD m INT INVISIBLE DEFAULT 3, ALTER INDEX by_b_too INVISIBLE"},
	{"mysql-9", "ALTER TABLE live DROP m, ALGORITHM=INPLACE"},
}

// liveStatement writes to both tables whatever they look like at the moment: what names a
// column that is not there fails, which is part of life here.
func liveStatement(random *rand.Rand) string {
	table := []string{"live", "live", "live", "other"}[random.IntN(4)]
	id, word := 1+random.IntN(500), []string{"12", "7", "345", "0"}[random.IntN(4)]
	column := []string{"a", "b", "c", "d", "e", "n1", "n2", "n3", "m", "a2", "b2", "a3"}[random.IntN(12)]
	value := map[string]string{"d": "'2024-02-29'", "n3": "'2023-01-02 03:04:05'", "e": "'q'"}[column]
	if value == "" {
		value = "'" + word + "'"
	}
	switch random.IntN(6) {
	case 0, 1:
		return fmt.Sprintf("INSERT INTO %s (k, %s) VALUES (%d, %s), (%d, %s)", table, column, id, value, id+1, value)
	case 2:
		return fmt.Sprintf("UPDATE %s SET k = k + 1, %s = %s WHERE id BETWEEN %d AND %d", table, column, value, id, id+3)
	case 3:
		return fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, id)
	case 4:
		return fmt.Sprintf("REPLACE INTO %s (id, k) VALUES (%d, %d)", table, id, id)
	}
	return fmt.Sprintf("UPDATE %s SET %s = NULL WHERE id = %d", table, column, id)
}

func liveTable(name string) string {
	return "CREATE TABLE " + name + " (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, a INT, b VARCHAR(30), c INT, d DATETIME, e ENUM('p','q','r')) DEFAULT CHARSET utf8mb4"
}

// Every kind of ALTER on a table that several connections write to all the while.
func TestAlterationsUnderLiveWrites(t *testing.T) {
	t.Parallel()
	for _, name := range []string{testserver.Source, "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			r.source(liveTable("live"), liveTable("other"))
			for i := range 10 {
				r.source(fmt.Sprintf("INSERT INTO live (k, a, b, c, d, e) VALUES (%[1]d, %[1]d, 'é', %[1]d, '2020-02-02 00:00:00', 'p'), (1, NULL, NULL, NULL, NULL, NULL)", i))
			}
			r.init()
			r.start()
			writers := startWriters(t, r.src, r.marker, 2, 4, liveStatement)
			for _, a := range liveChanges {
				if (kind{only: a.only}).on(name) {
					r.source("SET SESSION lock_wait_timeout = 60, sql_mode = ''", a.sql)
					before := writers.done.Load()
					r.eventually(limit, func() (bool, string) { return writers.done.Load() > before+5, "nothing is written" })
				}
			}
			writers.stop()
			r.caughtUp()
			if problem := r.settled(); problem != "" {
				t.Error(problem)
			}
			r.same()
		})
	}
}

// Definitions between rows in quick succession, with transactions that end just before,
// at and after the size of a batch.
func TestDefinitionsAtTheEdgesOfBatches(t *testing.T) {
	t.Parallel()
	const batch = 50_000 // of the program: internal/pipeline/write.go
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE edge (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT)")
	r.init()
	for i, rows := range []int{batch - 1, batch, batch + 1, 1, 2*batch + 3} {
		r.source(fmt.Sprintf("INSERT INTO edge (v) SELECT seq FROM seq_1_to_%d", rows),
			fmt.Sprintf("ALTER TABLE edge ADD c%d INT NOT NULL DEFAULT %d", i, i),
			fmt.Sprintf("UPDATE edge SET c%d = v WHERE id %% 1000 = %d", i, i),
			fmt.Sprintf("ALTER TABLE edge MODIFY c%d BIGINT NULL", i),
			fmt.Sprintf("UPDATE edge SET c%d = NULL WHERE id %% 997 = %d", i, i))
	}
	var burst []string
	for i := range 60 {
		burst = append(burst, fmt.Sprintf("ALTER TABLE edge ADD x%d INT", i), fmt.Sprintf("UPDATE edge SET x%d = id WHERE id < 20", i),
			fmt.Sprintf("ALTER TABLE edge DROP x%d", i), fmt.Sprintf("INSERT INTO edge (v) VALUES (%d)", -i),
			"TRUNCATE TABLE burst", fmt.Sprintf("INSERT INTO burst VALUES (%d)", i), fmt.Sprintf("ALTER TABLE burst COMMENT 'c%d'", i))
	}
	r.source(append([]string{"CREATE TABLE burst (id INT PRIMARY KEY)"}, burst...)...)
	r.start()
	r.caughtUp()
	r.source(burst...)
	r.caughtUp()
	r.same()
}

// kill -9 when PostgreSQL has run a definition and its position is not committed yet: a
// lock of another session holds the position's row back until the program is dead.
func TestKilledBetweenADefinitionAndItsPosition(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"ALTER TABLE t ADD n INT NOT NULL DEFAULT 9", "ALTER TABLE t MODIFY v BIGINT, ADD KEY (v)", "RENAME TABLE t TO a, u TO t, a TO u", "TRUNCATE TABLE t", "DROP TABLE u",
		"CREATE TABLE made (id INT PRIMARY KEY, e ENUM('a','b') NOT NULL DEFAULT 'b')", "ALTER TABLE t MODIFY e ENUM('x','y','z')",
	} {
		t.Run(strings.Join(strings.Fields(sql)[:3], "_"), func(t *testing.T) {
			src, dst := defaultPair(t)
			r := newReplica(t, src, dst, options{})
			r.source("CREATE TABLE t (id INT PRIMARY KEY, v INT, e ENUM('x','y'))", "CREATE TABLE u (id INT PRIMARY KEY, w INT)", "INSERT INTO t VALUES (1, 1, 'x')", "INSERT INTO u VALUES (5, 5)")
			r.init()
			holder, err := dst.Connect(context.Background(), r.database)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = holder.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			program := r.command(ctx, "start_replica", "--source", "mysql", "--debug")
			if err := program.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- program.Wait() }()
			r.caughtUp()
			if err := holder.Exec(ctx, "BEGIN", "SELECT 1 FROM sch_chameleon.t_last_replayed FOR UPDATE"); err != nil {
				t.Fatal(err)
			}
			r.source(sql)
			r.eventually(limit, func() (bool, string) {
				waiting := r.target("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%t_last_replayed%'")
				return waiting[0][0] != "0", "the program does not wait for its position's row"
			})
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-ended
			if err := holder.Exec(ctx, "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			r.start()
			r.source("INSERT IGNORE INTO t (id) VALUES (77)")
			r.caughtUp()
			r.same()
			if problem := r.settled(); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// Definitions and rows for as long as the program is killed again and again.
func TestKilledAmongDefinitions(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source(liveTable("live"), liveTable("other"))
	r.init()
	writers := startWriters(t, src, r.marker, 1, 6, liveStatement)
	random := rand.New(rand.NewPCG(6, 0))
	defining := make(chan struct{})
	go func() {
		defer close(defining)
		for round := range 40 {
			src.Exec(t, r.marker, fmt.Sprintf("ALTER TABLE live ADD z%d INT NOT NULL DEFAULT %d", round, round), fmt.Sprintf("ALTER TABLE other ADD z%d VARCHAR(9) FIRST", round),
				"RENAME TABLE live TO aside, other TO live, aside TO other", fmt.Sprintf("ALTER TABLE live MODIFY z%d BIGINT NULL", round), fmt.Sprintf("ALTER TABLE other DROP z%d", round))
		}
	}()
	for kills := 0; kills < 15; kills++ {
		if r.killAfter(time.Duration(150+random.IntN(500))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
			t.Fatal("start_replica ended by itself")
		}
	}
	<-defining
	writers.stop()
	r.start()
	r.caughtUp()
	r.same()
	if problem := r.settled(); problem != "" {
		t.Error(problem)
	}
}
