package equality

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"pgchameleon/internal/testserver/launch"
)

// column is a column of both sides.
type column struct {
	name   string
	source string // MySQL's data_type
	target string // PostgreSQL's udt_name; "" if the column is not there
}

// pair finds the columns of a table on both sides, the key's first.
func pair(ctx context.Context, source, target *launch.Conn, database, schema, table string) ([]column, error) {
	theirs, err := target.Query(ctx, "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = "+
		literal(schema)+" AND table_name = "+literal(table))
	if err != nil {
		return nil, err
	}
	types := map[string]string{}
	for _, row := range theirs {
		types[row[0]] = row[1]
	}
	ours, err := source.Query(ctx, "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "+
		literal(database)+" AND table_name = "+literal(table)+" ORDER BY column_key <> 'PRI', ordinal_position")
	if err != nil {
		return nil, err
	}
	var columns []column
	for _, row := range ours {
		columns = append(columns, column{name: row[0], source: strings.ToLower(row[1]), target: types[row[0]]})
	}
	return columns, nil
}

// readSource is the expression by which MySQL gives the value as it is meant.
func (c column) readSource() string {
	name := backtick(c.name)
	switch c.source {
	case "float", "double": // FLOAT prints six digits only
		return "CAST(" + name + " AS DOUBLE)"
	case "datetime", "timestamp":
		return "DATE_FORMAT(" + name + ", '%Y-%m-%d %H:%i:%s.%f')"
	case "time":
		return "TIME_FORMAT(" + name + ", '%H:%i:%s.%f')"
	case "bit":
		return name + " + 0"
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return "HEX(" + name + ")"
	}
	return name
}

// readTarget is the same in PostgreSQL, by the type that the column has there.
func (c column) readTarget() string {
	name := quote(c.name)
	switch c.target {
	case "float4":
		return name + "::float8::text"
	case "timestamp", "timestamptz":
		return "to_char(" + name + ", 'YYYY-MM-DD HH24:MI:SS.US')"
	case "time", "interval":
		return "to_char(" + name + ", 'HH24:MI:SS.US')"
	case "bool":
		return name + "::int::text"
	case "bit", "varbit":
		if c.source == "bit" { // as a number, as MySQL shows it
			return "lpad(" + name + "::text, 64, '0')::bit(64)::bigint::text"
		}
	case "bytea":
		return "upper(encode(" + name + ", 'hex'))"
	case "inet":
		return "host(" + name + ")"
	case "_text", "_varchar":
		return "array_to_string(" + name + ", ',')"
	}
	return name + "::text"
}

// canonical gives values that mean the same the same text.
func (c column) canonical(value string) string {
	value, there := strings.CutPrefix(value, "=")
	if !there {
		return "NULL"
	}
	switch {
	case c.source == "float" || c.source == "double":
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			return "=" + strconv.FormatFloat(number, 'g', -1, 64)
		}
	case c.target == "json" || c.target == "jsonb":
		decoder := json.NewDecoder(strings.NewReader(value))
		decoder.UseNumber()
		var document any
		if decoder.Decode(&document) == nil {
			var text bytes.Buffer
			encoder := json.NewEncoder(&text)
			encoder.SetEscapeHTML(false)
			if encoder.Encode(document) == nil {
				return "=" + strings.TrimSpace(text.String())
			}
		}
	}
	return "=" + value
}
