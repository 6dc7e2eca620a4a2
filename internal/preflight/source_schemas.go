package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
)

// sourceSchemas: every mapped database must be there and be seen.
func sourceSchemas(f *Facts) []Finding {
	var findings []Finding
	for _, name := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		if f.sees(name) {
			continue
		}
		text := fmt.Sprintf("the database %q of schema_mappings is not on the source, or the user may not see it", name)
		remedy := "correct schema_mappings, or: " + f.grants().statement("SELECT", dial.Quote(name)+".*")
		for _, other := range f.Schemas {
			if strings.EqualFold(other, name) {
				text = fmt.Sprintf("the database %q of schema_mappings is not on the source; there is %q", name, other)
				remedy = "correct schema_mappings"
			}
		}
		findings = append(findings, Finding{"schema_mappings", Blocking, fault.Environment, text, remedy})
	}
	return findings
}

// sees is true for a database that the user sees.
func (f *Facts) sees(name string) bool {
	return slices.ContainsFunc(f.Schemas, func(s string) bool { return s == name || f.Server.Fold && strings.EqualFold(s, name) })
}
