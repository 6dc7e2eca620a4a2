package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

func TestARefusedRowExcludesItsTableAlone(t *testing.T) {
	bad, good := table("bad", []int{0}, "id integer", "n smallint"), table("good", []int{0}, "id integer", "v text")
	l := newLab(t, create(bad, good)+"create table log (line text)", apply.Options{
		Isolate: func(ctx context.Context, tx pgx.Tx, f apply.Failure) error {
			_, err := tx.Exec(ctx, "insert into log values ($1)", fmt.Sprint(f.Table.Source, " ", f.Action, " ", f.Transaction, " ", f.Offset, " ", f.Err, " ", f.Statement, " ", string(f.After)))
			return err
		},
	})
	many := insert(good)
	for i := range 500 {
		many.After = append(many.After, row(i, "g"))
	}
	l.begin(insert(bad, row(1, 1)))
	l.Transaction("0-1-7")
	fatal := insert(bad, row(2, 2), row(3, 99999), row(4, 4))
	fatal.Offset = 1234
	for _, r := range []*change.Rows{many, fatal, insert(bad, row(5, 5)), update(good, row(0, "g"), row(0, "h"))} {
		if err := l.Rows(l.ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	counts := l.commit()
	l.expect("bad", "1 1", "2 2")
	if got := len(l.rows("good")); got != 500 {
		t.Errorf("good has %d rows", got)
	}
	l.expect("log", `src.bad insert 0-1-7 1234 value "…" is out of range for type smallint (SQLSTATE 22003) `+
		`insert into "public"."bad" ("id", "n") values ($1, $2) 3`+"\t99999")
	if got := l.Excluded(); !slices.Equal(got, []string{"src.bad"}) {
		t.Errorf("excluded %q", got)
	}
	if counts["src.bad"].Inserted != 2 || counts["src.good"].Inserted != 500 {
		t.Errorf("counted %+v", counts)
	}
	l.batch(insert(bad, row(6, 6)), insert(good, row(1000, "later")))
	l.expect("bad", "1 1", "2 2")
	l.Admit("src.bad")
	l.batch(insert(bad, row(7, 7)))
	l.expect("bad", "1 1", "2 2", "7 7")
}

func TestARefusedRowInALaterPiece(t *testing.T) {
	bad, good := table("bad", []int{0}, "id integer", "v varchar(3)"), table("good", []int{0}, "id integer")
	l := newLab(t, create(bad, good), apply.Options{FlushRows: 10})
	var changes []*change.Rows
	for i := range 45 {
		changes = append(changes, insert(good, row(i)), insert(bad, row(i, strings.Repeat("x", 1+i/11))))
	}
	l.batch(changes...)
	if got := len(l.rows("good")); got != 45 {
		t.Errorf("good has %d rows", got)
	}
	if got := len(l.rows("bad")); got != 33 {
		t.Errorf("bad has %d rows", got)
	}
	if len(l.failures) != 1 || string(l.failures[0].After) != "33\txxxx" {
		t.Errorf("failures: %+v", l.failures)
	}
}

func TestARowThatIsThereAlreadyIsRefused(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one), apply.Options{})
	l.batch(insert(one, row(1, "a")), insert(one, row(1, "b")))
	l.expect("one", "1 a")
	if len(l.failures) != 1 || !strings.Contains(l.failures[0].Err.Error(), "23505") {
		t.Errorf("failures: %+v", l.failures)
	}
}

func TestAChildThatRefusesACascadeIsExcluded(t *testing.T) {
	parent, child := family(change.SetNull, change.None)
	l := newLab(t, create(parent, child)+"alter table child alter parent set not null", apply.Options{})
	l.batch(insert(parent, row(1, "p"), row(2, "q")), insert(child, row(1, 1, "a")))
	l.batch(remove(parent, row(1, "p")), insert(child, row(2, 2, "b")), insert(parent, row(3, "r")))
	l.expect("parent", "2 q", "3 r")
	l.expect("child", "1 1 a")
	if len(l.failures) != 1 || l.failures[0].Table != child || l.failures[0].Parent != parent || l.failures[0].Action != event.Delete {
		t.Errorf("failures: %+v", l.failures)
	}
}

func TestIsolateMayEndTheBatch(t *testing.T) {
	bad := table("bad", []int{0}, "id integer", "n smallint")
	stop := errors.New("stop")
	l := newLab(t, create(bad), apply.Options{Isolate: func(_ context.Context, _ pgx.Tx, f apply.Failure) error {
		if string(f.After) == "2\t99999" {
			return stop
		}
		return nil
	}})
	l.begin(insert(bad, row(1, 1), row(2, 99999)))
	if err := l.Commit(l.ctx, nil); !errors.Is(err, stop) {
		t.Fatalf("commit gave %v", err)
	}
	if err := l.Rollback(l.ctx); err != nil {
		t.Fatal(err)
	}
	l.expect("bad")
	l.begin(insert(bad, row(1, 99999))) // is isolated, then taken back
	if err := l.Flush(l.ctx); err != nil {
		t.Fatal(err)
	}
	if got := l.Excluded(); len(got) != 1 {
		t.Errorf("excluded %q", got)
	}
	if err := l.Rollback(l.ctx); err != nil {
		t.Fatal(err)
	}
	if got := l.Excluded(); len(got) > 0 {
		t.Errorf("excluded %q after the rollback", got)
	}
	l.batch(insert(bad, row(1, 1)))
	l.expect("bad", "1 1")
}

func TestARowOfAnotherShapeIsRefused(t *testing.T) {
	for name, key := range map[string][]int{"keyed": {0}, "keyless": nil} {
		t.Run(name, func(t *testing.T) {
			one, other := table("one", key, "id integer", "v text"), table("other", key, "id integer")
			l := newLab(t, create(one, other), apply.Options{})
			l.batch(insert(one, row(1, "a")), remove(one, row(1, "a", "b")), insert(other, row(1)), update(one, row(1), row(1)))
			l.expect("one", "1 a")
			l.expect("other", "1")
			if len(l.failures) != 1 || l.failures[0].Table != one {
				t.Errorf("failures: %+v", l.failures)
			}
		})
	}
}
