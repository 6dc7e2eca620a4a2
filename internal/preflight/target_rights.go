package preflight

import (
	"fmt"

	"pgchameleon/internal/mapping"
)

// targetRights: a copy loads into schemas of its own and then moves the tables
// to their place.
func targetRights(f *Facts) []Finding {
	if !f.Copy {
		return nil
	}
	var findings []Finding
	user := mapping.Quote(f.Target.User)
	if !f.Target.CreateIn && !f.KeepExisting {
		findings = append(findings, blocking("target_rights", fmt.Sprintf("the user %q may not make schemas in the target database", f.Target.User),
			"GRANT CREATE ON DATABASE "+mapping.Quote(f.Target.Database)+" TO "+user+";")...)
	}
	for _, s := range f.TargetSchemas {
		switch {
		case !s.Exists && f.KeepExisting:
			findings = append(findings, blocking("target_rights", fmt.Sprintf("keep_existing_schema is set, but the target has no schema %q", s.Name),
				"make the schema and its tables, or remove keep_existing_schema")...)
		case s.Exists && (!s.Create || !s.Usage):
			findings = append(findings, blocking("target_rights", fmt.Sprintf("the user %q may not make tables in the schema %q of the target", f.Target.User, s.Name),
				"GRANT USAGE, CREATE ON SCHEMA "+mapping.Quote(s.Name)+" TO "+user+";")...)
		}
	}
	return findings
}
