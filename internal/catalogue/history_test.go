package catalogue

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// asOf is what SchemaAt wants to know, for positions made by at.
func asOf(p event.Position) func(event.Position) (bool, error) {
	return func(other event.Position) (bool, error) { return other.Offset <= p.Offset, nil }
}

func version(table string, columns int) *schema.Table {
	t := &schema.Table{Name: named(table), Engine: "InnoDB"}
	for i := range columns {
		t.Columns = append(t.Columns, schema.Column{Name: fmt.Sprint("c", i), Type: schema.Type{Name: "int", Length: -1, Text: "int"}})
	}
	return t
}

func sameSet(t *testing.T, what string, want, got *schema.Set) {
	t.Helper()
	if diff := cmp.Diff(want.Tables(), got.Tables(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s: %s", what, diff)
	}
	if w, g := want.Database("shop"), got.Database("shop"); w != g {
		t.Fatalf("%s: the database's collation is %q, not %q", what, g, w)
	}
}

// Each step of a random walk of definitions can be had back, as long as it is kept.
func TestTheSchemaOfEachPosition(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx, source := t.Context(), p.source(t)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		const steps, keep = 150, 40
		set := schema.NewSet(false)
		var sets []*schema.Set
		for i := range steps {
			err := dial.InTx(ctx, p.conn, func(tx dial.Tx) error {
				for range 1 + random.IntN(3) { // several statements may share a transaction
					name := named(fmt.Sprint("t", random.IntN(5)))
					switch random.IntN(5) {
					case 0:
						must(t, DropDefinitions(ctx, tx, source.ID, name))
						set = set.With([]schema.Name{name})
					case 1:
						collation := []string{"latin1_swedish_ci", "utf8mb4_bin", ""}[random.IntN(3)]
						must(t, PutDatabases(ctx, tx, source.ID, map[string]string{"shop": collation}))
						set = set.WithDatabase("shop", collation)
					default:
						table := version(name.Table, random.IntN(4))
						must(t, PutDefinitions(ctx, tx, source.ID, Definition{Table: table}))
						set = set.With(nil, table)
					}
					must(t, NoteVersions(ctx, tx, source.ID, fmt.Sprint("statement ", i)))
				}
				return SealVersions(ctx, tx, source.ID, at(uint64(10*i+5)), time.Unix(int64(i), 0), keep)
			})
			must(t, err)
			sets = append(sets, set)
			now, err := SchemaAt(ctx, p.conn, source.ID, false, asOf(at(uint64(10*i+9))))
			must(t, err)
			sameSet(t, fmt.Sprint("step ", i), set, now)
		}

		kept := 0
		for i, want := range sets {
			got, err := SchemaAt(ctx, p.conn, source.ID, false, asOf(at(uint64(10*i+5))))
			if err != nil && kept == 0 {
				refuses(t, err, fault.State, "no longer kept")
				continue
			}
			must(t, err)
			kept++
			sameSet(t, fmt.Sprint("looking back at step ", i), want, got)
		}
		if kept < keep/8 || kept == steps {
			t.Errorf("%d of %d steps can be had back", kept, steps)
		}
		if rows := p.query(t, "SELECT count(*) FROM sch_chameleon.t_schema_versions WHERE t_until IS NOT NULL"); rows[0][0] != fmt.Sprint(keep) {
			t.Errorf("%s versions that have ended are kept, not %d", rows[0][0], keep)
		}
		stored, err := TrackedSchema(ctx, p.conn, source.ID)
		must(t, err)
		if len(stored) != set.Len() {
			t.Errorf("%d definitions are stored, %d tracked", len(stored), set.Len())
		}
	})
}

// A version tells what made it, from where to where it holds, and what ended it.
func TestTheHistoryOfATable(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx, source := t.Context(), p.source(t)
	steps := []struct {
		do    func() error
		cause string
		when  time.Time
	}{
		{func() error { return PutDefinitions(ctx, p.conn, source.ID, Definition{Table: version("a", 1)}) }, "", time.Time{}},
		{func() error { return PutDefinitions(ctx, p.conn, source.ID, Definition{Table: version("a", 1)}) }, "TRUNCATE a", time.Unix(50, 0)},
		{func() error { return PutDefinitions(ctx, p.conn, source.ID, Definition{Table: version("a", 2)}) }, "ALTER TABLE a ADD c1 int", time.Unix(60, 0)},
		{func() error { return DropDefinitions(ctx, p.conn, source.ID, named("a")) }, "excluded: a row was \xff refused", time.Unix(70, 0)},
	}
	for i, s := range steps {
		must(t, s.do())
		if s.cause != "" {
			must(t, NoteVersions(ctx, p.conn, source.ID, s.cause))
		}
		must(t, SealVersions(ctx, p.conn, source.ID, at(uint64(i+1)), s.when, EndedVersions))
	}
	list, err := SchemaVersions(ctx, p.conn, source.ID, "shop", "a")
	must(t, err)
	if len(list) != 2 {
		t.Fatalf("there are %d versions", len(list))
	}
	for i := range list {
		list[i].Definition = nil
	}
	want := []SchemaVersion{
		{ID: 1, Name: named("a"), From: at(1), Until: at(3), UntilTime: time.Unix(60, 0), EndedBy: "ALTER TABLE a ADD c1 int"},
		{ID: list[1].ID, Name: named("a"), From: at(3), FromTime: time.Unix(60, 0), Statement: "ALTER TABLE a ADD c1 int", Until: at(4), UntilTime: time.Unix(70, 0),
			EndedBy: `excluded: a row was \xFF refused`},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	rows := p.query(t, "SELECT t_source, i_from_binlog_position, i_until_binlog_position, t_columns FROM sch_chameleon.v_schema_history ORDER BY i_id_version")
	if diff := cmp.Diff([][]string{{"shop", "1", "3", "c0 int"}, {"shop", "3", "4", "c0 int, c1 int"}}, rows); diff != "" {
		t.Error(diff)
	}
	must(t, ResetSource(ctx, p.conn, source.ID, source.Epoch))
	if list, err := SchemaVersions(ctx, p.conn, source.ID, "", ""); err != nil || len(list) != 0 {
		t.Errorf("after the reset there are %d versions, %v", len(list), err)
	}
}
