package view

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// translator goes through one view.
type translator struct {
	set   *Set
	notes []string
}

func (x *translator) noted(s *expr.Scope) {
	for _, n := range s.Notes {
		if !slices.Contains(x.notes, n) {
			x.notes = append(x.notes, n)
		}
	}
}

// query translates a query, which may be a part of another one; fields are its columns.
func (x *translator) query(q *parse.Query, outer *expr.Scope) (sql string, fields []expr.Field, err error) {
	var parts []string
	var scope *expr.Scope
	for i, s := range q.Selects {
		text, columns, within, err := x.selection(s, outer)
		if err != nil {
			return "", nil, err
		}
		if i == 0 {
			fields, scope = columns, within
		} else {
			union := " UNION "
			if q.All[i-1] {
				union = " UNION ALL "
			} else {
				scope.Distinct(columns...)
			}
			text = union + text
			fields = expr.Merged(fields, columns)
		}
		parts = append(parts, text)
	}
	if len(q.Selects) > 1 && len(q.Order) > 0 { // it knows nothing but the columns' names then
		return "", nil, &Untranslatable{Reason: "a UNION that is sorted has no translation"}
	}
	sql = strings.Join(parts, "")
	for i, by := range q.Order {
		key, err := scope.Sort(by)
		if err != nil {
			return "", nil, inexact(err)
		}
		sql += map[bool]string{true: " ORDER BY ", false: ", "}[i == 0] + key
	}
	if q.Limit != "" {
		sql += " LIMIT " + q.Limit
	}
	if q.Offset != "" {
		sql += " OFFSET " + q.Offset
	}
	x.noted(scope)
	return sql, fields, nil
}

func inexact(err error) error { return &Untranslatable{Reason: err.Error()} }

// selection translates one SELECT.
func (x *translator) selection(s *parse.Select, outer *expr.Scope) (sql string, fields []expr.Field, scope *expr.Scope, err error) {
	scope = &expr.Scope{Dialect: x.set.Dialect, Aliases: s.Items, Outer: outer, Query: x.query}
	from := ""
	if s.From != nil {
		if from, err = x.relation(s.From, scope); err != nil {
			return "", nil, nil, err
		}
		from = " FROM " + from
	}
	var items []string
	for _, item := range s.Items {
		text, field, err := scope.Item(item.Expr)
		if err != nil {
			return "", nil, nil, inexact(err)
		}
		items, fields = append(items, text+" AS "+mapping.Quote(mapping.Identifier(item.Name))), append(fields, field)
	}
	sql = "SELECT "
	if s.Distinct {
		sql += "DISTINCT "
		scope.Distinct(fields...)
	}
	sql += strings.Join(items, ", ") + from
	if s.Where != nil {
		where, err := scope.Condition(s.Where)
		if err != nil {
			return "", nil, nil, inexact(err)
		}
		sql += " WHERE " + where
	}
	for i, e := range s.Group {
		text, field, err := scope.Item(e)
		if err != nil {
			return "", nil, nil, inexact(err)
		}
		scope.Distinct(field)
		sql += map[bool]string{true: " GROUP BY ", false: ", "}[i == 0] + text
	}
	if s.Having != nil {
		having, err := scope.Condition(s.Having)
		if err != nil {
			return "", nil, nil, inexact(err)
		}
		sql += " HAVING " + having
	}
	x.noted(scope)
	return sql, fields, scope, nil
}

// relation translates what stands in FROM, and brings its columns into the scope.
func (x *translator) relation(r *parse.Relation, scope *expr.Scope) (string, error) {
	alias := mapping.Quote(mapping.Identifier(r.Alias))
	switch {
	case r.Join != "":
		return x.join(r, scope)
	case r.Query != nil:
		sql, fields, err := x.query(r.Query, nil)
		if err != nil {
			return "", err
		}
		var names []string
		for _, item := range r.Query.Selects[0].Items {
			names = append(names, item.Name)
		}
		scope.Relations = append(scope.Relations, expr.QueryRelation(r.Alias, names, fields))
		return "(" + sql + ") AS " + alias, nil
	}
	if t := x.set.Table(r.Table); t != nil {
		scope.Relations = append(scope.Relations, expr.TableRelation(r.Alias, t))
		return t.Ident() + " AS " + alias, nil
	}
	if v := x.set.done[r.Table]; v != nil {
		scope.Relations = append(scope.Relations, expr.QueryRelation(r.Alias, v.view.Columns, v.fields))
		return v.Ident + " AS " + alias, nil
	}
	name := r.Table
	return "", &Untranslatable{Reason: "it reads " + name.String() + ", which PostgreSQL does not have", Needs: &name}
}

func (x *translator) join(r *parse.Relation, scope *expr.Scope) (string, error) {
	left, err := x.relation(r.Left, scope)
	if err != nil {
		return "", err
	}
	right, err := x.relation(r.Right, scope)
	if err != nil {
		return "", err
	}
	if r.On == nil {
		return "(" + left + " CROSS JOIN " + right + ")", nil
	}
	on, err := scope.Condition(r.On)
	if err != nil {
		return "", inexact(err)
	}
	return "(" + left + " " + r.Join + " " + right + " ON " + on + ")", nil
}
