package preflight

import "pgchameleon/internal/event"

// replicationGrants: the right to read the binary log and to ask for its
// position.
func replicationGrants(f *Facts) []Finding {
	var findings []Finding
	g := f.grants()
	if !g.global("REPLICATION SLAVE") {
		findings = append(findings, g.lacks("grants", "the user may not read the binary log (REPLICATION SLAVE)", g.statement("REPLICATION SLAVE", "*.*")))
	}
	if f.Server.Flavor == event.MariaDB && f.Server.Version >= 100502 { // REPLICATION CLIENT was renamed
		if !g.global("BINLOG MONITOR", "REPLICATION CLIENT", "SUPER") {
			findings = append(findings, g.lacks("grants", "the user may not ask for the binary log's position (BINLOG MONITOR)", g.statement("BINLOG MONITOR", "*.*")))
		}
	} else if !g.global("REPLICATION CLIENT", "SUPER") {
		findings = append(findings, g.lacks("grants", "the user may not ask for the binary log's position (REPLICATION CLIENT)", g.statement("REPLICATION CLIENT", "*.*")))
	}
	return findings
}
