package expr

import (
	"fmt"
	"math/big"

	"pgchameleon/internal/ddl/parse"
)

func (x *translator) operator(e *parse.Expr) value {
	switch e.Op {
	case "AND", "OR":
		a, b := x.truth(x.value(e.Args[0])), x.truth(x.value(e.Args[1]))
		return logical("(%s %s %s)", a.sql, e.Op, b.sql)
	case "XOR":
		a, b := x.truth(x.value(e.Args[0])), x.truth(x.value(e.Args[1]))
		return logical("(%s <> %s)", a.sql, b.sql)
	case "NOT":
		a := x.truth(x.value(e.Args[0]))
		return logical("(NOT %s)", a.sql)
	case "IS NULL":
		return logical("(%s IS NULL)", x.value(e.Args[0]).sql)
	case "IS TRUE", "IS FALSE":
		a := x.truth(x.value(e.Args[0]))
		return logical("(%s %s)", a.sql, e.Op)
	case "=", "<>", "<", "<=", ">", ">=", "<=>":
		return x.compare(string(e.Op), x.value(e.Args[0]), x.value(e.Args[1]))
	case "IN":
		return x.in(e.Args)
	case "BETWEEN":
		v := x.value(e.Args[0])
		low, high := x.compare(">=", v, x.value(e.Args[1])), x.compare("<=", v, x.value(e.Args[2]))
		return logical("(%s AND %s)", low.sql, high.sql)
	case "LIKE":
		return x.like(e.Args)
	case parse.OpMinus:
		return x.minus(x.value(e.Args[0]))
	case "+", "-", "*", "/", "DIV", "%", "&", "|", "^", "<<", ">>":
		return x.arithmetic(string(e.Op), x.value(e.Args[0]), x.value(e.Args[1]))
	}
	refuse("%s has no exact translation", e.Op)
	return value{}
}

func logical(format string, args ...any) value {
	return value{sql: fmt.Sprintf(format, args...), kind: boolean, precision: 1, positive: true}
}

// truth gives a value as a condition: a number is true unless it is 0.
func (x *translator) truth(v value) value {
	switch v.kind {
	case boolean:
		return v
	case null:
		return logical("NULL::boolean")
	case integer, decimal, double:
		return logical("(%s <> 0)", v.sql)
	}
	refuse("a condition is no number: MySQL converts it")
	return v
}

// count gives a number as integer, decimal or double: a truth is 0 or 1.
func (x *translator) count(v value) value {
	switch v.kind {
	case boolean:
		v.sql, v.kind, v.precision, v.positive, v.shown = "("+v.sql+"::integer)", integer, 1, true, true
	case integer, decimal, double, null:
	case bytes:
		if v.constant == nil || !v.unsigned || len(*v.constant) > 7 {
			refuse("a number is worked out of bytes")
		}
		return numberLiteral(new(big.Int).SetBytes([]byte(*v.constant)).String()).asUnsigned()
	default:
		refuse("a number is worked out of what is no number")
	}
	return v
}

// roomy gives an integer or decimal in a type that its operations do not overflow: bigint where
// MySQL computes with signed 64 bits, which it refuses to overflow too, or else numeric.
func roomy(v value, signed bool) string {
	switch {
	case v.kind == null:
		return v.sql
	case signed && v.kind == integer && !v.numeric:
		if v.wide {
			return v.sql
		}
		return v.sql + "::bigint"
	case v.kind == decimal || v.numeric:
		return v.sql
	}
	return v.sql + "::numeric"
}

func (x *translator) minus(v value) value {
	if v.constant != nil && v.number() {
		v.sql, v.positive, v.unsigned, v.constant = "(-"+v.sql+")", false, false, nil
		return v
	}
	v = x.count(v)
	switch v.kind {
	case double:
		v.sql = "(- " + v.sql + ")"
	case integer, decimal:
		signed := v.kind == integer && !v.unsigned
		v.sql = "(- " + roomy(v, signed) + ")"
		v.wide, v.numeric = signed, !signed
	}
	v.positive, v.unsigned, v.shown = false, false, true
	return v
}

func (x *translator) arithmetic(op string, a, b value) value {
	a, b = x.count(a), x.count(b)
	if a.kind == null || b.kind == null {
		return value{sql: "NULL"}
	}
	if a.kind == double || b.kind == double {
		return x.floating(op, a, b)
	}
	switch op {
	case "&", "|", "^", "<<", ">>":
		return x.bitwise(op, a, b)
	case "/":
		if x.scope == nil {
			refuse("the digits of a quotient are the source's session's (div_precision_increment)")
		}
		return x.divide(a, b)
	}
	out := value{kind: integer, shown: true, unsigned: a.unsigned || b.unsigned, positive: a.positive && b.positive && op != "-"}
	if a.kind == decimal || b.kind == decimal {
		out.kind = decimal
	}
	whole := max(a.precision-a.scale, b.precision-b.scale)
	switch op {
	case "+", "-":
		out.scale, out.precision = max(a.scale, b.scale), whole+1+max(a.scale, b.scale)
	case "*":
		out.scale, out.precision = a.scale+b.scale, a.precision+b.precision
	case "%":
		out.scale, out.precision, out.positive, out.unsigned = max(a.scale, b.scale), whole+max(a.scale, b.scale), a.positive, a.unsigned
	case "DIV":
		out.kind, out.precision = integer, 20
	}
	if out.kind == decimal && (out.precision > 65 || out.scale > 30) {
		refuse("MySQL cuts the digits of a number of more than 65")
	}
	signed := out.kind == integer && !out.unsigned && a.kind == integer && b.kind == integer && !a.numeric && !b.numeric
	out.numeric, out.wide = out.kind == integer && !signed, signed
	left, right := roomy(a, signed), roomy(b, signed)
	switch op {
	case "DIV":
		out.sql = fmt.Sprintf("(%s / NULLIF(%s, 0))", left, right)
		if !signed {
			out.sql = fmt.Sprintf("div(%s, NULLIF(%s, 0))", left, right)
		}
	case "%":
		out = x.modulo(out, a, b, left, right)
	default:
		out.sql = fmt.Sprintf("(%s %s %s)", left, op, right)
	}
	return out
}

// divide gives a quotient of whole numbers or decimals, rounded as MySQL does it; by zero it is NULL.
func (x *translator) divide(a, b value) value {
	scale := x.quotient(a.scale)
	precision := min(65, a.precision-a.scale+b.scale+scale)
	return value{
		sql:  fmt.Sprintf("round(%s / NULLIF(%s, 0), %d)", roomy(a, false), roomy(b, false), scale),
		kind: decimal, precision: precision, scale: scale, positive: a.positive && b.positive, shown: true,
	}
}

// modulo never overflows, so that it needs no wider type; by zero it is NULL.
func (x *translator) modulo(out, a, b value, left, right string) value {
	if a.kind == integer && b.kind == integer && !a.numeric && !b.numeric {
		left, right = a.sql, b.sql
		out.numeric, out.wide = false, a.wide || b.wide
	}
	if b.constant == nil || b.sql == "0" {
		right = fmt.Sprintf("NULLIF(%s, 0)", right)
	}
	out.sql = fmt.Sprintf("(%s %% %s)", left, right)
	return out
}

// floating is exact for sums only: products that are too small are 0 in MySQL and an error in
// PostgreSQL.
func (x *translator) floating(op string, a, b value) value {
	if op != "+" && op != "-" && !x.lax("products of floating-point numbers that are too small are an error, not 0") {
		refuse("PostgreSQL refuses products of floating-point numbers that MySQL rounds to 0")
	}
	switch op {
	case "/":
		return value{kind: double, sql: fmt.Sprintf("(%s / NULLIF(%s, 0))", float(a), float(b))}
	case "+", "-", "*":
	default:
		refuse("%s of floating-point numbers has no exact translation", op)
	}
	return value{kind: double, sql: fmt.Sprintf("(%s %s %s)", float(a), op, float(b))}
}

// float gives a number in double precision; both servers round to the nearest.
func float(v value) string {
	if v.kind == double || v.kind == null {
		return v.sql
	}
	return "(" + v.sql + "::double precision)"
}

// bitwise computes with unsigned 64 bits in MySQL: exact where no sign and no 64th bit is in play.
func (x *translator) bitwise(op string, a, b value) value {
	if a.kind != integer || b.kind != integer || a.numeric || b.numeric {
		refuse("%s of numbers of more than 63 bits", op)
	}
	out := value{kind: integer, wide: true, unsigned: true, positive: true, shown: true, precision: 19}
	switch {
	case op == "&" && (a.positive || b.positive):
	case (op == "|" || op == "^") && a.positive && b.positive:
		if op == "^" {
			op = "#"
		}
	case op == ">>" && a.positive && b.constant != nil && b.precision < 3 && (b.precision == 1 || b.sql < "64"):
		out.sql = fmt.Sprintf("(%s >> %s)", roomy(a, true), b.sql)
		return out
	default:
		refuse("%s of numbers that may be negative: MySQL computes with unsigned ones", op)
	}
	out.sql = fmt.Sprintf("(%s %s %s)", roomy(a, true), op, roomy(b, true))
	return out
}

// caseOf translates pairs of condition and value, and the value of ELSE.
func (x *translator) caseOf(args []*parse.Expr) value {
	var conditions, values []value
	for len(args) > 1 {
		conditions = append(conditions, x.truth(x.value(args[0])))
		values = append(values, x.value(args[1]))
		args = args[2:]
	}
	if len(args) == 1 {
		values = append(values, x.value(args[0]))
	}
	return x.choose(conditions, values)
}

// choose writes CASE: a value more than conditions is that of ELSE.
func (x *translator) choose(conditions, values []value) value {
	out, list := x.alike(values)
	sql := "(CASE"
	for i, c := range conditions {
		sql += " WHEN " + c.sql + " THEN " + list[i]
	}
	if len(list) > len(conditions) {
		sql += " ELSE " + list[len(list)-1]
	}
	out.sql = sql + " END)"
	return out
}
