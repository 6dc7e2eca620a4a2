package apply_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
)

func TestATransactionInPiecesIsOneTransaction(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one), apply.Options{FlushRows: 100})
	all := insert(one)
	for i := range 1050 {
		all.After = append(all.After, row(i, "x"))
	}
	l.begin(all)
	l.expect("one")
	if got := l.Counts()["src.one"].Inserted; got != 1000 {
		t.Errorf("%d rows were written before the end", got)
	}
	if err := l.Rollback(l.ctx); err != nil {
		t.Fatal(err)
	}
	l.batch(all)
	if got := len(l.rows("one")); got != 1050 {
		t.Errorf("%d rows", got)
	}
}

func TestStatementsRunInTheirPlace(t *testing.T) {
	one, wide := table("one", []int{0}, "id integer", "v text"), table("one", []int{0}, "id integer", "v text", "w text")
	l := newLab(t, create(one), apply.Options{})
	l.begin(insert(one, row(1, "a")))
	if err := l.Exec(l.ctx, []string{"alter table one add column w text default 'd'"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Exec(l.ctx, []string{"create table other (id int)", "alter table nowhere add x int"}); fault.KindOf(err) != fault.Data {
		t.Errorf("a refused statement gave %v", err)
	}
	if err := l.Rows(l.ctx, insert(wide, row(2, "b", "e"))); err != nil {
		t.Fatal(err)
	}
	l.commit()
	l.expect("one", "1 a d", "2 b e")
}

func TestSaveSharesTheTransaction(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one)+"create table position (at text)", apply.Options{})
	save := func(ctx context.Context, tx pgx.Tx) error {
		if err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into position values ($1)", "undone")
			if err != nil {
				return err
			}
			return context.Canceled
		}); err == nil {
			t.Error("the savepoint was kept")
		}
		return pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into position values ($1)", "here")
			return err
		})
	}
	l.begin(insert(one, row(1, "a")))
	if err := l.Commit(l.ctx, save); err != nil {
		t.Fatal(err)
	}
	l.begin()
	if err := l.Commit(l.ctx, save); err != nil { // nothing but the position
		t.Fatal(err)
	}
	l.expect("position", "here", "here")
	l.begin(insert(one, row(2, "b")))
	if err := l.Commit(l.ctx, func(context.Context, pgx.Tx) error { return context.Canceled }); err == nil {
		t.Fatal("the error of save was lost")
	}
	if err := l.Rollback(l.ctx); err != nil {
		t.Fatal(err)
	}
	l.expect("one", "1 a")
}

func TestALostConnectionIsToBeTriedAgain(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one), apply.Options{})
	l.begin(insert(one, row(1, "a")))
	l.sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' and datname = current_database()")
	if err := l.Commit(l.ctx, nil); fault.KindOf(err) != fault.Retry {
		t.Errorf("a lost connection gave %v (%v)", err, fault.KindOf(err))
	}
	if err := l.Rollback(l.ctx); err != nil {
		t.Errorf("rolling back gave %v", err)
	}
	if len(l.failures) > 0 {
		t.Error("a table was blamed")
	}
}

func TestMemoryOfALargeTransactionIsBounded(t *testing.T) {
	one := table("one", []int{0}, "id integer", "n integer", "v text")
	l := newLab(t, create(one), apply.Options{})
	l.begin()
	runtime.GC() // what other tests have left is not looked at
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapInuse, uint64(0)
	for i := range 400_000 {
		if err := l.Rows(l.ctx, insert(one, row(i, i, "some text that is a bit longer than nothing"))); err != nil {
			t.Fatal(err)
		}
		if i%25_000 == 24_999 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
	if got := l.commit()["src.one"].Inserted; got != 400_000 {
		t.Errorf("%d rows", got)
	}
	if peak > before+160<<20 {
		t.Errorf("the heap grew from %d to %d MB", before>>20, peak>>20)
	}
}

func TestARefusalKeepsWhatOthersWrote(t *testing.T) {
	one := table("one", []int{0}, "id integer", "n smallint")
	l := newLab(t, create(one)+"create table log (line text)", apply.Options{})
	l.begin()
	tx, err := l.writer.Tx(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(l.ctx, "insert into log values ('kept')"); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*change.Rows{insert(one, row(1, 1)), insert(one, row(2, 99999))} {
		if err := l.Rows(l.ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	l.commit()
	l.expect("log", "kept")
	l.expect("one", "1 1")
}

// Triggers "update of" a column tell whether a statement has set it.
func TestUpdatesLeaveOtherColumnsAlone(t *testing.T) {
	tab := table("t", []int{0}, "id integer", "n integer", "v text")
	l := newLab(t, create(tab)+`insert into t select i, 0, 'old' from generate_series(1, 3000) i; create table said (what text);
		create function say() returns trigger language plpgsql as 'begin insert into said values (tg_argv[0]); return null; end';
		create trigger n after update of n on t for each row execute function say('n');
		create trigger v after update of v on t for each row execute function say('v')`, apply.Options{})
	numbers, texts, few := update(tab), update(tab), update(tab)
	for id := 1; id <= 3000; id++ {
		before := row(id, 0, "old")
		switch {
		case id <= 1000:
			numbers.Before, numbers.After = append(numbers.Before, before), append(numbers.After, row(id, 1, "old"))
		case id <= 2900:
			texts.Before, texts.After = append(texts.Before, before), append(texts.After, row(id, 0, "new"))
		default:
			few.Before, few.After = append(few.Before, before), append(few.After, row(id, 1, "new"))
		}
	}
	l.batch(texts, few, numbers)
	l.expectQuery("select what, count(*) from said group by 1 order by 1", "n 1100", "v 2000")
	l.expectQuery("select n, v, count(*) from t group by 1, 2 order by 1, 2", "0 new 1900", "1 new 100", "1 old 1000")
}
