package parse

// Split cuts a text into its statements, at each `;` that stands outside of quotes,
// comments and parentheses. Bodies of routines are not known: their statements are cut too.
func Split(sql string, d Dialect) ([]string, error) {
	tokens, err := lex(sql, d)
	if err != nil {
		return nil, err
	}
	var list []string
	from, some, depth := 0, false, 0
	for _, t := range tokens {
		switch {
		case t.kind == end, t.matches(";") && depth == 0:
			if some {
				list = append(list, sql[from:t.start])
			}
			from, some = t.end, false
			continue
		case t.matches("("):
			depth++
		case t.matches(")"):
			depth--
		}
		some = true
	}
	return list, nil
}
