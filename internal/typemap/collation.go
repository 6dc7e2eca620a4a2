package typemap

import (
	"fmt"
	"slices"
	"strings"
)

// Collation is how PostgreSQL compares text that MySQL compares without regard to case.
type Collation uint8

// The collations.
const (
	Exact  Collation = iota // character by character
	CIText                  // by the type citext
	ICU                     // by a nondeterministic collation of ICU
)

var collationNames = []string{"exact", "citext", "icu"}

// ParseCollation reads what a configuration has.
func ParseCollation(text string) (Collation, error) {
	for i, name := range collationNames {
		if strings.EqualFold(strings.TrimSpace(text), name) {
			return Collation(i), nil // #nosec G115 -- one of three
		}
	}
	return 0, fmt.Errorf("%q is no way of comparing; give %s", text, strings.Join(collationNames, ", "))
}

// String is the collation as the configuration has it.
func (c Collation) String() string { return collationNames[c] }

// languages are the locales of MySQL's collations that are for a language: by the word
// in their names of old, and by the code that those of UCA 9.0.0 have.
var languages = map[string]string{
	"swedish": "sv", "sv": "sv", "danish": "da", "da": "da", "norwegian": "nb", "nb": "nb", "nn": "nn", "german2": "de-u-co-phonebk", "de_pb": "de-u-co-phonebk",
	"spanish": "es", "es": "es", "spanish2": "es-u-co-trad", "es_trad": "es-u-co-trad", "turkish": "tr", "tr": "tr", "polish": "pl", "pl": "pl",
	"czech": "cs", "cs": "cs", "hungarian": "hu", "hu": "hu", "lithuanian": "lt", "lt": "lt", "latvian": "lv", "lv": "lv", "estonian": "et", "et": "et",
	"icelandic": "is", "is": "is", "romanian": "ro", "ro": "ro", "slovak": "sk", "sk": "sk", "slovenian": "sl", "sl": "sl", "croatian": "hr", "hr": "hr",
	"vietnamese": "vi", "vi": "vi", "persian": "fa", "esperanto": "eo", "eo": "eo", "sinhala": "si", "bg": "bg", "bs": "bs", "gl": "gl", "mn_cyrl": "mn",
	"sr_latn": "sr-Latn", "ja": "ja", "zh": "zh", "ru": "ru",
}

// ICU gives the name and the locale of the nondeterministic collation that the column
// is to have; "" where it has none.
//
// Unicode collations of MySQL that are no `_as_` compare base letters only, as ICU does
// at level 1. Those of the 8-bit character sets keep accents apart, as level 2 does.
func (c *Column) ICU() (name, locale string) {
	if c.settings.Collation != ICU || c.settings.Mask != nil || c.family.kind != kindText || !slices.Contains([]string{"text", "character varying", "character"}, bareType(c.family.sql)) {
		return "", ""
	}
	t := &c.Source.Type
	words := strings.TrimPrefix(strings.TrimPrefix(t.Collation, t.Charset+"_"), "uca1400_")
	words = strings.TrimSuffix(strings.TrimSuffix(words, "_nopad_ci"), "_ci")
	level := "1"
	if strings.HasSuffix(words, "_as") || words == "general" && !strings.HasPrefix(t.Charset, "utf") && t.Charset != "ucs2" {
		level = "2"
	}
	locale = "und"
	for _, cut := range []string{"_as", "_ai", "_0900", "_520", "_w2", "_mysql561"} {
		words = strings.TrimSuffix(words, cut)
	}
	if l, ok := languages[words]; ok {
		locale = l
	}
	join := "-u-"
	if strings.Contains(locale, "-u-") {
		join = "-"
	}
	locale += join + "ks-level" + level
	return "chameleon_" + strings.ReplaceAll(locale, "-", "_"), locale
}

// bareType is a type's name without its arguments.
func bareType(sql string) string {
	name, _, _ := strings.Cut(sql, "(")
	return name
}
