package ddl

import (
	"encoding/hex"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// settle puts a column's default into the form that it has once the server has
// stored it, so that one meaning has one text.
func settle(c *schema.Column, dialect parse.Dialect) {
	d := c.Default
	switch {
	case d == nil:
		return
	case d.Null, c.AutoIncrement:
		c.Default = nil
		return
	}
	settled := *d
	switch {
	case c.Type.Name == "bit":
		settleBit(&settled)
	case !settled.Expr || isBytes(settled.Text):
		settleLiteral(&settled, &c.Type, cutsFractions(dialect))
	case dialect.MariaDB():
		settled.Text = clocked(settled.Text, &c.Type)
	}
	settled.Number = false
	c.Default = &settled
}

// isBytes says whether an expression is one hexadecimal or bit literal.
func isBytes(text string) bool {
	return len(text) > 2 && (text[0] == 'x' || text[0] == 'b') && text[1] == '\'' && strings.IndexByte(text[2:], '\'') == len(text)-3
}

// bytesOf gives the bytes of a literal x'…' or b'…'.
func bytesOf(text string) []byte {
	digits := text[2 : len(text)-1]
	if text[0] == 'b' {
		n, _ := new(big.Int).SetString("0"+digits, 2)
		return n.Bytes()
	}
	raw, _ := hex.DecodeString(digits)
	return raw
}

func settleBit(d *schema.Default) {
	n := new(big.Int)
	switch {
	case d.Expr && isBytes(d.Text):
		n.SetBytes(bytesOf(d.Text))
	case d.Expr:
		return
	case d.Number:
		n.SetString(rounded(d.Text, 0), 10)
	default:
		n.SetBytes([]byte(d.Text))
	}
	*d = schema.Default{Expr: true, Text: "b'" + n.Text(2) + "'"}
}

func settleLiteral(d *schema.Default, t *schema.Type, cuts bool) {
	text := d.Text
	if d.Expr {
		raw := bytesOf(text)
		switch {
		case isNumber(t.Name):
			text = new(big.Int).SetBytes(raw).String()
		case t.Name == "uuid":
			text = hex.EncodeToString(raw)
		case t.Name == "inet4" || t.Name == "inet6":
			if a, ok := netip.AddrFromSlice(raw); ok {
				text = a.String()
			}
		case isText(t.Name):
			if text = decoded(raw, d.Charset, t.Charset); !utf8.ValidString(text) {
				return
			}
		default:
			text = string(raw)
		}
	}
	text = settledText(text, t, d.Number, cuts)
	*d = schema.Default{Text: text}
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") { // JSON and PostgreSQL cannot hold it
		*d = schema.Default{Expr: true, Text: "x'" + hex.EncodeToString([]byte(text)) + "'"}
	}
}

func isNumber(name string) bool {
	return isInteger(name) || name == "decimal" || name == "float" || name == "double" || name == "year"
}

// The most digits behind the point, and bytes of a BINARY, that servers allow.
const (
	mostDigits = 38
	mostBinary = 255
)

// settledText writes a literal's value as the column shows it.
func settledText(text string, t *schema.Type, number, cuts bool) string {
	if t.Scale > mostDigits || t.Name == "binary" && t.Length > mostBinary { // no server has made it
		return text
	}
	scientific := number && strings.ContainsAny(text, "eE")
	switch {
	case scientific && (isInteger(t.Name) || t.Name == "year"):
		return nearest(text)
	case isInteger(t.Name):
		return rounded(text, 0)
	case t.Name == "decimal":
		return rounded(text, t.Scale)
	case t.Name == "float" || t.Name == "double":
		return shortest(text, t)
	case t.Name == "year":
		return year(text, number)
	case t.Name == "time":
		return timeOfDay(text, t.Scale, cuts)
	case t.Name == "date" || t.Name == "datetime" || t.Name == "timestamp":
		return moment(text, t, cuts)
	case t.Name == "enum":
		return member(text, t.Values)
	case t.Name == "set":
		return members(text, t.Values)
	case t.Name == "uuid":
		return uuid(text)
	case t.Name == "inet6":
		return inet6(text)
	}
	if scientific {
		text = floatText(text)
	}
	switch t.Name {
	case "binary":
		if pad := t.Length - len(text); pad > 0 {
			text += strings.Repeat("\x00", pad)
		}
	case "char":
		text = strings.TrimRight(text, " ")
	}
	return text
}

// decoded reads the bytes of a literal for a text column: in the character set
// that an introducer states, or in the column's own.
func decoded(raw []byte, stated, own string) string {
	if stated != "" && stated != "binary" {
		own = canonicalCharset(stated)
	}
	text, err := typemap.DecodeText(own, raw)
	if err != nil {
		return "\xff" // no UTF-8
	}
	return text
}

// rounded writes a number with so many digits after the point, halves away from
// zero; what is no number stays.
func rounded(text string, scale int) string {
	n, ok := number(text)
	if !ok {
		return text
	}
	out := n.FloatString(scale)
	if strings.Trim(out, "-0.") == "" {
		out = strings.TrimPrefix(out, "-")
	}
	return out
}

var plainNumber = regexp.MustCompile(`^[+-]?([0-9]{1,100}(\.[0-9]{0,100})?|\.[0-9]{1,100})([eE][+-]?[0-9]{1,3})?$`)

func number(text string) (*big.Rat, bool) {
	text = strings.TrimSpace(text)
	if !plainNumber.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// member finds the enum member that a text names; case does not matter.
func member(text string, values []string) string {
	text = strings.TrimRight(text, " ")
	if slices.Contains(values, text) {
		return text
	}
	for _, v := range values {
		if strings.EqualFold(v, text) {
			return v
		}
	}
	return text
}

// members puts a set's members into the set's order.
func members(text string, values []string) string {
	wanted := strings.Split(text, ",")
	var list []string
	for _, v := range values {
		if slices.ContainsFunc(wanted, func(w string) bool { return member(w, values) == v }) {
			list = append(list, v)
		}
	}
	return strings.Join(list, ",")
}
