package typemap_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

const awkward = `'a\\b\tc\nd\re\'f"g\bh\Z', '', 'NULL', '\\N', '\\.', ' x ', 'é€😀', 'a\0b'`

func texts() []one {
	values := strings.Split(awkward, ", ")
	want := []string{"a\\b\tc\nd\re'f\"g\bh\x1a", "", "NULL", `\N`, `\.`, " x ", "é€😀", "ab"}
	long := strings.Repeat("Zeichen-", 500)
	list := []one{
		{def: "varchar(255)", sql: "character varying(255)", values: values, want: want},
		{def: "varchar(15000)", sql: "character varying(15000)", values: append(values, "'"+long+"'"), want: append(want, long), only: "mysql-9 mariadb mysql-5.6"},
		{def: "tinytext", sql: "text", values: values, want: want},
		{def: "text", sql: "text", values: values, want: want},
		{def: "mediumtext", sql: "text", values: values, want: want},
		{def: "longtext", sql: "text", values: values, want: want},
		{def: "char(10)", sql: "character(10)", values: []string{"'a  '", "''", "'€'", "' b'"}, want: []string{"a", "", "€", " b"}},
		{def: "char(255) CHARACTER SET utf8mb4", sql: "character(255)", values: []string{"'a'", "'" + strings.Repeat("😀", 255) + "'"}, want: []string{"a", strings.Repeat("😀", 255)}},
		{def: "char(0)", sql: "text", values: []string{"''", "NULL"}, want: []string{"", "NULL"}},
		{def: "varchar(10)", override: "varchar(3)", sql: "character varying(3)", values: []string{"'äöü€'", "'abc'"}, want: []string{"äöü", "abc"}},
		{def: "varchar(10)", override: "integer", sql: "integer", values: []string{"' 12 '", "'x'", "'1.5e2'"}, want: []string{"12", "NULL", "150"}},
		{def: "varchar(10)", override: "citext_like", sql: "citext_like", values: nil},
		{def: "enum('a','b c','é','''x')", sql: "", values: []string{"'a'", "2", "'é'", "4", "NULL", "'nothing'"}, want: []string{"a", "b c", "é", "'x", "NULL", ""}},
		{def: "enum('a','','z')", sql: "", values: []string{"'a'", "''", "'bad'", "3"}, want: []string{"a", "", "", "z"}},
		{def: "enum('a','b')", override: "text", sql: "text", values: []string{"'b'"}, want: []string{"b"}},
		{def: "enum('a','" + strings.Repeat("x", 64) + "')", sql: "text", values: []string{"2"}, want: []string{strings.Repeat("x", 64)}},
		{def: "set('x','y','z')", sql: "text", values: []string{"'z,x'", "''", "7", "NULL"}, want: []string{"x,z", "", "x,y,z", "NULL"}},
		{def: `set('x "q','y')`, override: "text[]", sql: "text[]", values: []string{"3", "''", "2"}, want: []string{`{"x \"q",y}`, "{}", "{y}"}},
		{def: "char(5) CHARACTER SET ucs2", sql: "character(5)", values: []string{"'é€ '", "'ab'"}, want: []string{"é€", "ab"}},
	}
	var many, members []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("'m%d'", i))
	}
	for i := range 64 {
		members = append(members, fmt.Sprintf("'s%d'", i))
	}
	all := strings.ReplaceAll(strings.Join(members, ","), "'", "")
	list = append(list,
		one{def: "enum(" + strings.Join(many, ",") + ")", sql: "", values: []string{"300", "1", "256"}, want: []string{"m299", "m0", "m255"}},
		one{def: "set(" + strings.Join(members, ",") + ")", sql: "text", values: []string{"18446744073709551615", "9223372036854775808"}, want: []string{all, "s63"}})
	for _, charset := range []string{"latin1", "cp1251", "greek", "koi8r", "gbk", "big5", "sjis", "cp932", "ujis", "eucjpms", "euckr", "ucs2", "utf16", "utf16le", "utf32", "swe7", "gb2312", "ascii"} {
		text := map[string]string{
			"latin1": "é€Ÿ", "cp1251": "Привет", "koi8r": "Привет", "greek": "Ωμέγα", "gbk": "中文", "gb2312": "中文", "big5": "中文", "euckr": "한국",
			"swe7": "ÅÄÖ", "ascii": "abc", "utf16": "a😀", "utf16le": "a😀", "utf32": "a😀",
		}[charset]
		if text == "" {
			text = "日本語"
		}
		list = append(list,
			one{def: "varchar(20) CHARACTER SET " + charset, sql: "character varying(20)", values: literals(text, "", "x\ty"), want: []string{text, "", "x\ty"}},
			one{def: "text CHARACTER SET " + charset, sql: "text", values: literals(text), want: []string{text}},
			one{def: "char(20) CHARACTER SET " + charset, sql: "character(20)", values: literals(text), want: []string{text}})
	}
	list = append(list,
		one{def: "varchar(9) CHARACTER SET ucs2", sql: "character varying(9)", values: []string{"_ucs2 x'0041d8050042'"}, want: []string{"A\uFFFDB"}},
		one{def: "varchar(9) CHARACTER SET cp1250", sql: "character varying(9)", values: []string{"_cp1250 x'418142'"}, want: []string{"A\uFFFDB"}},
		one{def: "varchar(9) CHARACTER SET utf8", sql: "character varying(9)", values: literals("aé€"), want: []string{"aé€"}},
		one{def: "enum('é','ж') CHARACTER SET cp1251", sql: "", values: []string{"2"}, want: []string{"ж"}})
	list = append(list, one{def: "varchar(9) CHARACTER SET gb18030", sql: "character varying(9)", values: literals("中😀é"), want: []string{"中😀é"}, only: "mysql-9"})
	for i := range list {
		if list[i].override == "citext_like" {
			list[i].override, list[i].sql, list[i].values, list[i].want = "name", "name", []string{"'abc'"}, []string{"abc"}
		}
	}
	return list
}

func binaries(r *rand.Rand) []one {
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	hex := fmt.Sprintf("%x", random)
	list := []one{
		{def: "binary(4)", sql: "bytea", values: []string{"x'deadbeef'", "x'de000000'", "''", "x'00'"}, want: []string{`\xdeadbeef`, `\xde000000`, `\x00000000`, `\x00000000`}},
		{def: "varbinary(4)", sql: "bytea", values: []string{"x'deadbeef'", "x'de00'", "''"}, want: []string{`\xdeadbeef`, `\xde00`, `\x`}},
		{def: "varbinary(300)", sql: "bytea", values: []string{"x'" + hex + "'"}, want: []string{`\x` + hex}},
		{def: "binary(16)", override: "uuid", sql: "uuid", values: []string{"x'00112233445566778899aabbccddee00'"}, want: []string{"00112233-4455-6677-8899-aabbccddee00"}},
		{def: "blob", override: "text", sql: "text", values: []string{"x'c3a9ff00'"}, want: []string{"é\uFFFD"}},
	}
	for _, size := range []string{"tinyblob", "blob", "mediumblob", "longblob"} {
		list = append(list, one{def: size, sql: "bytea", values: []string{"x'" + hex[:200] + "'", "''", "x'0a5c00'"}, want: []string{`\x` + hex[:200], `\x`, `\x0a5c00`}})
	}
	return list
}

func documents(r *rand.Rand) []one {
	doubles := []string{}
	for range 300 {
		f := math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			f = r.NormFloat64() * math.Pow10(r.IntN(40)-20)
		}
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			doubles = append(doubles, strconv.FormatFloat(f, 'e', -1, 64))
		}
	}
	deep := strings.Repeat("[", 90) + strings.Repeat("]", 90)
	var wide []string
	for i := range 7000 {
		wide = append(wide, fmt.Sprintf(`"key %d": [%d, "%s"]`, i, i*i*i, strings.Repeat("v", i%40)))
	}
	list := []one{
		{def: "json", sql: "jsonb", only: "mysql-9", values: []string{
			`'{"b": 1, "a": [1, -2, 70000, -70000, 5000000000, 18446744073709551615, 1.5, true, false, null, "é😀\\"\\\\\\n\\t\\u0001"]}'`,
			`'"scalar"'`, `'null'`, "NULL", `'{}'`, `'[]'`, `'""'`, `'{"a\\u0000b": "\\u0000"}'`, "'" + deep + "'",
		}, want: []string{
			`{"a": [1, -2, 70000, -70000, 5000000000, 18446744073709551615, 1.5, true, false, null, "é😀\"\\\n\t\u0001"], "b": 1}`,
			`"scalar"`, "null", "NULL", "{}", "[]", `""`, `{"ab": ""}`, deep,
		}},
		{def: "json", sql: "jsonb", only: "mysql-9", values: []string{
			"json_array(cast('2020-01-01' as date),cast('2020-01-01 01:02:03' as datetime),cast('-12:13:14.5' as time(1)),1.50,x'00ff',cast(2020 as year),point(1,2))",
			"json_array(cast('0000-00-00' as date), cast('838:59:59' as time), cast('9999-12-31 23:59:59.999999' as datetime(6)), -12345678901234567890.123456789)",
			"json_array(1e14,1e15,1e16,1e17,0.1e0,1e-4,1e-5,1e-14,1e-15,1e-16,1.2345678901234567e15,1.2345678901234567e16,-0e0,1e0,1e22,1.7976931348623157e308,5e-324)",
			"json_array(" + strings.Join(doubles, ",") + ")",
			"'{" + strings.Join(wide, ", ") + "}'", "repeat(' ', 0)",
		}[:5]},
		{def: "json", override: "text", sql: "text", only: "mysql-9", values: []string{`'{"b": 1.0, "a": "\\u0000"}'`}, want: []string{`{"a": "\u0000", "b": 1.0}`}},
		{def: "json", override: "json", sql: "json", only: "mysql-9", values: []string{`'{"b": 1.0, "a": "\\u0000"}'`}, want: []string{`{"a": "\u0000", "b": 1.0}`}},
		{def: "json", sql: "json", only: "mariadb", asJSON: true, values: []string{`'{"b": 1, "a":2, "b":3}'`, `'1e5'`}, want: []string{`{"b": 1, "a":2, "b":3}`, "1e5"}},
		{def: "longtext", sql: "json", asJSON: true, values: []string{`'not json'`, `'[1]'`, `''`}, want: []string{`"not json"`, "[1]", `""`}},
		{def: "longtext", override: "jsonb", sql: "jsonb", asJSON: true, values: []string{`'{"b": "\\u0000x\\\\u0000", "a":"\\ud83d\\ude00\\ud83dx"}'`}, want: []string{`{"a": "😀` + "\uFFFD" + `x", "b": "x\\u0000"}`}},
	}
	return list
}

func special() []one {
	compressible := strings.Repeat("compress me ", 300)
	return []one{
		{def: "point", sql: "bytea", only: "mysql-9", values: []string{"ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('POINT(1 2)')"},
			want: []string{`\x0101000020e61000000000000000000040000000000000f03f`, `\x0101000000000000000000f03f0000000000000040`}},
		{def: "geometry", sql: "bytea", only: "mysql-5.6 mariadb", values: []string{"ST_GeomFromText('LINESTRING(1 2,3 4)', 4326)", "NULL"},
			want: []string{`\x0102000020e610000002000000000000000000f03f000000000000004000000000000008400000000000001040`, "NULL"}},
		{def: "vector(3)", sql: "real[]", only: "mysql-9", values: []string{"to_vector('[1,2.5,-0.1]')"}, want: []string{"{1,2.5,-0.1}"}},
		{def: "vector(3)", sql: "real[]", only: "mariadb-11", values: []string{"vec_fromtext('[1,2.5,-0.1]')"}, want: []string{"{1,2.5,-0.1}"}},
		{def: "uuid", sql: "uuid", only: "mariadb", values: literals("00112233-4455-6677-8899-aabbccddee00", "00000000-0000-0000-0000-000000000000", "6ccd780c-baba-1026-9564-5b8c656024db"),
			want: []string{"00112233-4455-6677-8899-aabbccddee00", "00000000-0000-0000-0000-000000000000", "6ccd780c-baba-1026-9564-5b8c656024db"}},
		{def: "inet4", sql: "inet", only: "mariadb", values: literals("10.0.0.0", "255.255.255.255", "0.0.0.0"), want: []string{"10.0.0.0/32", "255.255.255.255/32", "0.0.0.0/32"}},
		{def: "inet6", sql: "inet", only: "mariadb", values: literals("::", "2001:db8::1", "::ffff:1.2.3.4", "fe80::"), want: []string{"::/128", "2001:db8::1/128", "::ffff:1.2.3.4/128", "fe80::/128"}},
		{def: "varchar(1000) COMPRESSED", sql: "character varying(1000)", only: "mariadb", packed: true, values: literals("a", "", strings.Repeat("z", 900), "é"), want: []string{"a", "", strings.Repeat("z", 900), "é"}},
		{def: "longtext COMPRESSED", sql: "text", only: "mariadb", packed: true, values: literals(compressible, "x"), want: []string{compressible, "x"}},
		{def: "text COMPRESSED", sql: "text", only: "mariadb", packed: true, before: "SET column_compression_zlib_wrap = ON", values: literals(compressible), want: []string{compressible}},
		{def: "blob COMPRESSED", sql: "bytea", only: "mariadb", packed: true, values: []string{"repeat(x'00', 1000)", "x'80'"}, want: []string{`\x` + strings.Repeat("00", 1000), `\x80`}},
	}
}
