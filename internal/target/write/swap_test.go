package write

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

func TestWhatUsersBuiltOnATableSurvivesItsReplacement(t *testing.T) {
	l := newLoading(t)
	role := "reader of " + l.db
	l.exec(`create role "`+role+`"`, `create role "owner of `+l.db+`"`)
	t.Cleanup(func() {
		l.exec(`drop owned by "`+role+`", "owner of `+l.db+`" cascade`, `drop role "`+role+`", "owner of `+l.db+`"`)
	})
	people := persons("web", "people", "enum__people__kind")
	l.load(people, "1\tAnn\tx\n")
	if err := l.swap(people); err != nil {
		t.Fatal(err)
	}
	l.exec("create schema reports",
		`create view reports."by name" with (security_barrier = true) as select name, count(*) as n from web.people group by name`,
		`create view reports.second as select * from reports."by name" where n > 0 with local check option`,
		"create materialized view web.counted as select count(*) as n, max(kind) as kind from web.people, reports.second",
		"create unique index counted_n on web.counted (n)",
		"create materialized view web.unfilled as select id from web.people with no data",
		`comment on view reports."by name" is 'it''s theirs'`, `comment on column reports."by name".n is 'how many'`, "comment on materialized view web.counted is 'm'",
		`grant select on reports."by name", web.people, web.counted to "`+role+`" with grant option`, `grant select on web.people to "owner of `+l.db+`"`, `grant select (n) on reports.second to "`+role+`"`,
		`create function reports.names() returns setof text language sql begin atomic select name from web.people; end`,
		`create function reports.whole(web.people) returns text language sql as $$ select $1.name $$`,
		`comment on function reports.names() is 'f'`, `revoke all on function reports.names() from public`, `grant execute on function reports.names() to "`+role+`"`,
		`create view reports.through as select reports.names() as name`,
		`create procedure reports.touch(p web.people) language sql as $$ select 1 $$`,
		`create function web.nothing() returns trigger language plpgsql as 'begin return null; end'`,
		`create trigger watch after insert on web.people execute function web.nothing()`,
		`create trigger instead instead of insert on reports."by name" for each row execute function web.nothing()`,
		`create rule forbid as on update to web.people where new.id < 0 do instead nothing`,
		`alter view reports.second alter column n set default 3`,
		`alter view reports."by name" owner to "owner of `+l.db+`"`, `create table web.theirs (id int)`, "create table web.people_of_theirs (id int, name text)")
	definitions := `select c.oid::regclass, c.relkind, c.relacl, pg_get_userbyid(c.relowner), c.reloptions, c.relispopulated, pg_get_viewdef(c.oid), obj_description(c.oid),
		(select string_agg(col_description(c.oid, attnum) || attacl::text, ',') from pg_attribute where attrelid = c.oid),
		(select string_agg(pg_get_triggerdef(oid), ',' order by tgname) from pg_trigger where tgrelid = c.oid),
		(select string_agg(pg_get_ruledef(oid), ',' order by rulename) from pg_rewrite where ev_class = c.oid),
		(select string_agg(pg_get_indexdef(indexrelid), ',') from pg_index where indrelid = c.oid),
		(select string_agg(pg_get_expr(adbin, adrelid), ',') from pg_attrdef where adrelid = c.oid)
		from pg_class c where relnamespace in ('web'::regnamespace, 'reports'::regnamespace) and relkind in ('v', 'm', 'r') order by c.relname`
	functions := `select oid::regprocedure, pg_get_functiondef(oid), proacl, obj_description(oid) from pg_proc
		where pronamespace in ('web'::regnamespace, 'reports'::regnamespace) order by 2`
	before, beforeFunctions := l.query(definitions), l.query(functions)
	l.load(people, "1\tAnn\tx\n2\tBob\ty\n")
	if err := l.swap(people); err != nil {
		t.Fatal(err)
	}
	if after := l.query(definitions); after != before {
		t.Error(cmp.Diff(before, after))
	}
	if after := l.query(functions); after != beforeFunctions {
		t.Error(cmp.Diff(beforeFunctions, after))
	}
	if got := l.query("select (select sum(n) from reports.second), (select n from web.counted), (select count(*) from reports.through)"); got != "2 4 2" {
		t.Errorf("the views show %s", got)
	}
}

func TestAViewThatNoLongerFitsKeepsTheOldTable(t *testing.T) {
	l := newLoading(t)
	people := persons("web", "people", "enum__people__kind")
	l.load(people, "1\tAnn\tx\n")
	if err := l.swap(people); err != nil {
		t.Fatal(err)
	}
	l.exec("create view web.kinds as select kind from web.people")
	less := persons("web", "people", "")
	l.load(less, "1\tAnn\n2\tBob\n")
	err := l.swap(less)
	if fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "view web.kinds") || fault.HintOf(err) == "" {
		t.Errorf("swapping gives %v", err)
	}
	if got := l.query("select (select count(*) from web.people), (select count(*) from web.kinds)"); got != "1 1" {
		t.Errorf("the old table and its view show %s", got)
	}
	l.exec("drop view web.kinds")
	if err := l.swap(less); err != nil {
		t.Errorf("without the view: %v", err)
	}
	if got := l.query("select count(*) from pg_type where typtype = 'e'"); got != "0" {
		t.Errorf("%s enum types are left of the old table", got)
	}
}

func TestWhatCannotBeMadeAgainKeepsTheOldTable(t *testing.T) {
	for what, sql := range map[string]string{
		"their":   "create table web.their (person integer constraint their_fk references web.people)",
		"only_me": "create policy only_me on web.people",
		"rowtype": "create table web.rowtype (p web.people)",
		"theirs":  `create domain web.theirs as web."enum__people__kind"`,
	} {
		l := newLoading(t)
		people := persons("web", "people", "enum__people__kind")
		l.load(people, "1\tAnn\tx\n")
		if err := l.swap(people); err != nil {
			t.Fatal(err)
		}
		l.exec(sql)
		l.load(people, "1\tAnn\tx\n2\tBob\ty\n")
		err := l.swap(people)
		if fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: swapping gives %v", what, err)
		}
		if got := l.query("select count(*) from web.people"); got != "1" {
			t.Errorf("%s: the table has %s rows", what, got)
		}
	}
}

func TestASwapWaitsForATableInUse(t *testing.T) {
	l := newLoading(t)
	people := persons("web", "people", "")
	l.load(people, "1\tAnn\n")
	if err := l.swap(people); err != nil {
		t.Fatal(err)
	}
	l.load(people, "1\tAnn\n2\tBob\n")
	reader, err := l.server.Connect(context.Background(), l.db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := reader.Exec(context.Background(), "begin", "select * from web.people"); err != nil {
		t.Fatal(err)
	}
	if err := l.swap(people); fault.KindOf(err) != fault.State || !strings.Contains(err.Error(), "in use") {
		t.Errorf("swapping a table in use gives %v", err)
	}
	l.loader.LockTries = 100
	ended := make(chan error, 1)
	go func() { ended <- l.loader.Swap(context.Background(), people, nothing) }()
	for deadline := time.Now().Add(20 * time.Second); l.query("select count(*) from pg_locks where not granted and relation = 'web.people'::regclass") == "0"; {
		if time.Now().After(deadline) {
			t.Fatal("it does not wait")
		}
	}
	if err := reader.Exec(context.Background(), "commit"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := l.query("select count(*) from web.people"); got != "2" {
		t.Errorf("the table has %s rows", got)
	}
}

func TestConflictsAreFoundBeforeTheCopy(t *testing.T) {
	l := newLoading(t)
	ctx := context.Background()
	mine := persons("public", "mine", "enum__mine__kind")
	l.load(mine, "1\tAnn\tx\n")
	if err := l.swap(mine); err != nil {
		t.Fatal(err)
	}
	l.exec("create table public.theirs (id int)", "create view public.look as select 1", "create type public.enum__typed__kind as enum ('q')",
		"create sequence public.clash__id__seq", "create table public.other (id int)", "create index taken__pkey on public.other (id)", "create type public.free as (id int)")
	tables := []*mapping.Table{mine, persons("public", "theirs", ""), persons("public", "look", ""), persons("public", "typed", "enum__typed__kind"),
		persons("public", "clash", ""), persons("public", "taken", ""), persons("public", "fresh", "enum__fresh__kind"), persons("nowhere", "x", ""), persons("public", "free", "")}
	found, err := l.loader.Conflicts(ctx, tables, func(t *mapping.Table) []string { return []string{t.Name + "__pkey", t.Name + "__id__seq"} })
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"", "theirs", "look", "enum__typed__kind", "clash__id__seq", "taken__pkey", "", "", "free"} {
		switch {
		case name == "" && found[i] != nil:
			t.Errorf("%s has the conflict %v", tables[i].Ident(), found[i])
		case name != "" && (found[i] == nil || !strings.Contains(found[i].Error(), name) || fault.HintOf(found[i]) == ""):
			t.Errorf("%s: the conflict with %s is %v", tables[i].Ident(), name, found[i])
		}
	}
	// Also when it comes in the meantime.
	fresh := persons("public", "fresh", "")
	l.load(fresh, "1\ta\n")
	l.exec("create table public.fresh (precious int)")
	if err := l.swap(fresh); fault.KindOf(err) != fault.State {
		t.Errorf("swapping onto a table of somebody else gives %v", err)
	}
	l.query("select precious from public.fresh")
}

func nothing(pgx.Tx) error { return nil }
