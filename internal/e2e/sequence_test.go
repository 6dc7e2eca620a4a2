package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgchameleon/internal/status"
	"pgchameleon/internal/testserver"
)

var mariaServers = []string{"mariadb-10.11", "mariadb-11.8"}

// sequence gives the value that a sequence of PostgreSQL gives next, and its options; nothing
// while it is altered, as its row is empty for whoever reads it at that moment.
func (r *replica) sequence(name string) string {
	r.t.Helper()
	place := quoteIdent(r.schemas[r.marker])
	rows := r.target(fmt.Sprintf(`SELECT CASE WHEN s.is_called THEN 'beyond ' || s.last_value ELSE s.last_value::text END, p.seqincrement, p.seqmin, p.seqmax, p.seqstart, p.seqcycle
		FROM %[1]s.%[2]s AS s, pg_sequence AS p WHERE p.seqrelid = '%[1]s.%[2]s'::regclass`, place, quoteIdent(name)))
	if len(rows) == 0 {
		return ""
	}
	return strings.Join(rows[0], " ")
}

// sequenceIs waits until a sequence of PostgreSQL is so.
func (r *replica) sequenceIs(name, want string) {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		got := r.sequence(name)
		return got == want, fmt.Sprintf("the sequence %s is %q, not %q", name, got, want)
	})
}

// noSequence makes sure that PostgreSQL has no relation of that name.
func (r *replica) noSequence(name string) {
	r.t.Helper()
	if got := r.target(fmt.Sprintf("SELECT coalesce(to_regclass('%s.%s')::text, '')", quoteIdent(r.schemas[r.marker]), quoteIdent(name)))[0][0]; got != "" {
		r.t.Errorf("%s is there", got)
	}
}

const widest = " 1 1 9223372036854775806 1 f"

// Sequences stand in PostgreSQL as they are on the source, and give next what that has not
// given out: those that are there at the copy, and all that becomes of them.
func TestSequences(t *testing.T) {
	t.Parallel()
	for _, name := range mariaServers {
		t.Run(name, func(t *testing.T) {
			r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, testserver.Target), options{})
			db := r.marker
			r.source("CREATE SEQUENCE old CACHE 10", "SELECT NEXTVAL(old), NEXTVAL(old)", "CREATE SEQUENCE down START -5 INCREMENT -2 MINVALUE -100 CYCLE NOCACHE", "SELECT NEXTVAL(down)",
				"CREATE SEQUENCE `us``ed` MAXVALUE 2 NOCACHE", "SELECT NEXTVAL(`us``ed`), NEXTVAL(`us``ed`)",
				"CREATE TABLE takes (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(old), n INT DEFAULT (NEXT VALUE FOR down), x INT)", "INSERT INTO takes (x) VALUES (1), (2)")
			r.init()
			r.sequenceIs("old", "11"+widest)
			r.sequenceIs("down", "-11 -2 -100 -1 -5 t")
			r.sequenceIs("us`ed", "beyond 2 1 1 2 1 f")
			r.start()
			r.source("INSERT INTO takes (x) VALUES (3)", "SELECT SETVAL(old, 500)", "SELECT NEXTVAL(old)", "ALTER SEQUENCE `us``ed` MAXVALUE 30", "SELECT NEXTVAL(`us``ed`)",
				"CREATE SEQUENCE new START 7 INCREMENT 3 CACHE 4", "SELECT NEXTVAL(new), NEXTVAL(new), NEXTVAL(new), NEXTVAL(new), NEXTVAL(new)", "CREATE SEQUENCE gone", "DROP SEQUENCE gone",
				"CREATE SEQUENCE a", "RENAME TABLE a TO b", "SELECT NEXTVAL(b)", "INSERT INTO down VALUES (-50, -60, 10, -7, -5, 0, 0, 0)", "CREATE SEQUENCE low NOCACHE", "SELECT NEXTVAL(low)", "ALTER SEQUENCE low RESTART 30",
				"ALTER TABLE takes ADD y BIGINT, ADD z INT", "ALTER TABLE takes ALTER y SET DEFAULT NEXTVAL(new), ALTER z SET DEFAULT NEXTVAL(b)", "INSERT INTO takes (x) VALUES (4)", "DROP SEQUENCE b")
			r.caughtUp()
			r.nothingExcluded()
			r.same()
			for name, want := range map[string]string{"old": "511" + widest, "us`ed": "4 1 1 30 1 f", "new": "31 3 1 9223372036854775806 7 f", "down": "-55 -5 -60 10 -7 f", "low": "30" + widest} {
				r.sequenceIs(name, want)
			}
			for _, gone := range []string{"a", "b", "gone"} {
				r.noSequence(gone)
			}
			place := quoteIdent(r.schemas[db])
			if got := fmt.Sprint(r.target("SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'takes' AND table_schema = '" + r.schemas[db] + "' AND column_default IS NOT NULL ORDER BY 1")); got !=
				fmt.Sprintf("[[id nextval('%[1]s.old'::regclass)] [n nextval('%[1]s.down'::regclass)] [y nextval('%[1]s.new'::regclass)]]", strings.Trim(place, `"`)) {
				t.Errorf("the defaults are %s", got)
			}

			r.stop()
			r.source("ALTER SEQUENCE low MAXVALUE 40", "SELECT NEXTVAL(low), NEXTVAL(new)", "CREATE OR REPLACE SEQUENCE old START 3", "CREATE SEQUENCE late")
			r.start()
			r.caughtUp()
			r.sequenceIs("low", "31 1 1 40 1 f")
			r.sequenceIs("old", "3 1 1 9223372036854775806 3 f")
			r.sequenceIs("late", "1"+widest)

			// A new copy takes them over.
			r.stop()
			r.source("DROP SEQUENCE late", "SELECT NEXTVAL(low)", "CREATE SEQUENCE later")
			r.must("init_replica", "--source", "mysql", "--debug", "--restart")
			r.sequenceIs("low", "32 1 1 40 1 f")
			r.sequenceIs("later", "1"+widest)
			r.noSequence("late")
			r.start()
			r.source("SELECT NEXTVAL(later)", "SELECT NEXTVAL(low)")
			r.caughtUp()
			r.sequenceIs("low", "33 1 1 40 1 f")
			r.sequenceIs("later", "1001"+widest)
			r.nothingExcluded()
		})
	}
}

// While many sessions draw values and the sequence is altered, no value that the source has given
// out comes from PostgreSQL's sequence again.
func TestSequencesUnderTraffic(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE SEQUENCE s CACHE 7", "CREATE TABLE drawn (id INT AUTO_INCREMENT PRIMARY KEY, v BIGINT NOT NULL DEFAULT NEXTVAL(s), KEY (v))", "INSERT INTO drawn (v) VALUES (DEFAULT)")
	var sessions sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		sessions.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					src.Exec(t, r.marker, "INSERT INTO drawn () VALUES (), (), ()", "START TRANSACTION", "INSERT INTO drawn () VALUES ()", "ROLLBACK")
				}
			}
		})
	}
	r.init()
	r.start()
	for i := range 20 {
		r.source(fmt.Sprintf("ALTER SEQUENCE s CACHE %d", i), "INSERT INTO drawn () VALUES ()", "SELECT NEXTVAL(s)")
	}
	close(stop)
	sessions.Wait()
	r.caughtUp()
	r.nothingExcluded()
	r.same()
	place := quoteIdent(r.schemas[r.marker])
	next := r.src.Query(t, r.marker, "SELECT next_not_cached_value FROM s")[0][0]
	r.sequenceIs("s", next+widest)
	if got := r.target(fmt.Sprintf("SELECT nextval('%[1]s.s') > max(v), nextval('%[1]s.s') = %[2]s + 1 FROM %[1]s.drawn", place, next)); fmt.Sprint(got) != "[[t t]]" {
		t.Errorf("the next value is beyond all that were drawn, and the source's: %v", got)
	}
}

// Whatever is in a sequence's way parks that sequence and nothing else, and sync_tables takes it back.
func TestSequencesThatAreParked(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	place := quoteIdent(r.schemas[r.marker])
	r.source("CREATE SEQUENCE taken", "CREATE SEQUENCE lost", "CREATE TABLE t (id INT PRIMARY KEY, v INT DEFAULT NEXTVAL(taken))", "INSERT INTO t VALUES (1, 1)")
	dst.Exec(t, r.database, "CREATE SCHEMA "+place, "CREATE TABLE "+place+".taken (x int)", "CREATE VIEW "+place+".taken2 AS SELECT 1 AS x")
	r.init()
	r.start()
	r.source("SELECT NEXTVAL(taken)", "INSERT INTO t (id) VALUES (2)", "CREATE SEQUENCE taken2", "SELECT NEXTVAL(taken2)")
	r.caughtUp()
	dst.Exec(t, r.database, "DROP SEQUENCE "+place+".lost")
	r.source("SELECT NEXTVAL(lost)", "ALTER SEQUENCE lost INCREMENT 2", "INSERT INTO t (id) VALUES (3)")
	r.caughtUp()
	r.same()
	states := fmt.Sprint(r.target("SELECT t_source_table, enm_state FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating' ORDER BY 1"))
	if states != "[[lost excluded] [taken failed] [taken2 excluded]]" {
		t.Errorf("the states are %s", states)
	}
	dst.Exec(t, r.database, "DROP TABLE "+place+".taken", "DROP VIEW "+place+".taken2")
	r.must("sync_tables", "--source", "mysql", "--tables", "disabled")
	r.eventually(limit, func() (bool, string) {
		left := r.target("SELECT t_source_table, enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating' ORDER BY 1")
		return len(left) == 0, fmt.Sprintf("%v are left", left)
	})
	r.source("SELECT NEXTVAL(lost)", "SELECT NEXTVAL(taken2)")
	r.caughtUp()
	for _, name := range []string{"lost", "taken", "taken2"} {
		next := r.src.Query(t, r.marker, "SELECT next_not_cached_value, increment FROM "+name)[0]
		r.sequenceIs(name, fmt.Sprintf("%s %s 1 9223372036854775806 1 f", next[0], next[1]))
	}
}

// The policy of the class is honoured, and translate_ddl tells what statements would do.
func TestSequencesUnderAPolicy(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	policy := "    ddl_policy:\n      by_table:\n        '*.kept': {sequence: ignore}\n        '*.asked': {sequence: hold}\n"
	r := newReplica(t, src, dst, options{yaml: policy})
	r.source("CREATE SEQUENCE kept", "CREATE SEQUENCE asked", "CREATE SEQUENCE free", "CREATE TABLE t (id INT PRIMARY KEY DEFAULT NEXTVAL(free))")
	var done status.Translation
	translate := func(statements string) string {
		if err := json.Unmarshal([]byte(r.must("translate_ddl", "--source", "mysql", "--schema", r.marker, "--json", "--statement", statements)), &done); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, s := range done.Statements {
			for _, p := range s.PostgreSQL {
				list = append(list, strings.ReplaceAll(p.SQL, quoteIdent(r.schemas[r.marker])+".", ""))
			}
		}
		return strings.Join(list, "; ")
	}
	const statements = "CREATE SEQUENCE x MAXVALUE 5; ALTER SEQUENCE x RESTART 3; RENAME TABLE x TO y; DROP SEQUENCE y"
	want := `CREATE SEQUENCE "x" INCREMENT BY 1 MINVALUE 1 MAXVALUE 5 START WITH 1 NO CYCLE; ALTER SEQUENCE "x" INCREMENT BY 1 MINVALUE 1 MAXVALUE 5 START WITH 1 NO CYCLE RESTART WITH 3; ` +
		`ALTER SEQUENCE "x" RENAME TO "y"; DROP SEQUENCE IF EXISTS "y"`
	if got := translate(statements); got != want {
		t.Errorf("translated before the copy: %s", got)
	}
	r.init()
	if got := translate(statements); got != want {
		t.Errorf("translated: %s", got)
	}
	if got := translate("DROP SEQUENCE free"); got != `ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT; DROP SEQUENCE IF EXISTS "free"` {
		t.Errorf("translated: %s", got)
	}
	r.start()
	r.source("ALTER SEQUENCE kept MAXVALUE 50 INCREMENT 2", "SELECT NEXTVAL(kept)", "SELECT SETVAL(asked, 20)", "ALTER SEQUENCE asked INCREMENT 5", "SELECT NEXTVAL(asked)", "SELECT NEXTVAL(free)")
	r.caughtUp()
	next := func(name string) string {
		return r.src.Query(t, r.marker, "SELECT next_not_cached_value FROM "+name)[0][0]
	}
	r.sequenceIs("kept", next("kept")+widest)
	r.sequenceIs("asked", "21"+widest)
	r.sequenceIs("free", "1001"+widest)
	r.holds(1)
	r.must("apply_held", "--source", "mysql", "--tables", r.marker+".asked")
	r.sequenceIs("asked", next("asked")+" 5 1 9223372036854775806 1 f")
	r.source("SELECT NEXTVAL(asked)", "DROP SEQUENCE kept", "CREATE SEQUENCE kept START 9")
	r.caughtUp()
	r.sequenceIs("asked", next("asked")+" 5 1 9223372036854775806 1 f")
	r.source("ALTER SEQUENCE asked INCREMENT 6", "SELECT NEXTVAL(asked)")
	r.caughtUp()
	r.holds(1)
	before := r.sequence("asked")
	r.must("skip_held", "--source", "mysql", "--tables", r.marker+".asked")
	r.source("SELECT NEXTVAL(asked)")
	r.caughtUp()
	if got := r.sequence("asked"); got != before {
		t.Errorf("a sequence that is left as it is has become %s from %s", got, before)
	}
	if got := r.sequence("kept"); got == "9 1 1 9223372036854775806 9 f" {
		t.Error("a sequence that was made anew took the place of one that the policy keeps")
	}
}
