package typemap_test

import (
	"fmt"
	"strings"
)

const awkward = `'a\\b\tc\nd\re\'f"g\bh\Z', '', 'NULL', '\\N', '\\.', ' x ', 'é€😀', 'a\0b'`

// texts are strings of every character set, enums and sets.
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
