package e2e

import (
	"fmt"
	"strings"
)

// awkward text: what COPY, a log or a client could take for something else.
var awkward = say("NULL", "''", "'NULL'", `'\\N'`, `'\\.'`, `'a\\b'`, `'a\tb\nc\rd'`, `'\'"'`, "' x '", `'\b\Z'`, "'abc'", "'ABC'", "'%s {} <>'")

// nul has a NUL character, which PostgreSQL's text cannot hold.
var nul = ruled("NUL character", "xy", "xy", `'\0x\0y\0'`)

func quoted(texts ...string) (list []string) {
	for _, text := range texts {
		list = append(list, "'"+text+"'")
	}
	return list
}

// textKinds are the text types in utf8mb4 and in other encodings of Unicode, with their
// edges of length.
func textKinds() []kind {
	unicode := with(awkward, say(quoted("é€😀", "日本語", "Ωмега", "👩‍👩‍👧", "\u00a0\u200b\ufeff", "\U0010ffff", "\ufffd")...), nul)
	plane := with(awkward, say(quoted("é€", "日本語", "Ωмега", "\uffee")...), nul) // without characters beyond U+FFFF
	long := func(n int) []value {
		return say(fmt.Sprintf("REPEAT('é', %d)", n), fmt.Sprintf("REPEAT('x', %d)", n))
	}
	list := []kind{
		{def: "varchar(63)", form: asText, values: with(unicode, long(63))},
		{def: "varchar(64)", form: asText, values: with(unicode, long(64), say("REPEAT('😀', 64)"))},
		{def: "varchar(190)", form: asText, values: with(unicode, long(190))},
		{def: "varchar(1)", form: asText, values: say("NULL", "''", "'a'", "'😀'", "' '")},
		{def: "varchar(1000)", form: asText, values: with(unicode, long(255), long(256), long(1000)), keys: byPrefix},
		{def: "char(63)", form: asText, values: with(unicode, long(63))},
		{def: "char(64)", form: asText, values: with(unicode, long(64))},
		{def: "char(190)", form: asText, values: with(unicode, say("REPEAT('😀', 190)"), long(190))},
		{def: "char(1)", form: asText, values: say("NULL", "''", "'a'", "'😀'")},
		{def: "char", form: asText, values: say("NULL", "''", "'b'", "'é'")},
		{def: "national varchar(20)", form: asText, values: plane},
		{def: "tinytext", form: asText, values: with(unicode, say("REPEAT('x', 255)", "REPEAT('é', 127)")), keys: byPrefix},
		{def: "text", form: asText, values: with(unicode, say("REPEAT('x', 65535)", "REPEAT('é', 32767)", "REPEAT('\\t', 20000)")), keys: byPrefix},
		{def: "mediumtext", form: asText, values: with(unicode, say("REPEAT('x', 65536)", "REPEAT('é', 40000)")), keys: byPrefix},
		{def: "longtext", form: asText, values: with(unicode, say("REPEAT('x', 65536)", "REPEAT('😀', 20000)")), keys: byPrefix},
	}
	for _, collation := range []string{"utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_turkish_ci"} {
		list = append(list, kind{def: "varchar(100) COLLATE " + collation, form: asText, values: unicode},
			kind{def: "text COLLATE " + collation, form: asText, values: unicode, keys: byPrefix})
	}
	for collation, only := range map[string]string{"utf8mb4_0900_as_cs": "mysql-9", "utf8mb4_nopad_bin": "mariadb", "utf8mb4_uca1400_ai_ci": "mariadb"} {
		list = append(list, kind{def: "varchar(100) COLLATE " + collation, form: asText, values: with(unicode, say("'abc '")), only: only})
	}
	for _, charset := range []string{"utf16", "utf16le", "utf32", "utf8", "ucs2"} {
		values := unicode
		if charset == "utf8" || charset == "ucs2" {
			values = plane
		}
		list = append(list,
			kind{def: "varchar(60) CHARACTER SET " + charset, form: asText, values: with(values, long(60))},
			kind{def: "char(60) CHARACTER SET " + charset, form: asText, values: with(values, long(60))},
			kind{def: "text CHARACTER SET " + charset, form: asText, values: with(values, long(8000)), keys: byPrefix})
	}
	const compressible = "REPEAT('compress me, ', 70)"
	return append(list,
		kind{def: "varchar(1000) COMPRESSED", form: asText, values: with(unicode, say(compressible, "'x'")), keys: notAKey, only: "mariadb"},
		kind{def: "varchar(3000) COMPRESSED CHARACTER SET latin1", form: asText, values: with(awkward, say(compressible, "'é'")), keys: notAKey, only: "mariadb"},
		kind{def: "tinytext COMPRESSED", form: asText, values: with(unicode, say("REPEAT('a', 250)")), keys: notAKey, only: "mariadb"},
		kind{def: "text COMPRESSED", form: asText, values: with(unicode, say(compressible, "REPEAT('x', 65533)")), keys: notAKey, only: "mariadb"},
		kind{def: "mediumtext COMPRESSED CHARACTER SET utf16", form: asText, values: with(unicode, say(compressible)), keys: notAKey, only: "mariadb"},
		kind{def: "longtext COMPRESSED", form: asText, values: with(unicode, say(compressible)), keys: notAKey, only: "mariadb"},
		kind{def: "varbinary(3000) COMPRESSED", form: asBytes, values: say("NULL", "''", "x'00'", "x'80'", "REPEAT(x'00ff', 1000)"), keys: notAKey, only: "mariadb"},
		kind{def: "blob COMPRESSED", form: asBytes, values: say("NULL", "''", "x'00'", "x'82'", "REPEAT(x'0a5c', 5000)"), keys: notAKey, only: "mariadb"},
		kind{def: "longblob COMPRESSED", form: asBytes, values: say("NULL", "''", "x'00'", "REPEAT(x'0a5c', 50000)"), keys: notAKey, only: "mariadb"})
}

// charsetKinds are the character sets of single languages, each with characters of its own
// and, where a code can be stored that has no character, that one: here between A and B.
func charsetKinds() (list []kind) {
	for _, c := range []struct{ charset, collation, text, bad, only string }{
		{"latin1", "latin1_swedish_ci", "é€Ÿ “ß” ÿ", "", ""},
		{"latin1", "latin1_general_cs", "é€Ÿ", "", ""},
		{"latin1", "latin1_bin", "æøå", "", ""},
		{"latin2", "latin2_general_ci", "žluťoučký", "", ""},
		{"latin5", "latin5_turkish_ci", "ğışİ", "", ""},
		{"latin7", "latin7_general_ci", "ąčęžš", "", ""},
		{"ascii", "ascii_general_ci", "plain", "", ""},
		{"ascii", "ascii_bin", "plain", "", ""},
		{"cp1250", "cp1250_general_ci", "žluť€", "41 81 42", ""},
		{"cp1251", "cp1251_general_ci", "Привет €", "", ""},
		{"cp1251", "cp1251_bin", "ёЁ", "", ""},
		{"cp1256", "cp1256_general_ci", "مرحبا", "", ""},
		{"cp1257", "cp1257_general_ci", "ąčęžš", "41 a1 42", ""},
		{"cp850", "cp850_general_ci", "é┐░", "", ""},
		{"cp852", "cp852_general_ci", "žluť", "", ""},
		{"cp866", "cp866_general_ci", "Привет", "", ""},
		{"koi8r", "koi8r_general_ci", "Привет", "", ""},
		{"koi8u", "koi8u_general_ci", "Київ", "", ""},
		{"greek", "greek_general_ci", "Ωμέγα", "41 ae 42", ""},
		{"hebrew", "hebrew_general_ci", "שלום", "41 a1 42", ""},
		{"tis620", "tis620_thai_ci", "สวัสดี", "41 db 42", ""},
		{"macroman", "macroman_general_ci", "éπ∞", "", ""},
		{"macce", "macce_general_ci", "žluť", "", ""},
		{"hp8", "hp8_english_ci", "éß", "", ""},
		{"dec8", "dec8_swedish_ci", "éß", "", ""},
		{"armscii8", "armscii8_general_ci", "Բարև", "", ""},
		{"geostd8", "geostd8_general_ci", "გამარჯობა", "", ""},
		{"keybcs2", "keybcs2_general_ci", "žluť", "", ""},
		{"swe7", "swe7_swedish_ci", "ÅÄÖ", "", ""},
		{"gbk", "gbk_chinese_ci", "中文简体", "41 a1 40 42", ""},
		{"gb2312", "gb2312_chinese_ci", "中文", "41 a2 a1 42", ""},
		{"gb18030", "gb18030_chinese_ci", "中文😀é", "", "mysql-9"},
		{"big5", "big5_chinese_ci", "中文功", "41 a3 c0 42", ""},
		{"sjis", "sjis_japanese_ci", "日本語表ｱ", "41 81 ad 42", ""},
		{"cp932", "cp932_japanese_ci", "日本語①ｱ", "41 81 ad 42", ""},
		{"ujis", "ujis_japanese_ci", "日本語丂", "41 a2 af 42", ""},
		{"eucjpms", "eucjpms_japanese_ci", "日本語①丂", "41 8f a1 a1 42", ""},
		{"euckr", "euckr_korean_ci", "한국어", "41 a2 e8 42", ""},
		{"ucs2", "ucs2_general_ci", "日本", "00 41 d8 05 00 42", ""},
	} {
		values := with(say("NULL", "''", "'NULL'", "'a\tb'", "' b '"), say(quoted(c.text, strings.Repeat(c.text, 3))...))
		if c.bad != "" {
			values = with(values, ruled("invalid bytes", "A\uFFFDB", "A\uFFFDB", "_"+c.charset+" x'"+strings.ReplaceAll(c.bad, " ", "")+"'"))
		}
		member := strings.ReplaceAll(c.text, "😀", "") // no server tells of a member's characters beyond U+FFFF more than a question mark
		enums := c.only
		if c.charset == "ucs2" {
			enums = "mysql-9 mariadb" // MySQL 5.6 loses the members when it makes the table
		}
		rest := " CHARACTER SET " + c.charset + " COLLATE " + c.collation
		list = append(list,
			kind{def: "varchar(40)" + rest, form: asText, values: values, only: c.only},
			kind{def: "char(40)" + rest, form: asText, values: values, keys: columnOnly, only: c.only},
			kind{def: "mediumtext" + rest, form: asText, values: values, keys: columnOnly, only: c.only},
			kind{def: "enum('a','" + member + "')" + rest, form: asText, values: with(say("NULL", "1", "2"), ruled("invalid enum member", "", "", "'none of them'")), keys: columnOnly, only: enums})
	}
	return list
}

// memberKinds are enums and sets, up to the edges of the bytes that they take.
func memberKinds() []kind {
	members := func(n int) string {
		var list []string
		for i := 1; i <= n; i++ {
			list = append(list, fmt.Sprintf("'m%d'", i))
		}
		return strings.Join(list, ",")
	}
	invalid := ruled("invalid enum member", "", "", "'none of them'")
	list := []kind{
		{def: "enum('a','b')", form: asText, values: with(say("NULL", "'a'", "'b'"), invalid)},
		{def: "enum('z','a','b c','é','''q','x,y','NULL','back\\\\slash')", form: asText, values: with(say("NULL", "1", "2", "3", "4", "5", "6", "7", "8"), invalid)},
		{def: "enum('a','','z')", form: asText, values: say("NULL", "1", "2", "3")},
		{def: "enum('short','" + strings.Repeat("long", 20) + "')", form: asText, values: say("NULL", "1", "2")},
		{def: "enum(" + members(255) + ")", form: asText, values: with(say("NULL", "1", "128", "255"), invalid)},
		{def: "enum(" + members(256) + ")", form: asText, values: with(say("NULL", "1", "255", "256"), invalid)},
		{def: "enum(" + members(3000) + ")", form: asText, values: with(say("NULL", "1", "256", "3000"), invalid)},
		{def: "set('x','y z','é','''q')", form: asText, values: say("NULL", "''", "1", "2", "3", "15", "'é,x'")},
	}
	for _, n := range []int{1, 8, 9, 16, 17, 24, 25, 32, 33, 64} {
		list = append(list, kind{def: "set(" + members(n) + ")", form: asText, values: say("NULL", "0", "'m1'", fmt.Sprintf("'m1,m%d'", n), "18446744073709551615 >> "+fmt.Sprint(64-n))[:min(5, n+2)]})
	}
	return list
}

// byteKinds are the types of bytes.
func byteKinds() []kind {
	some := say("NULL", "''", "x'00'", "x'0000'", "x'5c'", "x'5c4e'", "x'0a0d09'", "x'ff00'", "x'00ff'", "x'80'", "x'c3a9'", "x'5c7830'", "'NULL'", "' '")
	return []kind{
		{def: "binary(1)", form: asBytes, values: say("NULL", "x'00'", "x'ff'", "' '")},
		{def: "binary(16)", form: asBytes, values: say("NULL", "''", "x'ff'", "x'00ff'", "x'20'", "x'000102030405060708090a0b0c0d0e0f'", "x'ffffffffffffffffffffffffffffff00'")},
		{def: "binary(255)", form: asBytes, values: say("NULL", "''", "x'5c'", "REPEAT(x'fe', 255)", "REPEAT(x'00ff', 127)")},
		{def: "char(10) CHARACTER SET binary", form: asBytes, values: say("NULL", "''", "'abc'", "x'00ff'")},
		{def: "varbinary(40)", form: asBytes, values: some},
		{def: "varbinary(255)", form: asBytes, values: with(some, say("REPEAT(x'fe', 255)"))},
		{def: "varbinary(256)", form: asBytes, values: with(some, say("REPEAT(x'fe', 256)"))},
		{def: "varbinary(3000)", form: asBytes, values: with(some, say("REPEAT(x'5c', 3000)")), keys: byPrefix},
		{def: "tinyblob", form: asBytes, values: with(some, say("REPEAT(x'5c', 255)")), keys: byPrefix},
		{def: "blob", form: asBytes, values: with(some, say("REPEAT(x'0a', 65535)")), keys: byPrefix},
		{def: "mediumblob", form: asBytes, values: with(some, say("REPEAT(x'00', 65536)")), keys: byPrefix},
		{def: "longblob", form: asBytes, values: with(some, say("REPEAT(x'ff', 70000)")), keys: byPrefix},
	}
}
