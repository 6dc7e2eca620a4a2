package expr

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// kind is the sort of a value, as MySQL computes with it.
type kind uint8

const (
	null kind = iota
	boolean
	integer
	decimal
	double
	text
	bytes
	date
	datetime
	instant // TIMESTAMP
	clock   // TIME
	document
	member // of an enum type
	other
)

// sql names the type that PostgreSQL gives a value.
func (k kind) sql() string {
	return [...]string{"", "boolean", "bigint", "numeric", "double precision", "text", "bytea", "date", "timestamp", "timestamptz", "time", "jsonb", "enum", ""}[k]
}

// value is a translated expression and what is known of it.
type value struct {
	sql  string
	kind kind

	// Of numbers.
	precision int  // digits at most
	scale     int  // of decimals, after the point; of temporal values, of the second
	positive  bool // it is never below zero
	unsigned  bool // MySQL computes with it as unsigned
	numeric   bool // an integer that PostgreSQL has as numeric
	wide      bool // an integer that PostgreSQL has as bigint
	shown     bool // a number whose digits PostgreSQL writes as MySQL does

	raw      bool // a BIT, which is a byte where text is asked for
	infinite bool // a date that may stand for a zero date, before all others

	// Of text.
	charset, collation string
	target             bool // the target's column says how it is compared: citext or ICU
	length             int  // characters at most, 0 where it is not known

	constant *string        // of a literal: its value
	column   mapping.Column // of an enum or a document
}

func (v *value) number() bool { return v.kind == boolean || v.kind == integer || v.kind == decimal }

var digits = map[string]int{"tinyint": 3, "bool": 3, "boolean": 3, "smallint": 5, "mediumint": 8, "int": 10, "integer": 10, "bigint": 20}

// column reads a column of the table.
func (x *translator) column(e *parse.Expr) value {
	if x.scope != nil {
		return x.scoped(e)
	}
	at := x.table.Column(e.Text)
	if at < 0 {
		refuse("column %s is not replicated", e.Text)
	}
	c := x.table.Columns[at]
	note(&x.columns, at)
	switch c.Map.Source.Type.Name {
	case "date", "datetime", "timestamp":
		note(&x.zeros, at)
	}
	return x.columnValue(c, mapping.Quote(c.Name))
}

// columnValue gives a column's value, of which sql is the name.
func (x *translator) columnValue(c mapping.Column, sql string) value {
	if c.Map.Altered() {
		refuse("column %s is masked or has an overridden type", c.Map.Source.Name)
	}
	v := value{sql: sql, column: c}
	t := &c.Map.Source.Type
	if n, is := digits[t.Name]; is {
		v.kind, v.precision, v.unsigned, v.positive = integer, n, t.Unsigned || t.Zerofill, t.Unsigned || t.Zerofill
		v.numeric, v.wide, v.shown = strings.HasPrefix(c.Map.SQL(), "numeric"), c.Map.SQL() == "bigint", !t.Zerofill
		return v
	}
	switch t.Name {
	case "decimal", "numeric":
		v.kind, v.precision, v.scale, v.positive, v.shown = decimal, t.Precision, t.Scale, t.Unsigned || t.Zerofill, !t.Zerofill
	case "float", "double", "real":
		v.kind = double
		if c.Map.SQL() == "real" {
			v.sql += "::double precision"
			v.sql = "(" + v.sql + ")"
		}
	case "year":
		v.kind, v.precision, v.unsigned, v.positive = integer, 4, true, true
	case "bit":
		v = x.bits(v, t)
	case "date", "datetime", "timestamp", "time":
		v.kind = map[string]kind{"date": date, "datetime": datetime, "timestamp": instant, "time": clock}[t.Name]
		v.scale = t.Scale
		v = dated(v)
	case "enum", "set":
		v.kind, v.charset, v.collation = text, t.Charset, "of a "+t.Name
		if c.Enum != "" {
			v.kind = member
		}
	case "json":
		v.kind = document
	default:
		v = x.characters(v, t)
	}
	return v
}

func (x *translator) bits(v value, t *schema.Type) value {
	switch {
	case t.Length == 1:
		v.kind, v.raw = boolean, true
	case t.Length > 62:
		v.kind = other
	default:
		v.kind, v.sql, v.precision, v.unsigned, v.positive, v.wide = integer, "("+v.sql+"::bigint)", 19, true, true, true
	}
	return v
}

// dated is a column with dates. What stands for zero dates may be no date that has a year.
func dated(v value) value {
	if v.kind == clock {
		return v
	}
	zero := "0000-00-00"
	if v.kind != date {
		zero += " 00:00:00"
	}
	var notes typemap.Notes
	if field, err := v.column.Map.Literal(nil, []byte(zero), &notes); err == nil && strings.HasSuffix(string(field), "infinity") {
		v.infinite = true
	}
	return v
}

// finite gives a date of a value that may be infinite as NULL, which has no year either.
func (v *value) finite() string {
	if !v.infinite {
		return v.sql
	}
	return fmt.Sprintf("(CASE WHEN isfinite(%s) THEN %s END)", v.sql, v.sql)
}

func (x *translator) characters(v value, t *schema.Type) value {
	switch t.Name {
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		v.kind, v.charset, v.collation, v.length = text, t.Charset, t.Collation, max(0, t.Length)
		sql := v.column.Map.SQL()
		icu, _ := v.column.Map.ICU()
		v.target = sql == "citext" || icu != ""
		switch {
		case sql == "json":
			v.kind = document
		case strings.HasPrefix(sql, "character("):
			v.sql = "(" + v.sql + "::text)"
		}
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		v.kind, v.length = bytes, max(0, t.Length)
	default:
		v.kind = other
	}
	return v
}

// literal translates a constant.
func literal(e *parse.Expr) (v value, is bool) {
	v.constant = &e.Text
	switch e.Op {
	case parse.OpNull:
		return value{sql: "NULL"}, true
	case parse.OpNumber:
		return numberLiteral(e.Text), true
	case parse.OpString:
		return stringLiteral(e.Text, e.Charset), true
	case parse.OpHex:
		raw, err := hex.DecodeString(e.Text)
		if err != nil {
			refuse("a hexadecimal literal cannot be read")
		}
		if e.Charset != "" && e.Charset != "binary" {
			return stringLiteral(string(raw), e.Charset), true
		}
		content := string(raw)
		return value{sql: byteLiteral(content), kind: bytes, unsigned: true, constant: &content}, true // in a sum it is a number
	case parse.OpBits:
		number, ok := new(big.Int).SetString(e.Text, 2)
		if !ok || number.BitLen() > 62 {
			refuse("the bit literal is too long")
		}
		return numberLiteral(number.String()).asUnsigned(), true
	case parse.OpDate, parse.OpTime, parse.OpStamp:
		k := map[parse.Op]kind{parse.OpDate: date, parse.OpTime: clock, parse.OpStamp: datetime}[e.Op]
		moment, ok := moment(e.Text, k)
		if !ok {
			refuse("a literal of a %s is not of the usual form", e.Op)
		}
		return moment, true
	}
	return value{}, false
}

func byteLiteral(raw string) string { return `'\x` + hex.EncodeToString([]byte(raw)) + `'::bytea` }

func numberLiteral(digits string) value {
	v := value{sql: digits, kind: integer, positive: true, shown: true, constant: &digits}
	whole, fraction, isDecimal := strings.Cut(digits, ".")
	switch {
	case strings.ContainsAny(digits, "eE"):
		v.kind, v.sql, v.shown = double, "'"+digits+"'::double precision", false
	case isDecimal:
		if whole == "" || fraction == "" {
			v.shown = false
		}
		v.kind, v.precision, v.scale = decimal, max(1, len(whole))+len(fraction), len(fraction)
		v.sql = digits
	default:
		trimmed := strings.TrimLeft(digits, "0")
		v.precision, v.sql = max(1, len(trimmed)), trimmed
		if trimmed == "" {
			v.sql = "0"
		}
		v.constant = &v.sql
		v.wide = v.precision > 9
		v.numeric = v.precision > 18
		v.unsigned = v.precision > 18
		if v.precision > 19 {
			v.kind = decimal
		}
	}
	if v.precision > 65 {
		refuse("a number has more than 65 digits")
	}
	return v
}

func (v value) asUnsigned() value {
	v.unsigned = true
	return v
}

func ascii(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }

func stringLiteral(s, charset string) value {
	if charset == "binary" {
		return value{sql: byteLiteral(s), kind: bytes, constant: &s}
	}
	if !ascii(s) && charset != "" && !utf8(charset) {
		refuse("a string literal is in the character set %s", charset)
	}
	if strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s {
		refuse("a string literal has characters that PostgreSQL does not hold")
	}
	v := value{sql: strings.TrimSpace(mapping.Literal(s)), kind: text, charset: "utf8mb4", constant: &s, length: len([]rune(s))}
	if ascii(s) {
		v.charset = "ascii"
	}
	return v
}

func utf8(charset string) bool {
	return charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8" || charset == "ascii"
}

// threeBytes gives the present name of a collation of utf8.
func threeBytes(name string) string {
	if name == "utf8" || strings.HasPrefix(name, "utf8_") {
		return "utf8mb3" + name[4:]
	}
	return name
}
