package e2e

import (
	"strings"
	"testing"
)

// limit_tables may name tables to come and tables that are gone: neither keeps a replica from being copied, started
// or given another configuration. A slip of the pen is told before a copy.
func TestLimitedTablesThatAreNotThere(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	db := r.marker
	limit := func(tables ...string) {
		t.Helper()
		r.configure("")
		r.rewrite("    limit_tables:\n", "    limit_tables: ["+db+".e2e_marker, elsewhere.x, "+db+"."+strings.Join(tables, ", "+db+".")+"]\n")
	}
	r.source("CREATE TABLE orders (id INT PRIMARY KEY)", "INSERT INTO orders VALUES (1)", "CREATE TABLE hidden (id INT PRIMARY KEY)")
	limit("order")
	if out, code := r.run("init_replica", "--source", "mysql", "--debug"); code != 2 || !strings.Contains(out, "did you mean "+db+".orders?") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	limit("orders", "orders2", "future")
	r.init()
	r.start()
	r.source("CREATE TABLE future (id INT PRIMARY KEY)", "INSERT INTO future VALUES (1), (2)", "CREATE TABLE other (id INT PRIMARY KEY)", "DROP TABLE orders")
	r.caughtUp()
	follows := func(want string) {
		t.Helper()
		if got := r.replicated(); got != want {
			t.Errorf("replicated are %s", got)
		}
		r.sameTable(db, r.schemas[db], "future")
	}
	follows("e2e_marker,future")

	r.stop()
	r.start() // orders is gone
	r.source("CREATE TABLE orders2 (id INT PRIMARY KEY)", "INSERT INTO future VALUES (3)")
	r.caughtUp()
	follows("e2e_marker,future,orders2")
	limit("orders", "orders2", "future", "nobody")
	r.reload()
	r.daemonSays(`names the table \"` + db + `.nobody\", which is not on the source`)
	r.source("DROP TABLE orders2", "INSERT INTO future VALUES (4)", "CREATE TABLE nobody (id INT PRIMARY KEY)")
	r.caughtUp()
	follows("e2e_marker,future,nobody")
}
