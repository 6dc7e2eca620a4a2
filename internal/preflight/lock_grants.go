package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// unlocked are engines whose tables are copied without a lock, where the server
// knows the position of what a SELECT sees.
var unlocked = []string{"INNODB", "ROCKSDB", "TOKUDB"}

// lockGrants: where a position can only be known while nobody writes to the
// table, the copy locks that one table for milliseconds.
func lockGrants(f *Facts) []Finding {
	if !f.Copy {
		return nil
	}
	var findings []Finding
	g := f.grants()
	for _, name := range slices.Sorted(maps.Keys(f.Rules.Schemas)) {
		if g.onSchema("LOCK TABLES", name, f.Server.Fold) {
			continue
		}
		count, reason := 0, ""
		for _, table := range f.wanted() {
			if why := f.needsLock(table.Name, table.Engine); why != "" && f.sameSchema(table.Name.Schema, name) {
				if count++; reason == "" {
					reason = fmt.Sprintf("%s %s", table.Name, why)
				}
			}
		}
		if count > 0 {
			text := fmt.Sprintf("the user may not lock tables of the database %q, which the copy of %d of them needs for milliseconds (%s)", name, count, reason)
			findings = append(findings, g.lacks("grants", text, g.statement("LOCK TABLES", dial.Quote(name)+".*")))
		}
	}
	return findings
}

// needsLock says why a table has to be locked, or "".
func (f *Facts) needsLock(name schema.Name, engine string) string {
	switch {
	case !slices.Contains(unlocked, strings.ToUpper(engine)):
		return "is a table of engine " + engine + ", which has no transactions"
	case f.Server.Flavor == event.MySQL && !f.Server.GTID:
		return "is on a server without GTIDs"
	case slices.Contains(f.Keyless, name):
		return "has no key"
	}
	return ""
}

func (f *Facts) sameSchema(a, b string) bool {
	return a == b || f.Server.Fold && strings.EqualFold(a, b)
}
