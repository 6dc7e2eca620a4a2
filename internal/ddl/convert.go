package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// retyped says whether the column's type in PostgreSQL becomes another one.
func (x *diff) retyped(p pair) bool {
	return p.before.Map.SQL() != p.after.Map.SQL() || !slices.Equal(p.before.Map.Enum(), p.after.Map.Enum()) || p.before.Collate("") != p.after.Collate("")
}

// changeType gives a column its new type, with the values that the source has
// made of the old ones.
func (x *diff) changeType(p pair) {
	using, _ := x.conversion(p)
	if !x.retyped(p) && using == "" {
		return
	}
	table, name := x.before.Ident(), mapping.Quote(p.after.Name)
	if p.before.Enum != "" && p.after.Enum != "" {
		if x.extend(p) {
			return
		}
	}
	if before, _ := defaultSQL(x.before, p.before); before != "" {
		x.add("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, name)
	}
	old := ""
	if p.before.Enum != "" {
		enum := p.before.Enum
		if p.after.Enum != "" { // it has the new name by now, which the new type takes
			enum = mapping.IndexName("moving", p.after.Enum)
			x.add("ALTER TYPE %s RENAME TO %s", p.after.Type(x.before.Schema), mapping.Quote(enum))
		}
		old = mapping.Quote(x.before.Schema) + "." + mapping.Quote(enum)
	}
	if p.after.Enum != "" {
		x.sql = append(x.sql, createEnum(x.after, p.after))
	}
	typ := p.after.Type(x.after.Schema)
	if using == "" {
		using = fmt.Sprintf("%s::%s", name, typ)
	}
	if made := collation(x.after, p.after); made != "" {
		x.sql = append(x.sql, made)
	}
	collate := p.after.Collate(x.after.Home)
	if collate == "" && p.before.Collate("") != "" && classOf(p.after.Map.SQL()) == "text" {
		collate = ` COLLATE "default"`
	}
	x.add("ALTER TABLE %s ALTER COLUMN %s TYPE %s%s USING %s", table, name, typ, collate, using)
	if old != "" {
		x.add("DROP TYPE %s", old)
	}
}

// extend adds labels to an enum type where the old ones stay as they are. A
// label that is new cannot be used in the same transaction, so the default must
// not be one, nor may NULL become one.
func (x *diff) extend(p pair) bool {
	before, after := p.before.Map.Enum(), p.after.Map.Enum()
	if len(before) >= len(after) || notNull(p.after) && !notNull(p.before) {
		return false
	}
	i := 0
	for _, label := range after {
		if i < len(before) && before[i] == label {
			i++
		}
	}
	if d := source(x.after, p.after).Default; i < len(before) || d != nil && !slices.Contains(before, d.Text) {
		return false
	}
	for i, label := range after {
		if slices.Contains(before, label) {
			continue
		}
		place := "BEFORE " + strings.TrimSpace(mapping.Literal(after[0]))
		if i > 0 {
			place = "AFTER " + strings.TrimSpace(mapping.Literal(after[i-1]))
		} else if first := slices.IndexFunc(after, func(l string) bool { return slices.Contains(before, l) }); first > 0 {
			place = "BEFORE " + strings.TrimSpace(mapping.Literal(after[first]))
		}
		x.add("ALTER TYPE %s ADD VALUE %s %s", p.after.Type(x.after.Schema), strings.TrimSpace(mapping.Literal(label)), place)
	}
	return true
}

// conversion gives the expression that makes the new value of the old one, as
// the source's ALTER TABLE does: "" for the type's own cast. reason says why
// there is none.
func (x *diff) conversion(p pair) (using, reason string) {
	before, after := source(x.before, p.before), source(x.after, p.after)
	c := &conversion{
		x: x, before: notNull(p.before), freed: notNull(p.before) && !notNull(p.after), b: &before.Type, a: &after.Type, from: kindOf(&before.Type), to: kindOf(&after.Type),
		typ: p.after.Type(x.after.Schema), name: mapping.Quote(p.after.Name), zero: zeroDate(x.after, p.after),
	}
	if p.before.Collate("") != "" {
		c.name = "(" + c.name + ` COLLATE "default")`
	}
	switch {
	case p.before.Map.Mask() != p.after.Map.Mask():
		return "", fmt.Sprintf("the mask of %s is not the one of %s; give both names the same mask", before.Name, after.Name)
	case p.before.Map.Altered() || p.after.Map.Altered():
		return x.altered(p, c.b, c.a, c.typ)
	case c.b.Text == c.a.Text && c.b.Charset == c.a.Charset:
		return c.nullable(), ""
	case p.before.Map.SQL() != "" && p.before.Map.SQL() == p.after.Map.SQL() && unaltered(c.b, c.a):
		return "", ""
	case ruled(p.before) || ruled(p.after):
		if unaltered(c.b, c.a) {
			return "", ""
		}
		return "", "value_rules has changed its values, so " + cannot(c.b, c.a)
	}
	using, known := c.using()
	if !known {
		return "", cannot(c.b, c.a)
	}
	return using, ""
}

// ruled says whether values of the column may have been changed by a rule that is not
// the default.
func ruled(c mapping.Column) bool { return c.Map.KeyIdentity() != c.Map.Identity() }

// altered converts a column that an override or a mask has changed: what the source
// does to its values is known here only where it leaves them as they are.
func (x *diff) altered(p pair, b, a *schema.Type, typ string) (using, reason string) {
	if field, is := p.after.Map.Constant(); is {
		if field == `\N` {
			return "NULL::" + typ, ""
		}
		return strings.TrimSpace(mapping.Literal(unescapeCopy(field))) + "::" + typ, ""
	}
	texts := classOf(p.before.Map.SQL()) == "text" && classOf(p.after.Map.SQL()) == "text"
	if unaltered(b, a) && (texts || p.before.Map.SQL() == p.after.Map.SQL()) {
		return "", ""
	}
	return "", fmt.Sprintf("its values are changed by an override or a mask, so %s", cannot(b, a))
}

// unaltered says that a change from one type to another leaves every value as it is.
func unaltered(b, a *schema.Type) bool {
	widths := map[string]int{"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
	switch {
	case b.Text == a.Text:
		return b.Charset == a.Charset || holds(a.Charset, b.Charset)
	case widths[b.Name] > 0 && widths[a.Name] > 0:
		return widths[a.Name] >= widths[b.Name] && (a.Unsigned == b.Unsigned || b.Unsigned && widths[a.Name] > widths[b.Name])
	case textLength(b) > 0 && textLength(a) > 0:
		return textLength(a) >= textLength(b) && a.Charset == b.Charset
	case b.Name == "enum" && a.Name == "enum":
		return !slices.ContainsFunc(b.Values, func(v string) bool { return !slices.Contains(a.Values, v) })
	case b.Name == "set" && a.Name == "set":
		return subsequence(b.Values, a.Values)
	}
	return false
}

// textLength is the most characters (of the text types: bytes) that a text without padding
// holds, 0 for other types.
func textLength(t *schema.Type) int {
	if t.Name == "varchar" {
		return t.Length
	}
	return map[string]int{"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1, "longtext": 1<<32 - 1}[t.Name]
}

func cannot(before, after *schema.Type) string {
	return fmt.Sprintf("what the source makes of %s as %s cannot be worked out here", before.Text, after.Text)
}

// conversion is how the values of one column change.
type conversion struct {
	x         *diff
	before    bool // the column took no NULL
	freed     bool // and does so now
	b, a      *schema.Type
	from, to  string // kinds
	name, typ string // the column, with its values before, and its type after, as SQL
	zero      string // what stands for a zero date in it after
}

// kindOf sorts types by what ALTER TABLE does to their values.
func kindOf(t *schema.Type) string {
	switch {
	case t.JSON || t.Name == "json":
		return "json"
	case isInteger(t.Name):
		return "int"
	case t.Name == "float" || t.Name == "double":
		return "float"
	case t.Name == "enum" || t.Name == "set":
		return t.Name
	case isText(t.Name):
		return "text"
	case hasBytes(t.Name):
		return "bytes"
	}
	return t.Name
}

// using gives the expression, "" for a plain cast. It is not known where only the source
// can tell what becomes of the values.
func (c *conversion) using() (sql string, known bool) {
	switch c.from {
	case "int", "decimal", "float", "bit", "year":
		return c.ofNumber()
	case "text":
		return c.ofText()
	case "bytes":
		return c.ofBytes()
	case "date", "datetime", "timestamp", "time":
		return c.ofMoment()
	case "enum", "set":
		return c.ofMembers()
	case "json":
		return c.ofJSON()
	case "uuid":
		if c.to == "text" && (c.roomy(36) || c.strict()) {
			return c.cast(c.name + "::text"), true
		}
	case "vector":
		return c.vector()
	default:
		if isSpatial(c.from) && isSpatial(c.to) {
			return "", true
		}
	}
	return "", false
}

// The bits of sql_mode by which the source refuses what it would change otherwise, of
// tables of transactions and of all.
const (
	strictTransTables = 1 << 21
	strictAllTables   = 1 << 22
)

// strict says whether the source has refused values that it would have changed otherwise.
func (c *conversion) strict() bool {
	mode, innodb := c.x.statement.SQLMode, strings.EqualFold(c.x.before.Source.Engine, "InnoDB") && strings.EqualFold(c.x.after.Source.Engine, "InnoDB")
	return !c.x.lenient && (mode&strictAllTables != 0 || innodb && mode&strictTransTables != 0)
}

// roomy says whether a text or bytes of so many ASCII characters fit.
func (c *conversion) roomy(characters int) bool { return c.capacity() >= characters }

// capacity is how many ASCII characters fit into the new text or bytes.
func (c *conversion) capacity() int {
	switch {
	case c.a.Name == "varchar" || c.a.Name == "char" || c.a.Name == "varbinary" || c.a.Name == "binary":
		return c.a.Length
	default:
		for _, size := range sizes {
			if size.text == c.a.Name || size.blob == c.a.Name {
				return int(size.bytes) / max(1, asciiWidth(c.a.Charset))
			}
		}
	}
	return 0
}

func (c *conversion) cast(expr string) string { return expr + "::" + c.typ }

// only is an expression for values under a condition. The statement fails where a value
// does not meet it, without telling the value: then the rows are read again.
func (c *conversion) only(condition, expr string) string {
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", condition, expr, c.fails())
}

const refusal = "only the source knows what becomes of a value"

// fails is an expression that fails at every row.
func (c *conversion) fails() string {
	return fmt.Sprintf("('%s' || coalesce(left(%s::text, 0), ''))::integer::text::%s", refusal, c.name, c.typ)
}

// present keeps NULL out of an expression.
func (c *conversion) present(expr string) string {
	return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN %s END", c.name, expr)
}

// nullable handles a column whose type stays while it takes NULL from here on: what stood
// for a time that PostgreSQL cannot hold is NULL then.
func (c *conversion) nullable() string {
	if c.from != "time" || !c.freed {
		return ""
	}
	return c.only(c.certain(), c.name)
}

// vector: MariaDB cuts vectors that become shorter, and adds zeros to those that become
// longer.
func (c *conversion) vector() (sql string, known bool) {
	b, a := c.b, c.a
	if a.Name != "vector" {
		return "", false
	}
	switch {
	case !a.Fixed || a.Length == b.Length:
		return "", true
	case a.Length < b.Length:
		return fmt.Sprintf("(%s::real[])[1:%d]::%s", c.name, a.Length, c.typ), true
	}
	return c.present(fmt.Sprintf("(%s::real[] || array_fill(0::real, ARRAY[%d]))::%s", c.name, a.Length-b.Length, c.typ)), true
}
