package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// ghostly is a replica of tables of items, with gh-ost's procedure for them.
func ghostly(t *testing.T, yaml string, rows int, tables ...string) (r *replica, begin func(table, alter string) *ghost) {
	t.Helper()
	src, dst := defaultPair(t)
	r = newReplica(t, src, dst, options{yaml: yaml})
	fillItems(t, src, r.marker, rows, tables...)
	r.init()
	r.start()
	r.caughtUp()
	r.allReplicate() // one that catches up is not altered in place
	return r, func(table, alter string) *ghost {
		return &ghost{t: t, src: src, db: r.marker, table: table, alter: alter}
	}
}

// While a shadow is filled, show_status and the catalogue tell it, and PostgreSQL holds none of its rows
// nor those of the changelog.
func TestTheRowsOfAShadowAreNotWritten(t *testing.T) {
	t.Parallel()
	r, begin := ghostly(t, "", 500, "item")
	r.target(fmt.Sprintf("CREATE VIEW %s.seen AS SELECT id, amount FROM %[1]s.item", quoteIdent(r.schemas[r.marker])))
	g := begin("item", "ADD COLUMN n INT NOT NULL DEFAULT 7")
	g.whileCopy = func() {
		r.caughtUp()
		schema := quoteIdent(r.schemas[r.marker])
		if rows := r.target("SELECT count(*) FROM " + schema + "._item_gho"); rows[0][0] != "0" {
			t.Errorf("%s rows of the shadow were written", rows[0][0])
		}
		if rows := r.target("SELECT enm_state FROM sch_chameleon.t_replica_tables WHERE t_source_table = '_item_gho'"); fmt.Sprint(rows) != "[[shadow]]" {
			t.Errorf("the shadow's state is %v", rows)
		}
		if rows := r.target("SELECT count(*) FROM pg_class WHERE relname = '_item_ghc'"); rows[0][0] != "0" {
			t.Error("the changelog is replicated")
		}
		if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "shadow") {
			t.Errorf("show_status does not tell of the shadow:\n%s", out)
		}
		r.source("UPDATE item SET amount = -1, name = 'changed meanwhile' WHERE id < 100", "DELETE FROM item WHERE id BETWEEN 100 AND 110", "UPDATE item SET id = 9999 WHERE id = 300")
	}
	g.run()
	r.caughtUp()
	r.spared("item")
	if rows := r.target(fmt.Sprintf("SELECT count(*), sum(amount) FROM %s.seen", quoteIdent(r.schemas[r.marker]))); len(rows) != 1 || rows[0][0] != "489" {
		t.Errorf("the view on the table gives %v", rows)
	}
	r.complete("")
}

// A shadow whose rows are not the table's is found out, even where their number is the same.
func TestAShadowWithOtherRowsIsFoundOut(t *testing.T) {
	t.Parallel()
	for what, tamper := range map[string]string{
		"another value": "UPDATE _item_gho SET amount = 999 WHERE id = 1",
		"a row less":    "DELETE FROM _item_gho WHERE id = 1",
		"two changed":   "UPDATE _item_gho SET name = IF(id = 1, 'name 1', 'name 0') WHERE id IN (1, 2)",
		"truncated":     "TRUNCATE TABLE _item_gho",
		"altered":       "ALTER TABLE _item_gho ADD late INT DEFAULT 5",
		"direct":        "ALTER TABLE item MODIFY amount BIGINT",
	} {
		t.Run(what, func(t *testing.T) {
			r, begin := ghostly(t, "", 300, "item", "other")
			g := begin("item", "ADD COLUMN n INT NOT NULL DEFAULT 7")
			g.whileCopy = func() { r.source(tamper) }
			g.run()
			r.source("INSERT INTO other (id, name) VALUES (70000, 'goes on')", "INSERT INTO item (id, name) VALUES (70000, 'goes on')")
			r.caughtUp()
			r.eventually(limit, func() (bool, string) {
				rows := r.target("SELECT t_source_table, enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state <> 'replicating'")
				return len(rows) == 0, fmt.Sprintf("not replicating: %v", rows)
			})
			r.caughtUp()
			if rows := r.target("SELECT count(*) FROM sch_chameleon.t_error_log WHERE t_error_message LIKE '%in place%'"); rows[0][0] == "0" && what != "direct" {
				t.Error("nothing was found out")
			}
			r.complete("")
		})
	}
}

// Runs that end otherwise than by a swap in one statement leave the table right.
func TestGhostProcedureThatGoesOtherWays(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long_name_", 6) + "abc" // 63 characters: the tool cuts it for its own tables
	r, begin := ghostly(t, "", 300, "aborted", "two_step", "stamped", long, "kept")
	writers := startWriters(t, r.src, r.marker, 1, 15, itemStatements(300, "aborted", "two_step", "stamped", long, "kept"))
	const alter = "ADD COLUMN n INT NOT NULL DEFAULT 7, DROP COLUMN old"
	g := begin("aborted", alter)
	g.begin()
	g.copy(100)
	r.source("DROP TABLE _aborted_gho", "DROP TABLE _aborted_ghc")
	g = begin("aborted", "ADD COLUMN m INT NOT NULL DEFAULT 8") // once more, under the same names
	g.writers = writers
	g.run()
	writers.stop()
	g = begin("stamped", alter)
	g.stamp = "20240101120000"
	g.run()
	begin(long, alter).run()
	g = begin("two_step", alter)
	g.twoStep = true
	g.run()
	g = begin("kept", alter)
	g.keep = true
	g.run()
	r.caughtUp()
	r.spared("aborted", "stamped", long, "two_step", "kept")
	if rows := r.target("SELECT count(*) FROM pg_class WHERE relname = '_kept_del'"); rows[0][0] != "0" {
		t.Error("the old form of the table, which stays on the source, is in PostgreSQL")
	}
	r.source("INSERT INTO _kept_del (name) VALUES ('late')", "DROP TABLE _kept_del")
	r.caughtUp()
	r.complete("")
}

// online_schema_change: replicate has the shadows replicated like any other tables, also
// those that were begun otherwise.
func TestShadowsAreReplicatedWhereAskedFor(t *testing.T) {
	t.Parallel()
	const yaml = "    online_schema_change: replicate\n"
	r, begin := ghostly(t, yaml, 300, "item", "begun")
	g := begin("item", "ADD COLUMN n INT NOT NULL DEFAULT 7")
	g.whileCopy = func() {
		r.caughtUp()
		if rows := r.target("SELECT count(*) > 0 FROM " + quoteIdent(r.schemas[r.marker]) + "._item_gho"); rows[0][0] != "t" {
			t.Error("the shadow's rows are not written")
		}
	}
	g.run()
	r.caughtUp()
	r.spared()
	r.stop()
	r.configure("")
	r.start()
	g = begin("begun", "ADD COLUMN n INT NOT NULL DEFAULT 7")
	g.whileCopy = func() {
		r.caughtUp()
		r.stop()
		r.configure(yaml)
		r.start()
	}
	g.run()
	r.caughtUp()
	r.spared("begun")
	r.complete(yaml)
}

// Where the configuration names the table, its shadow comes along.
func TestAlteringATableThatIsNamedInTheConfiguration(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	db := src.Database(t, "e2e")
	long := strings.Repeat("limited_", 8)[:63]
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: "web"}, yaml: fmt.Sprintf("    skip_tables: [%s.skipped]\n", db)})
	r.limit("item", "clock", long, "skipped", "e2e_marker")
	fillItems(t, src, db, 300, "item", "clock", long, "skipped")
	r.init()
	r.start()
	r.caughtUp()
	r.allReplicate()
	writers := startWriters(t, src, db, 1, 16, itemStatements(300, "item", "clock", long, "skipped"))
	for table, alter := range map[string]string{"item": "ADD COLUMN n INT NOT NULL DEFAULT 7", long: "DROP COLUMN old", "clock": "ADD at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP", "skipped": "DROP COLUMN old"} {
		g := &ghost{t: t, src: src, db: db, table: table, alter: alter, writers: writers}
		g.run()
	}
	writers.stop()
	r.caughtUp()
	r.spared("item", long)
	for _, table := range []string{"item", "clock", long} {
		r.sameTable(db, "web", table)
	}
	if rows := r.target("SELECT relname FROM pg_class WHERE relnamespace = 'web'::regnamespace AND relkind = 'r'"); len(rows) != 4 {
		t.Errorf("PostgreSQL has the tables %v", rows)
	}
	if states := r.target("SELECT t_source_table, enm_state, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state NOT IN ('replicating', 'catching_up')"); len(states) > 0 {
		t.Errorf("tables that are not replicated: %v", states)
	}
}

// limit rewrites the configuration: only these tables of the first source database.
func (r *replica) limit(tables ...string) {
	r.t.Helper()
	path := filepath.Join(r.home, "configuration", "default.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	named := "limit_tables: [" + r.marker + "." + strings.Join(tables, ", "+r.marker+".") + "]"
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "limit_tables:", named, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// kill -9 at any moment of an online schema change does no harm.
func TestOnlineSchemaChangeUnderKills(t *testing.T) {
	t.Parallel()
	const seed = 21
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	src, dst := testserver.Shared(t, testserver.Source), testserver.Shared(t, testserver.Target)
	r := newReplica(t, src, dst, options{})
	tables := []string{"it_add", "it_drop_column", "it_widen", "it_narrow", "it_charset"}
	fillItems(t, src, r.marker, 1500, tables...)
	r.init()
	writers := startWriters(t, src, r.marker, 2, seed, itemStatements(1500, tables...))
	var wait sync.WaitGroup
	wait.Add(1)
	tool := make(chan struct{})
	go func() {
		defer wait.Done()
		defer close(tool)
		for _, a := range alterations {
			for _, table := range tables {
				if table != "it_"+a.name {
					continue
				}
				if out, err := ptCommand(t, src, r.marker, table, a.alter, append([]string{"--sleep=0.2"}, a.options...)...).CombinedOutput(); err != nil {
					t.Errorf("pt-online-schema-change of %s: %v\n%s", table, err, out)
				}
			}
		}
	}()
	kills := 0
	for done := false; !done; kills++ {
		if r.killAfter(time.Duration(150+random.IntN(900))*time.Millisecond, "start_replica", "--source", "mysql", "--debug") {
			t.Fatal("start_replica ended by itself")
		}
		select {
		case <-tool:
			done = true
		default:
		}
	}
	wait.Wait()
	t.Logf("killed %d times", kills)
	r.start()
	writers.stop()
	r.caughtUp()
	r.complete("")
}
