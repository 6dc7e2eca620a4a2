package ddl

import (
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// widths are the most bytes that a character takes; 1 where none is stated.
var widths = map[string]int{
	"big5": 2, "cp932": 2, "eucjpms": 3, "euckr": 2, "gb18030": 4, "gb2312": 2, "gbk": 2, "sjis": 2, "ujis": 3,
	"ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4, "utf8mb3": 3, "utf8mb4": 4,
}

// defaults are the default collations that are not charset_general_ci.
var defaults = map[string]string{
	"big5": "big5_chinese_ci", "binary": "binary", "cp932": "cp932_japanese_ci", "dec8": "dec8_swedish_ci",
	"eucjpms": "eucjpms_japanese_ci", "euckr": "euckr_korean_ci", "gb18030": "gb18030_chinese_ci", "gb2312": "gb2312_chinese_ci",
	"gbk": "gbk_chinese_ci", "hp8": "hp8_english_ci", "latin1": "latin1_swedish_ci", "latin5": "latin5_turkish_ci",
	"sjis": "sjis_japanese_ci", "swe7": "swe7_swedish_ci", "tis620": "tis620_thai_ci", "ujis": "ujis_japanese_ci",
}

func width(charset string) int { return max(1, widths[charset]) }

// canonicalCharset gives the one name of a character set that has two.
func canonicalCharset(name string) string {
	if name == "utf8" {
		return "utf8mb3"
	}
	return name
}

func canonicalCollation(name string) string {
	if rest, ok := strings.CutPrefix(name, "utf8_"); ok {
		return "utf8mb3_" + rest
	}
	return name
}

// charsetOf gives a collation's character set, or "" for MariaDB's collations
// that fit several.
func charsetOf(collation string) string {
	charset, _, _ := strings.Cut(collation, "_")
	if charset == "uca1400" {
		return ""
	}
	return charset
}

// defaultCollation gives a character set's default collation on a server.
func defaultCollation(charset string, d parse.Dialect) string {
	switch charset {
	case "utf8mb4", "utf8mb3", "ucs2", "utf16", "utf32":
		if d.MariaDB() && d.Version >= 110500 {
			return charset + "_uca1400_ai_ci"
		}
		if charset == "utf8mb4" && !d.MariaDB() && d.Version >= 80000 {
			return "utf8mb4_0900_ai_ci"
		}
	}
	return builtinCollation(charset)
}

// builtinCollation gives a character set's default collation where none is configured.
func builtinCollation(charset string) string {
	if collation := defaults[charset]; collation != "" {
		return collation
	}
	return charset + "_general_ci"
}

// serverCollation is the default of databases for which none is known.
func serverCollation(d parse.Dialect) string {
	switch {
	case d.Collation != "":
		return canonicalCollation(d.Collation)
	case d.MariaDB() && d.Version >= 110600 || !d.MariaDB() && d.Version >= 80000:
		return defaultCollation("utf8mb4", d)
	}
	return "latin1_swedish_ci"
}

// unsaid is a character set or a collation that is stated as DEFAULT.
const unsaid = "default"

// standard puts names in the place of DEFAULT, by the collation of what is changed and that
// of what it stands in. MariaDB takes the character set from there and its own collation.
func standard(charset, collation, own, above string, d parse.Dialect) (string, string) {
	charset = canonicalCharset(charset)
	switch {
	case collation == unsaid && !d.MariaDB():
		return charsetOf(above), above
	case collation == unsaid:
		switch charset {
		case "":
			charset = charsetOf(own)
		case unsaid:
			charset = charsetOf(above)
		}
		return charset, defaultCollation(charset, d)
	case charset != unsaid:
		return charset, collation
	case collation != "":
		return charsetOf(above), collation
	case d.MariaDB():
		return charsetOf(above), builtinCollation(charsetOf(above))
	}
	return charsetOf(above), above
}

// resolve completes a stated character set and collation, either of which may
// be "", from those of what they stand in.
func resolve(charset, collation, outer, outerCollation string, d parse.Dialect) (string, string) {
	charset, collation = canonicalCharset(charset), canonicalCollation(collation)
	switch {
	case charset == "" && collation == "":
		return outer, outerCollation
	case charset == "":
		charset = charsetOf(collation)
		if charset == "" {
			charset = outer
		}
	case collation == "":
		collation = defaultCollation(charset, d)
	}
	if strings.HasPrefix(collation, "uca1400_") {
		collation = charset + "_" + collation
	}
	return charset, collation
}

// databaseCollation is the default of a schema: the known one, or that of most
// of its tables, or the server's.
func databaseCollation(set *schema.Set, name string, d parse.Dialect) string {
	if collation := set.Database(name); collation != "" {
		return canonicalCollation(collation)
	}
	counts := map[string]int{}
	best := ""
	for _, t := range set.Tables() {
		if t.Schema != name || t.Collation == "" {
			continue
		}
		counts[t.Collation]++
		if counts[t.Collation] > counts[best] {
			best = t.Collation
		}
	}
	if best != "" {
		return best
	}
	return serverCollation(d)
}
