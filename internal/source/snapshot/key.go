package snapshot

import (
	"fmt"
	"strings"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// keyColumn is a column of a key whose values can be compared in a WHERE
// clause with constants that we have written.
type keyColumn struct {
	name    string // quoted
	read    string // the expression that reads a value
	literal func(value string) string
	integer bool
}

// rangeable gives the longest prefix of the key that chunks can be cut by. The
// server does all comparing, in the order of the index; what is needed of a type
// is that a value which was read can be written as a constant that means exactly that value.
func rangeable(t *schema.Table, key []int) []keyColumn {
	var columns []keyColumn
	for _, at := range key {
		c, ok := comparable(&t.Columns[at])
		if !ok {
			break
		}
		columns = append(columns, c)
	}
	return columns
}

func comparable(c *schema.Column) (keyColumn, bool) {
	quoted := dial.Quote(c.Name)
	k := keyColumn{name: quoted, read: quoted}
	switch c.Type.Name {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		k.literal, k.integer = number, true
		if c.Type.Zerofill { // its leading zeros would be harmless, but are not digits of ours
			k.read = quoted + "+0"
		}
	case "decimal":
		k.literal = number
	case "date", "datetime", "timestamp", "uuid":
		k.literal = dial.Literal
	case "char", "varchar":
		// The bytes in the column's own character set: text that went through
		// another one might come back as something else.
		k.read, k.literal = "HEX("+quoted+")", hexadecimal("_"+c.Type.Charset+" ")
		if c.Type.Charset == "" || c.Type.Charset == "binary" {
			k.literal = hexadecimal("")
		}
	case "binary", "varbinary":
		k.read, k.literal = "HEX("+quoted+")", hexadecimal("")
	default:
		return keyColumn{}, false
	}
	return k, true
}

// number passes digits on; anything else has no business here and becomes text.
func number(value string) string {
	if strings.Trim(value, "0123456789-.") != "" {
		return dial.Literal(value)
	}
	return value
}

func hexadecimal(introducer string) func(string) string {
	return func(value string) string { return introducer + "X'" + value + "'" }
}

// above gives the condition that a row's key comes after the bound; upTo that
// it does not.
func above(key []keyColumn, bound []string) string { return beyond(key, bound, ">", ">") }
func upTo(key []keyColumn, bound []string) string  { return beyond(key, bound, "<", "<=") }

// beyond spells the comparison of rows out as (a > x OR (a = x AND b > y)),
// which, unlike (a, b) > (x, y), every server turns into a range of the
// index. The first condition on a alone is implied and helps the older ones.
func beyond(key []keyColumn, bound []string, strict, last string) string {
	n := min(len(key), len(bound))
	condition := fmt.Sprintf("%s %s %s", key[n-1].name, last, bound[n-1])
	for i := n - 2; i >= 0; i-- {
		condition = fmt.Sprintf("(%[1]s %[2]s %[3]s OR (%[1]s = %[3]s AND %[4]s))", key[i].name, strict, bound[i], condition)
	}
	if n > 1 {
		condition = fmt.Sprintf("%s %s= %s AND %s", key[0].name, strict, bound[0], condition)
	}
	return condition
}
