package e2e

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// kind is one line of the matrix: a column type and its values.
type kind struct {
	def    string // as it stands in CREATE TABLE
	form   form
	values []value
	keys   keyRole
	only   string // the servers that have it, by the beginnings of their names; "" for all
}

type keyRole uint8

const (
	wholeKey   keyRole = iota
	byPrefix           // its key and index are of the first 20 characters, so that PostgreSQL has no key
	notAKey            // the server allows neither key nor index: a table without a key
	columnOnly         // as a plain column only: another type is read in the same way and has the other roles
)

// value is a value as an SQL literal. Where PostgreSQL cannot hold it, a documented rule
// has a name and says what it becomes; all others must be just what the server says.
type value struct {
	literal       string
	rule          string
	null, notNull string // as PostgreSQL prints it, or "NULL"
}

func say(literals ...string) (list []value) {
	for _, literal := range literals {
		list = append(list, value{literal: literal})
	}
	return list
}

// ruled are values to which a rule applies.
func ruled(rule, null, notNull string, literals ...string) (list []value) {
	for _, literal := range literals {
		list = append(list, value{literal, rule, null, notNull})
	}
	return list
}

func with(lists ...[]value) []value { return slices.Concat(lists...) }

// String is the type, in short, for messages.
func (k kind) String() string { return fmt.Sprintf("%.100s", k.def) }

// on says that a server has the type.
func (k kind) on(server string) bool {
	return k.only == "" || slices.ContainsFunc(strings.Fields(k.only), func(begin string) bool { return strings.HasPrefix(server, begin) })
}

// whole gives the value that a NOT NULL column has in the place of value n.
func (k kind) whole(n int) int {
	for k.values[n].literal == "NULL" {
		n = (n + 1) % len(k.values)
	}
	return n
}

// keyValues are the values that can be keys: no NULL, and of those that become the same
// by a rule only one.
func (k kind) keyValues() (list []int) {
	taken := map[string]bool{}
	for n, v := range k.values {
		if v.literal == "NULL" || v.rule != "" && (taken[v.notNull] || v.rule == "out of range") {
			continue
		}
		taken[v.notNull] = true
		list = append(list, n)
	}
	return list
}

func everyKind() []kind {
	return slices.Concat(integerKinds(), numberKinds(), temporalKinds(), textKinds(), charsetKinds(), memberKinds(), byteKinds(), documentKinds())
}

// integerKinds have the edges of their own width and of all smaller ones.
func integerKinds() (list []kind) {
	widths := map[string]uint{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
	for _, name := range []string{"tinyint", "tinyint(1)", "smallint", "mediumint", "int", "bigint"} {
		bits, _, _ := strings.Cut(name, "(")
		width := widths[bits]
		power := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
		minus := func(n *big.Int, by int64) *big.Int { return new(big.Int).Sub(n, big.NewInt(by)) }
		signed, unsigned := []string{"NULL", "0", "1", "-1", "42"}, []string{"NULL", "0", "1", "42"}
		for w := uint(8); w <= width; w += 8 {
			half, full := power(w-1), power(w)
			signed = append(signed, minus(half, 1).String(), "-"+half.String())
			unsigned = append(unsigned, minus(half, 1).String(), half.String(), minus(full, 1).String())
			if w < width {
				signed = append(signed, half.String(), "-"+minus(half, -1).String(), minus(full, 1).String(), full.String())
				unsigned = append(unsigned, full.String())
			}
		}
		list = append(list,
			kind{def: name, form: asNumber, values: say(signed...)},
			kind{def: name + " unsigned", form: asNumber, values: say(unsigned...)})
		if bits == name {
			list = append(list, kind{def: name + "(20) unsigned zerofill", form: asNumber, values: say(unsigned...)})
		}
	}
	return list
}

func numberKinds() (list []kind) {
	for _, d := range [][2]int{{1, 0}, {9, 0}, {10, 0}, {18, 9}, {19, 10}, {30, 30}, {38, 4}, {65, 0}, {65, 30}, {65, 1}} {
		nines := strings.Repeat("9", d[0]-d[1]) + "." + strings.Repeat("9", d[1])
		least := "0." + strings.Repeat("0", max(d[1]-1, 0)) + "1"
		if d[1] == 0 {
			least, nines = "1", strings.TrimSuffix(nines, ".")
		}
		half := strings.ReplaceAll(nines, "9", "5")
		list = append(list, kind{def: fmt.Sprintf("decimal(%d,%d)", d[0], d[1]), form: asNumber, values: say("NULL", "0", "'"+nines+"'", "'-"+nines+"'", "'"+least+"'", "'-"+least+"'", "'"+half+"'")})
	}
	return append(list,
		kind{def: "decimal(10,2) unsigned", form: asNumber, values: say("NULL", "0", "0.01", "99999999.99", "1.50")},
		kind{def: "decimal(10,2) unsigned zerofill", form: asNumber, values: say("NULL", "0", "0.01", "99999999.99", "1.50", "0.10")},
		kind{def: "decimal(20,5) zerofill", form: asNumber, values: say("NULL", "0", "0.00001", "123.45")},
		kind{def: "float", form: asFloat, values: say("NULL", "0", "1", "-1", "0.1", "-0.1", "16777217", "123456.7", "3.402823466e38", "-3.402823466e38", "1.175494351e-38", "1e-45", "3.14159274")},
		kind{def: "float unsigned", form: asFloat, values: say("NULL", "0", "0.1", "3.402823466e38")},
		kind{def: "float(7,3)", form: asFloat, values: say("NULL", "0", "1234.567", "-9999.999", "0.001")},
		kind{def: "float(8,2) unsigned zerofill", form: asFloat, values: say("NULL", "0", "1234.5", "0.01")},
		kind{def: "float(30)", form: asDouble, values: say("NULL", "0", "0.1", "1e300")},
		kind{def: "double", form: asDouble, values: say("NULL", "0", "1", "-1", "0.1", "-0.1", "1e15", "1e16", "9007199254740993", "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "3.141592653589793", "123456789.12345679")},
		kind{def: "double unsigned zerofill", form: asDouble, values: say("NULL", "0", "0.1", "1e100")},
		kind{def: "double(20,4)", form: asDouble, values: say("NULL", "0", "123456789012.3456", "-0.0001")},
		kind{def: "real", form: asDouble, values: say("NULL", "0", "-0.3")},
		kind{def: "bit(1)", form: asBoolean, values: say("NULL", "0", "1")},
		kind{def: "bit(7)", form: asBits(7), values: say("NULL", "0", "1", "127", "64")},
		kind{def: "bit(8)", form: asBits(8), values: say("NULL", "0", "1", "255", "128")},
		kind{def: "bit(9)", form: asBits(9), values: say("NULL", "0", "1", "256", "511")},
		kind{def: "bit(33)", form: asBits(33), values: say("NULL", "0", "1", "4294967296", "8589934591")},
		kind{def: "bit(64)", form: asBits(64), values: say("NULL", "0", "1", "18446744073709551615", "9223372036854775808", "9223372036854775807", "92")},
		kind{def: "year", form: asNumber, values: say("NULL", "0", "1901", "1999", "2000", "2155")},
	)
}

func temporalKinds() []kind {
	zero := func(literals ...string) []value { return ruled("zero date", "NULL", "-infinity", literals...) }
	list := []kind{{def: "date", form: asDate, values: with(
		say("NULL", "'1000-01-01'", "'9999-12-31'", "'0001-01-01'", "'1969-12-31'", "'1970-01-01'", "'2000-02-29'", "'2024-02-29'", "'1582-10-10'", "'2038-01-19'"),
		zero("'0000-00-00'", "'2020-00-10'", "'2020-11-00'", "'0000-05-06'"))}}
	for scale := range 7 {
		// The same digits, cut to the scale, as the server would round them.
		at := func(second, digits string) string {
			if scale == 0 {
				return "'" + second + "'"
			}
			return "'" + second + "." + digits[:scale] + "'"
		}
		suffix := fmt.Sprintf("(%d)", scale)
		list = append(list,
			kind{def: "datetime" + suffix, form: asDatetime, values: with(
				say("NULL", at("1000-01-01 00:00:00", "000000"), at("9999-12-31 23:59:59", "999999"), at("0001-01-01 00:00:00", "000000"), at("1969-12-31 23:59:59", "900000"),
					at("2000-02-29 12:34:56", "123456"), at("2024-03-31 02:30:00", "100000"), at("2024-10-27 02:30:00", "010101"), at("2026-01-02 03:04:05", "000000")),
				zero("'0000-00-00 00:00:00'", at("2020-00-10 10:11:12", "500000"), at("2020-11-00 00:00:00", "000000")))},
			kind{def: "timestamp" + suffix, form: asInstant, values: with(
				say("NULL", at("1970-01-01 00:00:01", "000000"), at("2038-01-19 03:14:07", "999999"), at("2000-02-29 12:34:56", "123456"), at("2024-03-31 01:30:00", "100000"),
					at("2024-10-27 00:30:00", "010101"), at("2024-10-27 01:30:00", "010101"), at("2001-09-09 01:46:40", "000000")),
				zero("'0000-00-00 00:00:00'"))},
			kind{def: "time" + suffix, form: asDatetime, values: with(
				say("NULL", at("00:00:00", "000000"), at("00:00:01", "000000"), at("23:59:59", "999999"), at("12:34:56", "123456"), at("01:02:03", "100000")),
				ruled("out of range", "NULL", "24:00:00", at("24:00:01", "000000"), at("100:00:00", "500000"), at("838:59:58", "999999"), "'838:59:59'"),
				ruled("out of range", "NULL", "00:00:00", at("-00:00:01", "000000"), at("-23:59:59", "999999"), at("-838:59:58", "500000"), "'-838:59:59'"))})
	}
	return append(list,
		kind{def: "datetime", form: asDatetime, values: with(say("NULL", "'2000-01-01 00:00:00'", "'9999-12-31 23:59:59'"), zero("'0000-00-00 00:00:00'"))},
		kind{def: "timestamp", form: asInstant, values: with(say("NULL", "'2000-01-01 00:00:00'", "'1970-01-01 00:00:01'"), zero("'0000-00-00 00:00:00'"))},
		kind{def: "time", form: asDatetime, values: say("NULL", "'00:00:00'", "'24:00:00'", "'11:59:59'")})
}

// documentKinds are JSON, geometries, vectors, UUIDs and addresses.
func documentKinds() []kind {
	mariaJSON := with(say("NULL", "'{}'", "'[]'", "'null'", "'\"\"'", `'{"b": 1, "a": [1.50, 2e3, true, null], "b": 2}'`, `'  {"spaces" : "kept"}  '`, `'"\\u0000 \\ud83d\\ude00 \\\\N 😀 \\t"'`, "'-0'"),
		ruled("invalid JSON", `"not json"`, `"not json"`, "'not json'"), ruled("invalid JSON", `""`, `""`, "''"))
	mysqlJSON := with(say("NULL", "'{}'", "'[]'", "'null'", "'true'", "'\"\"'", "'0'", "'-1'", "'32767'", "'-32769'", "'65536'", "'2147483648'", "'9223372036854775807'", "'-9223372036854775808'", "'18446744073709551615'",
		"'1.5'", "'1e300'", "'-2.5e-7'", "'123456789012345678901234567890'", `'"\\\\N \\" \\t \\n / 😀 é"'`, `'{"bb": 1, "a": [1.50, true, null, {"x": {}}], "": "empty key", "é😀": []}'`,
		"JSON_OBJECT('d', CAST('-123.450' AS DECIMAL(10,3)), 'z', CAST('0.001' AS DECIMAL(65,30)))", "JSON_ARRAY(CAST('2020-02-29' AS DATE), CAST('-12:34:56.789' AS TIME(3)), CAST('2020-02-29 01:02:03.000004' AS DATETIME(6)))",
		"JSON_ARRAY(x'00ff', b'101', CAST('a' AS BINARY(3)))", "JSON_OBJECT('long', REPEAT('é', 40000))", "JSON_OBJECT('l1', REPEAT('x', 127), 'l2', REPEAT('x', 128), 'l3', REPEAT('x', 16384))", "CAST(CONCAT('[', REPEAT('12345678,', 9000), '1]') AS JSON)", "CAST(CONCAT(REPEAT('[', 90), REPEAT(']', 90)) AS JSON)"),
		ruled("NUL character", `{"k": "ab"}`, `{"k": "ab"}`, `'{"k": "a\\u0000b"}'`))
	plane := []string{"NULL", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(-0.1 89.5)')", "ST_GeomFromText('LINESTRING(0 0,1 1,2 3.5)')", "ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,3 2,3 3,2 2))')",
		"ST_GeomFromText('MULTIPOINT(0 0,1 1)')", "ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')", "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))')",
		"ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')", "ST_GeomFromText('POINT(1e300 -1e-300)')", "ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('LINESTRING(10 20,30 40)', 3857)"}
	list := []kind{
		{def: "json", form: asText, values: mariaJSON, keys: notAKey, only: "mariadb"},
		{def: "json", form: asJSON, values: mysqlJSON, keys: notAKey, only: "mysql-9"},
		{def: "geometry", form: asGeometry, values: say(plane...), keys: notAKey},
		{def: "vector(3)", form: asVector, values: say("NULL", "to_vector('[1,2.5,-0.1]')", "to_vector('[0,0,0]')", "to_vector('[340000.5,-0.000001,16777216]')"), keys: notAKey, only: "mysql-9"},
		{def: "vector(3)", form: asVector, values: say("NULL", "vec_fromtext('[1,2.5,-0.1]')", "vec_fromtext('[0,0,0]')", "vec_fromtext('[340000.5,-0.000001,16777216]')"), keys: notAKey, only: "mariadb-11"},
		{def: "uuid", form: asUUID, values: say("NULL", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'6ccd780c-baba-1026-9564-5b8c656024db'", "'00112233-4455-6677-8899-aabbccddee00'", "'01890000-0000-7000-8000-000000000000'"), only: "mariadb"},
		{def: "inet4", form: asInetOf(4), values: say("NULL", "'0.0.0.0'", "'10.0.0.0'", "'255.255.255.255'", "'1.2.3.4'"), only: "mariadb"},
		{def: "inet6", form: asInetOf(16), values: say("NULL", "'::'", "'::1'", "'2001:db8::'", "'fe80::1:0'", "'::ffff:1.2.3.4'", "'::1.2.3.4'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"), only: "mariadb"},
	}
	for i, name := range []string{"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"} {
		one := plane[i+2]
		list = append(list, kind{def: name, form: asGeometry, values: say("NULL", one, strings.TrimSuffix(one, ")")+", 4326)", strings.TrimSuffix(one, ")")+", 3857)"), keys: notAKey})
	}
	return list
}
