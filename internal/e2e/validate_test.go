package e2e

import (
	"strings"
	"testing"
)

// Foreign keys of tables that are filled where they stand are validated when both of their tables have
// caught up; one that rows are against is told and left. A detached database checks them at once again.
func TestForeignKeysOfTablesThatAreKept(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    keep_existing_schema: yes\n"})
	r.source("CREATE TABLE parent (id INT PRIMARY KEY)", "CREATE TABLE child (id INT PRIMARY KEY, p INT)", "CREATE TABLE stray (id INT PRIMARY KEY, p INT)",
		"INSERT INTO parent VALUES (1), (2), (3)", "INSERT INTO child VALUES (1, 1), (2, 2), (3, NULL)", "INSERT INTO stray VALUES (1, 99)")
	r.must("copy_schema", "--source", "mysql")
	schema := quoteIdent(r.schemas[r.marker])
	dst.Exec(t, r.database, "ALTER TABLE "+schema+".child ADD CONSTRAINT theirs FOREIGN KEY (p) REFERENCES "+schema+".parent",
		"ALTER TABLE "+schema+".stray ADD CONSTRAINT broken FOREIGN KEY (p) REFERENCES "+schema+".parent")
	const state = "SELECT string_agg(concat(conname, ' ', convalidated, ' ', condeferred), ', ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f' AND connamespace <> 'sch_chameleon'::regnamespace"
	told := func(times int) {
		t.Helper()
		r.eventually(limit, func() (bool, string) {
			got, errors := r.one(state), r.must("show_errors", "--full")
			return got == "broken f t, theirs t t" && strings.Count(errors, "broken does not hold for all rows") == times, got + errors
		})
	}
	r.init()
	r.start()
	r.caughtUp()
	told(1)
	r.source("INSERT INTO parent VALUES (4)", "INSERT INTO child VALUES (4, 4)")
	r.must("sync_tables", "--source", "mysql", "--tables", r.marker+".parent") // takes them off, and makes them anew
	r.filledInPlace(1)
	r.caughtUp()
	told(2)
	r.allReplicate()
	out, code := r.run("detach_replica", "--source", "mysql", "--yes")
	if code != 5 || !strings.Contains(out, `"broken"`) {
		t.Errorf("detach_replica exits with %d: %s", code, out)
	}
	r.wants(state, "broken f t, theirs t f", "SELECT count(*) FROM "+schema+".child", "4")
}
