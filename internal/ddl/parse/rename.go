package parse

import "strings"

// RenameWords replaces names in an expression: each name that to gives another
// name for, unless it names a function or a qualifier.
func RenameWords(expr string, to func(string) string, d Dialect) string {
	tokens, err := lex(expr, d)
	if err != nil || expr == "" {
		return expr
	}
	var out strings.Builder
	from := 0
	for i, t := range tokens {
		if t.kind != word && t.kind != quoted || i+1 < len(tokens) && (tokens[i+1].matches("(") || tokens[i+1].matches(".")) && t.kind == word {
			continue
		}
		if name := to(t.text); name != t.text {
			out.WriteString(expr[from:t.start])
			out.WriteString("`" + strings.ReplaceAll(name, "`", "``") + "`")
			from = t.end
		}
	}
	return out.String() + expr[from:]
}
