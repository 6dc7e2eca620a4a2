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
// not be one.
func (x *diff) extend(p pair) bool {
	before, after := p.before.Map.Enum(), p.after.Map.Enum()
	if len(before) >= len(after) {
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
	b, a := &before.Type, &after.Type
	from, to := classOf(p.before.Map.SQL()), classOf(p.after.Map.SQL())
	if p.before.Enum != "" {
		from = "enum"
	}
	if p.after.Enum != "" {
		to = "enum"
	}
	name := mapping.Quote(p.after.Name)
	if p.before.Collate("") != "" {
		name = "(" + name + ` COLLATE "default")`
	}
	typ := p.after.Type(x.after.Schema)
	switch {
	case p.before.Map.Mask() != p.after.Map.Mask():
		return "", fmt.Sprintf("the mask of %s is not the one of %s; give both names the same mask", before.Name, after.Name)
	case p.before.Map.Altered() || p.after.Map.Altered():
		return x.altered(p, b, a, typ)
	case b.Name == "set" || a.Name == "set":
		return setConversion(b, a, name)
	case b.Name == "vector" && a.Name == "vector":
		return vectorConversion(from, to, b, a, name, typ)
	case b.Name == "vector" || a.Name == "vector", isSpatial(b.Name) != isSpatial(a.Name): // of bytes it makes its own form, which is not kept here
		return "", cannot(b, a)
	case b.Name == "year" != (a.Name == "year") && a.Name == "year",
		b.Name == "year" && (isTemporal(a.Name)):
		return "", cannot(b, a)
	case b.Zerofill && to == "text":
		return fmt.Sprintf("lpad(%s::text, %d, '0')::%s", name, max(0, b.Length), typ), ""
	case b.Name == "year" && to == "text":
		return fmt.Sprintf("lpad(%s::text, 4, '0')::%s", name, typ), ""
	case from == to:
		return x.within(from, b, a, name, typ)
	}
	if from == "text" && b.Name != "enum" {
		using = textToTemporal(to, zeroDate(x.after, p.after), name, typ)
	}
	if using == "" {
		using = x.between(from, to, b, a, name, typ)
	}
	if using == "" {
		return "", cannot(b, a)
	}
	return using, ""
}

// altered converts a column that an override or a mask has changed: what the source
// does to its values is known here only where it leaves them as they are.
func (x *diff) altered(p pair, b, a *schema.Type, typ string) (using, reason string) {
	if field, is := p.after.Map.Constant(); is {
		if field == `\N` {
			return "NULL::" + typ, ""
		}
		constant := strings.TrimSpace(mapping.Literal(unescapeCopy(field))) + "::" + typ
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN %s END", mapping.Quote(p.after.Name), constant), "" // NULL is not hidden
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
	lengths := map[string]int{"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1, "longtext": 1<<32 - 1}
	length := func(t *schema.Type) int {
		if t.Name == "varchar" {
			return t.Length
		}
		return lengths[t.Name]
	}
	switch {
	case b.Text == a.Text:
		return true
	case widths[b.Name] > 0 && widths[a.Name] > 0:
		return widths[a.Name] >= widths[b.Name] && (a.Unsigned == b.Unsigned || b.Unsigned && widths[a.Name] > widths[b.Name])
	case length(b) > 0 && length(a) > 0:
		return length(a) >= length(b) && a.Charset == b.Charset
	case b.Name == "enum" && a.Name == "enum":
		return !slices.ContainsFunc(b.Values, func(v string) bool { return !slices.Contains(a.Values, v) })
	case b.Name == "set" && a.Name == "set":
		return subsequence(b.Values, a.Values)
	}
	return false
}

func cannot(before, after *schema.Type) string {
	return fmt.Sprintf("what the source makes of %s as %s cannot be worked out here", before.Text, after.Text)
}

func isTemporal(name string) bool {
	return name == "date" || name == "time" || name == "datetime" || name == "timestamp"
}

// vectorConversion: MariaDB cuts vectors that become shorter, and adds zeros to those
// that become longer.
func vectorConversion(from, to string, b, a *schema.Type, name, typ string) (using, reason string) {
	held := []string{"vector", "real[]"}
	switch {
	case from == to && (!a.Fixed || a.Length == b.Length):
		return "", ""
	case !slices.Contains(held, from) || !slices.Contains(held, to):
		return "", cannot(b, a)
	case !a.Fixed || a.Length == b.Length:
		return fmt.Sprintf("%s::%s", name, typ), ""
	case a.Length < b.Length:
		return fmt.Sprintf("(%s::real[])[1:%d]::%s", name, a.Length, typ), ""
	}
	return fmt.Sprintf("CASE WHEN %[1]s IS NOT NULL THEN (%[1]s::real[] || array_fill(0::real, ARRAY[%[2]d]))::%[3]s END", name, a.Length-b.Length, typ), ""
}

// within converts inside one class of types.
func (x *diff) within(class string, b, a *schema.Type, name, typ string) (using, reason string) {
	switch class {
	case "enum":
		if slices.Equal(b.Values, a.Values) {
			return "", ""
		}
		return enumToEnum(b, a, name, typ), ""
	case "bit":
		if b.Length == a.Length {
			return "", ""
		}
		return fmt.Sprintf("%s::bigint::%s", name, typ), ""
	case "bytea":
		if a.Name == "binary" && (b.Name != "binary" || b.Length < a.Length) {
			return padded(name, a.Length), ""
		}
		return "", ""
	case "timestamp", "time", "timestamptz":
		if a.Scale < b.Scale && x.d.MariaDB() {
			return "", fmt.Sprintf("MariaDB cuts off digits of seconds by the session's sql_mode: %s", cannot(b, a))
		}
	case "float":
		if b.Name == "double" && a.Name == "double" && b.Scale != a.Scale && a.Scale >= 0 || a.Name == "float" && a.Scale >= 0 && a.Scale != b.Scale {
			return "", cannot(b, a)
		}
	}
	return "", ""
}

func padded(bytes string, length int) string {
	return fmt.Sprintf("%s || decode(repeat('00', greatest(0, %d - octet_length(%s))), 'hex')", bytes, length, bytes)
}

const leadingNumber = `'^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?'`

// between converts from one class of types to another; "" if it cannot.
//
//nolint:cyclop // a table, written as a switch
func (x *diff) between(from, to string, b, a *schema.Type, name, typ string) string {
	numbers := []string{"int", "numeric", "float"}
	isFrom, isTo := slices.Contains(numbers, from), slices.Contains(numbers, to)
	switch {
	case from == "float" && to == "numeric":
		return fmt.Sprintf("%s::text::%s", name, typ)
	case isFrom && isTo:
		return fmt.Sprintf("%s::%s", name, typ)
	case isFrom && from != "float" && to == "text", from == "enum" && to == "text", from == "json" && to == "text", from == "uuid" && to == "text":
		return fmt.Sprintf("%s::text::%s", name, typ)
	case from == "text" && isTo && b.Name != "set":
		return fmt.Sprintf("coalesce(substring(btrim(%s) from %s), CASE WHEN %s IS NOT NULL THEN '0' END)::numeric::%s", name, leadingNumber, name, typ)
	case from == "boolean" && isTo:
		return fmt.Sprintf("%s::int::%s", name, typ)
	case from == "boolean" && to == "bit":
		return fmt.Sprintf("%s::int::%s", name, typ)
	case from == "bit" && isTo:
		return fmt.Sprintf("%s::bigint::%s", name, typ)
	case (from == "int" || from == "numeric" && b.Scale == 0) && to == "bit":
		return fmt.Sprintf("%s::bigint::%s", name, typ)
	case from == "bit" && to == "boolean":
		return fmt.Sprintf("%s::bigint <> 0", name)
	case from == "int" && to == "boolean":
		return fmt.Sprintf("%s <> 0", name)
	case from == "int" && to == "enum":
		return fmt.Sprintf("(CASE WHEN %s = 0 THEN '' ELSE (%s)[%s] END)::%s", name, labels(a.Values), name, typ)
	case from == "enum" && to == "int":
		return fmt.Sprintf("coalesce(array_position(%s, %s::text), CASE WHEN %s IS NOT NULL THEN 0 END)::%s", labels(b.Values), name, name, typ)
	case from == "text" && to == "enum":
		return textToEnum(a, name, typ)
	case from == "text" && (to == "json" || to == "uuid"):
		return fmt.Sprintf("btrim(%s)::%s", name, typ)
	case from == "date" && to == "timestamp":
		return fmt.Sprintf("%s::%s", name, typ)
	case from == "timestamp" && to == "date" && b.Scale == 0:
		return fmt.Sprintf("%s::date", name)
	case from == "timestamp" && to == "time" && b.Scale <= a.Scale:
		return fmt.Sprintf("%s::%s", name, typ)
	case (from == "date" || from == "timestamp" || from == "time") && to == "text":
		return temporalToText(from, b, name, typ)
	case from == "bytea" && to == "text":
		return bytesToText(b, a, name, typ)
	case from == "text" && to == "bytea":
		return textToBytes(b, a, name)
	}
	return ""
}

func labels(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = strings.TrimSpace(mapping.Literal(v))
	}
	return "ARRAY[" + strings.Join(list, ", ") + "]::text[]"
}

// enumToEnum keeps the member with the same label, whatever its case; a member
// that is gone becomes the invalid one.
func enumToEnum(b, a *schema.Type, name, typ string) string {
	var whens []string
	for _, v := range append(slices.Clone(b.Values), "") {
		to := member(v, a.Values)
		if !slices.Contains(a.Values, to) {
			to = ""
		}
		if to != v {
			whens = append(whens, fmt.Sprintf("WHEN %s THEN %s", strings.TrimSpace(mapping.Literal(v)), strings.TrimSpace(mapping.Literal(to))))
		}
	}
	if len(whens) == 0 {
		return fmt.Sprintf("%s::text::%s", name, typ)
	}
	return fmt.Sprintf("(CASE %s::text %s ELSE %s::text END)::%s", name, strings.Join(whens, " "), name, typ)
}

func textToEnum(a *schema.Type, name, typ string) string {
	var whens []string
	for _, v := range a.Values {
		literal := strings.TrimSpace(mapping.Literal(v))
		whens = append(whens, fmt.Sprintf("WHEN lower(rtrim(%s)) = lower(%s) THEN %s", name, literal, literal))
	}
	return fmt.Sprintf("(CASE %s WHEN %s IS NOT NULL THEN '' END)::%s", strings.Join(whens, " "), name, typ)
}

// textToTemporal reads dates as MySQL prints them. It fails on those that
// PostgreSQL might read otherwise; the message holds no value.
func textToTemporal(to, zero, name, typ string) string {
	pattern := map[string]string{
		"date":      `^\s*\d{4}-\d{1,2}-\d{1,2}\s*$`,
		"timestamp": `^\s*\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d*)?)?)?\s*$`,
		"time":      `^\s*\d{1,2}:\d{2}(:\d{2}(\.\d*)?)?\s*$`,
	}[to]
	if pattern == "" {
		return ""
	}
	switch {
	case to == "time":
		zero = "'00:00:00'"
	case zero == "":
		zero = "'a zero date, which value_rules refuses'" // as any text that is no date does
	}
	return fmt.Sprintf("(CASE WHEN %s ~ '^\\s*0000-0?0-0?0' THEN %s WHEN %s !~ '%s' THEN 'not as MySQL prints it' ELSE %s END)::%s", name, zero, name, pattern, name, typ)
}

func temporalToText(from string, b *schema.Type, name, typ string) string {
	format := map[string]string{"date": "YYYY-MM-DD", "timestamp": "YYYY-MM-DD HH24:MI:SS", "time": "HH24:MI:SS"}[from]
	zero := map[string]string{"date": "0000-00-00", "timestamp": "0000-00-00 00:00:00"}[from]
	if b.Scale > 0 {
		format += fmt.Sprintf(".FF%d", b.Scale)
		zero += "." + strings.Repeat("0", b.Scale)
	}
	if from == "time" {
		return fmt.Sprintf("to_char(%s::interval, '%s')::%s", name, format, typ)
	}
	return fmt.Sprintf("(CASE WHEN isfinite(%s) THEN to_char(%s, '%s') WHEN %s IS NOT NULL THEN '%s' END)::%s", name, name, format, name, zero, typ)
}

// encodings are PostgreSQL's names of the character sets that mean just the
// same in both.
var encodings = map[string]string{"utf8mb4": "UTF8", "utf8mb3": "UTF8", "ascii": "SQL_ASCII"}

func bytesToText(b, a *schema.Type, name, typ string) string {
	encoding := encodings[a.Charset]
	if encoding == "" || b.Name == "binary" {
		return ""
	}
	return fmt.Sprintf("convert_from(%s, '%s')::%s", name, encoding, typ)
}

func textToBytes(b, a *schema.Type, name string) string {
	encoding := encodings[b.Charset]
	if encoding == "" || b.Name == "enum" {
		return ""
	}
	bytes := fmt.Sprintf("convert_to(%s::text, '%s')", name, encoding)
	if a.Name == "binary" {
		return padded(bytes, a.Length)
	}
	return bytes
}

// setConversion allows what leaves the text of a set as it is.
func setConversion(b, a *schema.Type, name string) (using, reason string) {
	switch {
	case a.Name != "set" && isText(a.Name) && a.Name != "enum":
		return "", ""
	case b.Name == "set" && a.Name == "set" && subsequence(b.Values, a.Values):
		return "", ""
	case b.Name == "enum" && a.Name == "set" && subsequence(b.Values, a.Values) && !slices.Contains(a.Values, ""):
		return name + "::text", ""
	}
	return "", cannot(b, a)
}

// subsequence says whether all of short stand in long in the same order.
func subsequence(short, long []string) bool {
	i := 0
	for _, v := range long {
		if i < len(short) && short[i] == v {
			i++
		}
	}
	return i == len(short)
}
