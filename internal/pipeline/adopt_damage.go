package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pgchameleon/internal/adopt"
	"pgchameleon/internal/mapping"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/snapshot"
	"pgchameleon/internal/target/legacy"
	"pgchameleon/internal/typemap"
)

// heldRows is how many rows of a table are held against those in PostgreSQL.
const heldRows = 100_000

// damages lists what is wrong with a table's values.
func (s *adopting) damages(ctx context.Context, t *mapping.Table, utc bool) ([]string, error) {
	doubts, err := s.inTarget(ctx, t, adopt.Doubts(t))
	if err != nil {
		return nil, err
	}
	var reasons []string
	var open []adopt.Doubt
	for _, d := range doubts {
		if d.Source == "" || d.Moment && !utc {
			reasons = append(reasons, d.Reason)
		} else {
			open = append(open, d)
		}
	}
	if len(reasons) > 0 || len(open) == 0 { // the table is to be filled anyway
		return reasons, nil
	}
	if open, err = s.inSource(ctx, t, open); err != nil {
		return nil, err
	}
	var pairs []adopt.Doubt
	for _, d := range open {
		if d.Pair == "" {
			reasons = append(reasons, d.Reason)
		} else {
			pairs = append(pairs, d)
		}
	}
	if len(reasons) > 0 || len(pairs) == 0 {
		return reasons, nil
	}
	return s.inPairs(ctx, t, pairs)
}

// inTarget leaves the doubts that rows in PostgreSQL do not clear, which are read once for all.
func (s *adopting) inTarget(ctx context.Context, t *mapping.Table, doubts []adopt.Doubt) (left []adopt.Doubt, err error) {
	var asked []adopt.Doubt
	var conditions []string
	for _, d := range doubts {
		if d.Target == "" { // the rows may be those that are missing
			left = append(left, d)
		} else {
			asked, conditions = append(asked, d), append(conditions, d.Target)
		}
	}
	found, err := legacy.Any(ctx, s.adoption.conn, t.Ident(), conditions)
	for i := range found {
		if found[i] {
			left = append(left, asked[i])
		}
	}
	return left, err
}

// inSource leaves the doubts that rows of the source do not clear, which are read once for all.
func (s *adopting) inSource(ctx context.Context, t *mapping.Table, doubts []adopt.Doubt) ([]adopt.Doubt, error) {
	var list []string
	for _, d := range doubts {
		list = append(list, "COALESCE(MAX("+d.Source+"), 0)")
	}
	rows, err := source.Text(ctx, s.origin.conn, fmt.Sprintf("SELECT %s FROM %s", strings.Join(list, ", "), sourceIdent(t)))
	if err != nil {
		return nil, err
	}
	var left []adopt.Doubt
	for i, d := range doubts {
		if rows[0][i] != "0" {
			left = append(left, d)
		}
	}
	return left, nil
}

func sourceIdent(t *mapping.Table) string {
	return source.Quote(t.Source.Name.Schema) + "." + source.Quote(t.Source.Name.Table)
}

// inPairs holds rows of the source against those in PostgreSQL.
func (s *adopting) inPairs(ctx context.Context, t *mapping.Table, doubts []adopt.Doubt) ([]string, error) {
	var reasons, moments, others []adopt.Doubt
	for _, d := range doubts {
		switch {
		case d.Chosen:
			where, err := s.chosen(ctx, t, d)
			if err != nil {
				return nil, err
			}
			d.Source = where
			found, _, err := s.hold(ctx, t, []adopt.Doubt{d}, "")
			if err != nil {
				return nil, err
			}
			reasons = append(reasons, pick([]adopt.Doubt{d}, found)...)
		case d.Moment:
			moments = append(moments, d)
		default:
			others = append(others, d)
		}
	}
	if len(moments) > 0 { // rows that were copied, and rows that came later
		for _, order := range []string{" ORDER BY 1", " ORDER BY 1 DESC"} {
			found, _, err := s.hold(ctx, t, moments, order)
			if err != nil {
				return nil, err
			}
			reasons = append(reasons, pick(moments, found)...)
		}
	}
	if len(others) > 0 {
		found, full, err := s.hold(ctx, t, others, "")
		if err != nil {
			return nil, err
		}
		if full {
			for i, d := range others {
				others[i].Reason = fmt.Sprintf("%s, or not: it has more than %d rows that are to be looked at", d.Reason, heldRows)
				found[i] = true
			}
		}
		reasons = append(reasons, pick(others, found)...)
	}
	var texts []string
	for _, d := range reasons {
		if !slices.Contains(texts, d.Reason) {
			texts = append(texts, d.Reason)
		}
	}
	return texts, nil
}

// pick gives the doubts that have come true.
func pick(doubts []adopt.Doubt, found []bool) []adopt.Doubt {
	var list []adopt.Doubt
	for i, d := range doubts {
		if found[i] {
			list = append(list, d)
		}
	}
	return list
}

// chosenRows is how many rows are looked at where those in PostgreSQL are suspicious.
const chosenRows = 1000

// chosen gives the condition on the source for some of the rows that are suspicious in PostgreSQL.
func (s *adopting) chosen(ctx context.Context, t *mapping.Table, d adopt.Doubt) (string, error) {
	var own, columns []string
	for _, at := range t.Key {
		own = append(own, mapping.Quote(t.Columns[at].Name))
		columns = append(columns, source.Quote(t.Source.Columns[t.Columns[at].Ordinal].Name))
	}
	keys, err := legacy.Keys(ctx, s.adoption.conn, t.Ident(), own, d.Target, chosenRows)
	if err != nil {
		return "", err
	}
	rows := make([]string, len(keys))
	for i, key := range keys {
		for j := range key {
			key[j] = source.Literal(key[j])
		}
		rows[i] = "(" + strings.Join(key, ", ") + ")"
	}
	return fmt.Sprintf("(%s) IN (%s) AND %s", strings.Join(columns, ", "), strings.Join(rows, ", "), d.Source), nil
}

// hold reads the rows of the source that doubts are about, and tells which of these have come
// true; full says that there are more rows.
func (s *adopting) hold(ctx context.Context, t *mapping.Table, doubts []adopt.Doubt, order string) (found []bool, full bool, err error) {
	columns := slices.Clone(t.Key)
	var where, pairs []string
	for _, d := range doubts {
		where, pairs = append(where, "("+d.Source+")"), append(pairs, d.Pair)
		if at := t.Column(d.Column); !slices.Contains(columns, at) {
			columns = append(columns, at)
		}
	}
	held := legacy.Held{Ident: t.Ident(), Key: len(t.Key)}
	var selected []string
	lines := &heldLines{}
	for _, at := range columns {
		c := t.Columns[at]
		held.Columns, lines.columns = append(held.Columns, mapping.Quote(c.Name)), append(lines.columns, c.Map)
		selected = append(selected, c.Map.Select(source.Quote(t.Source.Columns[c.Ordinal].Name)))
	}
	conn, err := source.Connect(ctx, s.replica.spec.MySQL, "", source.RawRows)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = conn.Close() }()
	lines.rows = snapshot.NewRows(conn)
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s%s LIMIT %d", strings.Join(selected, ", "), sourceIdent(t), strings.Join(where, " OR "), order, heldRows)
	if err := lines.rows.Query(ctx, sql); err != nil {
		return nil, false, err
	}
	held.Lines = lines
	found, err = legacy.Against(ctx, s.adoption.conn, held, pairs)
	return found, lines.count == heldRows, err
}

// heldLines turns rows of the source into lines of COPY text as they are asked for.
type heldLines struct {
	rows    *snapshot.Rows
	columns []*typemap.Column
	buf     []byte
	at      int
	count   int
}

// Read gives the next bytes of lines.
func (l *heldLines) Read(p []byte) (int, error) {
	if l.at == len(l.buf) {
		row, err := l.rows.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.EOF
			}
			return 0, err
		}
		l.buf, l.at = l.buf[:0], 0
		for i, value := range row {
			if i > 0 {
				l.buf = append(l.buf, '\t')
			}
			if value == nil {
				l.buf = append(l.buf, `\N`...)
				continue
			}
			if l.buf, err = l.columns[i].Text(l.buf, value, &typemap.Notes{}); err != nil {
				return 0, err
			}
		}
		l.buf, l.count = append(l.buf, '\n'), l.count+1
	}
	n := copy(p, l.buf[l.at:])
	l.at += n
	return n, nil
}
