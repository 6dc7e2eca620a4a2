package preflight

import (
	"slices"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/typemap"
)

// oldest is the first version of PostgreSQL that has all that is used.
const oldest = 120000

// targetServer: what the target database must be.
func targetServer(f *Facts) []Finding {
	var findings []Finding
	if f.Target.Version < oldest {
		findings = append(findings, blocking("target_version", "the target is PostgreSQL "+f.Target.VersionText+", which is too old",
			"use PostgreSQL 12 or newer")...)
	}
	if f.Target.Encoding != "UTF8" {
		findings = append(findings, blocking("target_encoding", "the target database has the encoding "+f.Target.Encoding+", which cannot hold every text of the source",
			"CREATE DATABASE "+mapping.Quote(f.Target.Database+"_utf8")+" ENCODING 'UTF8' TEMPLATE template0; and name it in pg_conn")...)
	}
	if f.Target.ReadOnly {
		findings = append(findings, blocking("target_read_only", "the target is read-only: it is a standby, or default_transaction_read_only is on",
			"name the primary server in pg_conn")...)
	}
	asks := slices.ContainsFunc(f.Rules.Collates, func(c mapping.Collating) bool { return c.Collation == typemap.CIText })
	if asks && !f.Target.CIText() {
		findings = append(findings, blocking("target_citext", "collations asks for citext, and the type citext is not to be found in the target database",
			"CREATE EXTENSION citext; in a schema of the role's search_path")...)
	}
	return findings
}
