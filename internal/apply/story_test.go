package apply_test

import (
	"testing"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

func TestFoldsToTheLastState(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one), apply.Options{})
	counts := l.batch(
		insert(one, row(1, "a"), row(2, "b"), row(3, "c"), row(10, "j")),
		update(one, row(1, "a"), row(1, "a2")),
		update(one, row(1, "a2"), row(1, "a3")),
		remove(one, row(2, "b")),
		remove(one, row(3, "c")),
		insert(one, row(3, "c2")),
		update(one, row(10, "j"), row(11, "k")),
	)
	l.expect("one", "1 a3", "3 c2", "11 k")
	if got, want := counts["src.one"], (apply.Count{Inserted: 5, Updated: 3, Deleted: 2}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	l.batch(
		remove(one, row(1, "a3")), insert(one, row(1, "a4")), // REPLACE
		update(one, row(3, "c2"), row(4, "c2")), update(one, row(11, "k"), row(3, "k")), // keys move on
	)
	l.expect("one", "1 a4", "4 c2", "3 k")
}

func TestUniqueValuesSwapInOneTransaction(t *testing.T) {
	u := table("u", []int{0}, "id integer", "u integer", "v text")
	u.Uniques = [][]int{{1}}
	l := newLab(t, create(u), apply.Options{})
	l.batch(insert(u, row(1, 10, "a"), row(2, 20, "b"), row(3, 30, "c")))
	l.batch(
		update(u, row(1, 10, "a"), row(1, 99, "a")),
		update(u, row(2, 20, "b"), row(2, 10, "b")),
		update(u, row(1, 99, "a"), row(1, 20, "a")),
		remove(u, row(3, 30, "c")),
		insert(u, row(4, 30, "d")),
	)
	l.expect("u", "1 20 a", "2 10 b", "4 30 d")
	if len(l.failures) > 0 {
		t.Error(l.failures)
	}
}

func TestMissingRowsAreHealedAndCounted(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text", "w text")
	l := newLab(t, create(one), apply.Options{})
	counts := l.batch(
		update(one, row(1, "a", "w"), row(1, "b", "w")),
		remove(one, row(2, "x", "w")),
		update(one, row(3, "x", "w"), row(4, "y", "w")),
	)
	l.expect("one", "1 b w", "4 y w")
	if counts["src.one"].Missing != 3 {
		t.Errorf("counted %+v", counts["src.one"])
	}
	many := update(one)
	for i := range 3000 {
		many.Before, many.After = append(many.Before, row(i, "a", "w")), append(many.After, row(i, "z", "w"))
	}
	if counts = l.batch(many); counts["src.one"].Missing != 2998 || len(l.rows("one")) != 3000 {
		t.Errorf("counted %+v, have %d rows", counts["src.one"], len(l.rows("one")))
	}
}

func TestRedoReplaces(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one)+"insert into one values (1, 'new'), (2, 'new'), (3, 'new')", apply.Options{})
	changes := []*change.Rows{
		insert(one, row(1, "a")), remove(one, row(9, "gone")), update(one, row(8, "x"), row(8, "y")),
		update(one, row(2, "a"), row(5, "b")), insert(one, row(3, "c")), remove(one, row(3, "c")),
	}
	for _, r := range changes {
		r.Redo = true
	}
	for range 2 {
		if counts := l.batch(changes...); counts["src.one"].Missing != 0 {
			t.Errorf("counted %+v", counts)
		}
		l.expect("one", "1 a", "8 y", "5 b")
	}
}

func TestKeylessDuplicates(t *testing.T) {
	bag := table("bag", nil, "a integer", "b text", "j json", "p point")
	l := newLab(t, create(bag), apply.Options{})
	x, y := row(1, "x", `{"k": 1}`, "(1,2)"), row("NULL", "y", "NULL", "NULL")
	l.batch(insert(bag, x, x, x, y, y))
	counts := l.batch(remove(bag, x), update(bag, y, row(2, "z", "NULL", "NULL")), insert(bag, x), remove(bag, x, x))
	l.expect("bag", `1 x {"k": 1} (1,2)`, "NULL y NULL NULL", "2 z NULL NULL")
	if counts["src.bag"].Missing != 0 {
		t.Errorf("counted %+v", counts)
	}
	counts = l.batch(remove(bag, x, x), remove(bag, row(7, "q", "[]", "(0,0)")))
	if counts["src.bag"].Missing != 2 {
		t.Errorf("counted %+v", counts)
	}
	fill := insert(bag)
	for i := range 300 {
		fill.After = append(fill.After, row(i%100, "x", "NULL", "NULL"))
	}
	l.batch(fill)
	l.batch(remove(bag, fill.After[:150]...))
	if got := len(l.rows("bag")); got != 152 {
		t.Errorf("%d rows are left", got)
	}
}
