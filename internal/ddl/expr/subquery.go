package expr

import (
	"errors"
	"fmt"
	"strings"

	"pgchameleon/internal/ddl/parse"
)

// subquery translates a query within an expression.
func (x *translator) subquery(e *parse.Expr) value {
	if x.scope == nil || x.scope.Query == nil {
		refuse("a subquery has no translation here")
	}
	sql, fields, err := x.scope.Query(e.Query, x.scope)
	var inexact *Inexact
	switch {
	case errors.As(err, &inexact):
		panic(inexact)
	case err != nil:
		refuse("%v", err)
	case e.Op == parse.OpExists:
		return logical("EXISTS (%s)", sql)
	case len(fields) != 1:
		refuse("a subquery gives %d columns", len(fields))
	}
	f := fields[0]
	v := f.value
	v.constant = nil
	if f.column != nil {
		v = x.columnValue(*f.column, "("+sql+")")
	} else {
		v.sql = "(" + sql + ")"
	}
	if e.Op == parse.OpQuery {
		return v
	}
	return x.among(x.value(e.Args[0]), v, sql)
}

// among says whether a value is one of a subquery's, of which v is the kind.
func (x *translator) among(a, v value, sql string) value {
	switch {
	case a.kind == text && v.kind == text:
		for _, side := range []value{a, v} {
			if _, is := binary(side.collation); !is {
				x.lax("text is held against that of a subquery with regard to case")
			}
		}
	case a.number() && v.number():
		a = x.count(a)
		if v.kind == boolean {
			refuse("a number is held against truths of a subquery")
		}
	case a.kind == v.kind && (a.kind == double || a.kind == date || a.kind == datetime || a.kind == instant || a.kind == clock || a.kind == bytes):
	default:
		refuse("MySQL converts one side of IN")
	}
	return logical("(%s IN (%s))", a.sql, sql)
}

// units are the units of time by which a date is moved, as PostgreSQL has them; whole says that
// a date stays one.
var units = map[string]struct {
	name  string
	whole bool
}{
	"DAY": {"day", true}, "WEEK": {"week", true}, "MONTH": {"month", true}, "YEAR": {"year", true}, "HOUR": {"hour", false}, "MINUTE": {"minute", false}, "SECOND": {"second", false},
}

// shift moves a date, in queries: there is none that lies beyond the year 9999, where MySQL gives NULL.
func (x *translator) shift(e *parse.Expr) value {
	unit, known := units[e.Text]
	if x.scope == nil || !known {
		refuse("a date that is moved by %s has no exact translation", strings.ToLower(e.Text))
	}
	v, by := x.moment("INTERVAL", e.Args[0]), x.count(x.value(e.Args[1]))
	if by.kind != integer || by.numeric || v.kind != date && v.kind != datetime {
		refuse("a date that is moved by what is no integer has no exact translation")
	}
	moved := fmt.Sprintf("(%s + %s * interval '1 %s')", v.finite(), by.sql, unit.name)
	out := value{kind: datetime, scale: v.scale, sql: moved}
	if v.kind == date && unit.whole {
		out.kind, out.sql = date, "("+moved+"::date)"
	}
	return out
}
