package preflight

import (
	"fmt"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	target "pgchameleon/internal/target/inspect"
)

// place is a table's name in PostgreSQL.
type place struct{ schema, name string }

func (p place) String() string { return mapping.Quote(p.schema) + "." + mapping.Quote(p.name) }

// nameConflicts: each table needs a place that nobody else has. Tables that we
// made may be replaced; nothing of the user's own is.
func nameConflicts(f *Facts) []Finding {
	if !f.Copy {
		return nil
	}
	var findings []Finding
	ours := map[place]bool{}
	for _, table := range f.Ours {
		if table.Created {
			ours[place{table.Schema, table.Name}] = true
		}
	}
	there := map[place]target.Relation{}
	for _, relation := range f.Relations {
		there[place{relation.Schema, relation.Name}] = relation
	}
	taken := map[place]schema.Name{}
	for _, table := range f.wanted() {
		to, _ := f.Rules.Target(table.Name.Schema)
		at := place{to, mapping.Identifier(table.Name.Table)}
		if other, is := taken[at]; is {
			findings = append(findings, Finding{"names", Blocking, fault.Config,
				fmt.Sprintf("the tables %s and %s would both become %s", other, table.Name, at), "put one of them into skip_tables"})
		}
		taken[at] = table.Name
		relation, exists := there[at]
		switch {
		case f.KeepExisting && (!exists || relation.Kind != target.Table && relation.Kind != target.PartitionedTable):
			findings = append(findings, blocking("names", fmt.Sprintf("keep_existing_schema is set, but the target has no table %s for %s", at, table.Name),
				"make the table, put "+table.Name.String()+" into skip_tables, or remove keep_existing_schema")...)
		case f.KeepExisting && !relation.Owned:
			findings = append(findings, blocking("names", fmt.Sprintf("the table %s belongs to %q: the user %q may not load it anew", at, relation.Owner, f.Target.User),
				"ALTER TABLE "+at.String()+" OWNER TO "+mapping.Quote(f.Target.User)+";")...)
		case !f.KeepExisting && exists && !ours[at]:
			findings = append(findings, blocking("names", fmt.Sprintf("the target has a %s %s that this program did not make, where %s would go", relation.Kind, at, table.Name),
				"rename or drop it, map the database to another schema, or set keep_existing_schema to load into tables that are there")...)
		}
	}
	return findings
}
