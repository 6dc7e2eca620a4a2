package typemap

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// target is a PostgreSQL type that an override asks for.
type target struct {
	name  string // canonical, without arguments: "integer", "timestamp with time zone"
	args  []int
	array bool
	known bool
}

// A type name is words, perhaps quoted and qualified, then arguments in parentheses, more
// words, and brackets.
var (
	typeForm  = regexp.MustCompile(`^([^()\[\]]+?) ?(?:\(([0-9, ]+)\) ?([a-z ]*))?(\[\])?$`)
	typeWords = regexp.MustCompile(`^(\w+|"[^"]+")([. ](\w+|"[^"]+"))*$`)
)

var canonicalNames = map[string]string{
	"int2": "smallint", "int4": "integer", "int": "integer", "int8": "bigint", "bool": "boolean", "float4": "real", "float8": "double precision",
	"decimal": "numeric", "varchar": "character varying", "char": "character", "bpchar": "character", "timestamp": "timestamp without time zone",
	"timestamptz": "timestamp with time zone", "time": "time without time zone", "varbit": "bit varying",
}

var knownNames = []string{
	"smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "bit", "text", "character varying", "character", "date",
	"timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone", "interval", "json", "jsonb", "bytea",
	"uuid", "inet", "bit varying",
}

func parseTarget(name string) (target, error) {
	folded := strings.Join(strings.Fields(name), " ")
	if !strings.Contains(folded, `"`) {
		folded = strings.ToLower(folded)
	}
	match := typeForm.FindStringSubmatch(folded)
	if match == nil || !typeWords.MatchString(match[1]) {
		return target{}, fmt.Errorf("this is not the name of a PostgreSQL type")
	}
	t := target{name: strings.TrimSpace(match[1]), array: match[4] != ""}
	if strings.TrimSpace(match[3]) != "" {
		t.name += " " + strings.TrimSpace(match[3])
	}
	if canonical, ok := canonicalNames[t.name]; ok {
		t.name = canonical
	}
	for _, arg := range strings.Split(match[2], ",") {
		if arg = strings.TrimSpace(arg); arg == "" {
			continue
		}
		n, err := strconv.Atoi(arg)
		if err != nil {
			return target{}, fmt.Errorf("this is not the name of a PostgreSQL type")
		}
		t.args = append(t.args, n)
	}
	for _, known := range knownNames {
		t.known = t.known || known == t.name
	}
	return t, nil
}

// sql writes the type as PostgreSQL does.
func (t target) sql() string {
	text := t.name
	if len(t.args) > 0 {
		list := make([]string, len(t.args))
		for i, n := range t.args {
			list[i] = strconv.Itoa(n)
		}
		args := "(" + strings.Join(list, ",") + ")"
		if head, tail, ok := strings.Cut(text, " "); ok && (head == "timestamp" || head == "time") {
			text = head + args + " " + tail
		} else {
			text += args
		}
	}
	if t.array {
		text += "[]"
	}
	return text
}
