package expr

import (
	"fmt"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
)

// call translates a function.
func (x *translator) call(e *parse.Expr) value {
	if v, is := x.aggregate(e); is {
		return v
	}
	if v, is := x.nowCall(e); is {
		return v
	}
	if v, is := x.textCall(e.Text, e.Args); is {
		return v
	}
	if v, is := x.dateCall(e.Text, e.Args); is {
		return v
	}
	if v, is := x.periodCall(e.Text, e.Args); is {
		return v
	}
	if v, is := x.choiceCall(e.Text, e.Args); is {
		return v
	}
	if v, is := x.numberCall(e.Text, e.Args); is {
		return v
	}
	if v, is := x.jsonCall(e); is {
		return v
	}
	refuse("the function %s has no exact translation", e.Text)
	return value{}
}

// want refuses a call that has not so many arguments.
func want(name string, args []*parse.Expr, least, most int) {
	if len(args) < least || len(args) > most {
		refuse("%s with %d arguments is not known", name, len(args))
	}
}

// choiceCall translates what chooses among its arguments.
func (x *translator) choiceCall(name string, args []*parse.Expr) (value, bool) {
	switch name {
	case "IF":
		want(name, args, 3, 3)
		return x.caseOf(args), true
	case "ISNULL":
		want(name, args, 1, 1)
		return logical("(%s IS NULL)", x.value(args[0]).sql), true
	case "IFNULL", "COALESCE", "NVL":
		want(name, args, 1, 64)
		out, list := x.alike(x.values(args))
		out.sql = "COALESCE(" + strings.Join(list, ", ") + ")"
		return out, true
	case "NULLIF":
		want(name, args, 2, 2)
		a := x.value(args[0])
		same := x.compare("=", a, x.value(args[1]))
		out := x.choose([]value{same}, []value{{sql: "NULL"}, a})
		return out, true
	case "NVL2":
		want(name, args, 3, 3)
		there := logical("(%s IS NOT NULL)", x.value(args[0]).sql)
		return x.choose([]value{there}, x.values(args[1:])), true
	case "GREATEST", "LEAST":
		return x.extreme(name, x.values(args)), true
	}
	return value{}, false
}

func (x *translator) values(args []*parse.Expr) []value {
	list := make([]value, len(args))
	for i, arg := range args {
		list[i] = x.value(arg)
	}
	return list
}

// extreme is NULL where one argument is, which PostgreSQL passes over.
func (x *translator) extreme(name string, values []value) value {
	out, list := x.alike(values)
	if out.kind == boolean || !out.number() && out.kind != date && out.kind != datetime && out.kind != instant {
		refuse("%s of anything but numbers or dates has no exact translation", name)
	}
	var nulls []string
	for _, sql := range list {
		nulls = append(nulls, sql+" IS NULL")
	}
	out.sql = fmt.Sprintf("(CASE WHEN %s THEN NULL ELSE %s(%s) END)", strings.Join(nulls, " OR "), name, strings.Join(list, ", "))
	return out
}

// count argument: an integer literal that is not below zero.
func (x *translator) literalCount(name string, e *parse.Expr) int {
	if e.Op == parse.OpNumber {
		if n, err := strconv.Atoi(e.Text); err == nil && n >= 0 && n < 1<<30 {
			return n
		}
	}
	refuse("%s with a number that is no literal, or below zero, has no exact translation", name)
	return 0
}

// numberCall translates what makes numbers of numbers.
func (x *translator) numberCall(name string, args []*parse.Expr) (value, bool) {
	switch name {
	case "ABS", "SIGN", "FLOOR", "CEIL", "CEILING":
		want(name, args, 1, 1)
		v := x.count(x.value(args[0]))
		if v.kind == null {
			return v, true
		}
		return x.rounded(name, v), true
	case "ROUND", "TRUNCATE":
		want(name, args, 1, 2)
		return x.round(name, args), true
	case "MOD":
		want(name, args, 2, 2)
		return x.arithmetic("%", x.value(args[0]), x.value(args[1])), true
	}
	return value{}, false
}

func (x *translator) rounded(name string, v value) value {
	out := v
	out.constant, out.shown = nil, true
	switch name {
	case "ABS":
		out.positive = true
		if v.kind == double {
			out.sql = "abs(" + v.sql + ")"
			return out
		}
		signed := v.kind == integer && !v.unsigned
		out.sql = "abs(" + roomy(v, signed) + ")"
		out.wide, out.numeric = signed, v.kind == integer && !signed
	case "SIGN":
		out = value{sql: "(sign(" + v.sql + ")::integer)", kind: integer, precision: 1, shown: true}
	default:
		if v.kind == integer {
			return v
		}
		out.sql = strings.TrimSuffix(strings.ToLower(name), "ing") + "(" + v.sql + ")"
		if v.kind == decimal {
			out.kind, out.numeric, out.precision, out.scale = integer, true, v.precision-v.scale+1, 0
		}
	}
	return out
}

func (x *translator) round(name string, args []*parse.Expr) value {
	v, places := x.count(x.value(args[0])), 0
	if len(args) == 2 {
		places = x.literalCount(name, args[1])
	}
	switch {
	case v.kind == integer || v.kind == null:
		return v
	case v.kind == double && (name == "TRUNCATE" || places > 0):
		refuse("%s of a floating-point number has no exact translation", name)
	case v.kind == double:
		v.sql = "round(" + v.sql + ")"
		return v
	case places >= v.scale:
		return v
	}
	function := map[string]string{"ROUND": "round", "TRUNCATE": "trunc"}[name]
	v.sql = fmt.Sprintf("%s(%s, %d)", function, v.sql, places)
	v.precision += 1 + places - v.scale
	v.scale, v.constant = places, nil
	return v
}
