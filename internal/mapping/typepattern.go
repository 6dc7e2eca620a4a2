package mapping

import (
	"strings"

	"pgchameleon/internal/schema"
)

// typePattern is what COLUMN_TYPE or a pattern of it says, in a form of its own: lower
// case, one space between words, none at the inner side of parentheses and around commas.
type typePattern struct {
	whole string
	name  string // "int"
	args  string // "(10)", or "": none
	rest  string // "unsigned"
	wild  bool
}

// typeAliases are other names of types, which COLUMN_TYPE does not have.
var typeAliases = map[string]string{
	"integer": "int", "numeric": "decimal", "dec": "decimal", "fixed": "decimal", "real": "double", "double precision": "double",
	"character": "char", "bool": "tinyint(1)", "boolean": "tinyint(1)", "geometrycollection": "geomcollection",
}

// defaultWidths are the widths that servers before MySQL 8.0.19, and MariaDB, state where
// nobody asked for one.
var defaultWidths = map[string]string{
	"tinyint": "(4)", "tinyint unsigned": "(3)", "smallint": "(6)", "smallint unsigned": "(5)", "mediumint": "(9)", "mediumint unsigned": "(8)",
	"int": "(11)", "int unsigned": "(10)", "bigint": "(20)", "bigint unsigned": "(20)", "year": "(4)",
}

// TypeMatches says whether a column's type is one that the pattern means: the type as the
// server writes it, without regard to case and spaces; with * and ? for other characters;
// or a bare type ("enum", "int unsigned", "decimal") for all of its lengths and members.
// tinyint(1), which means a boolean, is not meant by a bare tinyint. A width that is the
// default means the same as none.
func TypeMatches(pattern string, t *schema.Type) bool {
	p, is := readType(pattern), readType(t.Text)
	return p.matches(&is, t.JSON)
}

func readType(text string) typePattern {
	t := typePattern{whole: squeeze(text), wild: Wild(text)}
	open, end := strings.IndexByte(t.whole, '('), strings.LastIndexByte(t.whole, ')')
	switch {
	case 0 < open && open < end:
		t.name, t.args, t.rest = t.whole[:open], t.whole[open:end+1], strings.TrimSpace(t.whole[end+1:])
	default:
		t.name, t.rest, _ = strings.Cut(t.whole, " ")
		if after, ok := strings.CutPrefix(t.rest, "precision"); ok && t.name == "double" {
			t.rest = strings.TrimSpace(after)
		}
	}
	if alias, ok := typeAliases[t.name]; ok && !t.wild {
		if name, args, ok := strings.Cut(alias, "("); ok && t.args == "" {
			t.name, t.args = name, "("+args
		} else {
			t.name = alias
		}
		t.whole = strings.TrimSpace(t.name + t.args + " " + t.rest)
	}
	return t
}

// squeeze writes a type in one way. What stands in quotes keeps its spaces; comments, as
// MariaDB writes COMPRESSED, are left out.
func squeeze(text string) string {
	var b strings.Builder
	quoted, space := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted:
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			space = true
			continue
		case strings.HasPrefix(text[i:], "/*") && strings.Contains(text[i:], "*/"):
			i += strings.Index(text[i:], "*/") + 1
			continue
		}
		if before := b.String(); !quoted && before != "" {
			last := before[len(before)-1]
			apart := space && last != '(' && last != ',' || last == ')' && 'a' <= c|' ' && c|' ' <= 'z'
			if apart && c != '(' && c != ')' && c != ',' {
				b.WriteByte(' ')
			}
		}
		space = false
		quoted = quoted != (c == '\'')
		b.WriteByte(c)
	}
	return strings.ToLower(b.String())
}

// matches says whether the pattern means the type; json says that it is MariaDB's JSON.
func (p *typePattern) matches(t *typePattern, json bool) bool {
	switch {
	case p.whole == t.whole:
		return true
	case p.wild:
		return glob(p.whole, t.whole, len(t.whole)) || json && glob(p.whole, "json", len("json"))
	case p.whole == "json":
		return json
	case p.name != t.name:
		return false
	}
	width := defaultWidths[strings.TrimSpace(p.name+" "+p.rest)]
	switch {
	case p.args == "":
		signs := p.rest == t.rest || p.rest == "unsigned" && t.rest == "unsigned zerofill"
		return signs && (t.name != "tinyint" || t.args != "(1)")
	case t.args == "":
		return p.args == width && p.rest == t.rest
	}
	return false
}
