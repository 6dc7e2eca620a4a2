package expr

import (
	"fmt"
	"regexp"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// A path of members only: MySQL takes a value that is no array as an array of one element.
var (
	jsonPath = regexp.MustCompile(`^\$(\.(\w+|"[^"\\]+"))*$`)
	jsonStep = regexp.MustCompile(`\w+|"[^"]+"`)
)

// path gives the path of PostgreSQL's #> for a path of MySQL's, as an array literal. What
// looks like a number would be an array's element there.
func path(e *parse.Expr) string {
	if e.Op != parse.OpString || !jsonPath.MatchString(e.Text) {
		refuse("the JSON path is no literal, or has more than members of objects")
	}
	var steps []string
	for _, step := range jsonStep.FindAllString(e.Text[1:], -1) {
		step = strings.Trim(step, `"`)
		if strings.Trim(step, "0123456789+- ") == "" {
			refuse("a member of the JSON path is named like an array's element")
		}
		steps = append(steps, `"`+step+`"`)
	}
	return strings.TrimSpace(mapping.Literal("{" + strings.Join(steps, ",") + "}"))
}

// jsonCall translates what reads a document.
func (x *translator) jsonCall(e *parse.Expr) (value, bool) {
	switch e.Text {
	case "JSON_EXTRACT", "JSON_VALUE":
		want(e.Text, e.Args, 2, 2)
		v := x.value(e.Args[0])
		if v.kind != document {
			refuse("%s of what is no JSON column has no exact translation", e.Text)
		}
		steps := path(e.Args[1])
		if x.plainJSON(v) {
			x.loose = "of a key that a JSON object has twice MariaDB takes the first, PostgreSQL the last"
		}
		out := value{sql: fmt.Sprintf("(%s #> %s)", v.sql, steps), kind: document, column: v.column}
		if e.Text == "JSON_VALUE" {
			return x.scalar(e, v, steps), true
		}
		return out, true
	case "JSON_UNQUOTE":
		want(e.Text, e.Args, 1, 1)
		v := x.value(e.Args[0])
		if v.kind != document {
			refuse("JSON_UNQUOTE of what is no document has no exact translation")
		}
		x.numbersLoose()
		sql := fmt.Sprintf("(CASE %s WHEN 'null' THEN 'null' ELSE %s #>> '{}' END)", x.typeOf(v), v.sql)
		return value{sql: sql, kind: text, charset: "utf8mb4", collation: "utf8mb4_bin"}, true
	}
	return value{}, false
}

// plainJSON says whether PostgreSQL keeps the document as text, as MariaDB does.
func (x *translator) plainJSON(v value) bool { return v.column.Map.SQL() == "json" }

func (x *translator) typeOf(v value) string {
	if x.plainJSON(v) {
		return "json_typeof(" + v.sql + ")"
	}
	return "jsonb_typeof(" + v.sql + ")"
}

func (x *translator) numbersLoose() {
	if x.loose == "" {
		x.loose = "MySQL writes JSON numbers that are very great or small with an exponent, and documents within documents by its own rules"
	}
}

// scalar is JSON_VALUE: NULL for what is no scalar.
func (x *translator) scalar(e *parse.Expr, v value, steps string) value {
	if e.Type != nil {
		refuse("JSON_VALUE with RETURNING has no exact translation")
	}
	x.numbersLoose()
	inner := v
	inner.sql = fmt.Sprintf("(%s #> %s)", v.sql, steps)
	whole := fmt.Sprintf("(%s #>> %s)", v.sql, steps)
	truth := ""
	if x.dialect.MariaDB() {
		truth = fmt.Sprintf(" WHEN 'boolean' THEN CASE %s WHEN 'true' THEN '1' ELSE '0' END", whole)
	}
	sql := fmt.Sprintf("(CASE %s%s WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE %s END)", x.typeOf(inner), truth, whole)
	return value{sql: sql, kind: text, charset: "utf8mb4", collation: "of JSON_VALUE"}
}

// Elements gives the expression of a multi-valued index, CAST(… AS … ARRAY), as the JSON array
// that it takes its values of; ok is false for all other expressions.
func Elements(t *mapping.Table, text string, d parse.Dialect) (r Result, ok bool) {
	tree, err := parse.Expression(text, d)
	if err != nil || tree.Op != parse.OpCast || !tree.Type.Array {
		return Result{}, false
	}
	x := &translator{table: t, dialect: d, immutable: true}
	var refused error
	func() {
		defer x.recover(&r, &refused)
		r = x.result(x.value(tree.Args[0]))
	}()
	return r, refused == nil && r.value.kind == document && !x.plainJSON(r.value)
}
