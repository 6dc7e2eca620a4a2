package ddl

import (
	"strconv"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// defaultSQL translates a column's default. Both are "" where there is none, or
// where it is NULL; reason says why one cannot be translated.
func defaultSQL(t *mapping.Table, c mapping.Column) (sql, reason string) {
	s := source(t, c)
	switch {
	case s.Default == nil || s.Default.Null || s.AutoIncrement || s.Generated != nil:
		return "", ""
	case c.Map.Masked():
		return "", "the column is masked"
	case s.Default.Sequence != nil:
		return nextValueSQL(s, c)
	case s.Default.Expr && !isBytes(s.Default.Text):
		if sql = expressionSQL(s.Default.Text, c); sql == "" {
			return "", "the expression " + s.Default.Text + " has no translation"
		}
		return sql, ""
	}
	field, null, err := literalField(s, c, s.Default)
	switch {
	case err != nil:
		return "", err.Error()
	case null:
		return "", ""
	}
	return strings.TrimSpace(mapping.Literal(field)), ""
}

// literalField converts a literal to the text that PostgreSQL reads as a value
// of the column's type; null says that it becomes NULL there.
func literalField(s *schema.Column, c mapping.Column, d *schema.Default) (field string, null bool, err error) {
	var src []byte
	read := c.Map.Literal
	switch {
	case d.Expr: // a value's own bytes
		src, read = bytesOf(d.Text), c.Map.Text
	case s.Type.Name == "enum":
		number := 0
		for i, v := range s.Type.Values {
			if v == d.Text {
				number = i + 1
				break
			}
		}
		src = strconv.AppendInt(nil, int64(number), 10)
	case s.Type.Name == "set":
		src = strconv.AppendUint(nil, setNumber(d.Text, s.Type.Values), 10)
	default:
		src = []byte(d.Text)
	}
	var notes typemap.Notes
	out, err := read(nil, src, &notes)
	if err != nil {
		return "", false, err
	}
	if string(out) == `\N` {
		return "", true, nil
	}
	return unescapeCopy(string(out)), false, nil
}

func setNumber(text string, values []string) (number uint64) {
	for _, member := range strings.Split(text, ",") {
		for i, v := range values {
			if v == member && i < 64 {
				number |= 1 << i
			}
		}
	}
	return number
}

// unescapeCopy undoes the escaping of COPY's text format.
func unescapeCopy(field string) string {
	if !strings.Contains(field, `\`) {
		return field
	}
	var out strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] != '\\' || i+1 == len(field) {
			out.WriteByte(field[i])
			continue
		}
		i++
		switch field[i] {
		case 't':
			out.WriteByte('\t')
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		default:
			out.WriteByte(field[i])
		}
	}
	return out.String()
}

// expressionSQL translates the expressions that are common as defaults; "" for
// others.
func expressionSQL(expr string, c mapping.Column) string {
	class := classOf(c.Map.SQL())
	name, args, _ := strings.Cut(strings.ToLower(strings.TrimSpace(expr)), "(")
	digits := strings.TrimSuffix(strings.TrimSpace(args), ")")
	if _, err := strconv.Atoi(digits); err != nil && digits != "" {
		return ""
	}
	scale := ""
	if digits != "" {
		scale = "(" + digits + ")"
	}
	switch name + "/" + class {
	case "current_timestamp/timestamptz", "now/timestamptz":
		return "CURRENT_TIMESTAMP" + scale
	case "current_timestamp/timestamp", "now/timestamp":
		return "LOCALTIMESTAMP" + scale
	case "current_timestamp/date", "curdate/date", "current_date/date":
		return "CURRENT_DATE"
	case "current_timestamp/time", "curtime/time", "current_time/time":
		return "LOCALTIME" + scale
	case "curdate/timestamp", "current_date/timestamp":
		return "CURRENT_DATE"
	case "uuid/uuid":
		return "gen_random_uuid()"
	case "uuid/text":
		return "gen_random_uuid()::text"
	case "json_array/json":
		return "'[]'"
	case "json_object/json":
		return "'{}'"
	case "rand/float":
		return "random()"
	case "unix_timestamp/int":
		return "extract(epoch from CURRENT_TIMESTAMP)::bigint"
	}
	return ""
}

// implicitDefault is what MySQL puts into a NOT NULL column that has no default,
// as a literal of the column.
func implicitDefault(s *schema.Column) *schema.Default {
	switch s.Type.Name {
	case "date":
		return &schema.Default{Text: "0000-00-00"}
	case "datetime", "timestamp":
		return &schema.Default{Text: "0000-00-00 00:00:00"}
	case "time":
		return &schema.Default{Text: "00:00:00"}
	case "year", "float", "double", "decimal":
		return &schema.Default{Text: "0"}
	case "bit":
		return &schema.Default{Expr: true, Text: "b'0'"}
	case "enum":
		if len(s.Type.Values) > 0 {
			return &schema.Default{Text: s.Type.Values[0]}
		}
	case "binary":
		return &schema.Default{Expr: true, Text: "x'" + strings.Repeat("00", min(max(0, s.Type.Length), mostBinary)) + "'"}
	case "vector":
		if s.Type.Fixed { // MySQL's are empty
			return &schema.Default{Expr: true, Text: "x'" + strings.Repeat("00000000", max(0, s.Type.Length)) + "'"}
		}
	case "json":
		return &schema.Default{Text: "null"}
	case "uuid":
		return &schema.Default{Text: "00000000-0000-0000-0000-000000000000"}
	case "inet4":
		return &schema.Default{Text: "0.0.0.0"}
	case "inet6":
		return &schema.Default{Text: "::"}
	}
	if isInteger(s.Type.Name) {
		return &schema.Default{Text: "0"}
	}
	return &schema.Default{}
}
