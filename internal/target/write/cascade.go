package write

import (
	"context"
	"fmt"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
)

// maxDepth is how deep InnoDB lets cascades of updates nest.
const maxDepth = 15

// move is what happened to the rows of a parent: for each, the values of some
// columns before and, unless the rows were deleted, after. nil is NULL.
type move struct {
	columns []int
	before  [][][]byte
	after   [][][]byte // nil: deleted
}

// cascade does to the children what InnoDB did, on their rows as they are now.
func (c *Changes) cascade(ctx context.Context, s *change.Cascades) error {
	if err := c.drain(ctx); err != nil {
		return err
	}
	columns := referenced(s.Parent)
	m := move{columns: columns, before: project(s.Before, columns)}
	if s.Action == event.Update {
		m.after = project(s.After, columns)
	}
	return c.descend(ctx, s.Parent, m, s.Spare, 0)
}

// referenced lists the columns that a table's children refer to.
func referenced(t *change.Table) []int {
	var columns []int
	for _, child := range t.Children {
		for _, ordinal := range child.Parent {
			if !slices.Contains(columns, ordinal) {
				columns = append(columns, ordinal)
			}
		}
	}
	return columns
}

func project(rows []change.Row, columns []int) [][][]byte {
	projected := make([][][]byte, len(rows))
	var values [][]byte
	for i, row := range rows {
		values = fields(row, values)
		projected[i] = make([][]byte, len(columns))
		for n, ordinal := range columns {
			projected[i][n] = plain(values[ordinal])
		}
	}
	return projected
}

func (c *Changes) descend(ctx context.Context, parent *change.Table, m move, spare func(*change.Table) bool, depth int) error {
	if depth > maxDepth && m.after != nil || len(m.before) == 0 {
		return nil
	}
	for n, child := range parent.Children {
		action := child.OnDelete
		if m.after != nil {
			action = child.OnUpdate
		}
		if action == change.None || spare != nil && spare(child.Table) {
			continue
		}
		for start := 0; start < len(m.before); start += chunkRows {
			next, err := c.strike(ctx, parent, n, action, m.part(start, min(start+chunkRows, len(m.before))))
			if err != nil {
				return err
			}
			if err := c.descend(ctx, child.Table, next, spare, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m move) part(from, to int) move {
	p := move{columns: m.columns, before: m.before[from:to]}
	if m.after != nil {
		p.after = m.after[from:to]
	}
	return p
}

// strike runs one child's action for some of the parent's rows and gives what it
// did to the child's rows, as far as there are children of the child.
func (c *Changes) strike(ctx context.Context, parent *change.Table, n int, action change.Action, m move) (move, error) {
	child := parent.Children[n]
	before, after := m.of(child)
	if len(before) == 0 {
		return move{}, nil
	}
	t := c.tables[child.Table]
	if t == nil {
		return move{}, fmt.Errorf("running a cascade on table %s: it is not known", child.Table.Source)
	}
	for _, ordinal := range child.Child {
		if t.columns[ordinal].array == 0 {
			return move{}, &Refusal{table: child.Table, text: fmt.Sprintf("column %s cannot be searched for a cascade", child.Table.Columns[ordinal].Name),
				cause: errSearch}
		}
	}
	moved := m.after != nil && action == change.Cascade
	s := t.statement(fmt.Sprint("cascade", child.Child, action, m.after != nil), func(s *statement) {
		t.composeCascade(s, child, action, m.after != nil)
	})
	params := arraysOf(t, child.Child, before)
	if moved {
		params = append(params, arraysOf(t, child.Child, after)...)
	}
	if moved {
		if err := c.clear(ctx, t, child, params); err != nil {
			return move{}, err
		}
	}
	var gone [][][]byte
	done := func(a answer) { gone = a.rows }
	if len(child.Table.Children) == 0 {
		return move{}, c.ask(ctx, s, params, nil)
	}
	if err := c.ask(ctx, s, params, done); err != nil {
		return move{}, err
	}
	if err := c.drain(ctx); err != nil {
		return move{}, err
	}
	return next(child, action, gone), nil
}

// clear removes rows that a key moves onto. InnoDB would have refused the move;
// but the copy of a table that is catching up may hold a row both as it was
// before the move and as it was after.
func (c *Changes) clear(ctx context.Context, t *table, child *change.Child, params [][]byte) error {
	if !slices.ContainsFunc(child.Child, func(ordinal int) bool { return slices.Contains(t.Key, ordinal) }) {
		return nil
	}
	s := t.statement(fmt.Sprint("clear", child.Child), func(s *statement) { t.composeClear(s, child.Child) })
	return c.ask(ctx, s, params, nil)
}

// next reads what a cascade's statement returned.
func next(child *change.Child, action change.Action, rows [][][]byte) move {
	m := move{columns: referenced(child.Table)}
	n := len(m.columns)
	for _, row := range rows {
		m.before = append(m.before, row[:n])
		if len(row) > n {
			m.after = append(m.after, row[n:])
		}
	}
	return m
}

// of gives the values that a child refers to, of those rows where they matter.
func (m move) of(child *change.Child) (before, after [][][]byte) {
	at := make([]int, len(child.Parent))
	for i, ordinal := range child.Parent {
		at[i] = slices.Index(m.columns, ordinal)
	}
	pick := func(row [][]byte) [][]byte {
		picked := make([][]byte, len(at))
		for i, n := range at {
			picked[i] = row[n]
		}
		return picked
	}
	for i := range m.before {
		old := pick(m.before[i])
		if slices.ContainsFunc(old, func(value []byte) bool { return value == nil }) {
			continue // a NULL refers to nothing
		}
		if m.after == nil {
			before = append(before, old)
			continue
		}
		if next := pick(m.after[i]); !same(old, next) {
			before, after = append(before, old), append(after, next)
		}
	}
	return before, after
}

func same(a, b [][]byte) bool {
	return slices.EqualFunc(a, b, func(x, y []byte) bool { return (x == nil) == (y == nil) && string(x) == string(y) })
}

func arraysOf(t *table, ordinals []int, rows [][][]byte) [][]byte {
	params := make([][]byte, len(ordinals))
	for i, ordinal := range ordinals {
		var a arrayer
		a.reset(t.columns[ordinal].comma)
		for _, row := range rows {
			a.value(row[i])
		}
		params[i] = a.done()
	}
	return params
}
