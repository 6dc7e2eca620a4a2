package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// judge works out, over the columns in PostgreSQL, which rows the source keeps in a
// partition. Its rules are the servers' own, seen on them: in the function of a RANGE, NULL
// is lower than all; in that of a HASH it is the lowest signed number, not 0, and an
// unsigned number beyond the signed ones wraps around.
type judge struct {
	t       *mapping.Table
	p       *schema.Partitioning
	d       parse.Dialect
	columns []string // on the source, that it has looked at
}

const everyRow, noRow = "true", "false"

// rows gives the condition for the rows of the named partitions and subpartitions. The
// error is the reason why there is none.
func (j *judge) rows(names []string, all bool) (string, error) {
	if all {
		return everyRow, nil
	}
	p := j.p
	switch {
	case p == nil || p.Method == schema.ByUnknown:
		return "", errors.New("how it is partitioned is not known")
	case p.Displaced:
		return "", errors.New("rows may stand in partitions where they do not belong, since an exchange WITHOUT VALIDATION or since a partition came beside a default one")
	}
	var whole []int
	var conditions []string
	for _, name := range names {
		if at := p.Part(name); at >= 0 {
			whole = append(whole, at)
			continue
		}
		at, sub := p.Subpart(name)
		if at < 0 && p.Method == schema.BySystemTime {
			continue // of the history, made by the server itself
		}
		if at < 0 {
			return "", fmt.Errorf("it is not known to have a partition %s", name)
		}
		condition, err := j.subpart(at, sub)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, condition)
	}
	if len(whole) > 0 {
		condition, err := j.parts(whole)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, condition)
	}
	return either(conditions), nil
}

// either joins conditions.
func either(conditions []string) string {
	conditions = slices.DeleteFunc(conditions, func(c string) bool { return c == noRow })
	switch {
	case slices.Contains(conditions, everyRow):
		return everyRow
	case len(conditions) == 0:
		return noRow
	case len(conditions) == 1:
		return conditions[0]
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// parts is for rows of whole partitions.
func (j *judge) parts(list []int) (string, error) {
	p := j.p
	switch {
	case p.Method == schema.BySystemTime:
		if slices.ContainsFunc(list, func(at int) bool { return p.Parts[at].Current }) {
			return everyRow, nil
		}
		return noRow, nil // rows of the history are not replicated
	case p.Method == schema.ByHash:
		return j.hash(&p.Division, len(p.Parts), list)
	case p.Method == schema.ByKey:
		return "", errKey
	}
	var conditions []string
	for _, at := range list {
		condition, err := j.part(at)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, condition)
	}
	return either(conditions), nil
}

var errKey = errors.New("which rows KEY puts where is the source's secret")

func (j *judge) subpart(at, sub int) (string, error) {
	if j.p.Sub.Method == schema.ByKey {
		return "", errKey
	}
	outer, err := j.parts([]int{at})
	if err != nil {
		return "", err
	}
	inner, err := j.hash(j.p.Sub, len(j.p.Parts[at].Subs), []int{sub})
	if err != nil {
		return "", err
	}
	return "(" + outer + " AND " + inner + ")", nil
}

// part is for rows of one partition by RANGE or LIST.
func (j *judge) part(at int) (string, error) {
	list, columns := j.p.Method == schema.ByList, j.p.Expr == ""
	switch {
	case list && columns:
		return j.listColumns(at)
	case list:
		return j.list(at)
	case columns:
		return j.rangeColumns(at)
	}
	return j.span(at)
}

// span is for a partition by RANGE of a function.
func (j *judge) span(at int) (string, error) {
	value, err := j.value(j.p.Expr)
	if err != nil {
		return "", err
	}
	var conditions []string
	if at > 0 {
		low, err := known(j.p.Parts[at-1].Bounds)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, value+" >= "+low[0].Text)
	}
	high, err := known(j.p.Parts[at].Bounds)
	if err != nil {
		return "", err
	}
	if !high[0].Max {
		conditions = append(conditions, value+" < "+high[0].Text)
	}
	switch {
	case len(conditions) == 0:
		return everyRow, nil
	case at == 0:
		conditions[0] = "(" + value + " IS NULL OR " + conditions[0] + ")"
	}
	return strings.Join(conditions, " AND "), nil
}

// known gives the one tuple of a partition's bounds.
func known(bounds [][]schema.Bound) ([]schema.Bound, error) {
	if len(bounds) != 1 {
		return nil, errors.New("a partition's bounds are not known")
	}
	return bounds[0], allKnown(bounds)
}

func allKnown(bounds [][]schema.Bound) error {
	for _, tuple := range bounds {
		for _, b := range tuple {
			if b.Unknown {
				return fmt.Errorf("the bound %s of a partition is worked out by the source", b.Text)
			}
		}
	}
	return nil
}

// list is for a partition by LIST of a function.
func (j *judge) list(at int) (string, error) {
	value, err := j.value(j.p.Expr)
	if err != nil {
		return "", err
	}
	return j.listed(at, func(tuple []schema.Bound) (string, error) {
		if tuple[0].Null {
			return value + " IS NULL", nil
		}
		return value + " = " + tuple[0].Text, nil
	})
}

// listed is for rows of which one tuple of a partition's list holds or, for the default
// partition, none of any other.
func (j *judge) listed(at int, holds func([]schema.Bound) (string, error)) (string, error) {
	var conditions []string
	for i := range j.p.Parts {
		if part := &j.p.Parts[i]; i == at || j.p.Parts[at].Default {
			if err := allKnown(part.Bounds); err != nil {
				return "", err
			}
			for _, tuple := range part.Bounds {
				condition, err := holds(tuple)
				if err != nil {
					return "", err
				}
				conditions = append(conditions, condition)
			}
		}
	}
	if j.p.Parts[at].Default {
		return "(" + either(conditions) + ") IS NOT TRUE", nil
	}
	return either(conditions), nil
}

// listColumns is for a partition by LIST COLUMNS.
func (j *judge) listColumns(at int) (string, error) {
	columns, err := j.keys(j.p.Columns, false)
	if err != nil {
		return "", err
	}
	return j.listed(at, func(tuple []schema.Bound) (string, error) {
		var all []string
		for i, b := range tuple {
			if i >= len(columns) {
				return "", errors.New("a partition's bounds are not known")
			}
			if b.Null {
				all = append(all, columns[i].sql+" IS NULL")
			} else {
				all = append(all, columns[i].sql+" = "+columns[i].literal(b.Text))
			}
		}
		return "(" + strings.Join(all, " AND ") + ")", nil
	})
}

// rangeColumns is for a partition by RANGE COLUMNS.
func (j *judge) rangeColumns(at int) (string, error) {
	columns, err := j.keys(j.p.Columns, true)
	if err != nil {
		return "", err
	}
	high, err := known(j.p.Parts[at].Bounds)
	if err != nil {
		return "", err
	}
	condition := less(columns, high)
	if at == 0 {
		return condition, nil
	}
	low, err := known(j.p.Parts[at-1].Bounds)
	if err != nil {
		return "", err
	}
	lower := "NOT " + less(columns, low)
	if condition == everyRow {
		return lower, nil
	}
	return "(" + condition + " AND " + lower + ")", nil
}

// less says that a row's tuple is less than a bound's; NULL is less than all.
func less(columns []keyColumn, bound []schema.Bound) string {
	if len(bound) == 0 || len(columns) == 0 {
		return noRow
	}
	if bound[0].Max {
		return everyRow
	}
	c, literal := columns[0], columns[0].literal(bound[0].Text)
	condition := c.sql + " IS NULL OR " + c.sql + " < " + literal
	switch rest := less(columns[1:], bound[1:]); rest {
	case noRow:
	case everyRow:
		condition = c.sql + " IS NULL OR " + c.sql + " <= " + literal
	default:
		condition += " OR (" + c.sql + " = " + literal + " AND " + rest + ")"
	}
	return "(" + condition + ")"
}

// hash is for the partitions of these numbers among n.
func (j *judge) hash(division *schema.Division, n int, list []int) (string, error) {
	if n == 0 {
		return "", errors.New("how many partitions there are is not known")
	}
	value, err := j.value(division.Expr)
	if err != nil {
		return "", err
	}
	signed := fmt.Sprintf("CASE WHEN %s >= 9223372036854775808 THEN %s - 18446744073709551616 ELSE coalesce(%s, -9223372036854775808) END", value, value, value)
	number := fmt.Sprintf("abs(mod(%s, %d))", signed, n)
	if division.Linear {
		mask := 1
		for mask < n {
			mask *= 2
		}
		bits := func(mask int) string { return fmt.Sprintf("((%s)::bigint & %d)", signed, mask) }
		number = fmt.Sprintf("CASE WHEN %s < %d THEN %s ELSE %s END", bits(mask-1), n, bits(mask-1), bits(mask/2-1))
	}
	if len(list) == n {
		return everyRow, nil
	}
	var numbers []string
	for _, at := range list {
		numbers = append(numbers, strconv.Itoa(at))
	}
	return "(" + number + ") IN (" + strings.Join(numbers, ", ") + ")", nil
}
