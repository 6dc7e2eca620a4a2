package ddl

import (
	"fmt"
	"math/big"
	"strings"

	"pgchameleon/internal/schema"
)

// ofNumber converts a number. What is beyond the new type's range becomes the nearest
// value, which the source has done or, in strict mode, refused.
func (c *conversion) ofNumber() (sql string, known bool) {
	from, expr := c.from, c.name
	switch {
	case c.from == "year" && c.b.Length == 2:
		return "", false
	case c.from == "bit" && c.b.Length == 1:
		from, expr = "int", c.name+"::integer"
	case c.from == "bit" && c.to == "bit" && c.b.Length == c.a.Length:
		return "", true
	case c.from == "bit" && c.b.Length == 64: // beyond bigint
		return "", false
	case c.from == "bit":
		from, expr = "int", c.name+"::bigint"
	case c.from == "year":
		from = "int"
	}
	switch c.to {
	case "int", "decimal", "float":
		return c.number(from, expr)
	case "bit":
		return c.bits(from, expr)
	case "enum":
		if c.from != "int" || c.b.Zerofill { // zeros make it a label
			return "", false
		}
		return c.present(fmt.Sprintf("(CASE WHEN %[1]s BETWEEN 1 AND %[2]d THEN (%[3]s)[%[1]s::integer] ELSE '' END)::%[4]s", c.name, len(c.a.Values), labels(c.a.Values), c.typ)), true
	case "set":
		return c.numberToSet()
	case "text", "bytes":
		return c.digits()
	}
	return "", false
}

// number rounds an expression and keeps it within the new type's range.
func (c *conversion) number(from, expr string) (sql string, known bool) {
	switch {
	case c.to == "float":
		return c.toFloat(from, expr)
	case from == "float" && (c.to == "decimal" && c.b.Name == "float" || c.a.Name == "bigint" && c.a.Unsigned):
		return "", false // by way of digits that PostgreSQL does not show
	case !c.strict() && (from == "float" || from == "decimal" && c.a.Name == "bigint"): // what is far beyond becomes this or that
		return "", false
	}
	low, high := bounds(c.a)
	switch {
	case c.to == "int" && from == "float":
		whole := fmt.Sprintf("round(%s::double precision)", expr)
		return c.present(fmt.Sprintf("(CASE WHEN %[1]s <= %[2]s THEN %[2]s WHEN %[1]s >= %[3]s THEN %[3]s ELSE %[1]s::bigint END)::%[4]s", whole, low, high, c.typ)), true
	case from == "float":
		expr += "::text"
	case c.to == "int" && from == "int" && within(c.b, c.a):
		return c.cast(expr), true
	}
	rounded := expr
	if from != "int" || c.to == "decimal" {
		rounded = fmt.Sprintf("round(%s::numeric, %d)", expr, max(0, c.a.Scale))
	}
	return c.present(fmt.Sprintf("least(greatest(%s, %s), %s)::%s", rounded, low, high, c.typ)), true
}

// toFloat: numbers go through a double, as they do on the source.
func (c *conversion) toFloat(from, expr string) (sql string, known bool) {
	if c.a.Scale >= 0 && (c.a.Scale != c.b.Scale || c.a.Precision < c.b.Precision || c.a.Name != c.b.Name) {
		return "", false
	}
	if from != "float" || c.b.Name != "double" {
		expr += "::double precision"
	}
	if c.a.Unsigned && !c.b.Unsigned && c.from != "bit" && c.from != "year" {
		return c.present(fmt.Sprintf("greatest(%s, 0)::%s", expr, c.typ)), true
	}
	return c.cast(expr), true
}

// within says whether all values of one integer type are values of another.
func within(b, a *schema.Type) bool {
	if !isInteger(b.Name) || !isInteger(a.Name) {
		return false
	}
	low, high := bounds(b)
	least, most := bounds(a)
	return rational(low).Cmp(rational(least)) >= 0 && rational(high).Cmp(rational(most)) <= 0
}

func rational(digits string) *big.Rat {
	n, _ := new(big.Rat).SetString(strings.Trim(digits, "()"))
	return n
}

// bounds gives the least and the greatest value of an integer or decimal type, as SQL.
func bounds(t *schema.Type) (low, high string) {
	if t.Name == "decimal" {
		high = strings.Repeat("9", t.Precision-t.Scale)
		if high == "" {
			high = "0"
		}
		if t.Scale > 0 {
			high += "." + strings.Repeat("9", t.Scale)
		}
		low = "(-" + high + ")"
	} else {
		width := map[string]uint{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}[t.Name]
		if !t.Unsigned {
			width--
		}
		power := new(big.Int).Lsh(big.NewInt(1), width)
		high = new(big.Int).Sub(power, big.NewInt(1)).String()
		low = "(-" + power.String() + ")"
	}
	if t.Unsigned {
		low = "0"
	}
	return low, high
}

// bits: a number that needs more bits than there are is refused by the source or becomes
// all ones.
func (c *conversion) bits(from, expr string) (sql string, known bool) {
	switch {
	case !c.strict() || from == "float" || c.from == "decimal" && c.b.Scale > 0:
		return "", false
	case c.a.Length == 1:
		return fmt.Sprintf("%s <> 0", expr), true
	}
	return fmt.Sprintf("%s::bigint::%s", expr, c.typ), true
}

// numberToSet: each bit of a number is a member.
func (c *conversion) numberToSet() (sql string, known bool) {
	if c.from != "int" || c.b.Zerofill || c.b.Unsigned && c.b.Name == "bigint" || !c.strict() || len(c.a.Values) > 62 {
		return "", false
	}
	parts := make([]string, len(c.a.Values))
	for i, v := range c.a.Values {
		parts[i] = fmt.Sprintf("CASE WHEN %s::bigint & %d > 0 THEN %s END", c.name, 1<<i, quoted(v))
	}
	return c.present(fmt.Sprintf("concat_ws(',', %s)::%s", strings.Join(parts, ", "), c.typ)), true
}

// digits writes a number as the source does.
func (c *conversion) digits() (sql string, known bool) {
	expr, most := c.name+"::text", 0
	switch {
	case c.from == "year":
		expr, most = fmt.Sprintf("lpad(%s::text, 4, '0')", c.name), 4
	case c.from == "int" && c.b.Zerofill:
		most = max(20, c.b.Length)
		expr = fmt.Sprintf("lpad(%[1]s::text, greatest(%[2]d, length(%[1]s::text)), '0')", c.name, max(0, c.b.Length))
	case c.from == "int":
		most = 20
	case c.from == "decimal" && !c.b.Zerofill:
		most = c.b.Precision + 3
	default:
		return "", false
	}
	return c.written(expr, most)
}

// written puts ASCII text of at most so many characters into a text or bytes.
func (c *conversion) written(expr string, most int) (sql string, known bool) {
	switch {
	case !c.roomy(most) && !c.strict() && !strings.HasPrefix(c.a.Name, "var") && c.a.Name != "char":
		return "", false
	case c.to == "bytes":
		return c.sized(fmt.Sprintf("convert_to(%s, 'UTF8')", expr)), true
	}
	return c.cast(expr), true
}
