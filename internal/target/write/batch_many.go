package write

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/change"
)

// Where many rows in one statement begin to pay, and how much goes into one.
const (
	few        = 12
	bigRow     = 128 << 10 // such a row goes alone, and needs no escaping then
	chunkRows  = 2000
	chunkBytes = 512 << 10
	copyRows   = 100 // inserts from here on go by COPY
)

// work is a statement in two forms: for one row, and for many given as arrays.
type work struct {
	ordinals []int // the columns that are parameters, in order
	one      *statement
	many     *statement
	// done gets rows and how many of them the statement found; may be nil.
	done func(rows []change.Row, found int)
}

// run does work on rows in their order.
func (c *Changes) run(ctx context.Context, t *table, rows []change.Row, w work) error {
	var values [][]byte
	if !t.arrays || len(rows) < few {
		for i := range rows {
			if err := c.runOne(ctx, rows[i:i+1], w, &values); err != nil {
				return err
			}
		}
		return nil
	}
	arrays := make([]arrayer, len(w.ordinals))
	for len(rows) > 0 {
		n, err := c.runMany(ctx, t, rows, w, arrays, &values)
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (c *Changes) runOne(ctx context.Context, row []change.Row, w work, values *[][]byte) error {
	if err := w.fields(row[0], values, slices.Max(w.ordinals)+1); err != nil {
		return err
	}
	params := make([][]byte, len(w.ordinals))
	for i, ordinal := range w.ordinals {
		params[i] = plain((*values)[ordinal])
	}
	return c.ask(ctx, w.one, params, w.answer(row))
}

// runMany does work on the first rows and gives how many they were.
func (c *Changes) runMany(ctx context.Context, t *table, rows []change.Row, w work, arrays []arrayer, values *[][]byte) (int, error) {
	n, size := 0, 0
	for n < len(rows) && n < chunkRows && size < chunkBytes && len(rows[n]) < bigRow {
		size += len(rows[n])
		n++
	}
	if n == 0 {
		return 1, c.runOne(ctx, rows[:1], w, values)
	}
	for i, ordinal := range w.ordinals {
		arrays[i].reset(t.columns[ordinal].comma)
	}
	first := slices.Max(w.ordinals) + 1
	for _, row := range rows[:n] {
		if err := w.fields(row, values, first); err != nil {
			return 0, err
		}
		for i, ordinal := range w.ordinals {
			arrays[i].field((*values)[ordinal])
		}
	}
	params := make([][]byte, len(arrays))
	for i := range arrays {
		params[i] = arrays[i].done()
	}
	return n, c.ask(ctx, w.many, params, w.answer(rows[:n]))
}

// fields splits a row, which must have a field for each column, as far as it is asked for.
func (w work) fields(row change.Row, values *[][]byte, first int) error {
	var rest int
	*values, rest = firstFields(row, *values, first)
	return whole(w.one.table, len(*values)+rest)
}

func whole(t *change.Table, fields int) error {
	if fields == len(t.Columns) {
		return nil
	}
	text := fmt.Sprintf("a row has %d fields where table %s has %d columns", fields, t.Source, len(t.Columns))
	return &Refusal{table: t, text: text, cause: errShape}
}

func (w work) answer(rows []change.Row) func(answer) {
	if w.done == nil {
		return nil
	}
	return func(a answer) { w.done(rows, a.count) }
}

// aliases names the columns of s, the rows that a statement for many is given.
func (t *table) unnest(s *statement, ordinals []int) string {
	t.parameters(s, ordinals, true)
	return "unnest(" + list(ordinals, ", ", dollar) + ") as s(" + list(ordinals, ", ", given) + ")"
}

func (t *table) deleteKeys() work {
	key := t.Key
	one := t.statement("delete", func(s *statement) {
		t.parameters(s, key, false)
		s.sql = "delete from " + t.ident + " t where " + list(key, " and ", func(i, ordinal int) string {
			return "t." + t.quoted(ordinal) + " = " + dollar(i, 0)
		})
	})
	many := t.statement("deletes", func(s *statement) {
		s.sql = "delete from " + t.ident + " t using " + t.unnest(s, key) + " where " + t.joined(key)
	})
	return work{ordinals: key, one: one, many: many}
}

// joined compares key columns of the table and of the given rows.
func (t *table) joined(key []int) string {
	return list(key, " and ", func(i, ordinal int) string {
		return "t." + t.quoted(ordinal) + " = s." + given(0, ordinal)
	})
}

func (c *Changes) deleteKeys(ctx context.Context, t *table, s *change.Set, missing *int) error {
	w := t.deleteKeys()
	if !s.Tolerant {
		w.done = func(rows []change.Row, found int) { *missing += max(0, len(rows)-found) }
	}
	return c.run(ctx, t, s.Deletes, w)
}

func (t *table) updates(changed []int) work {
	ordinals := slices.Clone(t.Key)
	var mask strings.Builder
	for _, ordinal := range changed {
		mask.WriteString(" " + given(0, ordinal))
		if !slices.Contains(t.Key, ordinal) {
			ordinals = append(ordinals, ordinal)
		}
	}
	at := func(ordinal int) string { return dollar(slices.Index(ordinals, ordinal), 0) }
	one := t.statement("update"+mask.String(), func(s *statement) {
		t.parameters(s, ordinals, false)
		s.sql = "update " + t.ident + " t set " + list(changed, ", ", func(_, ordinal int) string {
			return t.quoted(ordinal) + " = " + at(ordinal)
		}) + " where " + list(t.Key, " and ", func(_, ordinal int) string {
			return "t." + t.quoted(ordinal) + " = " + at(ordinal)
		})
	})
	many := t.statement("updates"+mask.String(), func(s *statement) {
		from := t.unnest(s, ordinals)
		s.sql = "update " + t.ident + " t set " + list(changed, ", ", func(_, ordinal int) string {
			return t.quoted(ordinal) + " = s." + given(0, ordinal)
		}) + " from " + from + " where " + t.joined(t.Key)
	})
	return work{ordinals: ordinals, one: one, many: many}
}

func (c *Changes) update(ctx context.Context, t *table, u change.Update, missing *int) error {
	w := t.updates(u.Changed)
	w.done = func(rows []change.Row, found int) {
		if found >= len(rows) {
			return
		}
		c.heals = append(c.heals, func(ctx context.Context) error {
			heal := t.heal()
			heal.done = func(_ []change.Row, inserted int) { *missing += inserted }
			return c.run(ctx, t, rows, heal)
		})
	}
	return c.run(ctx, t, u.Rows, w)
}

// heal inserts those of the rows whose key is not there.
func (t *table) heal() work {
	all := t.all()
	one := t.statement("heal", func(s *statement) {
		t.parameters(s, all, false)
		s.sql = "insert into " + t.ident + " (" + t.names(all) + ") select " + list(all, ", ", dollar) +
			" where not exists (select from " + t.ident + " t where " + list(t.Key, " and ", func(_, ordinal int) string {
			return "t." + t.quoted(ordinal) + " = " + dollar(ordinal, 0)
		}) + ")"
	})
	many := t.statement("heals", func(s *statement) {
		s.sql = "insert into " + t.ident + " (" + t.names(all) + ") select s.* from " + t.unnest(s, all) +
			" where not exists (select from " + t.ident + " t where " + t.joined(t.Key) + ")"
	})
	return work{ordinals: all, one: one, many: many}
}

func (t *table) inserts() work {
	all := t.all()
	one := t.statement("insert", func(s *statement) {
		t.parameters(s, all, false)
		s.sql = "insert into " + t.ident + " (" + t.names(all) + ") values (" + list(all, ", ", dollar) + ")"
	})
	many := t.statement("inserts", func(s *statement) {
		s.sql = "insert into " + t.ident + " (" + t.names(all) + ") select s.* from " + t.unnest(s, all)
	})
	return work{ordinals: all, one: one, many: many}
}
