package ddl

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// settle puts a column's default into the form that it has once the server has
// stored it, so that one meaning has one text.
func settle(c *schema.Column) {
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
		settleLiteral(&settled, &c.Type)
	}
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
	default:
		if _, ok := n.SetString(d.Text, 10); !ok {
			n.SetBytes([]byte(d.Text))
		}
	}
	*d = schema.Default{Expr: true, Text: "b'" + n.Text(2) + "'"}
}

func settleLiteral(d *schema.Default, t *schema.Type) {
	text := d.Text
	if d.Expr {
		raw := bytesOf(text)
		if isInteger(t.Name) || t.Name == "decimal" || t.Name == "float" || t.Name == "double" || t.Name == "year" {
			text = new(big.Int).SetBytes(raw).String()
		} else {
			text = string(raw)
			if isText(t.Name) {
				if text = decoded(raw, d.Charset, t.Charset); !utf8.ValidString(text) {
					return
				}
			}
		}
	}
	switch {
	case isInteger(t.Name):
		text = rounded(text, 0)
	case t.Name == "decimal":
		text = rounded(text, t.Scale)
	case t.Name == "float" || t.Name == "double":
		text = shortest(text, t)
	case t.Name == "year":
		text = year(text)
	case t.Name == "date" || t.Name == "time" || t.Name == "datetime" || t.Name == "timestamp":
		text = temporal(text, t)
	case t.Name == "enum":
		text = member(text, t.Values)
	case t.Name == "set":
		text = members(text, t.Values)
	case t.Name == "binary":
		if pad := t.Length - len(text); pad > 0 {
			text += strings.Repeat("\x00", pad)
		}
	case t.Name == "char":
		text = strings.TrimRight(text, " ")
	case t.Name == "uuid" || strings.HasPrefix(t.Name, "inet"):
		text = strings.ToLower(text)
	}
	*d = schema.Default{Text: text}
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") { // JSON and PostgreSQL cannot hold it
		*d = schema.Default{Expr: true, Text: "x'" + hex.EncodeToString([]byte(text)) + "'"}
	}
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

func shortest(text string, t *schema.Type) string {
	if t.Scale >= 0 {
		return rounded(text, t.Scale)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return text
	}
	bits := 64
	if t.Name == "float" {
		bits = 32
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func year(text string) string {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return text
	case n >= 70 && n <= 99:
		n += 1900
	case n > 0 && n <= 69, n == 0 && len(text) < 4 && text != "0":
		n += 2000
	}
	return fmt.Sprintf("%04d", n)
}

var (
	dateParts = regexp.MustCompile(`^\s*(\d{1,4})[-/.:^@](\d{1,2})[-/.:^@](\d{1,2})(?:[T ]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?(\.\d*)?)?\s*$`)
	timeParts = regexp.MustCompile(`^\s*(-?)(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?(\.\d*)?\s*$`)
	dateDigit = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})(\.\d*)?)?$`)
)

// temporal writes a date or time as the server does, with the column's number
// of digits; what it does not know stays.
func temporal(text string, t *schema.Type) string {
	if t.Name == "time" {
		m := timeParts.FindStringSubmatch(text)
		if m == nil {
			if text == "0" {
				return "00:00:00" + fraction("", t.Scale)
			}
			return text
		}
		return fmt.Sprintf("%s%02s:%02s:%02s%s", m[1], m[2], m[3], two(m[4]), fraction(m[5], t.Scale))
	}
	m := dateParts.FindStringSubmatch(text)
	if m == nil {
		m = dateDigit.FindStringSubmatch(text)
	}
	if strings.Trim(text, "0") == "" && text != "" {
		m = []string{"", "0000", "00", "00", "", "", "", ""}
	}
	if m == nil {
		return text
	}
	if len(m[1]) == 2 {
		m[1] = year(m[1])
	}
	date := fmt.Sprintf("%s-%s-%s", strings.Repeat("0", 4-len(m[1]))+m[1], two(m[2]), two(m[3]))
	if t.Name == "date" {
		return date
	}
	return date + fmt.Sprintf(" %s:%s:%s%s", two(m[4]), two(m[5]), two(m[6]), fraction(m[7], t.Scale))
}

func two(digits string) string { return strings.Repeat("0", max(0, 2-len(digits))) + digits }

func fraction(stated string, digits int) string {
	if digits == 0 {
		return ""
	}
	stated = strings.TrimPrefix(stated, ".") + "000000"
	return "." + stated[:digits]
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
