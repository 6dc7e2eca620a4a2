package parse

import "strings"

// HideLiterals gives a statement with … in the place of its strings and numbers, for
// logs that must not show what a masked column holds. Of one that cannot be read
// nothing is shown.
func HideLiterals(sql string, d Dialect) string {
	tokens, err := lex(sql, d)
	if err != nil {
		return "(a statement that cannot be read)"
	}
	var out strings.Builder
	from := 0
	for _, t := range tokens {
		switch t.kind {
		case str, number, hexa, bits:
			out.WriteString(sql[from:t.start])
			out.WriteString("…")
			from = t.end
		}
	}
	out.WriteString(sql[from:])
	return hideComments(out.String())
}

// hideComments drops comments, whose text may hold anything. Strings are hidden already.
func hideComments(sql string) string {
	var out strings.Builder
	for {
		at := strings.Index(sql, "/*")
		if at < 0 {
			break
		}
		end := strings.Index(sql[at:], "*/")
		out.WriteString(sql[:at] + "…")
		if end < 0 {
			return out.String()
		}
		sql = sql[at+end+2:]
	}
	lines := strings.Split(out.String()+sql, "\n")
	for i, line := range lines {
		for _, mark := range []string{"-- ", "#"} {
			if at := strings.Index(line, mark); at >= 0 {
				line = line[:at] + "…"
			}
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
