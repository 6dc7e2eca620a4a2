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

// sync_tables fills tables that are followed, those that were excluded, and those that were
// never copied; what users built on them stays.
func TestSyncTablesWhileTheStreamGoesOn(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    refill: manual\n"})
	fill(t, src, r.marker, 3000)
	r.source("CREATE TABLE lone (id INT PRIMARY KEY, v INT)", "INSERT INTO lone VALUES (1, 1)")
	r.init()
	schema := fmt.Sprintf("%q", r.schemas[r.marker])
	dst.Exec(t, r.database, "CREATE VIEW names AS SELECT id, name FROM "+schema+".customers", "ALTER TABLE "+schema+".lone ADD CHECK (v < 100)")
	r.start()
	writers := startTraffic(t, src, r.marker, 2, 8)
	r.source("INSERT INTO lone VALUES (2, 200)", "SET SESSION binlog_format = STATEMENT", "UPDATE prices SET price = price + 1", "SET SESSION binlog_format = ROW")
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE enm_state = 'excluded'")
		return rows[0][0] == "2", fmt.Sprint(rows)
	})
	if rows := r.target("SELECT count(*) FROM sch_chameleon.t_refills"); rows[0][0] != "0" {
		t.Errorf("refill: manual begins %s refills", rows[0][0])
	}
	for _, wrong := range [][]string{{"sync_tables", "--source", "mysql"}, {"sync_tables", "--source", "mysql", "--tables", "nowhere.t"}, {"sync_tables", "--source", "mysql", "--tables", "lone"}} {
		if out, code := r.run(wrong...); code == 0 {
			t.Errorf("%v is taken:\n%s", wrong, out)
		}
	}
	if out, code := r.run("sync_tables", "--source", "mysql", "--tables", r.marker+".nothing"); code != 2 || !strings.Contains(out, "does not have: "+r.marker+".nothing") {
		t.Errorf("a table that is not there: %s", out)
	}
	for range 3 {
		out := r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".customers,"+r.marker+".journal")
		if !strings.Contains(out, "the running replica fills them") {
			t.Errorf("sync_tables says %s", out)
		}
		if rows := r.target("SELECT count(*) FROM sch_chameleon.t_replica_tables WHERE enm_state = 'excluded'"); rows[0][0] != "2" {
			t.Errorf("%s tables are excluded while they are filled", rows[0][0])
		}
		r.noRefills()
	}
	r.must("sync_tables", "--source", "mysql", "--tables", "disabled")
	r.allReplicate()
	r.stop()
	if out := r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".orders"); !strings.Contains(out, "start_replica") {
		t.Errorf("without a process sync_tables says %s", out)
	}
	if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "Tables being filled from the source") || !strings.Contains(out, "sync_tables asked for it") {
		t.Errorf("the status does not tell of it:\n%s", out)
	}
	r.start()
	r.allReplicate()
	writers.stop()
	r.caughtUp()
	r.same()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM pg_namespace WHERE nspname LIKE '\\_%\\_tmp'")
		return rows[0][0] == "0", "loading schemas are left"
	})
	if rows := r.target("SELECT count(*) > 0 FROM names"); rows[0][0] != "t" {
		t.Error("the user's view is empty")
	}
}

// noRefills waits until nothing is being filled.
func (r *replica) noRefills() {
	r.t.Helper()
	r.eventually(2*limit, func() (bool, string) {
		rows := r.target("SELECT count(*), string_agg(concat(t_step, ' ', i_tries, ' ', t_note), '; ') FROM sch_chameleon.t_refills")
		return rows[0][0] == "0", fmt.Sprint(rows)
	})
}

// A table that somebody reads for long is not waited for: the others go on, and it comes in later.
func TestAReaderOfTheOldTableStopsNobody(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1), (2, 2)")
	r.init()
	r.start()
	reader, err := dst.Connect(context.Background(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := reader.Exec(context.Background(), "BEGIN", fmt.Sprintf("SELECT * FROM %q.a", r.schemas[r.marker])); err != nil {
		t.Fatal(err)
	}
	r.source("SET SESSION binlog_format = STATEMENT", "UPDATE a SET v = v + 1", "SET SESSION binlog_format = ROW", "INSERT INTO a VALUES (3, 3)")
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT count(*) FROM sch_chameleon.t_refills WHERE i_tries > 1 AND t_note LIKE '%in use%'")
		return rows[0][0] == "1", fmt.Sprint(r.target("SELECT t_step, i_tries, t_note FROM sch_chameleon.t_refills"))
	})
	r.caughtUp()
	if rows := r.target(fmt.Sprintf("SELECT string_agg(v::text, ',' ORDER BY id) FROM %q.a", r.schemas[r.marker])); rows[0][0] != "1,2" {
		t.Errorf("the old table shows %s", rows[0][0])
	}
	r.source("INSERT INTO a VALUES (4, 4)")
	if err := reader.Exec(context.Background(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	r.allReplicate()
	r.caughtUp()
	r.same()
}

// Names change hands while tables are filled: what is called so at the end has the rows
// that it has on the source.
func TestNamesChangeHandsWhileTablesAreFilled(t *testing.T) {
	t.Parallel()
	const seed = 11
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			for _, table := range []string{"a", "b", "c"} {
				r.source("CREATE TABLE "+table+" (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, e ENUM('x','y') DEFAULT 'x')",
					"INSERT INTO "+table+" (v) VALUES (1), (2), (3)")
			}
			r.init()
			r.start()
			for range 30 {
				one, two := []string{"a", "b", "c"}[random.IntN(3)], "b"
				if two == one {
					two = "c"
				}
				r.source("SET SESSION binlog_format = STATEMENT", "UPDATE "+one+" SET v = v + 1", "SET SESSION binlog_format = ROW", "INSERT INTO "+one+" (v) VALUES (7)")
				quiet(random)
				switch random.IntN(7) {
				case 0:
					r.source("RENAME TABLE " + one + " TO moving, " + two + " TO " + one + ", moving TO " + two)
				case 1:
					r.source("DROP TABLE "+one, "CREATE TABLE "+one+" (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, e ENUM('x','y','z'))")
				case 2:
					r.source("ALTER TABLE "+one+" ADD COLUMN more INT DEFAULT 5", "UPDATE "+one+" SET more = 6 LIMIT 1", "ALTER TABLE "+one+" DROP COLUMN more")
				case 3:
					r.source("TRUNCATE TABLE " + one)
				case 4:
					r.source("ALTER TABLE "+one+" RENAME TO away", "INSERT INTO away (v) VALUES (8)", "ALTER TABLE away RENAME TO "+one)
				case 5:
					r.source("CREATE TABLE next LIKE "+one, "INSERT INTO next (v) SELECT v FROM "+one, "RENAME TABLE "+one+" TO old, next TO "+one, "DROP TABLE old")
				default:
					r.source("ALTER TABLE " + one + " MODIFY v BIGINT")
				}
				r.source("INSERT INTO "+one+" (v) VALUES (9)", "UPDATE "+two+" SET v = v + 1 WHERE id < 3")
				quiet(random)
			}
			r.caughtUp()
			r.allReplicate()
			r.caughtUp()
			r.same()
		})
	}
}

// A name comes to stand for another table while a chunk of the former one is being saved: the
// stream waits for the chunk, and the chunk never for the stream.
func TestANameGoesWhileItsChunkIsSaved(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target), options{})
	r.source("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "INSERT INTO a VALUES (1, 1), (2, 2)", "CREATE TABLE b (id INT PRIMARY KEY, w INT)", "INSERT INTO b VALUES (1, 4)")
	r.init()
	r.start()
	r.caughtUp()
	waiting := func(who, of string) func() (bool, string) {
		return func() (bool, string) {
			rows := r.target("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query " + of + " '%t_chunks%'")
			return rows[0][0] != "0", who + " does not wait"
		}
	}
	holder, err := r.dst.Connect(t.Context(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	// The same chunk of somebody who does not say yet how he ends, and who holds nothing else.
	if err := holder.Exec(t.Context(), "BEGIN", "SET LOCAL session_replication_role = replica",
		"INSERT INTO sch_chameleon.t_chunks (i_id_table, i_chunk, i_rows, i_bytes) SELECT i_id_table, 1, 0, 0 FROM sch_chameleon.t_replica_tables WHERE t_source_table = 'a'"); err != nil {
		t.Fatal(err)
	}
	r.source("SET SESSION binlog_format = STATEMENT", "UPDATE a SET v = v + 1", "SET SESSION binlog_format = ROW")
	r.eventually(limit, waiting("the chunk", "ILIKE"))
	r.source("RENAME TABLE a TO c, b TO a", "INSERT INTO a VALUES (3, 3)")
	// For the refill, or for the position where changes of other databases came first.
	r.eventually(limit, waiting("the stream", "NOT ILIKE"))
	if err := holder.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	r.caughtUp()
	r.allReplicate()
	r.caughtUp()
	r.same()
	if lines := r.logLines("deadlock"); len(lines) > 0 {
		t.Errorf("they waited for each other: %s", lines)
	}
}

// quiet is a pause of a random length, in which a refill may come to any of its steps.
func quiet(random *rand.Rand) {
	pause(context.Background(), time.Duration(random.IntN(900))*time.Millisecond)
}

// A database goes away with tables that are being filled, and comes back.
func TestADatabaseGoesAwayWhileItsTablesAreFilled(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	keep, gone := src.Database(t, "e2e"), src.Database(t, "e2e")
	r := newReplica(t, src, dst, options{schemas: map[string]string{keep: keep, gone: gone}})
	src.Exec(t, gone, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)", "CREATE TABLE u (id INT PRIMARY KEY)")
	r.marker = keep
	if rows := src.Query(t, keep, "SHOW TABLES LIKE 'e2e_marker'"); len(rows) == 0 {
		src.Exec(t, keep, "CREATE TABLE e2e_marker (id INT PRIMARY KEY, n INT NOT NULL)", "INSERT INTO e2e_marker VALUES (1, 0)")
	}
	r.init()
	r.start()
	for range 3 {
		src.Exec(t, gone, "SET SESSION binlog_format = STATEMENT", "REPLACE INTO t (id) VALUES (2)", "SET SESSION binlog_format = ROW",
			"DROP DATABASE "+gone, "CREATE DATABASE "+gone, "CREATE TABLE "+gone+".t (id INT PRIMARY KEY, v INT)", "INSERT INTO "+gone+".t VALUES (5, 5)")
		r.caughtUp()
		r.allReplicate()
	}
	r.caughtUp()
	r.same()
}
