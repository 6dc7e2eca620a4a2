package preflight

import (
	"fmt"

	"pgchameleon/internal/fault"
)

// targetTypes: a type that an override asks for must be there.
func targetTypes(f *Facts) []Finding {
	var findings []Finding
	for _, name := range f.NoTypes {
		findings = append(findings, Finding{"type_override", Blocking, fault.Config,
			fmt.Sprintf("type_override asks for the type %q, which the target database does not have", name),
			"correct override_to; or create the type, or its extension, in a schema of the role's search_path"})
	}
	return findings
}
