package preflight

import (
	"regexp"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
)

// grants are what the source's user may do, as SHOW GRANTS tells it.
type grants struct {
	given   []grant
	revoked []grant // MySQL 8: partial revokes from a global grant
	roles   bool    // the user has roles, whose rights may not be listed
	account string  // 'user'@'host', quoted as the server does
}

// grant is one line: privileges on *.*, on databases by a pattern, or on a table.
type grant struct {
	privileges []string // in capitals, those on single columns left out
	schema     string   // "*", or a pattern unless table is a name
	table      string   // "*" or a name
}

func (f *Facts) grants() *grants {
	g := &grants{}
	for _, line := range f.Grants {
		g.add(line)
	}
	return g
}

// add reads a line such as
//
//	GRANT SELECT, INSERT (a, b) ON `shop\_x`.* TO `u`@`%` WITH GRANT OPTION
func (g *grants) add(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	head, tail, found := cut(rest, " TO ")
	if !found {
		head, tail, found = cut(rest, " FROM ")
	}
	if !found {
		return
	}
	privileges, object, onObject := cut(head, " ON ")
	if !onObject {
		g.roles = true
		return
	}
	if g.account == "" {
		g.account = account(tail)
	}
	schemaName, table, ok := cut(object, ".")
	if !ok || strings.Contains(object, "PROCEDURE ") || strings.Contains(object, "FUNCTION ") || strings.Contains(object, "PACKAGE ") {
		return
	}
	one := grant{schema: unquote(schemaName), table: unquote(table)}
	for _, p := range split(privileges) {
		if !strings.Contains(p, "(") {
			one.privileges = append(one.privileges, strings.ToUpper(strings.TrimSpace(p)))
		}
	}
	if strings.EqualFold(verb, "REVOKE") {
		g.revoked = append(g.revoked, one)
	} else {
		g.given = append(g.given, one)
	}
}

func (one grant) has(privileges ...string) bool {
	return slices.ContainsFunc(one.privileges, func(p string) bool {
		return p == "ALL PRIVILEGES" || p == "ALL" || slices.Contains(privileges, p)
	})
}

// global is true if one of the privileges is given on everything.
func (g *grants) global(privileges ...string) bool {
	return slices.ContainsFunc(g.given, func(one grant) bool { return one.schema == "*" && one.has(privileges...) })
}

// onSchema is true if the privilege is given on a whole database.
func (g *grants) onSchema(privilege, name string, fold bool) bool {
	covers := func(one grant) bool { return one.table == "*" && one.has(privilege) && matches(one.schema, name, fold) }
	direct := slices.ContainsFunc(g.given, func(one grant) bool { return one.schema != "*" && covers(one) })
	return direct || g.global(privilege) && !slices.ContainsFunc(g.revoked, covers)
}

// onTable is true if the privilege is given on the table, or on all around it.
func (g *grants) onTable(privilege string, name schema.Name, fold bool) bool {
	equal := func(a, b string) bool { return a == b || fold && strings.EqualFold(a, b) }
	return g.onSchema(privilege, name.Schema, fold) || slices.ContainsFunc(g.given, func(one grant) bool {
		return one.has(privilege) && equal(one.schema, name.Schema) && equal(one.table, name.Table)
	})
}

// seesTables is true if some grant on single tables of the database is there.
func (g *grants) seesTables(name string, fold bool) bool {
	return slices.ContainsFunc(g.given, func(one grant) bool {
		return one.table != "*" && one.has("SELECT") && (one.schema == name || fold && strings.EqualFold(one.schema, name))
	})
}

// statement is the SQL that gives what is missing.
func (g *grants) statement(privilege, object string) string {
	account := g.account
	if account == "" {
		account = "the user"
	}
	return "GRANT " + privilege + " ON " + object + " TO " + account + ";"
}

// lacks is the finding for a missing grant. A role may have it without its
// being listed, so that only warns.
func (g *grants) lacks(name, text, remedy string) Finding {
	if g.roles {
		return Finding{name, Warning, fault.Environment, text + ", unless a role of the user allows it", remedy}
	}
	return Finding{name, Blocking, fault.Environment, text, remedy}
}

// cut is strings.Cut at the first separator outside of quotes and parentheses.
func cut(text, separator string) (before, after string, found bool) {
	at := outside(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// split divides a list at its commas.
func split(text string) []string {
	var parts []string
	for {
		head, tail, more := cut(text, ",")
		parts = append(parts, head)
		if !more {
			return parts
		}
		text = tail
	}
}

// outside finds a separator that is neither in quotes nor in parentheses.
func outside(text, separator string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote { // a doubled one closes and opens again
				quote = 0
			}
		case c == '`' || c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], separator):
			return i
		}
	}
	return -1
}

// unquote takes the quotes off a name.
func unquote(name string) string {
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "TABLE "))
	if len(name) >= 2 && (name[0] == '`' || name[0] == '"' || name[0] == '\'') && name[len(name)-1] == name[0] {
		q := name[:1]
		return strings.ReplaceAll(name[1:len(name)-1], q+q, q)
	}
	return name
}

// account is the account in what follows TO: up to the next clause.
func account(tail string) string {
	if at := outside(tail, " "); at >= 0 {
		tail = tail[:at]
	}
	return tail
}

// matches compares a database's name with the pattern of a grant, in which %
// and _ stand for others unless a backslash is before them.
func matches(pattern, name string, fold bool) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	var expression strings.Builder
	expression.WriteString("(?s)")
	if fold {
		expression.WriteString("(?i)")
	}
	expression.WriteString("^")
	escaped := false
	for _, letter := range pattern {
		switch {
		case !escaped && letter == '\\':
			escaped = true
			continue
		case !escaped && letter == '%':
			expression.WriteString(".*")
		case !escaped && letter == '_':
			expression.WriteString(".")
		default:
			expression.WriteString(regexp.QuoteMeta(string(letter)))
		}
		escaped = false
	}
	expression.WriteString("$")
	matched, err := regexp.MatchString(expression.String(), name)
	return err == nil && matched
}
