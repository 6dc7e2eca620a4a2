package e2e

import (
	"strings"
	"testing"
)

// Names of tables are completed from the catalogue, each of a list apart.
func TestTablesAreCompleted(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE apples (id INT PRIMARY KEY)", "CREATE TABLE apes (id INT PRIMARY KEY)", "CREATE TABLE pears (id INT PRIMARY KEY)")
	r.init()
	db := r.marker
	for typed, want := range map[string]string{
		db + ".ap":                  db + ".apes," + db + ".apples",
		db + ".pears," + db + ".ap": db + ".pears," + db + ".apes," + db + ".pears," + db + ".apples",
		"dis":                       "disabled",
		"nothing":                   "",
	} {
		out := r.must("__complete", "sync_tables", "--source", "mysql", "--tables", typed)
		lines, _, _ := strings.Cut(out, ":") // the directive
		if got := strings.ReplaceAll(strings.TrimSpace(lines), "\n", ","); got != want {
			t.Errorf("%s is completed by %q, not %q", typed, got, want)
		}
	}
	if out := r.must("__complete", "show_status", "--tables", "dis"); strings.Contains(out, "disabled") {
		t.Errorf("show_status takes disabled: %s", out)
	}
}
