package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// run_maintenance vacuums the replica's tables and the catalogue's while the replica runs, and
// with --full writes them anew; a table that somebody reads is told, and the others are done.
func TestMaintenance(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	path := filepath.Join(r.home, "configuration", "default.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), `"120s"`, "5s", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	r.source("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))", "INSERT INTO big (v) SELECT REPEAT('x', 200) FROM seq_1_to_20000", "CREATE TABLE held (id INT PRIMARY KEY)")
	r.init()
	r.start()
	r.source("DELETE FROM big WHERE id > 100")
	r.caughtUp()
	schema := r.schemas[r.marker]
	if out := r.must("show_status", "--source", "mysql"); !strings.Contains(out, "Last maintenance") || !strings.Contains(out, "Next maintenance") {
		t.Errorf("show_status says %s", out)
	}
	if out := r.must("run_maintenance", "--source", "mysql"); !strings.Contains(out, "tables were vacuumed and analysed") {
		t.Errorf("run_maintenance says %s", out)
	}
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT relname FROM pg_stat_user_tables WHERE vacuum_count = 0 AND schemaname IN ('" + schema + "', 'sch_chameleon')")
		return len(rows) == 0, fmt.Sprintf("these were not vacuumed: %v", rows)
	})
	last := r.target("SELECT ts_last_maintenance IS NOT NULL, b_maintenance FROM sch_chameleon.t_sources")
	if fmt.Sprint(last) != "[[t f]]" {
		t.Errorf("the catalogue says %v", last)
	}
	reader, err := dst.Connect(context.Background(), r.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := reader.Exec(context.Background(), "BEGIN", fmt.Sprintf("SELECT * FROM %q.held", schema)); err != nil {
		t.Fatal(err)
	}
	node := fmt.Sprintf("SELECT pg_relation_filenode('%q.big'), pg_relation_size('%q.big') < 100000", schema, schema)
	before := r.target(node)
	writers := startTraffic(t, src, r.trafficked(), 2, 8)
	out, code := r.run("run_maintenance", "--source", "mysql", "--full")
	if code == 0 || !strings.Contains(out, "could not be maintained") || !strings.Contains(out, schema+".held: maintaining the table") || !strings.Contains(out, "kB → ") {
		t.Errorf("with a reader of one table it says (%d) %s", code, out)
	}
	if after := r.target(node); after[0][0] == before[0][0] || after[0][1] != "t" {
		t.Errorf("the table was not written anew: %v, %v", before, after)
	}
	if err := reader.Exec(context.Background(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if out := r.must("run_maintenance", "--source", "mysql", "--full"); !strings.Contains(out, "tables were written anew") {
		t.Errorf("run_maintenance --full says %s", out)
	}
	writers.stop()
	r.caughtUp()
	r.allReplicate()
	r.same()
}

// trafficked gives the database for traffic, with its tables made.
func (r *replica) trafficked() string {
	r.t.Helper()
	fill(r.t, r.src, r.marker, 100)
	r.caughtUp()
	return r.marker
}

// auto_maintenance has the process that follows the source do it.
func TestAutoMaintenance(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{yaml: "    auto_maintenance: '1 second'\n"})
	r.source("CREATE TABLE a (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)")
	r.init()
	r.start()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT (SELECT ts_last_maintenance > ts_added FROM sch_chameleon.t_sources), (SELECT vacuum_count > 1 FROM pg_stat_user_tables WHERE relname = 'a')")
		return fmt.Sprint(rows) == "[[t t]]", fmt.Sprint(rows)
	})
	r.source("INSERT INTO a VALUES (2)")
	r.caughtUp()
	r.same()
	if out := r.must("show_status", "--source", "mysql"); !regexp.MustCompile(`Last maintenance +│ 2.*\n.*Next maintenance +│ 2`).MatchString(out) {
		t.Errorf("show_status says %s", out)
	}
}
