package e2e

import (
	"bytes"
	"context"
	endian "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/testserver"
)

// form is how the values of a type are brought to texts that agree exactly when the
// values do, by nothing but the servers' own functions and what is here.
type form struct {
	source string              // expression for the source, ? is the column
	old    string              // the same for servers that do not know its functions
	says   func(string) string // makes of the source's text the one that PostgreSQL has
	target string              // expression for PostgreSQL
	holds  func(string) string // canonical form of PostgreSQL's text
}

func (f form) expressions(server string, columns ...string) (source, target string) {
	source, target = f.source, f.target
	if f.old != "" && server != "mysql-9.7" {
		source = f.old
	}
	if target == "" {
		target = "?::text"
	}
	list := func(expression string) string {
		parts := make([]string, len(columns))
		for i, column := range columns {
			parts[i] = strings.ReplaceAll(expression, "?", column)
		}
		return strings.Join(parts, ", ")
	}
	return list(source), list(target)
}

var (
	asNumber   = form{source: "CAST(? AS CHAR)", says: withoutZeros}
	asBoolean  = form{source: "CAST(? AS UNSIGNED)", target: "?::int::text"}
	asFloat    = form{source: "?", says: float32Bits(64), holds: float32Bits(32)}
	asDouble   = form{source: "?", says: float64Bits, holds: float64Bits}
	asDate     = form{source: "CAST(? AS CHAR)"}
	asDatetime = form{source: "CAST(? AS CHAR)", says: shortFraction}
	asInstant  = form{source: "CAST(? AS CHAR)", says: func(s string) string { return shortFraction(s) + "+00" }}
	asText     = form{source: "CONVERT(? USING utf8mb4)"}
	asBytes    = form{source: "HEX(?)", says: func(s string) string { return `\x` + strings.ToLower(s) }}
	asJSON     = form{source: "CAST(? AS CHAR)", says: canonicalJSON, holds: canonicalJSON}
	asGeometry = form{source: "CONCAT(ST_SRID(?), ' ', HEX(ST_AsWKB(?, 'axis-order=long-lat')))", old: "CONCAT(SRID(?), ' ', HEX(AsWKB(?)))", holds: geometry}
	asVector   = form{source: "HEX(?)", says: vectorBits, holds: arrayBits}
	asUUID     = form{source: "CAST(? AS CHAR)"}
	asInet     = form{source: "LOWER(HEX(CAST(? AS BINARY(%))))", target: "substr(encode(inet_send(?), 'hex'), 9)"}
)

func asBits(width int) form {
	return form{source: fmt.Sprintf("LPAD(BIN(CAST(? AS UNSIGNED)), %d, '0')", width)}
}

func asInetOf(size int) form {
	f := asInet
	f.source = strings.ReplaceAll(f.source, "%", strconv.Itoa(size))
	return f
}

// withoutZeros drops the zeros that ZEROFILL puts before a number.
func withoutZeros(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for len(s) > 1 && s[0] == '0' && s[1] != '.' {
		s = s[1:]
	}
	return sign + s
}

// shortFraction drops the zeros at the end of a fraction, as PostgreSQL does.
func shortFraction(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func float32Bits(size int) func(string) string {
	return func(s string) string {
		number, err := strconv.ParseFloat(s, size)
		if err != nil {
			return s
		}
		return fmt.Sprintf("%08x", math.Float32bits(float32(number)))
	}
}

func float64Bits(s string) string {
	number, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return fmt.Sprintf("%016x", math.Float64bits(number))
}

// canonicalJSON sorts keys and writes numbers as fractions.
func canonicalJSON(s string) string {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return s
	}
	var out bytes.Buffer
	writeJSON(&out, document)
	return out.String()
}

func writeJSON(out *bytes.Buffer, document any) {
	switch v := document.(type) {
	case json.Number:
		if number, ok := new(big.Rat).SetString(v.String()); ok {
			out.WriteString(number.RatString())
			return
		}
		out.WriteString(v.String())
	case []any:
		out.WriteByte('[')
		for _, each := range v {
			writeJSON(out, each)
			out.WriteByte(',')
		}
		out.WriteByte(']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		out.WriteByte('{')
		for _, key := range keys {
			fmt.Fprintf(out, "%q:", key)
			writeJSON(out, v[key])
			out.WriteByte(',')
		}
		out.WriteByte('}')
	default:
		fmt.Fprintf(out, "%q", fmt.Sprint(v))
	}
}

// geometry takes the SRID out of EWKB.
func geometry(s string) string {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
	if err != nil || len(raw) < 9 {
		return s
	}
	srid := uint32(0)
	if raw[4]&0x20 != 0 {
		srid = endian.LittleEndian.Uint32(raw[5:9])
		raw[4] &^= 0x20
		raw = slices.Delete(raw, 5, 9)
	}
	return fmt.Sprintf("%d %X", srid, raw)
}

// vectorBits reads hexadecimal digits of floats, their lowest byte first.
func vectorBits(s string) string {
	raw, err := hex.DecodeString(s)
	if err != nil {
		return s
	}
	var list []string
	for ; len(raw) >= 4; raw = raw[4:] {
		list = append(list, fmt.Sprintf("%08x", endian.LittleEndian.Uint32(raw)))
	}
	return strings.Join(list, " ")
}

func arrayBits(s string) string {
	var list []string
	for _, each := range strings.Split(strings.Trim(s, "{}"), ",") {
		number, err := strconv.ParseFloat(each, 32)
		if err != nil {
			return s
		}
		list = append(list, fmt.Sprintf("%08x", math.Float32bits(float32(number))))
	}
	return strings.Join(list, " ")
}

// expect is what PostgreSQL is to hold for a value of which the source says text.
func (k kind) expect(n int, text *string, notNull bool) *string {
	v := k.values[n]
	switch {
	case v.rule != "" && notNull:
		text = &v.notNull
	case v.rule != "" && v.null == "NULL":
		return nil
	case v.rule != "":
		text = &v.null
	case text == nil:
		return nil
	case k.form.says != nil:
		said := k.form.says(*text)
		return &said
	default:
		return text
	}
	if k.form.holds != nil {
		canonical := k.form.holds(*text)
		return &canonical
	}
	return text
}

func (k kind) normalise(rows [][]*string, columns ...int) {
	for _, row := range rows {
		for _, at := range columns {
			if row[at] != nil && k.form.holds != nil {
				canonical := k.form.holds(*row[at])
				row[at] = &canonical
			}
		}
	}
}

// show writes a value so that NULL and 'NULL' differ, and a long one in short.
func show(value *string) string {
	if value == nil {
		return "NULL"
	}
	return strconv.Quote(*value)
}

func render(row []*string) string {
	list := make([]string, len(row))
	for i, value := range row {
		list[i] = show(value)
	}
	return strings.Join(list, " ")
}

// number reads a number behind some letters.
func number(value *string, letters int) int {
	n, err := strconv.Atoi((*value)[letters:])
	if err != nil {
		panic(err)
	}
	return n
}

// session is a connection to the source with settings of its own.
type session struct{ conn *client.Conn }

func newSession(t *testing.T, s *testserver.Server, database string) *session {
	t.Helper()
	conn, err := client.Connect(s.Address(), s.User, "", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	created := &session{conn}
	created.exec(t, "SET NAMES utf8mb4", "SET time_zone = '+00:00'", "SET sql_mode = ''")
	return created
}

func (s *session) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.conn.Execute(statement); err != nil {
			t.Fatalf("%.500s: %v", statement, err)
		}
	}
}

// rows asks by the binary protocol, which gives floats bit by bit; nil is NULL.
func (s *session) rows(t *testing.T, query string) [][]*string {
	t.Helper()
	statement, err := s.conn.Prepare(query)
	if err != nil {
		t.Fatalf("%.500s: %v", query, err)
	}
	defer func() { _ = statement.Close() }()
	result, err := statement.Execute()
	if err != nil {
		t.Fatalf("%.500s: %v", query, err)
	}
	defer result.Close()
	var rows [][]*string
	for _, values := range result.Values {
		row := make([]*string, len(values))
		for i := range values {
			if value := values[i].Value(); value != nil {
				text := fmt.Sprint(value)
				switch v := value.(type) {
				case []byte:
					text = string(v)
				case float64:
					text = strconv.FormatFloat(v, 'g', -1, 64)
				}
				row[i] = &text
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// postgres is a connection to the target, in UTC.
type postgres struct{ conn *pgx.Conn }

func newPostgres(t *testing.T, s *testserver.Server, database string) *postgres {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable TimeZone=UTC", s.Host, s.Port, s.User, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return &postgres{conn}
}

// rows gives values as the server's text; nil is NULL.
func (p *postgres) rows(t *testing.T, query string) [][]*string {
	t.Helper()
	results, err := p.conn.PgConn().Exec(context.Background(), query).ReadAll()
	if err != nil {
		t.Errorf("%.500s: %v", query, err)
		return nil
	}
	var rows [][]*string
	for _, values := range results[0].Rows {
		row := make([]*string, len(values))
		for i, value := range values {
			if value != nil {
				text := string(value)
				row[i] = &text
			}
		}
		rows = append(rows, row)
	}
	return rows
}
