package typemap_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// documents are JSON of both servers.
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
