// Package expr owns what a scalar expression of MySQL or MariaDB is over the columns of a
// table, or of a query, in PostgreSQL: the same value for every row, or the reason why there is none. It does
// not own the text's grammar (that is ddl/parse), nor what the expression is used for.
package expr

import (
	"fmt"
	"slices"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// Result is an expression of PostgreSQL over the columns of a table, by their names there.
//
// It is worked out of what the replica holds: a zero date that has become NULL gives what NULL
// gives. Where such a column counts, ZeroDates names it.
type Result struct {
	SQL       string // in parentheses unless it is a name, a literal or a call
	Type      string // boolean, bigint, numeric, double precision, text, bytea, date, timestamp, timestamptz, time, jsonb, json, enum or "" (NULL)
	Immutable bool   // PostgreSQL takes it in an index
	Loose     string // of Index: for which values it may not be what MySQL has; "" for none
	Columns   []int  // ordinals in the table's Columns that it reads
	ZeroDates []int  // those of them that have dates, whose zero dates are not what they were

	value value
}

// Inexact is the error for an expression that has no exact translation.
type Inexact struct{ Reason string }

// Error gives the reason.
func (e *Inexact) Error() string { return e.Reason }

// Translate gives an expression whose value is MySQL's for every row. The error is an *Inexact.
func Translate(t *mapping.Table, text string, d parse.Dialect) (Result, error) {
	r, err := translate(t, text, d, false)
	if err == nil && r.Loose != "" {
		return Result{}, &Inexact{r.Loose}
	}
	return r, err
}

// Index gives an expression for an index: one that never fails, and never makes two rows equal
// that MySQL keeps apart; Loose says where its values are others.
func Index(t *mapping.Table, text string, d parse.Dialect) (Result, error) {
	return translate(t, text, d, false)
}

// Condition gives a boolean expression that is true, false or NULL where MySQL's is.
func Condition(t *mapping.Table, text string, d parse.Dialect) (Result, error) {
	r, err := translate(t, text, d, true)
	if err == nil && r.Loose != "" {
		return Result{}, &Inexact{r.Loose}
	}
	return r, err
}

func translate(t *mapping.Table, text string, d parse.Dialect, condition bool) (r Result, err error) {
	tree, err := parse.Expression(text, d)
	if err != nil {
		return Result{}, &Inexact{"the expression cannot be read"}
	}
	x := &translator{table: t, dialect: d, immutable: true}
	defer x.recover(&r, &err)
	v := x.value(tree)
	if condition {
		v = x.truth(v)
	}
	return x.result(v), nil
}

// Fill gives the value that the expression has once MySQL has put it into a column, as a
// generated column does it, in the column's type.
func Fill(t *mapping.Table, text string, d parse.Dialect, into mapping.Column) (r Result, err error) {
	tree, err := parse.Expression(text, d)
	if err != nil {
		return Result{}, &Inexact{"the expression cannot be read"}
	}
	x := &translator{table: t, dialect: d, immutable: true}
	defer x.recover(&r, &err)
	r = x.result(x.assign(x.value(tree), into))
	if r.Loose != "" {
		return Result{}, &Inexact{r.Loose}
	}
	return r, nil
}

// translator goes through one expression.
type translator struct {
	table     *mapping.Table
	scope     *Scope        // of a query; nil: of the table alone
	aliases   []*parse.Expr // of it, that are being translated
	dialect   parse.Dialect
	immutable bool
	loose     string
	columns   []int
	zeros     []int
}

// recover turns the panic by which a rule refuses into an error.
func (x *translator) recover(r *Result, err *error) {
	switch failure := recover().(type) {
	case nil:
	case *Inexact:
		*r, *err = Result{}, failure
	default:
		panic(failure)
	}
}

func refuse(format string, args ...any) {
	panic(&Inexact{fmt.Sprintf(format, args...)})
}

func (x *translator) result(v value) Result {
	return Result{SQL: v.sql, Type: v.kind.sql(), Immutable: x.immutable, Loose: x.loose, Columns: x.columns, ZeroDates: x.zeros, value: v}
}

func note(list *[]int, at int) {
	if !slices.Contains(*list, at) {
		*list = append(*list, at)
	}
}

// value translates a node.
func (x *translator) value(e *parse.Expr) value {
	switch e.Op {
	case parse.OpColumn:
		return x.column(e)
	case parse.OpCall:
		return x.call(e)
	case parse.OpCast:
		return x.cast(e)
	case parse.OpCase:
		return x.caseOf(e.Args)
	case parse.OpQuery, parse.OpExists, parse.OpAmong:
		return x.subquery(e)
	case parse.OpShift:
		return x.shift(e)
	case parse.OpColl:
		v := x.value(e.Args[0])
		if v.kind == text {
			v.collation = threeBytes(e.Text)
			v.target = false
		}
		return v
	}
	if v, is := literal(e); is {
		return v
	}
	return x.operator(e)
}
