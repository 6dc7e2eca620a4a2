package preflight

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	source "pgchameleon/internal/source/inspect"
)

// listedTables: a name in limit_tables or skip_tables that is nobody's is most
// often a slip of the pen.
func listedTables(f *Facts) []Finding {
	findings := f.listed("limit_tables", Blocking, f.Rules.Limit)
	return append(findings, f.listed("skip_tables", Warning, f.Rules.Skip)...)
}

func (f *Facts) listed(key string, severity Severity, entries []string) []Finding {
	var findings []Finding
	for _, entry := range entries {
		database, _, qualified := strings.Cut(entry, ".")
		text, remedy := "", "correct "+key
		_, mapped := f.mappedSchema(entry)
		switch {
		case mapping.Wild(entry):
			if f.meansNone(entry) {
				findings = append(findings, Finding{key, Warning, fault.Config, fmt.Sprintf("%s has the pattern %q, which means no table that is there", key, entry), "correct " + key + ", unless it is for tables to come"})
			}
			continue
		case slices.ContainsFunc(f.Tables, func(t source.TableInfo) bool { return f.same(t.Name.String(), entry) }):
			continue
		case !qualified:
			text, remedy = fmt.Sprintf("%s names %q without a table", key, entry), "write database.table in "+key
		case !mapped:
			text = fmt.Sprintf("%s names %q, but schema_mappings has no database %q", key, entry, database)
		default:
			text = fmt.Sprintf("%s names the table %q, which is not on the source", key, entry)
			if near := f.near(entry); near != "" {
				remedy = fmt.Sprintf("did you mean %s? Correct %s", near, key)
			}
		}
		findings = append(findings, Finding{key, severity, fault.Config, text, remedy})
	}
	return findings
}

// meansNone says whether a pattern means no table of the mapped databases.
func (f *Facts) meansNone(pattern string) bool {
	return !slices.ContainsFunc(f.Tables, func(t source.TableInfo) bool { return f.Rules.Lists([]string{pattern}, t.Name) })
}

// mappedSchema finds the mapped database that an entry's name begins with; a
// database's name may contain a dot itself.
func (f *Facts) mappedSchema(entry string) (string, bool) {
	for name := range f.Rules.Schemas {
		if len(entry) > len(name) && entry[len(name)] == '.' && f.same(entry[:len(name)], name) {
			return name, true
		}
	}
	return "", false
}

func (f *Facts) same(a, b string) bool { return a == b || f.Rules.Fold && strings.EqualFold(a, b) }

// near gives the table whose name is within two changed letters, or "".
func (f *Facts) near(entry string) string {
	best, name := 3, ""
	for _, table := range f.Tables {
		if d := distance(strings.ToLower(table.Name.String()), strings.ToLower(entry)); d < best {
			best, name = d, table.Name.String()
		}
	}
	return name
}

// distance counts the letters to be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
