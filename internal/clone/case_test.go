package clone_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgchameleon/internal/clone"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/testserver"
)

var store = map[string]string{"shop": "store"}

// small gives a lab with the schema shop on one server.
func small(t *testing.T, schemas map[string]string, statements ...string) *lab {
	t.Helper()
	s := testserver.Shared(t, testserver.Target)
	l := newLab(t, s, s, "", schemas)
	l.src.Exec(t, l.from, append([]string{"CREATE SCHEMA shop"}, statements...)...)
	return l
}

// gives compares what a query of the target gives.
func (l *lab) gives(query, want string) {
	l.t.Helper()
	if got := fmt.Sprint(l.dst.Query(l.t, l.to, query)); got != want {
		l.t.Errorf("%s gives %s, want %s", query, got, want)
	}
}

func failures(r *clone.Result) map[string]error {
	failed := map[string]error{}
	for _, t := range r.Tables {
		if t.Failed != nil {
			failed[t.Name] = t.Failed
		}
	}
	return failed
}

func TestWhatCannotBeCopiedIsSaidAndStopsNothingElse(t *testing.T) {
	l := small(t, store, "CREATE EXTENSION citext",
		"CREATE TABLE shop.a (id integer PRIMARY KEY, mail public.citext)", "CREATE TABLE shop.b (id integer PRIMARY KEY, of integer REFERENCES shop.a)",
		"CREATE TABLE shop.c (id integer, which regclass)",
		"CREATE TABLE shop.p (id integer) PARTITION BY RANGE (id)", "CREATE TABLE shop.p1 PARTITION OF shop.p FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE shop.p2 PARTITION OF shop.p DEFAULT", "CREATE TABLE shop.base (id integer)", "CREATE TABLE shop.heir (c public.citext) INHERITS (shop.base)",
		"CREATE TABLE shop.trigger (id integer)", "CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end'",
		"CREATE TRIGGER t AFTER INSERT ON shop.trigger FOR EACH ROW EXECUTE FUNCTION shop.f()",
		"CREATE POLICY pol ON shop.b USING (true)", "CREATE RULE ru AS ON DELETE TO shop.b DO ALSO NOTHING", "CREATE STATISTICS shop.st ON id, of FROM shop.b", "GRANT SELECT ON shop.b TO pg_monitor",
		"CREATE VIEW shop.v AS SELECT * FROM shop.a", "INSERT INTO shop.p SELECT generate_series(1, 20)",
		"CREATE FUNCTION shop.fine(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 < 5 OR current_database() LIKE ''from%'''",
		"CREATE FUNCTION shop.number(text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN current_database() LIKE ''from%'' THEN 1 ELSE $1::integer END'",
		"CREATE TABLE shop.words (word text)", "INSERT INTO shop.words VALUES ('hunter2')", "CREATE INDEX numbers ON shop.words (shop.number(word))",
		"ALTER TABLE shop.p2 ADD CONSTRAINT here CHECK (shop.fine(id))", "INSERT INTO shop.b (id) VALUES (1)")
	r := l.must()
	failed := failures(r)
	for table, want := range map[string]string{
		"a": "the extension citext, which the target database does not have", "c": "type regclass", "p2": `violates check constraint "here"`,
		"p": "belongs together with shop.p2", "p1": "belongs together with shop.p2", "heir": "citext", "base": "belongs together with shop.heir",
	} {
		if err := failed[table]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("table %s: %v, want %s", table, err, want)
		}
		delete(failed, table)
	}
	if len(failed) > 0 {
		t.Errorf("these are not copied: %v", failed)
	}
	var left []string
	for _, x := range r.Left {
		left = append(left, x.What)
		if strings.Contains(x.Cause.Error(), "hunter2") {
			t.Errorf("a value of a row is told: %v", x.Cause)
		}
	}
	slices.Sort(left)
	if got := strings.Join(left, ", "); got != "constraint b_of_fkey of table shop.b, index shop.numbers, view shop.v" {
		t.Errorf("what is left out is %s", got)
	}
	if got, want := fmt.Sprint(r.Uncopied), "map[extended statistics:[shop.st] function:[shop.f()] privileges:[shop.b] row security policy:[shop.b.pol] rule:[shop.b.ru] trigger:[shop.trigger.t]]"; got != want {
		t.Errorf("not copied are %s, not %s", got, want)
	}
	l.gives("SELECT relname FROM pg_class WHERE relnamespace = 'store'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY 1", "[[b] [trigger] [words]]")
	l.dst.Exec(t, l.to, "CREATE EXTENSION citext")
	if failed := failures(l.must()); failed["a"] != nil || failed["heir"] != nil {
		t.Errorf("with the extension: %v", failed)
	}
	l.gives("SELECT count(*) FROM store.v", "[[0]]")
}

func TestOnlyWantedTablesAreCopied(t *testing.T) {
	l := small(t, store, "CREATE TABLE shop.a (id serial PRIMARY KEY)", "CREATE TABLE shop.b (id serial PRIMARY KEY, of integer REFERENCES shop.a)",
		"CREATE TABLE shop.p (id integer) PARTITION BY RANGE (id)", "CREATE TABLE shop.p1 PARTITION OF shop.p FOR VALUES FROM (0) TO (10)", "CREATE TABLE shop.p2 PARTITION OF shop.p DEFAULT",
		"INSERT INTO shop.p SELECT generate_series(1, 20)")
	tables := "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'store'::regnamespace AND relkind IN ('r', 'p', 'S')"
	l.skip = map[string]bool{"shop.a": true, "shop.p2": true}
	l.must()
	l.gives(tables, "[[b b_id_seq p p1]]")
	l.gives("SELECT count(*) FROM store.p", "[[9]]")
	l.skip, l.limit = nil, map[string]bool{"shop.p": true}
	l.must()
	l.gives(tables, "[[p p1 p2]]")
	l.limit = map[string]bool{"shop.p1": true}
	l.must()
	l.gives(tables, "[[p1]]")
}

func TestWhatUsersHaveBuiltOnACopyStays(t *testing.T) {
	l := small(t, store, "CREATE TYPE shop.state AS ENUM ('on')", "CREATE TABLE shop.a (id integer PRIMARY KEY, s shop.state)", "CREATE VIEW shop.v AS SELECT * FROM shop.a",
		"INSERT INTO shop.a VALUES (1, 'on')")
	l.must()
	l.dst.Exec(t, l.to, "CREATE SCHEMA mine", "CREATE VIEW mine.v1 AS SELECT id, s FROM store.a", "CREATE VIEW mine.v2 AS SELECT v1.id FROM mine.v1 JOIN store.v USING (id)",
		"GRANT SELECT ON store.a TO pg_monitor", "CREATE TABLE store.own (id integer)")
	l.src.Exec(t, l.from, "INSERT INTO shop.a VALUES (2, 'on')", "ALTER TYPE shop.state ADD VALUE 'off'")
	l.must()
	l.gives("SELECT count(*), has_table_privilege('pg_monitor', 'store.a', 'select'), to_regclass('store.own') IS NOT NULL FROM mine.v2", "[[2 t t]]")

	l.src.Exec(t, l.from, "ALTER TABLE shop.a DROP s CASCADE", "INSERT INTO shop.a VALUES (3)")
	if _, err := l.copy(); err == nil || fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "mine.v1 cannot be made again") {
		t.Errorf("a view that cannot be made again gives %v", err)
	}
	l.gives("SELECT count(*) FROM mine.v2", "[[2]]")
	l.gives("SELECT count(*) FROM pg_namespace WHERE nspname = '_store_tmp'", "[[0]]")

	l.src.Exec(t, l.from, "CREATE TABLE shop.own (id integer)")
	if _, err := l.copy(); fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), `"store"."own", needed for the copy, exists`) {
		t.Errorf("a table that is not ours gives %v", err)
	}
}

// The schema public is where extensions are, and it may be copied all the same.
func TestTheSchemaPublicIsCopied(t *testing.T) {
	s := testserver.Shared(t, testserver.Target)
	l := newLab(t, s, s, "", map[string]string{"public": "public"})
	l.src.Exec(t, l.from, "CREATE EXTENSION citext", "CREATE EXTENSION pg_trgm", "CREATE TABLE a (id serial, mail citext DEFAULT 'x'::citext CHECK (mail <> 'y'::citext), public text)",
		"CREATE INDEX a_mail ON a USING gin (public gin_trgm_ops)", "CREATE INDEX a_low ON a (lower(public), (mail = 'a'))", "CREATE VIEW v AS SELECT public.mail, similarity(public.public, 'x') FROM a AS public",
		"INSERT INTO a (public) VALUES ('one')")
	l.dst.Exec(t, l.to, "CREATE EXTENSION citext", "CREATE EXTENSION pg_trgm")
	for range 2 {
		l.whole(l.must())
		l.equal(nil)
	}
}

func TestTheSameDatabaseIsNotCopiedOntoItself(t *testing.T) {
	l := small(t, map[string]string{"shop": "shop"})
	l.from = l.to
	l.src.Exec(t, l.from, "CREATE SCHEMA shop", "CREATE TABLE shop.a (id integer)")
	if _, err := l.copy(); fault.KindOf(err) != fault.Config || !strings.Contains(err.Error(), "the same database") {
		t.Errorf("the error is %v", err)
	}
	l.schemas = store
	l.whole(l.must())
	l.schemas = map[string]string{"nothing": "store"}
	if _, err := l.copy(); fault.KindOf(err) != fault.Config || !strings.Contains(err.Error(), "has no schema nothing") {
		t.Errorf("the error is %v", err)
	}
}

// The copy is a state that the source had: money that moves between tables, and parts of one, is always all there.
func TestACopyIsOneMoment(t *testing.T) {
	l := small(t, store, "CREATE TABLE shop.a (id integer PRIMARY KEY, n bigint, filler text)", "CREATE TABLE shop.b (id integer PRIMARY KEY, n bigint)",
		"INSERT INTO shop.a SELECT n, 100, repeat('x', 400) FROM generate_series(1, 5000) AS n", "INSERT INTO shop.b SELECT n, 100 FROM generate_series(1, 100) AS n")
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for w := range 2 {
		writing.Go(func() {
			for n := w; ctx.Err() == nil; n++ {
				l.src.Exec(t, l.from, fmt.Sprintf("WITH x AS (UPDATE shop.a SET n = n - 1 WHERE id = %d RETURNING 1) UPDATE shop.b SET n = n + (SELECT count(*) FROM x) WHERE id = %d", n*37%5000+1, n%100+1),
					fmt.Sprintf("WITH x AS (DELETE FROM shop.a WHERE id = %d RETURNING *) INSERT INTO shop.a SELECT -id - %d, n, filler FROM x", n*53%5000+1, 10000*w))
			}
		})
	}
	for range 3 {
		l.whole(l.must())
		l.gives("SELECT sum(n), (SELECT count(*) FROM store.a) FROM (SELECT n FROM store.a UNION ALL SELECT n FROM store.b) AS x", "[[510000 5000]]")
	}
	cancel()
	writing.Wait()
}

func TestAnInterruptedCopyLeavesTheFormerOne(t *testing.T) {
	l := small(t, store, "CREATE TABLE shop.a (id integer PRIMARY KEY)", "INSERT INTO shop.a VALUES (1)")
	l.must()
	l.src.Exec(t, l.from, "INSERT INTO shop.a VALUES (2)", "CREATE SEQUENCE shop.s", "REVOKE ALL ON SCHEMA shop FROM public")
	before := l.former
	l.breaks = fmt.Errorf("the catalogue cannot be written")
	if _, err := l.copy(); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("the error is %v", err)
	}
	l.gives("SELECT count(*), to_regnamespace('_store_tmp') IS NULL FROM store.a", "[[1 t]]")
	l.breaks, l.former = nil, before
	l.must()
	l.gives("SELECT count(*) FROM store.a", "[[2]]")
}

func TestWhatAnOlderTargetDoesNotHave(t *testing.T) {
	l := newLab(t, testserver.Shared(t, "postgres-18"), testserver.Shared(t, testserver.Target), "", store)
	l.src.Exec(t, l.from, "CREATE SCHEMA shop", "CREATE TABLE shop.a (id integer PRIMARY KEY, twice integer GENERATED ALWAYS AS (id * 2) VIRTUAL, CONSTRAINT loose CHECK (id < 0) NOT ENFORCED)",
		"INSERT INTO shop.a VALUES (1), (2)")
	r := l.must()
	if len(r.Left) != 1 || r.Left[0].What != "constraint loose of table shop.a" || len(failures(r)) > 0 {
		t.Errorf("what is left out is %v, what has failed %v", r.Left, failures(r))
	}
	l.gives("SELECT sum(twice) FROM store.a", "[[6]]")
}

// A session of either side that is lost is opened anew; the snapshot is still there.
func TestALostSessionIsNoMatter(t *testing.T) {
	l := small(t, store, "CREATE TABLE shop.a AS SELECT n AS id, repeat(md5(n::text), 20) AS filler FROM generate_series(1, 60000) AS n")
	done := make(chan error, 1)
	go func() {
		_, err := l.copy()
		done <- err
	}()
	ended := map[string]int{}
	for {
		for database, query := range map[string]string{l.from: "COPY (SELECT %", l.to: "copy %"} {
			if ended[database] == 0 {
				ended[database] = len(l.src.Query(t, "", fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND state = 'active' AND query LIKE '%s' LIMIT 1", database, query)))
			}
		}
		select {
		case err := <-done:
			if err != nil || ended[l.from] == 0 || ended[l.to] == 0 {
				t.Fatalf("the copy ends with %v, after these were ended: %v", err, ended)
			}
			l.gives("SELECT count(*), count(DISTINCT id) FROM store.a", "[[60000 60000]]")
			return
		default:
		}
	}
}
