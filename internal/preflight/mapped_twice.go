package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

// mappedTwice: a PostgreSQL schema belongs to one database of one source, unless the tables of
// several sources do not meet there.
func mappedTwice(f *Facts) []Finding {
	var findings []Finding
	find := func(format string, args ...any) {
		findings = append(findings, Finding{"schema_mappings", Blocking, fault.Config, fmt.Sprintf(format, args...),
			"give each database a PostgreSQL schema of its own in schema_mappings, or put tables that meet into skip_tables"})
	}
	taken := map[string]string{}
	for _, other := range f.Others {
		for from, to := range other.Schemas {
			if other.Applied.IsZero() && f.Copy { // what it will have there is not known
				taken[to] = fmt.Sprintf("database %q of source %q", from, other.Name)
			}
		}
	}
	places := map[place]catalogue.Place{}
	for _, p := range f.Taken {
		places[place{p.Schema, p.Table}] = p
	}
	for _, table := range f.wanted() {
		if !f.Copy { // one that came later was excluded, and keeps nobody from following the others
			break
		}
		to, _ := f.Rules.Target(table.Name.Schema)
		if p, is := places[place{to, mapping.Identifier(table.Name.Table)}]; is {
			find("the tables %s and %s of source %q would both become %s", table.Name, p.Of, p.Source, place{to, p.Table})
		}
	}
	if len(f.Rules.Schemas) == 0 {
		find("schema_mappings of source %q is empty: there is nothing to replicate", f.Source)
	}
	for _, from := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		to := f.Rules.Schemas[from]
		switch owner, is := taken[to]; {
		case to == catalogue.Schema, to == "", to == "information_schema", strings.HasPrefix(to, "pg_"):
			find("the database %q is mapped to the schema %q, which is not for tables of yours", from, to)
		case is:
			find("the database %q is mapped to the schema %q, which belongs to %s already", from, to, owner)
		}
		taken[to] = fmt.Sprintf("database %q of this source", from)
	}
	return findings
}
