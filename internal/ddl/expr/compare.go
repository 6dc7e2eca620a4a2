package expr

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
)

var operators = map[string]string{"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "<=>": "IS NOT DISTINCT FROM"}

// mirror is the operator with its sides exchanged.
var mirror = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "<=>": "<=>"}

func (x *translator) compare(op string, a, b value) value {
	switch {
	case a.kind == null || b.kind == null:
		if op == "<=>" {
			return logical("(%s IS NOT DISTINCT FROM %s)", a.sql, b.sql)
		}
		return logical("NULL::boolean")
	case a.constant != nil && b.constant == nil:
		return x.compare(mirror[op], b, a)
	}
	a, b = x.inZone(a, b)
	b = x.adapt(a, b)
	switch {
	case a.kind == boolean && b.kind == boolean:
	case a.number() && b.number():
		a, b = x.count(a), x.count(b)
	case (a.number() || a.kind == double) && (b.number() || b.kind == double):
		a.sql, b.sql = float(x.count(a)), float(x.count(b))
	case a.kind == text && b.kind == text:
		return x.compareText(op, a, b)
	case a.kind == member && b.kind == text && b.constant != nil:
		if x.scope != nil && !slices.Contains(a.column.Map.Source.Type.Values, *b.constant) {
			return x.compareText(op, x.shown(a), b)
		}
		x.label(a, op, *b.constant)
	case a.kind == date && b.kind == datetime:
		a.sql = "(" + a.sql + "::timestamp)"
	case a.kind == datetime && b.kind == date:
		b.sql = "(" + b.sql + "::timestamp)"
	case a.kind == b.kind && slices.Contains([]kind{bytes, date, datetime, instant, clock}, a.kind):
	default:
		refuse("MySQL converts one side of %s", op)
	}
	return logical("(%s %s %s)", a.sql, operators[op], b.sql)
}

// adapt gives a literal in the kind that MySQL compares it in.
func (x *translator) adapt(a, b value) value {
	switch {
	case b.constant != nil && b.kind == bytes && a.kind == text && a.collation == "binary":
		return stringLiteral(*b.constant, "")
	case b.constant == nil || b.kind != text:
		return b
	}
	switch a.kind {
	case date, datetime, clock:
		if v, ok := moment(*b.constant, a.kind); ok {
			return v
		}
		refuse("the literal that a date or time is compared with is not of the usual form")
	case instant:
		refuse("a literal beside a TIMESTAMP depends on the session's time zone")
	case bytes:
		return value{sql: byteLiteral(*b.constant), kind: bytes, constant: b.constant}
	}
	return b
}

// label makes sure that a literal is a member of the enum, which are all different under its
// collation.
func (x *translator) label(a value, op, label string) {
	if op != "=" && op != "<>" && op != "<=>" || !slices.Contains(a.column.Map.Source.Type.Values, label) {
		refuse("an enum is compared with what is none of its members, letter by letter")
	}
}

// compareText is exact under binary collations, and where the target's column says how text
// is compared.
func (x *translator) compareText(op string, a, b value) value {
	if a.target && (b.target && b.collation == a.collation || b.constant != nil) && (op == "=" || op == "<>" || op == "<=>") {
		return logical("(%s %s %s)", a.sql, operators[op], b.sql)
	}
	collation := a.collation
	if b.collation != "" && collation != "" && b.collation != collation {
		refuse("texts of different collations are compared")
	}
	if collation == "" {
		collation = b.collation
	}
	pads, is := binary(collation)
	switch {
	case !is && x.lax("text is compared without regard to case as lower() has it; accents and the order of letters are PostgreSQL's"):
		return logical("(lower(%s) %s lower(%s))", a.sql, operators[op], b.sql)
	case !is:
		refuse("text is compared under the collation %s, which PostgreSQL does not have", orDefault(collation))
	case op == "=" || op == "<>" || op == "<=>":
		return logical("(%s %s %s)", unpadded(a, pads), operators[op], unpadded(b, pads))
	case pads || !utf8(a.charset) || !utf8(b.charset):
		refuse("the order of the collation %s is not PostgreSQL's", collation)
	}
	return logical(`((%s) COLLATE "C" %s (%s) COLLATE "C")`, a.sql, operators[op], b.sql)
}

func orDefault(collation string) string {
	if collation == "" {
		return "of the connection"
	}
	return collation
}

// unpadded takes trailing blanks away where they do not count.
func unpadded(v value, pads bool) string {
	switch {
	case !pads:
		return v.sql
	case v.constant != nil && !strings.HasSuffix(*v.constant, " "):
		return v.sql
	}
	return "rtrim(" + v.sql + ", ' ')"
}

// binary says whether a collation compares characters by their codes, and whether it fills up
// the shorter text with blanks.
func binary(collation string) (pads, is bool) {
	switch {
	case collation == "binary", strings.HasSuffix(collation, "_nopad_bin"), strings.HasSuffix(collation, "_0900_bin"):
		return false, true
	}
	return true, strings.HasSuffix(collation, "_bin")
}

func (x *translator) in(args []*parse.Expr) value {
	v := x.value(args[0])
	var list []string
	for _, arg := range args[1:] {
		list = append(list, x.compare("=", v, x.value(arg)).sql)
	}
	return logical("(%s)", strings.Join(list, " OR "))
}

// like is exact under binary collations: others match letters of both cases.
func (x *translator) like(args []*parse.Expr) value {
	v, pattern := x.value(args[0]), x.value(args[1])
	if v.kind != text || pattern.kind != text || pattern.constant == nil || len(args) > 2 {
		refuse("LIKE of anything but text and a literal has no exact translation")
	}
	function := "LIKE"
	if _, is := binary(v.collation); !is {
		if !x.lax("LIKE matches letters of both cases as ILIKE has it; accents count") {
			refuse("LIKE under the collation %s is not PostgreSQL's", orDefault(v.collation))
		}
		function = "ILIKE"
	}
	trailing := strings.TrimRight(*pattern.constant, `\`)
	if (len(*pattern.constant)-len(trailing))%2 == 1 {
		refuse("the pattern of LIKE ends in a backslash")
	}
	return logical("(%s %s %s)", v.sql, function, pattern.sql)
}

// alike gives what values of one expression have in common, and each in that kind.
func (x *translator) alike(values []value) (out value, list []string) {
	for _, v := range values {
		if v.kind == null {
			continue
		}
		out = x.common(out, v)
	}
	for _, v := range values {
		switch {
		case v.kind == null || v.kind == out.kind && !(v.kind == integer && out.numeric):
		case out.kind == double:
			v.sql = float(x.count(v))
		case out.kind == decimal || out.numeric:
			v.sql = x.count(v).sql + "::numeric"
		case out.kind == integer:
			v = x.count(v)
		}
		list = append(list, v.sql)
	}
	out.constant = nil
	return out, list
}

// common gives the kind of two values.
func (x *translator) common(a, b value) value {
	if a.kind == null {
		return b
	}
	out := a
	out.positive, out.unsigned = a.positive && b.positive, a.unsigned && b.unsigned
	out.numeric, out.wide, out.raw = a.numeric || b.numeric, a.wide || b.wide, a.raw || b.raw
	out.infinite = a.infinite || b.infinite
	switch {
	case a.kind == boolean && b.kind == boolean:
	case a.number() && b.number():
		out.kind = max(a.kind, b.kind)
		out.shown = a.shown && b.shown && a.scale == b.scale
		whole := max(a.precision-a.scale, b.precision-b.scale)
		out.scale = max(a.scale, b.scale)
		out.precision = whole + out.scale
	case (a.number() || a.kind == double) && (b.number() || b.kind == double):
		out = value{kind: double}
	case a.kind == text && b.kind == text:
		out.length = max(a.length, b.length)
		out.charset, out.collation, out.target = joint(a, b)
	case a.kind == b.kind && slices.Contains([]kind{bytes, date, datetime, instant, clock}, a.kind):
		out.scale = max(a.scale, b.scale)
	default:
		refuse("the values of one expression are of different types: MySQL converts them")
	}
	return out
}

// joint gives the character set and the collation of two texts together.
func joint(a, b value) (charset, collation string, target bool) {
	switch {
	case b.constant != nil && b.collation == "":
		return wider(a.charset, b.charset), a.collation, a.target
	case a.constant != nil && a.collation == "":
		return wider(a.charset, b.charset), b.collation, b.target
	case a.collation == b.collation:
		return wider(a.charset, b.charset), a.collation, a.target && b.target
	}
	return wider(a.charset, b.charset), fmt.Sprintf("of %s and %s", orDefault(a.collation), orDefault(b.collation)), false
}

func wider(a, b string) string {
	switch {
	case a == "ascii" || a == b:
		return b
	case b == "ascii":
		return a
	case utf8(a) && utf8(b):
		return "utf8mb4"
	}
	return "mixed"
}
