package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/status"
)

// translate_ddl tells before the copy, and after it, what statements would do, one
// upon the other, and does nothing.
func TestTranslateDDL(t *testing.T) {
	t.Parallel()
	src, dst := defaultPair(t)
	r := newReplica(t, src, dst, options{})
	r.source("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))", "INSERT INTO t VALUES (1, 'x')")
	text := "ALTER TABLE t ADD c INT NOT NULL DEFAULT 5, MODIFY v VARCHAR(40); CREATE INDEX ic ON t (c); ALTER TABLE t MODIFY c VARCHAR(9); RENAME TABLE t TO u; FROB u; CREATE USER somebody"
	translate := func() *status.Translation {
		var done status.Translation
		out := r.must("translate_ddl", "--source", "mysql", "--schema", r.marker, "--json", "--statement", text)
		if err := json.Unmarshal([]byte(out), &done); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return &done
	}
	if done := translate(); !strings.Contains(done.On, "not been copied") || len(done.Statements) != 6 {
		t.Errorf("before the copy: %+v", done)
	}
	r.init()
	done := translate()
	if !strings.Contains(done.On, "applied position") || len(done.Statements) != 6 {
		t.Fatalf("after the copy: %+v", done)
	}
	find := func(statement int, part string) status.TranslatedForward {
		for _, p := range done.Statements[statement].PostgreSQL {
			if strings.Contains(p.SQL, part) {
				return p
			}
		}
		t.Errorf("no %s in %+v", part, done.Statements[statement])
		return status.TranslatedForward{}
	}
	name := r.marker + ".t"
	if p := find(0, "ADD COLUMN"); p.Lock != "ACCESS EXCLUSIVE" || p.Rewrites || p.Table != name {
		t.Errorf("adding a column: %+v", p)
	}
	if p := find(0, `COLUMN "v" TYPE`); p.Rewrites {
		t.Errorf("a longer limit: %+v", p)
	}
	if p := find(1, "CREATE INDEX"); p.Lock != "SHARE" || !p.Scans {
		t.Errorf("an index: %+v", p)
	}
	if p := find(2, `COLUMN "c" TYPE`); !p.Rewrites {
		t.Errorf("another type: %+v", p)
	}
	if s := done.Statements[3]; len(s.Renamed) != 1 || s.Renamed[0] != [2]string{name, r.marker + ".u"} {
		t.Errorf("a rename: %+v", s)
	}
	if s := done.Statements[4]; !s.Ignored && len(s.Excluded) == 0 {
		t.Errorf("what cannot be read: %+v", s)
	}
	if s := done.Statements[5]; !s.Ignored || len(s.PostgreSQL) > 0 {
		t.Errorf("a user: %+v", s)
	}
	out := r.must("translate_ddl", "--source", "mysql", "--schema", r.marker, "--statement", "DROP TABLE t")
	for _, want := range []string{name + " is dropped", "DROP TABLE", "ACCESS EXCLUSIVE on " + name} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if rows := r.target(fmt.Sprintf("SELECT count(*) FROM %s.t", quoteIdent(r.schemas[r.marker]))); rows[0][0] != "1" {
		t.Errorf("the table holds %v rows", rows)
	}
}
