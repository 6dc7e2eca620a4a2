package preflight

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/inspect"
)

// listedTables: a name in limit_tables or skip_tables that is nobody's may be a slip of the pen, which is
// mended best before a copy, or a table that the user may not read, which is not seen. It may be a table to come,
// too, or one that the source has dropped while it was followed.
func listedTables(f *Facts) []Finding {
	return append(f.listed("limit_tables", f.Rules.Limit), f.listed("skip_tables", f.Rules.Skip)...)
}

func (f *Facts) listed(key string, entries []string) []Finding {
	var findings []Finding
	for _, entry := range entries {
		database, _, qualified := strings.Cut(entry, ".")
		severity, text, remedy := Warning, "", "correct "+key
		home, mapped := f.mappedSchema(entry)
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
			if key == "limit_tables" {
				severity = Blocking
			}
		case !mapped:
			text = fmt.Sprintf("%s names %q, but schema_mappings has no database %q", key, entry, database)
		default:
			text = fmt.Sprintf("%s names the table %q, which is not on the source", key, entry)
			remedy = "correct " + key + ", unless it is for a table to come, or one that is gone"
			near, hidden := f.near(entry, entries), key == "limit_tables" && !f.readable(schema.Name{Schema: home, Table: entry[len(home)+1:]})
			if hidden {
				text += ", or the user may not see it"
			}
			if near != "" && f.Copy {
				remedy = fmt.Sprintf("did you mean %s? Correct %s", near, key)
			}
			if key == "limit_tables" && f.Copy && (near != "" || hidden) {
				severity = Blocking
			}
		}
		findings = append(findings, Finding{key, severity, fault.Config, text, remedy})
	}
	return findings
}

// readable says whether the user could read a table if it were there.
func (f *Facts) readable(name schema.Name) bool {
	g := f.grants()
	return g.roles || g.onTable("SELECT", name, f.Server.Fold)
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

// near gives the table whose name is within two changed letters, and is not listed itself, or "".
func (f *Facts) near(entry string, entries []string) string {
	best, name := 3, ""
	for _, table := range f.Tables {
		if f.Rules.Lists(entries, table.Name) {
			continue
		}
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
