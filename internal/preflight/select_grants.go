package preflight

import (
	"fmt"
	"maps"
	"slices"

	"pgchameleon/internal/source/dial"
)

// selectGrants: every table that is wanted must be readable. A grant on single
// tables does, too.
func selectGrants(f *Facts) []Finding {
	var findings []Finding
	g := f.grants()
	for _, name := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		if !f.sees(name) || g.onSchema("SELECT", name, f.Server.Fold) {
			continue
		}
		lacking, first := 0, ""
		for _, table := range f.wanted() {
			if f.sameSchema(table.Name.Schema, name) && !g.onTable("SELECT", table.Name, f.Server.Fold) {
				if lacking++; first == "" {
					first = table.Name.String()
				}
			}
		}
		if lacking == 0 && g.seesTables(name, f.Server.Fold) {
			continue
		}
		text := fmt.Sprintf("the user may not read the database %q", name)
		if lacking > 0 {
			text = fmt.Sprintf("the user may not read %d tables of the database %q, such as %s", lacking, name, first)
		}
		findings = append(findings, g.lacks("grants", text, g.statement("SELECT", dial.Quote(name)+".*")))
	}
	return findings
}
