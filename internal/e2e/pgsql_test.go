package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

// pgsqlReplica is a replica whose source is a database of PostgreSQL.
func pgsqlReplica(t *testing.T, src, dst *testserver.Server, schemas map[string]string, statements ...string) *replica {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{t: t, bin: bin, home: t.TempDir(), src: src, dst: dst, schemas: schemas, marker: src.Database(t, "e2e"), database: dst.Database(t, "e2e")}
	r.source(statements...)
	r.configurePgSQL("")
	r.must("create_replica_schema")
	r.must("add_source", "--source", "old")
	return r
}

func (r *replica) configurePgSQL(extra string) {
	r.t.Helper()
	var mappings strings.Builder
	for from, to := range r.schemas {
		fmt.Fprintf(&mappings, "      %q: %q\n", from, to)
	}
	text := fmt.Sprintf(`pg_conn: {host: "127.0.0.1", port: %d, user: %q, database: %q}
sources:
  old:
    type: pgsql
    db_conn: {host: "127.0.0.1", port: %d, user: %q, database: %q}
    copy_threads: 3
    schema_mappings:
%s%s`, r.dst.Port, r.dst.User, r.database, r.src.Port, r.src.User, r.marker, mappings.String(), extra)
	folder := filepath.Join(r.home, "configuration")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "default.yml"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// printed gives the SQL of the steps that start_replica prints, by where it belongs.
func (r *replica) printed() map[string][]string {
	r.t.Helper()
	out, code := r.run("start_replica", "--source", "old")
	if code != 2 || !strings.Contains(out, "followed by its own logical replication") {
		r.t.Fatalf("start_replica exits with %d:\n%s", code, out)
	}
	steps := map[string][]string{}
	where := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		switch title, is := strings.CutPrefix(line, "-- "); {
		case is && strings.HasSuffix(line, ":"):
			where = strings.TrimRight(strings.Join(strings.Fields(title)[:min(3, len(strings.Fields(title)))], " "), ",:") // on the source, on the target, in the configuration
		case line != "" && !is && !strings.HasPrefix(line, "ERROR") && !strings.HasPrefix(line, "hint"):
			sql, _, _ := strings.Cut(line, "; --")
			steps[where] = append(steps[where], strings.ReplaceAll(sql, " password=''…''", ""))
		}
	}
	return steps
}

// The commands that start_replica prints follow the source from where the copy ended, while it is written to all the time.
func TestAPostgreSQLSourceIsCopiedAndThenSubscribedTo(t *testing.T) {
	t.Parallel()
	src := testserver.Private(t, "postgres-15", "-c", "wal_level=logical")
	dst := testserver.Shared(t, "postgres-18")
	r := pgsqlReplica(t, src, dst, map[string]string{"shop": "shop", "depot": "store"},
		"CREATE SCHEMA shop", "CREATE SCHEMA depot", "CREATE TYPE shop.state AS ENUM ('new', 'done')",
		"CREATE TABLE shop.orders (id bigserial PRIMARY KEY, state shop.state NOT NULL, n integer DEFAULT 0)",
		"CREATE TABLE depot.items (id integer, n integer)", // without a key
		"CREATE TABLE depot.log (at date NOT NULL, n integer) PARTITION BY RANGE (at)",
		"CREATE TABLE depot.log_all PARTITION OF depot.log DEFAULT",
		"INSERT INTO shop.orders (state) SELECT 'new' FROM generate_series(1, 20000)", "INSERT INTO depot.items SELECT n, 0 FROM generate_series(1, 100) AS n")
	if out := r.must("init_replica", "--source", "old", "--debug"); !strings.Contains(out, `CREATE PUBLICATION "chameleon_old"`) || !strings.Contains(out, `CREATE SUBSCRIPTION "chameleon_old"`) {
		t.Errorf("the end of the copy does not say how the source is followed:\n%s", out)
	}
	if out := r.must("show_status", "--source", "old", "--full"); !strings.Contains(out, "copied") || !strings.Contains(out, "initialised") {
		t.Errorf("the status is\n%s", out)
	}
	if out, code := r.run("sync_tables", "--source", "old", "--tables", "shop.orders"); code != 2 || !strings.Contains(out, "init_replica --source old") {
		t.Errorf("sync_tables exits with %d: %s", code, out)
	}
	before := r.printed()
	if len(before["on the source"]) != 3 || !strings.Contains(before["on the source"][2], `CREATE PUBLICATION "chameleon_old" FOR TABLE "depot"."items", "depot"."log", "shop"."orders"`) {
		t.Fatalf("the commands are %v", before)
	}
	r.configurePgSQL("    replication_slot: chameleon_old\n")
	if out, code := r.run("init_replica", "--source", "old", "--debug"); code == 0 || !strings.Contains(out, "CREATE PUBLICATION") {
		t.Errorf("init_replica without the publication exits with %d: %s", code, out)
	}
	r.source(before["on the source"]...)

	ctx, cancel := context.WithCancel(context.Background())
	written := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			src.Exec(t, r.marker, "INSERT INTO shop.orders (state) VALUES ('done')", fmt.Sprintf("UPDATE shop.orders SET n = n + 1 WHERE id %% 97 = %d", n%97),
				fmt.Sprintf("UPDATE depot.items SET n = n + 1 WHERE id = %d", n%100), fmt.Sprintf("DELETE FROM shop.orders WHERE id = %d", n+1), "INSERT INTO depot.log VALUES ('2024-01-01', 1)")
		}
		written <- n
	}()
	r.must("init_replica", "--source", "old", "--debug")
	after := r.printed()
	dst.Exec(t, r.database, after["on the target"]...)
	cancel()
	if n := <-written; n == 0 {
		t.Error("nothing was written meanwhile")
	}
	for _, sum := range []string{
		"SELECT count(*), sum(n), sum(id), count(*) FILTER (WHERE state = 'done') FROM shop.orders", "SELECT count(*), sum(n), sum(id) FROM depot.items", "SELECT count(*) FROM depot.log_all",
	} {
		want := fmt.Sprint(src.Query(t, r.marker, sum))
		r.eventually(time.Minute, func() (bool, string) {
			got := fmt.Sprint(r.target(sum))
			return got == want, fmt.Sprintf("%s gives %s, not %s", sum, got, want)
		})
	}
	for _, extra := range []string{"", "    replication_slot: chameleon_old\n"} {
		r.configurePgSQL(extra)
		if out, code := r.run("init_replica", "--source", "old", "--debug"); code != 6 || !strings.Contains(out, `DROP SUBSCRIPTION "chameleon_old"`) {
			t.Errorf("a copy over a subscription exits with %d: %s", code, out)
		}
	}
	dst.Exec(t, r.database, `DROP SUBSCRIPTION "chameleon_old"`, "CREATE TABLE shop.theirs (id integer)")
	r.source("CREATE TABLE shop.theirs (id integer)")
	if out, code := r.run("init_replica", "--source", "old", "--debug"); code != 6 || !strings.Contains(out, "was not made by this program") {
		t.Errorf("a copy over somebody else's table exits with %d: %s", code, out)
	}
	if slots := src.Query(t, "", "SELECT slot_name FROM pg_replication_slots"); len(slots) != 0 {
		t.Errorf("a copy that failed has left the slot %v", slots)
	}
}

// A copy that is killed leaves the former one in its place, and the next one begins cleanly.
func TestAKilledCopyOfAPostgreSQLSourceHarmsNothing(t *testing.T) {
	t.Parallel()
	src, dst := testserver.Shared(t, "postgres-15"), testserver.Shared(t, "postgres-18")
	r := pgsqlReplica(t, src, dst, map[string]string{"shop": "store"}, "CREATE SCHEMA shop", "CREATE TABLE shop.orders (id bigserial PRIMARY KEY, note text)",
		"CREATE TABLE shop.big AS SELECT n AS id, repeat('x', 500) AS filler FROM generate_series(1, 300000) AS n", "INSERT INTO shop.orders (note) VALUES ('first')")
	r.must("init_replica", "--source", "old", "--debug")
	r.source("UPDATE shop.orders SET note = 'second'")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := r.command(ctx, "init_replica", "--source", "old", "--debug")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.eventually(time.Minute, func() (bool, string) {
		return len(r.target("SELECT 1 FROM pg_stat_progress_copy WHERE relid = to_regclass('_store_tmp.big')")) > 1, "no two parts of the table are copied at once"
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if rows := r.target("SELECT note FROM store.orders"); fmt.Sprint(rows) != "[[first]]" {
		t.Errorf("the former copy holds %v", rows)
	}
	r.eventually(time.Minute, func() (bool, string) { // the server notices that the sessions are gone
		out, code := r.run("init_replica", "--source", "old", "--debug")
		return code == 0, out
	})
	if rows := r.target("SELECT note, (SELECT count(*) FROM store.big), to_regnamespace('_store_tmp') IS NULL FROM store.orders"); fmt.Sprint(rows) != "[[second 300000 t]]" {
		t.Errorf("the new copy holds %v", rows)
	}
}
