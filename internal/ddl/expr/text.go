package expr

import (
	"fmt"
	"strings"

	"pgchameleon/internal/ddl/parse"
)

// shown gives a value as the text that MySQL writes it in.
func (x *translator) shown(v value) value {
	out := value{sql: v.sql + "::text", kind: text, charset: "ascii", collation: "of a number"}
	switch v.kind {
	case text, null:
		return v
	case boolean:
		if v.raw {
			refuse("a BIT is a byte as text")
		}
		out.sql = x.count(v).sql + "::text"
	case integer, decimal:
		if !v.shown {
			refuse("MySQL writes the number with other digits than PostgreSQL")
		}
	case date:
		out.sql = dayText(v.sql)
	case datetime:
		if v.infinite {
			refuse("a zero date has another text")
		}
		out.sql = dayText(v.sql) + " || ' ' || " + timeText(v.sql, v.scale)
	case clock:
		out.sql = timeText(v.sql, v.scale)
	case member:
		out.sql, out.charset, out.collation = v.sql+"::text", v.charset, v.collation
		x.immutable = false // labels may be renamed
	default:
		refuse("a value of this type has another text in MySQL")
	}
	if v.kind == date && v.infinite {
		refuse("a zero date has another text")
	}
	out.sql = "(" + out.sql + ")"
	return out
}

// dayText writes a date whatever DateStyle says.
func dayText(sql string) string {
	return fmt.Sprintf("lpad(extract(year from %s)::text, 4, '0') || '-' || lpad(extract(month from %s)::text, 2, '0') || '-' || lpad(extract(day from %s)::text, 2, '0')", sql, sql, sql)
}

func timeText(sql string, scale int) string {
	text := fmt.Sprintf("lpad(extract(hour from %s)::text, 2, '0') || ':' || lpad(extract(minute from %s)::text, 2, '0') || ':' || lpad(trunc(extract(second from %s))::text, 2, '0')", sql, sql, sql)
	if scale > 0 {
		text += fmt.Sprintf(" || '.' || left(lpad((extract(microseconds from %s)::bigint %% 1000000)::text, 6, '0'), %d)", sql, scale)
	}
	return text
}

// characters gives an argument as text, and refuses bytes.
func (x *translator) text(e *parse.Expr) value { return x.shown(x.value(e)) }

// textCall translates what works on text.
func (x *translator) textCall(name string, args []*parse.Expr) (value, bool) {
	switch name {
	case "CONCAT":
		return x.concat(args), true
	case "CONCAT_WS":
		want(name, args, 2, 64)
		return x.concatWith(args), true
	case "LOWER", "LCASE", "UPPER", "UCASE":
		want(name, args, 1, 1)
		return x.fold(name, x.text(args[0])), true
	case "LENGTH", "OCTET_LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH", "BIT_LENGTH":
		want(name, args, 1, 1)
		return x.lengthOf(name, x.value(args[0])), true
	case "LEFT", "RIGHT", "REPEAT":
		want(name, args, 2, 2)
		v, n := x.text(args[0]), x.literalCount(name, args[1])
		if name != "REPEAT" {
			v.length = n
		} else if n > 1000 {
			refuse("REPEAT is NULL where its text is too long for the session")
		}
		return derived(v, "%s(%s, %d)", strings.ToLower(name), v.sql, n), true
	case "SUBSTRING":
		want(name, args, 2, 3)
		return x.substring(args), true
	case "TRIM", "LTRIM", "RTRIM":
		want(name, args, 1, 2)
		return x.trim(name, args), true
	case "REPLACE":
		want(name, args, 3, 3)
		v, from, to := x.text(args[0]), x.text(args[1]), x.text(args[2])
		if from.constant == nil || to.constant == nil || !utf8(v.charset) {
			refuse("REPLACE with anything but literals has no exact translation")
		}
		v.length = 0
		return derived(v, "replace(%s, %s, %s)", v.sql, from.sql, to.sql), true
	case "REVERSE":
		want(name, args, 1, 1)
		v := x.text(args[0])
		return derived(v, "reverse(%s)", v.sql), true
	case "LPAD", "RPAD":
		want(name, args, 3, 3)
		return x.pad(name, args), true
	case "MD5", "HEX", "SHA2":
		return x.digest(name, args), true
	}
	return value{}, false
}

// derived is a text made of another, under the same collation.
func derived(v value, format string, args ...any) value {
	v.sql, v.constant, v.target = fmt.Sprintf(format, args...), nil, false
	v.kind = text
	return v
}

func (x *translator) concat(args []*parse.Expr) value {
	var list []string
	out := value{kind: text, charset: "ascii", constant: new(string)}
	length, known := 0, true
	for i, arg := range args {
		v := x.text(arg)
		if v.kind == null {
			return value{sql: "NULL"}
		}
		known, length = known && v.length > 0, length+v.length
		list = append(list, v.sql)
		if v.target {
			list[i] += "::text"
		}
		out.charset, out.collation, _ = joint(out, v)
		if v.constant == nil {
			out.constant = nil
		}
	}
	out.constant = nil
	if out.length = length; !known {
		out.length = 0
	}
	if len(list) == 1 {
		list = append(list, "''")
	}
	out.sql = "(" + strings.Join(list, " || ") + ")"
	return out
}

// concatWith passes over NULL, as PostgreSQL does.
func (x *translator) concatWith(args []*parse.Expr) value {
	out := x.concat(args)
	var list []string
	for _, arg := range args {
		list = append(list, x.text(arg).sql)
	}
	if out.kind == null {
		out = value{kind: text, charset: "utf8mb4", collation: "of several"}
	}
	out.sql, out.length = "concat_ws("+strings.Join(list, ", ")+")", 0
	x.immutable = false
	return out
}

// fold is exact for ASCII: what becomes of other letters is the target's locale's.
func (x *translator) fold(name string, v value) value {
	if v.kind == null {
		return v
	}
	function := map[byte]string{'L': "lower", 'U': "upper"}[name[0]]
	if v.charset != "ascii" {
		x.loose = name + " of letters beyond ASCII follows the locale of PostgreSQL's database"
	}
	return derived(v, "%s(%s)", function, v.sql)
}

func (x *translator) lengthOf(name string, v value) value {
	if v.kind != bytes {
		v = x.shown(v)
	}
	out := value{kind: integer, precision: 10, positive: true, shown: true}
	switch {
	case v.kind == null:
		return v
	case strings.HasPrefix(name, "CHAR") && v.kind == text:
		out.sql = "char_length(" + v.sql + ")"
	case v.kind == bytes || utf8(v.charset):
		out.sql = "octet_length(" + v.sql + ")"
	case v.charset == "latin1":
		out.sql = "char_length(" + v.sql + ")"
	default:
		refuse("the length in bytes of a text in the character set %s is not known", v.charset)
	}
	if name == "BIT_LENGTH" {
		out.sql = "(" + out.sql + " * 8)"
	}
	return out
}

func (x *translator) substring(args []*parse.Expr) value {
	v := x.text(args[0])
	at, back := args[1], false
	if at.Op == parse.OpMinus {
		at, back = at.Args[0], true
	}
	from, n := x.literalCount("SUBSTRING", at), -1
	if len(args) == 3 {
		n = x.literalCount("SUBSTRING", args[2])
		v.length = n
	}
	switch {
	case from == 0:
		return derived(v, "left(%s, 0)", v.sql)
	case back:
		v = derived(v, "(CASE WHEN char_length(%s) < %d THEN '' ELSE right(%s, %d) END)", v.sql, from, v.sql, from)
		if n >= 0 {
			v.sql = fmt.Sprintf("left(%s, %d)", v.sql, n)
		}
		return v
	case n >= 0:
		return derived(v, "substr(%s, %d, %d)", v.sql, from, n)
	}
	return derived(v, "substr(%s, %d)", v.sql, from)
}

func (x *translator) trim(name string, args []*parse.Expr) value {
	v := x.text(args[0])
	function := map[string]string{"TRIM": "btrim", "LTRIM": "ltrim", "RTRIM": "rtrim"}[name]
	what := "' '"
	if len(args) == 2 {
		cut := x.value(args[1])
		if cut.kind != text || cut.constant == nil || len([]rune(*cut.constant)) != 1 {
			refuse("TRIM of more than one character has no exact translation")
		}
		what = cut.sql
	}
	return derived(v, "%s(%s, %s)", function, v.sql, what)
}

func (x *translator) pad(name string, args []*parse.Expr) value {
	v, n, fill := x.text(args[0]), x.literalCount(name, args[1]), x.value(args[2])
	if fill.kind != text || fill.constant == nil || *fill.constant == "" {
		refuse("%s with anything but a literal has no exact translation", name)
	}
	if n > 1000 {
		refuse("%s is NULL where its text is too long for the session", name)
	}
	v.length = n
	return derived(v, "%s(%s, %d, %s)", strings.ToLower(name), v.sql, n, fill.sql)
}

// digest translates functions that give hexadecimal digits.
func (x *translator) digest(name string, args []*parse.Expr) value {
	want(name, args, 1, 2)
	v := x.value(args[0])
	out := value{kind: text, charset: "ascii", collation: "of a number"}
	if v.kind != bytes && !(name == "HEX" && v.number()) {
		v = x.shown(v)
		if v.kind == text && !utf8(v.charset) {
			refuse("%s of a text in the character set %s has no exact translation", name, v.charset)
		}
	}
	raw := v.sql
	if v.kind == text && name != "MD5" {
		raw, x.immutable = "convert_to("+v.sql+", 'UTF8')", false
	}
	switch {
	case v.kind == null:
		return v
	case name == "MD5":
		out.sql, out.length = "md5("+v.sql+")", 32
	case name == "SHA2" && len(args) == 2 && (args[1].Text == "256" || args[1].Text == "0"):
		out.sql, out.length = "encode(sha256("+raw+"), 'hex')", 64
	case name == "SHA2":
		refuse("SHA2 of other lengths than 256 has no translation")
	case v.kind == boolean || v.kind == integer && !v.numeric:
		out.sql = "upper(to_hex(" + roomy(x.count(v), true) + "))"
	case v.kind == integer || v.kind == decimal:
		refuse("HEX of numbers of more than 63 bits has no translation")
	default:
		out.sql = "upper(encode(" + raw + ", 'hex'))"
	}
	return out
}
