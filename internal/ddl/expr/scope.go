package expr

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// Scope is what names mean in a query over several relations. Its expressions have the same
// values as on the source but for what Notes tells: a view may be laxer than a value that is kept.
type Scope struct {
	Relations []Relation
	Aliases   []parse.Item // of the select list, which HAVING, GROUP BY and ORDER BY know too
	Dialect   parse.Dialect
	Outer     *Scope // of the query that this one is a part of; nil: of none
	// Query translates a subquery; nil: there are none.
	Query func(q *parse.Query, outer *Scope) (sql string, fields []Field, err error)
	Notes []string // in which way values may differ
}

// Relation is a table, a view or a query of a FROM clause.
type Relation struct {
	Name   string // by which its columns are qualified
	Fields []Field
}

// Field is a column of a relation.
type Field struct {
	Name string // on the source

	name   string          // in PostgreSQL
	column *mapping.Column // of a table; nil: it is worked out
	value  value
}

// TableRelation gives a table under a name.
func TableRelation(name string, t *mapping.Table) Relation {
	r := Relation{Name: name}
	for i := range t.Columns {
		c := &t.Columns[i]
		r.Fields = append(r.Fields, Field{Name: t.Source.Columns[c.Ordinal].Name, name: c.Name, column: c})
	}
	return r
}

// QueryRelation gives the columns of a query under a name, and under the names that they have
// outside of it.
func QueryRelation(name string, columns []string, fields []Field) Relation {
	r := Relation{Name: name}
	for i, f := range fields {
		f.Name, f.name = columns[i], mapping.Identifier(columns[i])
		r.Fields = append(r.Fields, f)
	}
	return r
}

// Item gives a column of a select list. One that is only passed on may have any type.
func (s *Scope) Item(e *parse.Expr) (sql string, f Field, err error) {
	if e.Op == parse.OpColumn {
		if aliased := s.alias(e); aliased != nil && aliased.Op == parse.OpColumn {
			e = aliased
		}
		if relation, field := s.find(e); field != nil {
			return qualified(relation, field), *field, nil
		}
	}
	v, err := s.translate(e, func(x *translator) value {
		v := x.value(e)
		if v.kind == boolean {
			v = x.count(v)
		}
		return v
	})
	return v.sql, Field{value: v}, err
}

// Condition gives a boolean expression.
func (s *Scope) Condition(e *parse.Expr) (string, error) {
	v, err := s.translate(e, func(x *translator) value { return x.truth(x.value(e)) })
	return v.sql, err
}

// Distinct notes what it means that rows with these values are taken together.
func (s *Scope) Distinct(fields ...Field) {
	for _, f := range fields {
		collation, enum := f.value.collation, f.value.kind == member
		if f.column != nil {
			collation, enum = f.column.Map.Source.Type.Collation, f.column.Enum != ""
		}
		if collation == "" || enum { // members of an enum are all different
			continue
		}
		if _, is := binary(collation); !is {
			s.note("texts that differ in case or accents are not taken together")
		}
	}
}

func (s *Scope) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.Notes, text) {
		s.Notes = append(s.Notes, text)
	}
}

func (s *Scope) translate(e *parse.Expr, do func(*translator) value) (v value, err error) {
	x := &translator{scope: s, dialect: s.Dialect, immutable: true}
	var none Result
	defer x.recover(&none, &err)
	v = do(x)
	if x.loose != "" {
		s.note("%s", x.loose)
	}
	return v, nil
}

// alias gives what a name means that the select list has given; nil if it has not. All names
// of columns are qualified.
func (s *Scope) alias(e *parse.Expr) *parse.Expr {
	for _, item := range s.Aliases {
		if e.Of == "" && item.Expr != e && strings.EqualFold(item.Name, e.Text) && (item.Expr.Op != parse.OpColumn || item.Expr.Of != "") {
			return item.Expr
		}
	}
	return nil
}

// find looks a column up; both are nil where there is none, or more than one.
func (s *Scope) find(e *parse.Expr) (relation *Relation, field *Field) {
	if s.alias(e) != nil {
		return nil, nil
	}
	for i := range s.Relations {
		r := &s.Relations[i]
		if e.Of != "" && !strings.EqualFold(r.Name, e.Of) {
			continue
		}
		for j := range r.Fields {
			if !strings.EqualFold(r.Fields[j].Name, e.Text) {
				continue
			}
			if field != nil {
				return nil, nil
			}
			relation, field = r, &r.Fields[j]
		}
	}
	if field == nil && s.Outer != nil {
		return s.Outer.find(e)
	}
	return relation, field
}

func qualified(r *Relation, f *Field) string {
	return mapping.Quote(mapping.Identifier(r.Name)) + "." + mapping.Quote(f.name)
}

// scoped translates a column of a query.
func (x *translator) scoped(e *parse.Expr) value {
	if aliased := x.scope.alias(e); aliased != nil {
		if slices.Contains(x.aliases, aliased) {
			refuse("column %s means itself", e.Text)
		}
		x.aliases = append(x.aliases, aliased)
		defer func() { x.aliases = x.aliases[:len(x.aliases)-1] }()
		return x.value(aliased)
	}
	relation, field := x.scope.find(e)
	switch {
	case field == nil:
		refuse("column %s is not replicated", e.Text)
	case field.column != nil:
		return x.columnValue(*field.column, qualified(relation, field))
	}
	v := field.value
	v.sql, v.constant = qualified(relation, field), nil
	return v
}

// lax says whether values may differ in a way that is noted, and notes it.
func (x *translator) lax(format string, args ...any) bool {
	if x.scope == nil {
		return false
	}
	x.scope.note(format, args...)
	return true
}

// aggregate translates a function of many rows.
func (x *translator) aggregate(e *parse.Expr) (value, bool) {
	if x.scope == nil || !slices.Contains([]string{"COUNT", "SUM", "AVG", "MIN", "MAX", "GROUP_CONCAT"}, e.Text) {
		return value{}, false
	}
	distinct := ""
	if e.Distinct {
		distinct = "DISTINCT "
	}
	if e.Text == "GROUP_CONCAT" {
		return x.joinedTexts(e, distinct), true
	}
	want(e.Text, e.Args, 1, 1)
	v := x.value(e.Args[0])
	if e.Distinct {
		x.scope.Distinct(Field{value: v})
	}
	if e.Text == "COUNT" {
		sql := "count(" + distinct + v.sql + ")"
		if v.constant != nil && v.kind != null {
			sql = "count(*)"
		}
		return value{sql: sql, kind: integer, precision: 20, positive: true, wide: true, shown: true}, true
	}
	if v.kind == boolean {
		v = x.count(v)
	}
	switch {
	case e.Text == "MIN" || e.Text == "MAX":
		return x.extremeOf(e.Text, v), true
	case v.kind == double:
		v.sql = strings.ToLower(e.Text) + "(" + distinct + v.sql + ")"
		return v, true
	case v.kind != integer && v.kind != decimal:
		refuse("%s of what is no number: MySQL converts it", e.Text)
	}
	v.kind, v.precision, v.shown, v.constant = decimal, min(65, max(v.precision, 19)+22), true, nil
	v.sql = fmt.Sprintf("%s(%s%s)::numeric", strings.ToLower(e.Text), distinct, v.sql)
	if e.Text == "AVG" {
		v.scale = x.quotient(v.scale)
		v.sql = fmt.Sprintf("round(%s, %d)", v.sql, v.scale)
	}
	v.sql = "(" + v.sql + ")"
	return v, true
}

func (x *translator) extremeOf(name string, v value) value {
	switch {
	case v.number(), v.kind == double, v.kind == date, v.kind == datetime, v.kind == instant, v.kind == clock:
	case v.kind == text:
		x.lax("the least and the greatest text are those of PostgreSQL's collation")
	default:
		refuse("%s of a value of this type is another one in MySQL", name)
	}
	v.sql, v.constant = strings.ToLower(name)+"("+v.sql+")", nil
	return v
}

// joinedTexts is GROUP_CONCAT.
func (x *translator) joinedTexts(e *parse.Expr, distinct string) value {
	v := x.concat(e.Args)
	if len(e.Args) == 1 {
		v = x.text(e.Args[0])
	}
	if v.kind == null {
		return v
	}
	order := ""
	for i, by := range e.Order {
		sep := ", "
		if i == 0 {
			sep = " ORDER BY "
		}
		order += sep + x.sortKey(by)
	}
	x.lax("GROUP_CONCAT ends at group_concat_max_len on the source")
	separator := stringLiteral(e.Separator, "")
	v.sql, v.constant, v.length = fmt.Sprintf("string_agg(%s%s, %s%s)", distinct, v.sql, separator.sql, order), nil, 0
	return v
}

func (x *translator) sortKey(by parse.Sort) string {
	v := x.value(by.Expr)
	if v.kind == text {
		x.lax("texts are sorted by PostgreSQL's collation")
	}
	return v.sql + direction(by)
}

// direction puts NULL before all values, as MySQL has it.
func direction(by parse.Sort) string {
	if by.Desc {
		return " DESC NULLS LAST"
	}
	return " NULLS FIRST"
}

// Sort gives what rows are sorted by, of an ORDER BY.
func (s *Scope) Sort(by parse.Sort) (string, error) {
	v, err := s.translate(by.Expr, func(x *translator) value { return value{sql: x.sortKey(by)} })
	return v.sql, err
}

// quotient gives the digits of a quotient after the point.
func (x *translator) quotient(scale int) int {
	x.lax("quotients have the digits of div_precision_increment = 4, the source's default")
	return min(30, scale+4)
}

// Merged gives the columns of a UNION: what is not the same in both is of no known type.
func Merged(a, b []Field) []Field {
	merged := make([]Field, len(a))
	for i := range a {
		merged[i] = Field{Name: a[i].Name, value: value{kind: other}}
		if i < len(b) && a[i].column == nil && b[i].column == nil && a[i].value.kind == b[i].value.kind && a[i].value.scale == b[i].value.scale && a[i].value.number() {
			merged[i].value = a[i].value
		}
	}
	return merged
}
