package apply_test

import (
	"testing"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

// family makes parent and child with one foreign key.
func family(onDelete, onUpdate change.Action) (parent, child *change.Table) {
	parent = table("parent", []int{0}, "id integer", "v text")
	child = table("child", []int{0}, "id integer", "parent integer", "v text")
	parent.Children = []*change.Child{{Table: child, Parent: []int{0}, Child: []int{1}, OnDelete: onDelete, OnUpdate: onUpdate}}
	return parent, child
}

func TestReplaceIntoTheParent(t *testing.T) {
	for _, c := range []struct {
		name   string
		action change.Action
		want   []string
	}{
		{"cascade", change.Cascade, []string{"3 2 c", "9 1 after"}},
		{"set null", change.SetNull, []string{"1 NULL a", "2 NULL b", "3 2 c", "9 1 after"}},
		{"none", change.None, []string{"1 1 a", "2 1 b", "3 2 c", "9 1 after"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent, child := family(c.action, change.None)
			l := newLab(t, create(parent, child), apply.Options{})
			l.batch(
				insert(child, row(1, 1, "a")), // seen before its parent is
				insert(parent, row(1, "p"), row(2, "q")),
				insert(child, row(2, 1, "b"), row(3, 2, "c")),
				remove(parent, row(1, "p")), insert(parent, row(1, "p2")),
				insert(child, row(9, 1, "after")),
			)
			l.expect("parent", "1 p2", "2 q")
			l.expect("child", c.want...)
		})
	}
}

func TestKeyOfTheParentChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		action change.Action
		want   []string
	}{
		{"cascade", change.Cascade, []string{"1 2 a", "2 3 b", "3 9 c"}},
		{"set null", change.SetNull, []string{"1 NULL a", "2 NULL b", "3 NULL c"}},
		{"none", change.None, []string{"1 1 a", "2 2 b", "3 3 c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent, child := family(change.None, c.action)
			l := newLab(t, create(parent, child), apply.Options{})
			l.batch(insert(parent, row(1, "p"), row(2, "q"), row(3, "r")), insert(child, row(1, 1, "a"), row(2, 2, "b"), row(3, 3, "c")))
			l.batch( // one after the other: 3 to 4, 2 to 3, 1 to 2, 4 to 9
				update(parent, row(3, "r"), row(4, "r"), row(2, "q"), row(3, "q"), row(1, "p"), row(2, "p")),
				update(parent, row(4, "r"), row(9, "r")),
				update(parent, row(9, "r"), row(9, "changed")),
			)
			l.expect("parent", "2 p", "3 q", "9 changed")
			l.expect("child", c.want...)
		})
	}
}

func TestCascadesReachGrandchildren(t *testing.T) {
	parent, child := family(change.Cascade, change.Cascade)
	child.Key = []int{0, 1} // id, parent: moves with the parent
	grand := table("grand", []int{0}, "id integer", "child integer", "parent integer")
	child.Children = []*change.Child{{Table: grand, Parent: []int{0, 1}, Child: []int{1, 2}, OnDelete: change.SetNull, OnUpdate: change.Cascade}}
	l := newLab(t, create(parent, child, grand), apply.Options{})
	l.batch(
		insert(parent, row(1, "p"), row(2, "q")), insert(child, row(1, 1, "a"), row(2, 2, "b")),
		insert(grand, row(1, 1, 1), row(2, 2, 2), row(3, "NULL", 2)),
		update(parent, row(1, "p"), row(7, "p")),
		remove(parent, row(2, "q")),
	)
	l.expect("child", "1 7 a")
	l.expect("grand", "1 1 7", "2 NULL NULL", "3 NULL 2")
}

func TestCascadesInOneTableAndInDiamonds(t *testing.T) {
	tree := table("tree", []int{0}, "id integer", "up integer")
	tree.Children = []*change.Child{{Table: tree, Parent: []int{0}, Child: []int{1}, OnDelete: change.Cascade}}
	l := newLab(t, create(tree), apply.Options{})
	l.batch(insert(tree, row(1, "NULL"), row(2, 1), row(3, 2), row(4, 3), row(5, "NULL"), row(6, 5), row(7, "NULL")))
	l.batch(remove(tree, row(1, "NULL")), remove(tree, row(5, "NULL")))
	l.expect("tree", "7 NULL")

	top := table("top", []int{0}, "id integer")
	left, right := table("left", []int{0}, "id integer", "top integer"), table("right", []int{0}, "id integer", "top integer")
	bottom := table("bottom", []int{0}, "id integer", "l integer", "r integer")
	for _, side := range []*change.Table{left, right} {
		top.Children = append(top.Children, &change.Child{Table: side, Parent: []int{0}, Child: []int{1}, OnDelete: change.Cascade})
	}
	left.Children = []*change.Child{{Table: bottom, Parent: []int{0}, Child: []int{1}, OnDelete: change.SetNull}}
	right.Children = []*change.Child{{Table: bottom, Parent: []int{0}, Child: []int{2}, OnDelete: change.Cascade}}
	d := newLab(t, create(top, left, right, bottom), apply.Options{})
	d.batch(
		insert(top, row(1), row(2)), insert(left, row(1, 1), row(2, 2)), insert(right, row(1, 1), row(2, 2)),
		insert(bottom, row(1, 1, 1), row(2, 2, 2), row(3, 1, 2)), remove(top, row(1)),
	)
	d.expect("left", "2 2")
	d.expect("bottom", "2 2 2", "3 NULL 2")
}

func TestCascadesThatDidNotRun(t *testing.T) {
	parent, child := family(change.Cascade, change.Cascade)
	l := newLab(t, create(parent, child), apply.Options{})
	l.batch(insert(parent, row(1, "p"), row(2, "q"), row(3, "r")), insert(child, row(1, 1, "a"), row(2, 2, "b"), row(3, 3, "c")))
	unchecked := remove(parent, row(1, "p"))
	unchecked.NoChecks = true
	spared := remove(parent, row(2, "q"))
	spared.Spared = []*change.Table{child}
	counts := l.batch(unchecked, spared,
		remove(child, row(3, 3, "c")), remove(parent, row(3, "r"))) // as MySQL 9.7 logs it
	l.expect("parent")
	l.expect("child", "1 1 a", "2 2 b")
	if counts["src.child"].Missing != 0 {
		t.Errorf("counted %+v", counts)
	}
}

func TestHiddenParent(t *testing.T) {
	parent, child := family(change.Cascade, change.None)
	parent.Hidden = true
	l := newLab(t, create(child), apply.Options{})
	counts := l.batch(insert(parent, row(1, "p")), insert(child, row(1, 1, "a"), row(2, 2, "b")), remove(parent, row(1, "p")))
	l.expect("child", "2 2 b")
	if _, counted := counts["src.parent"]; counted {
		t.Error("a table that is not replicated was counted")
	}
}

func TestKeysOfChildrenMoveOn(t *testing.T) {
	parent, child := family(change.Cascade, change.Cascade)
	child.Key = []int{1, 0}
	l := newLab(t, create(parent, child), apply.Options{})
	l.batch(insert(parent, row(1, "p"), row(2, "q"), row(3, "r")), insert(child, row(1, 1, "a"), row(1, 2, "b"), row(1, 3, "c")))
	l.batch(update(parent, row(3, "r"), row(4, "r"), row(2, "q"), row(3, "q"), row(1, "p"), row(2, "p")))
	l.expect("child", "1 2 a", "1 3 b", "1 4 c")
	// the child is catching up: one chunk of its copy was read before the move, one after
	l.batch(insert(child, row(1, 9, "a, later")))
	l.batch(update(parent, row(2, "p"), row(9, "p")))
	l.expect("child", "1 9 a", "1 3 b", "1 4 c")
	if len(l.failures) > 0 {
		t.Error(l.failures)
	}
}

func TestOnlyChangedReferencesMove(t *testing.T) {
	parent := table("parent", []int{0}, "id integer", "code text")
	parent.Uniques = [][]int{{1}}
	byID, byCode := table("by_id", []int{0}, "id integer", "ref integer"), table("by_code", []int{0}, "id integer", "ref text")
	parent.Children = []*change.Child{
		{Table: byID, Parent: []int{0}, Child: []int{1}, OnUpdate: change.SetNull},
		{Table: byCode, Parent: []int{1}, Child: []int{1}, OnUpdate: change.SetNull, OnDelete: change.Cascade},
	}
	l := newLab(t, create(parent, byID, byCode), apply.Options{})
	l.batch(insert(parent, row(1, "one")), insert(byID, row(1, 1)), insert(byCode, row(1, "one")))
	l.batch(update(parent, row(1, "one"), row(1, "uno")))
	l.expect("by_id", "1 1")
	l.expect("by_code", "1 NULL")
}
