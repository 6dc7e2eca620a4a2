package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/testserver"
)

var (
	walkSteps = flag.Int("walk.steps", 500, "statements of the random walk on each server")
	walkSeed  = flag.Uint64("walk.seed", 0, "seed of the random walk; 0: one by the clock")
)

// A random walk of definitions and rows: whatever the server takes, both sides
// are equal at the end. A failure is shrunk to the statements that it needs.
func TestRandomWalk(t *testing.T) {
	seed := *walkSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) // #nosec G115 -- any number will do
	}
	for _, name := range []string{testserver.Source, "mysql-9.7"} {
		t.Run(name, func(t *testing.T) {
			t.Logf("go test ./internal/e2e -run TestRandomWalk -walk.seed %d -walk.steps %d", seed, *walkSteps)
			src, dst := testserver.Shared(t, name), testserver.Shared(t, testserver.Target)
			w := &walker{random: rand.New(rand.NewPCG(seed, 0)), maria: strings.HasPrefix(name, "mariadb")}
			var taken []string
			if t.Run("walk", func(t *testing.T) {
				walk(t, src, dst, func(run func(string) error) {
					for range *walkSteps {
						s := w.next()
						if run(s.sql) != nil {
							continue
						}
						taken = append(taken, s.sql)
						if s.then != nil {
							s.then()
						}
					}
				})
			}) {
				t.Logf("%d of %d statements were taken", len(taken), *walkSteps)
				return
			}
			if few := shrink(t, src, dst, taken); len(few) > 0 {
				t.Errorf("these statements are enough:\n%s", strings.Join(few, ";\n"))
			}
		})
	}
}

// walk follows statements from an empty database on and holds both sides
// against each other at the end.
func walk(t *testing.T, src, dst *testserver.Server, statements func(run func(string) error)) {
	t.Helper()
	db := src.Database(t, "walk")
	r := newReplica(t, src, dst, options{schemas: map[string]string{db: db}})
	r.init()
	r.start()
	conn, err := src.Connect(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	statements(func(sql string) error { return conn.Exec(context.Background(), sql) })
	if err := conn.Exec(context.Background(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	r.caughtUp()
	if problem := r.settled(); problem != "" {
		t.Fatal(problem)
	}
	r.same()
	if !t.Failed() {
		r.sameAsCopied()
	}
	r.stop()
}

// settled waits until no table is on its way and tells which cannot be followed.
func (r *replica) settled() string {
	r.t.Helper()
	r.eventually(limit, func() (bool, string) {
		rows := r.target("SELECT (SELECT count(*) FROM sch_chameleon.v_sources WHERE NOT b_consistent) + (SELECT count(*) FROM sch_chameleon.t_refills)")
		return rows[0][0] == "0", "some tables are on their way"
	})
	r.caughtUp()
	lost := r.target("SELECT t_source_table, t_reason FROM sch_chameleon.t_replica_tables WHERE enm_state IN ('excluded', 'failed')")
	if len(lost) > 0 {
		return fmt.Sprintf("tables are excluded: %v", lost)
	}
	return ""
}

// sameAsCopied holds what the stream has made of the definitions against what a
// copy makes of them now.
func (r *replica) sameAsCopied() {
	r.t.Helper()
	copied := newReplica(r.t, r.src, r.dst, options{schemas: r.schemas})
	copied.init()
	copied.start()
	copied.caughtUp()
	copied.settled()
	copied.stop()
	evolved, fresh := lines(r.target(shapeSQL)), lines(copied.target(shapeSQL))
	if missing, extra := difference(fresh, evolved); len(missing)+len(extra) > 0 {
		r.t.Errorf("the definitions in PostgreSQL differ\nonly after a copy: %s\nonly in the replica: %s", sample(missing), sample(extra))
	}
}

// shapeSQL lists columns, indexes and comments of the replicated tables; the order
// of columns is the one thing that ALTER TABLE cannot carry over.
const shapeSQL = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
	CASE WHEN pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' THEN 'nextval' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END, coalesce(col_description(c.oid, a.attnum), ''),
	coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = a.atttypid), '')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname LIKE 'walk%' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT tablename, indexname, indexdef, '', '', '', '' FROM pg_indexes WHERE schemaname LIKE 'walk%'
UNION ALL
SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), '', '', '', '', '' FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'walk%' AND c.relkind IN ('r', 'S')`

// shrink leaves out statements for as long as the rest still fails, halves first,
// and gives those that are left.
func shrink(t *testing.T, src, dst *testserver.Server, all []string) []string {
	t.Helper()
	deadline := time.Now().Add(4 * time.Minute)
	fails := func(list []string) bool {
		return !t.Run(fmt.Sprintf("of_%d", len(list)), func(t *testing.T) {
			walk(t, src, dst, func(run func(string) error) {
				for _, sql := range list {
					_ = run(sql) // it may need what was left out
				}
			})
		})
	}
	if !fails(all) {
		t.Log("the same statements do not fail again: it is a matter of time")
		return nil
	}
	for size := len(all) / 2; size > 0 && time.Now().Before(deadline); {
		less := false
		for at := 0; at < len(all) && time.Now().Before(deadline); {
			without := slices.Concat(all[:at], all[min(at+size, len(all)):])
			if fails(without) {
				all, less = without, true
			} else {
				at += size
			}
		}
		if size == 1 && less {
			continue
		}
		size /= 2
	}
	return all
}
