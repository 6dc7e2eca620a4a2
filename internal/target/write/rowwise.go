package write

import (
	"context"
	"slices"
	"strconv"

	"pgchameleon/internal/change"
)

// A table without a key: its rows are found by all their columns, and where
// several are equal, as many of them are deleted as the source deleted.

// pattern is rows that are NULL in the same columns: the statements that find
// them compare the others by =, which can be hashed and indexed.
type pattern struct {
	nulls  []bool
	rows   []change.Row
	copies []int
}

// manyCopies is from how many rows on one pass over the table is made for all.
const (
	manyCopies       = 4
	copiesChunkRows  = 50_000
	copiesChunkBytes = 8 << 20
)

func (c *Changes) deleteCopies(ctx context.Context, t *table, s *change.Set, missing *int) error {
	found, err := patterns(s)
	if err != nil {
		return err
	}
	for _, p := range found {
		for len(p.rows) > 0 {
			n, size := 0, 0
			for n < len(p.rows) && n < copiesChunkRows && size < copiesChunkBytes && len(p.rows[n]) < bigRow {
				size += len(p.rows[n])
				n++
			}
			if !t.arrays || n < manyCopies {
				n = 1
			}
			wanted := 0
			for _, copies := range p.copies[:n] {
				wanted += copies
			}
			done := func(a answer) {
				if !s.Tolerant {
					*missing += max(0, wanted-a.count)
				}
			}
			if err := c.deletePattern(ctx, t, pattern{p.nulls, p.rows[:n], p.copies[:n]}, done); err != nil {
				return err
			}
			p.rows, p.copies = p.rows[n:], p.copies[n:]
		}
	}
	return nil
}

func patterns(s *change.Set) ([]*pattern, error) {
	var list []*pattern
	known := map[string]*pattern{}
	var values [][]byte
	var key []byte
	for i, row := range s.Deletes {
		values, key = fields(row, values), key[:0]
		if err := whole(s.Table, len(values)); err != nil {
			return nil, err
		}
		for _, field := range values {
			key = strconv.AppendBool(key, isNull(field))
		}
		p := known[string(key)]
		if p == nil {
			p = &pattern{}
			for _, field := range values {
				p.nulls = append(p.nulls, isNull(field))
			}
			known[string(key)] = p
			list = append(list, p)
		}
		p.rows, p.copies = append(p.rows, row), append(p.copies, s.Copies[i])
	}
	return list, nil
}

func (c *Changes) deletePattern(ctx context.Context, t *table, p pattern, done func(answer)) error {
	var filled []int
	for i, null := range p.nulls {
		if !null {
			filled = append(filled, i)
		}
	}
	s := &statement{table: t.Table}
	if len(p.rows) == 1 {
		values := fields(p.rows[0], nil)
		params := [][]byte{strconv.AppendInt(nil, int64(p.copies[0]), 10)}
		for _, ordinal := range filled {
			params = append(params, plain(values[ordinal]))
		}
		t.composeCopies(s, p.nulls, filled)
		return c.askOnce(ctx, s, params, done)
	}
	arrays := make([]arrayer, 1+len(filled))
	arrays[0].reset(',')
	for i, ordinal := range filled {
		arrays[1+i].reset(t.columns[ordinal].comma)
	}
	var values [][]byte
	for i, row := range p.rows {
		values = fields(row, values)
		arrays[0].value(strconv.AppendInt(nil, int64(p.copies[i]), 10))
		for n, ordinal := range filled {
			arrays[1+n].field(values[ordinal])
		}
	}
	params := make([][]byte, len(arrays))
	for i := range arrays {
		params[i] = arrays[i].done()
	}
	t.composeManyCopies(s, p.nulls, filled)
	c.wait = append(c.wait, "set local enable_hashjoin = on", "set local enable_seqscan = on")
	if err := c.askOnce(ctx, s, params, done); err != nil {
		return err
	}
	c.wait = append(c.wait, "set local enable_hashjoin = off", "set local enable_seqscan = off")
	return nil
}

// The types bigint and bigint[].
const (
	bigintOID  = 20
	bigintsOID = 1016
)

// composeCopies deletes $1 rows that are equal to the one given.
func (t *table) composeCopies(s *statement, nulls []bool, filled []int) {
	s.types = append(s.types, bigintOID)
	t.parameters(s, filled, false)
	s.sql = "delete from " + t.ident + " where ctid = any (array(select t.ctid from " + t.ident + " t where " +
		t.alike(nulls, func(ordinal int) string { return dollar(1+slices.Index(filled, ordinal), 0) }) + " limit $1))"
}

// composeManyCopies deletes, for each of the rows given, as many rows that are
// equal to it as its n says.
func (t *table) composeManyCopies(s *statement, nulls []bool, filled []int) {
	s.types = append(s.types, bigintsOID)
	t.parameters(s, filled, true)
	params, names := "$1", "n"
	for i, ordinal := range filled {
		params, names = params+", "+dollar(i+1, 0), names+", "+given(0, ordinal)
	}
	s.sql = "delete from " + t.ident + " where ctid = any (array(select x.ctid from (" +
		"select t.ctid, s.n, row_number() over (partition by s.i) as r from " + t.ident + " t join unnest(" + params +
		") with ordinality as s(" + names + ", i) on " +
		t.alike(nulls, func(ordinal int) string { return "s." + given(0, ordinal) }) + ") x where x.r <= x.n))"
}

// alike compares all columns with those of a given row. Types whose = is
// missing or not exact are compared as text.
func (t *table) alike(nulls []bool, of func(ordinal int) string) string {
	return list(t.all(), " and ", func(_, ordinal int) string {
		column := "t." + t.quoted(ordinal)
		switch {
		case nulls[ordinal]:
			return column + " is null"
		case t.columns[ordinal].equal:
			return column + " = " + of(ordinal)
		}
		return column + "::text = " + of(ordinal) + "::text"
	})
}
