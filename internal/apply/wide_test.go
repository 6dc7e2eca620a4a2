package apply_test

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

func TestLargeRowsAmongSmallOnes(t *testing.T) {
	one := table("one", []int{0}, "id integer", "v text")
	l := newLab(t, create(one), apply.Options{})
	length := func(i int) int {
		switch i {
		case 20:
			return 64 << 20
		case 40:
			return 1 << 20
		}
		return 10
	}
	fill, grow := insert(one), update(one)
	for i := range 60 {
		fill.After = append(fill.After, row(i, strings.Repeat("a", 10)))
		grow.Before = append(grow.Before, fill.After[i])
		grow.After = append(grow.After, change.Row(fmt.Sprintf("%d\t%s", i, strings.Repeat(`\\`, length(i)))))
	}
	l.batch(fill)
	l.batch(grow)
	l.sql(`do $$ begin assert (select array_agg(length(v) order by id) from one where id in (19, 20, 40)) = array[10, 67108864, 1048576]; end $$`)
	counts := l.batch(remove(one, grow.After...))
	if l.expect("one"); counts["src.one"].Missing > 0 {
		t.Errorf("counted %+v", counts)
	}
}

func TestManyColumns(t *testing.T) {
	wide := table("wide", []int{70, 0})
	values := make([]any, 120)
	for i := range 120 {
		wide.Columns = append(wide.Columns, change.Column{Name: fmt.Sprintf("c%d", i), Type: "integer"})
		values[i] = i
	}
	wide.Uniques = [][]int{{80}}
	l := newLab(t, create(wide), apply.Options{})
	first := row(values...)
	l.batch(insert(wide, first))
	for _, at := range []int{1, 62, 63, 69, 70, 80, 119} {
		before := row(values...)
		values[at] = -at
		l.batch(update(wide, before, row(values...)))
		l.expect("wide", strings.ReplaceAll(string(row(values...)), "\t", " "))
	}
	if len(l.failures) > 0 {
		t.Error(l.failures)
	}
}

func TestManyTablesOnOneConnection(t *testing.T) {
	var tables []*change.Table
	for i := range 700 {
		tables = append(tables, table(fmt.Sprintf("t%d", i), []int{0}, "id integer", "v text"))
	}
	l := newLab(t, create(tables...), apply.Options{})
	for round := range 2 {
		var changes []*change.Rows
		for _, one := range tables {
			if round == 0 {
				changes = append(changes, insert(one, row(1, "a"), row(2, "b")))
			} else {
				changes = append(changes, update(one, row(1, "a"), row(1, "c")), remove(one, row(2, "b")), insert(one, row(3, "d")))
			}
		}
		l.batch(changes...)
	}
	l.batch(update(tables[0], row(1, "c"), row(1, "x"))) // notices that there are too many statements
	l.batch(update(tables[0], row(1, "x"), row(1, "e"))) // lets them go
	l.expect("t0", "1 e", "3 d")
	l.expect("t699", "1 c", "3 d")
	var prepared int
	if err := l.conn.QueryRow(l.ctx, "select count(*) from pg_prepared_statements").Scan(&prepared); err != nil || prepared > 10 {
		t.Errorf("%d prepared statements are left, %v", prepared, err)
	}
}

func TestTypesMadeAnew(t *testing.T) {
	one := table("one", []int{0}, "id integer", "m mood")
	l := newLab(t, moods+create(one), apply.Options{})
	l.batch(insert(one, row(1, "sad")))
	l.sql("drop table one; drop type mood; " + moods + create(one))
	l.batch(insert(one, row(2, "ok")))
	l.expect("one", "2 ok")
	if len(l.failures) > 0 {
		t.Error(l.failures)
	}
}
