package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

func quoted(text string) string { return strings.TrimSpace(mapping.Literal(text)) }

// unicodes are the character sets that hold every character; threeBytes hold those up to
// U+FFFF, which is all that the other character sets have.
var (
	unicodes   = []string{"utf8mb4", "utf16", "utf16le", "utf32"}
	threeBytes = []string{"utf8mb3", "ucs2"}
)

// holds says whether one character set has all characters of another.
func holds(a, b string) bool {
	return a == b || slices.Contains(unicodes, a) || slices.Contains(threeBytes, a) && !slices.Contains(unicodes, b) && b != "gb18030"
}

// asciiWidth is how many bytes an ASCII character takes.
func asciiWidth(charset string) int {
	switch {
	case charset == "ucs2" || strings.HasPrefix(charset, "utf16"):
		return 2
	case charset == "utf32":
		return 4
	}
	return 1
}

// padCharToFullLength lets CHAR values keep the blanks that fill them up.
const padCharToFullLength = 1 << 31

func (c *conversion) text() string { return c.name + "::text" }

// ofText converts text. Of a text PostgreSQL has no NUL characters and no broken ones, so
// that only the source can tell what becomes of it, unless it refuses what it would change.
func (c *conversion) ofText() (sql string, known bool) {
	switch {
	case c.b.Name == "char" && c.x.statement.SQLMode&padCharToFullLength != 0:
		return "", false
	case c.to == "text":
		return c.textToText()
	case c.to == "json" && c.a.JSON: // the source has checked it
		return c.text() + "::json", true
	case !c.strict():
		return "", false
	}
	switch c.to {
	case "int", "decimal", "float":
		return c.textToNumber()
	case "enum":
		return c.textToEnum()
	case "date", "datetime", "time":
		return c.textToMoment()
	case "uuid":
		return c.checked("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", c.cast(c.text())), true
	}
	return "", false
}

// checked is an expression for text that matches a pattern.
func (c *conversion) checked(pattern, expr string) string {
	return c.present(c.only(fmt.Sprintf("%s ~ '%s'", c.text(), pattern), expr))
}

// textToText: what is too long has been refused by the source, but for trailing blanks.
func (c *conversion) textToText() (sql string, known bool) {
	wider := holds(c.a.Charset, c.b.Charset) && (c.b.Charset == c.a.Charset || width(c.b.Charset) == 1 || slices.Contains(unicodes, c.b.Charset) || slices.Contains(threeBytes, c.b.Charset))
	switch {
	case wider && c.longer():
		return "", true
	case !c.strict():
		return "", false
	case c.longer() || c.a.Name == "char" || c.a.Name == "varchar":
		return "", true
	}
	limit, length := c.capacity(), "octet_length"
	if asciiWidth(c.a.Charset) > 1 {
		limit, length = limit/max(1, width(c.a.Charset)/asciiWidth(c.a.Charset)), "length"
	}
	return c.present(c.only(fmt.Sprintf("%s(%s) <= %d", length, c.text(), limit), c.cast(c.text()))), true
}

// longer says whether the new text type takes every length of the old one.
func (c *conversion) longer() bool {
	characters := func(t *schema.Type) bool { return t.Name == "char" || t.Name == "varchar" }
	bytes := func(t *schema.Type) int {
		if characters(t) {
			return t.Length * width(c.a.Charset)
		}
		return textLength(t)
	}
	switch {
	case characters(c.b) && characters(c.a):
		return c.a.Length >= c.b.Length
	case characters(c.a):
		return false
	case characters(c.b):
		return bytes(c.b) <= bytes(c.a)
	}
	return c.a.Charset == c.b.Charset && bytes(c.b) <= bytes(c.a) || c.a.Name == "longtext" ||
		c.a.Charset != c.b.Charset && bytes(c.b)*width(c.a.Charset) <= bytes(c.a)
}

const cleanNumber = `^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *$`

func (c *conversion) textToNumber() (sql string, known bool) {
	twin := *c
	twin.b = &schema.Type{Name: "decimal", Scale: -1} // any number
	from := "decimal"
	if c.to == "float" {
		twin.b, from = &schema.Type{Name: "double", Scale: -1}, "float"
	}
	expr := "btrim(" + c.text() + ")"
	if c.to == "float" {
		expr += "::double precision"
	}
	sql, known = twin.number(from, expr)
	return c.checked(cleanNumber, sql), known
}

// textToMoment reads dates as the source prints them. What PostgreSQL might read
// otherwise fails.
func (c *conversion) textToMoment() (sql string, known bool) {
	fraction := ""
	if c.a.Scale > 0 {
		fraction = fmt.Sprintf(`([.][0-9]{1,%d})?`, c.a.Scale)
	}
	pattern := map[string]string{
		"date":     `^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$`,
		"datetime": `^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}` + fraction + `)?)?$`,
		"time":     `^[0-9]{2}:[0-9]{2}:[0-9]{2}` + fraction + `$`,
	}[c.to]
	if c.to == "time" {
		return c.checked(pattern, c.cast(c.text())), true
	}
	return c.present(fmt.Sprintf("CASE WHEN %s ~ '^0000-00-00( 00:00:00)?$' THEN %s ELSE %s END", c.text(), c.cast(c.zero),
		c.only(fmt.Sprintf("%s ~ '%s'", c.text(), pattern), c.cast(c.text())))), true
}

// textToEnum finds the member by its label, or else by its number, as the source does.
func (c *conversion) textToEnum() (sql string, known bool) {
	values := c.a.Values
	var whens []string
	trimmed := "rtrim(" + c.text() + ", ' ')"
	for _, v := range values {
		whens = append(whens, fmt.Sprintf("WHEN %s = %s THEN %s", trimmed, quoted(v), quoted(v)))
	}
	plain := fmt.Sprintf("%s ~ '^[ -~]*$'", trimmed)
	if !exactly(c.a) {
		for i, v := range values {
			if !printable(v) {
				continue
			}
			for _, o := range values[:i] {
				if strings.EqualFold(o, v) {
					return "", false
				}
			}
			whens = append(whens, fmt.Sprintf("WHEN lower(%s) = %s AND %s THEN %s", trimmed, quoted(strings.ToLower(v)), plain, quoted(v)))
		}
	}
	whens = append(whens, fmt.Sprintf("WHEN %[1]s ~ '^[0-9]{1,5}$' THEN CASE WHEN %[1]s::integer BETWEEN 1 AND %[2]d THEN (%[3]s)[%[1]s::integer] END", trimmed, len(values), labels(values)))
	found := fmt.Sprintf("(CASE %s END)", strings.Join(whens, " "))
	return c.present(c.only(found+" IS NOT NULL", c.cast(found))), true
}

// printable says whether a label has ASCII characters only, which compare alike in all
// collations that ignore case.
func printable(label string) bool {
	return !strings.ContainsFunc(label, func(r rune) bool { return r < ' ' || r > '~' })
}

// exactly says whether members are compared character by character.
func exactly(t *schema.Type) bool {
	return strings.HasSuffix(t.Collation, "_bin") || t.Collation == "binary"
}

// ofJSON: MariaDB's is text. A string may stand for text that PostgreSQL does not take
// for JSON.
func (c *conversion) ofJSON() (sql string, known bool) {
	if c.b.JSON && c.a.JSON { // in another character set
		_, known = c.textToText()
		return "", known
	}
	if !c.b.JSON || c.to != "text" {
		return "", false
	}
	if sql, known = c.textToText(); !known {
		return "", false
	}
	if sql == "" {
		sql = c.cast(c.text())
	}
	return c.present(c.only(fmt.Sprintf("json_typeof(%s) <> 'string'", c.name), sql)), true
}

// encodings are PostgreSQL's names of character sets in which it reads every text as the
// source does, or refuses it.
var encodings = map[string]string{"utf8mb4": "UTF8", "utf8mb3": "UTF8", "latin1": "WIN1252"}

// ofBytes converts bytes; text of them is the same bytes.
func (c *conversion) ofBytes() (sql string, known bool) {
	switch {
	case c.to == "bytes" && c.a.Name != "binary" && c.capacity() >= byteLength(c.b):
		return "", true
	case c.to == "bytes":
		return c.sized(c.name), true
	case c.to != "text" || encodings[c.a.Charset] == "":
		return "", false
	case !c.strict() && (c.a.Charset == "utf8mb3" || strings.HasSuffix(c.a.Name, "text") && c.capacity() < byteLength(c.b)):
		return "", false
	}
	return c.cast(fmt.Sprintf("convert_from(%s, '%s')", c.name, encodings[c.a.Charset])), true
}

func byteLength(t *schema.Type) int {
	for _, size := range sizes {
		if size.blob == t.Name {
			return int(size.bytes)
		}
	}
	return t.Length
}

// sized cuts bytes to what the new type holds, and fills a BINARY up.
func (c *conversion) sized(bytes string) string {
	most := c.capacity()
	if most < 1<<16 {
		bytes = fmt.Sprintf("substring(%s from 1 for %d)", bytes, most)
	}
	if c.a.Name != "binary" {
		return bytes
	}
	return fmt.Sprintf("%s || decode(repeat('00', greatest(0, %d - octet_length(%s))), 'hex')", bytes, most, bytes)
}
