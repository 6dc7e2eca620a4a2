package apply_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/change"
)

// Every table of a clan has the columns id (its key), f and g (references to
// tables of the clan, or NULL) and v.
type member struct {
	table *change.Table
	keys  [2]*foreign // f and g; nil: a plain column
	rows  map[int]person
}

type person struct {
	f, g, v int // f and g: 0 is NULL
}

type foreign struct {
	parent             *member
	onDelete, onUpdate change.Action
}

// clan runs statements as InnoDB does.
type clan struct {
	members []*member
	logs    bool // children's changes are logged, before the parent's, as MySQL 9.7 does
	events  []*change.Rows
}

func (p person) row(id int) change.Row {
	text := func(n int) any {
		if n == 0 {
			return "NULL"
		}
		return n
	}
	return row(id, text(p.f), text(p.g), p.v)
}

func (p *person) column(i int) *int {
	if i == 0 {
		return &p.f
	}
	return &p.g
}

func drawClan(r *rapid.T, prefix string) *clan {
	c := &clan{logs: rapid.Bool().Draw(r, "logs")}
	actions := []change.Action{change.None, change.Cascade, change.Cascade, change.SetNull}
	for i := range rapid.IntRange(2, 4).Draw(r, "tables") {
		m := &member{table: table(fmt.Sprintf("%s_%d", prefix, i), []int{0}, "id integer", "f integer", "g integer", "v integer"), rows: map[int]person{}}
		c.members = append(c.members, m)
		for at := range m.keys {
			to := rapid.IntRange(-1, i).Draw(r, "parent")
			if to < 0 {
				continue
			}
			k := &foreign{parent: c.members[to], onDelete: rapid.SampledFrom(actions).Draw(r, "delete"), onUpdate: rapid.SampledFrom(actions).Draw(r, "update")}
			if to == i {
				k.onUpdate = change.None // InnoDB restricts such cascades
			}
			m.keys[at] = k
			if c.logs {
				continue // the children's changes come as any others, nothing is to be run
			}
			k.parent.table.Children = append(k.parent.table.Children,
				&change.Child{Table: m.table, Parent: []int{0}, Child: []int{1 + at}, OnDelete: k.onDelete, OnUpdate: k.onUpdate})
		}
	}
	return c
}

func sortedIDs(rows map[int]person) []int {
	var ids []int
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// children calls do for each row that refers to a row of m.
func (c *clan) children(m *member, id int, do func(child *member, at, childID int, k *foreign) bool) bool {
	for _, child := range c.members {
		for at, k := range child.keys {
			if k == nil || k.parent != m {
				continue
			}
			for _, childID := range sortedIDs(child.rows) {
				p, there := child.rows[childID]
				if there && *p.column(at) == id && !do(child, at, childID, k) {
					return false
				}
			}
		}
	}
	return true
}

// remove deletes a row with all that this entails; false: it is restricted.
func (c *clan) remove(m *member, id int, direct bool) bool {
	gone := m.rows[id]
	delete(m.rows, id)
	ok := c.children(m, id, func(child *member, at, childID int, k *foreign) bool {
		switch k.onDelete {
		case change.Cascade:
			return c.remove(child, childID, false)
		case change.SetNull:
			c.set(child, childID, at, 0)
			return true
		}
		return false
	})
	if direct || c.logs {
		c.events = append(c.events, remove(m.table, gone.row(id)))
	}
	return ok
}

// set changes a reference as a cascade does.
func (c *clan) set(m *member, id, at, to int) {
	before := m.rows[id]
	after := before
	*after.column(at) = to
	m.rows[id] = after
	if c.logs {
		c.events = append(c.events, update(m.table, before.row(id), after.row(id)))
	}
}

// move changes a row's key.
func (c *clan) move(m *member, from, to int, v int) bool {
	p := m.rows[from]
	delete(m.rows, from)
	ok := c.children(m, from, func(child *member, at, childID int, k *foreign) bool {
		switch k.onUpdate {
		case change.Cascade:
			c.set(child, childID, at, to)
			return true
		case change.SetNull:
			c.set(child, childID, at, 0)
			return true
		}
		return false
	})
	if p.f == from && m.keys[0] != nil && m.keys[0].parent == m || p.g == from && m.keys[1] != nil && m.keys[1].parent == m {
		return false
	}
	after := p
	after.v = v
	m.rows[to] = after
	c.events = append(c.events, update(m.table, p.row(from), after.row(to)))
	return ok
}

// step runs one random statement; one that the source refuses leaves nothing.
func (c *clan) step(r *rapid.T) {
	saved, events := make([]map[int]person, len(c.members)), len(c.events)
	for i, m := range c.members {
		saved[i] = map[int]person{}
		for id, p := range m.rows {
			saved[i][id] = p
		}
	}
	if c.try(r) {
		return
	}
	c.events = c.events[:events]
	for i, m := range c.members {
		m.rows = saved[i]
	}
}

func (c *clan) try(r *rapid.T) bool {
	m := rapid.SampledFrom(c.members).Draw(r, "table")
	id := rapid.IntRange(1, 12).Draw(r, "id")
	p, there := m.rows[id]
	fresh := person{v: rapid.IntRange(0, 99).Draw(r, "v")}
	for at := range m.keys {
		ref := rapid.IntRange(0, 12).Draw(r, "reference")
		if k := m.keys[at]; ref != 0 && k != nil {
			if _, exists := k.parent.rows[ref]; !exists {
				ref = 0
			}
		}
		*fresh.column(at) = ref
	}
	switch what := rapid.IntRange(0, 5).Draw(r, "statement"); {
	case !there:
		m.rows[id] = fresh
		c.events = append(c.events, insert(m.table, fresh.row(id)))
		return true
	case what == 0: // REPLACE
		if !c.remove(m, id, true) {
			return false
		}
		for at, k := range m.keys {
			if k != nil && *fresh.column(at) != 0 {
				if _, exists := k.parent.rows[*fresh.column(at)]; !exists {
					return false
				}
			}
		}
		m.rows[id] = fresh
		c.events = append(c.events, insert(m.table, fresh.row(id)))
		return true
	case what <= 2:
		return c.remove(m, id, true)
	case what == 3:
		to := rapid.IntRange(1, 12).Draw(r, "to")
		if _, taken := m.rows[to]; taken {
			return false
		}
		return c.move(m, id, to, fresh.v)
	}
	m.rows[id] = fresh
	c.events = append(c.events, update(m.table, p.row(id), fresh.row(id)))
	return true
}

// TestCascadesAreAsInnoDBRanThem compares random statements on random families
// of tables, run as InnoDB does, with what their logged rows lead to.
func TestCascadesAreAsInnoDBRanThem(t *testing.T) {
	sizes := []int{1, 7, 1000}
	labs := make([]*lab, len(sizes))
	for i, n := range sizes {
		labs[i] = newLab(t, "", apply.Options{FlushRows: n})
	}
	labs = append(labs, newLabOn(t, "postgres-18", "", apply.Options{}))
	made := 0
	rapid.Check(t, func(r *rapid.T) {
		l := rapid.SampledFrom(labs).Draw(r, "pieces")
		made++
		c := drawClan(r, "m"+strconv.Itoa(made))
		for _, m := range c.members {
			l.sql(create(m.table))
		}
		defer func() {
			for _, m := range c.members {
				l.sql("drop table " + m.table.Name)
			}
		}()
		for range rapid.IntRange(1, 3).Draw(r, "batches") {
			c.events = nil
			for range rapid.IntRange(1, 60).Draw(r, "statements") {
				c.step(r)
			}
			counts := l.batch(c.events...)
			for _, m := range c.members {
				var want []string
				for id, p := range m.rows {
					want = append(want, showPerson(id, p))
				}
				slices.Sort(want)
				if got := l.rows(m.table.Name); !slices.Equal(got, want) {
					r.Fatalf("table %s\n got %q\nwant %q", m.table.Name, got, want)
				}
				if n := counts[m.table.Source].Missing; n != 0 {
					r.Fatalf("table %s: %d rows missing", m.table.Name, n)
				}
			}
			if len(l.failures) > 0 {
				r.Fatalf("refused: %v", l.failures[0].Err)
			}
		}
	})
}

func showPerson(id int, p person) string {
	return fmt.Sprint(strconv.Itoa(id), " ", orNull(p.f), " ", orNull(p.g), " ", strconv.Itoa(p.v))
}

func orNull(n int) string {
	if n == 0 {
		return "NULL"
	}
	return strconv.Itoa(n)
}
