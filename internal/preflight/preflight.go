// Package preflight owns the checks that say, before anything runs, what on
// either server stands in a replica's way and which statement removes it: one
// file for each check. It does not own the questions to the servers nor any
// change of them.
package preflight

import (
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/inspect"
)

// Severity says whether a finding stops the command.
type Severity string

// The severities.
const (
	Blocking Severity = "blocking"
	Warning  Severity = "warning"
)

// Finding is something that is not as it must or should be.
type Finding struct {
	Check    string     `json:"check"` // name of the check, as "binlog_format"
	Severity Severity   `json:"severity"`
	Kind     fault.Kind `json:"-"`      // fault.Config or fault.Environment
	Text     string     `json:"text"`   // what was found and why it matters; a sentence without a full stop
	Remedy   string     `json:"remedy"` // what to do: SQL, or words
}

// Options say what is to be done, and so what has to be checked.
type Options struct {
	Source       string // name of the source
	Rules        mapping.Rules
	ServerID     uint32 // my_server_id; 0: chosen when it is needed
	Copy         bool   // tables will be copied: the target must take them
	KeepExisting bool   // into the tables that are there
	GTID         bool   // gtid_enable is set
}

// Facts are what the checks look at. Gather asks both servers for them.
type Facts struct {
	Options
	Server  *source.Server
	Grants  []string           // as SHOW GRANTS gives them
	Schemas []string           // source schemas that the user sees
	Tables  []source.TableInfo // of the mapped schemas
	Keyless []schema.Name      // wanted tables that need a lock to be copied because no key identifies their rows

	Target        *target.Server
	NoTypes       []string        // that overrides ask for and the target does not have
	TargetSchemas []target.Schema // those that are mapped to
	Relations     []target.Relation
	Ours          []*catalogue.Table // tables of this source that the catalogue knows
	Others        []catalogue.Source // all other sources
	Taken         []catalogue.Place  // their tables in the mapped schemas
}

// check looks at the facts. It is quiet where there is nothing to find.
type check func(*Facts) []Finding

// checks in the order in which their findings are shown: the source's settings,
// what may be read there, the configuration, the target.
var checks = []check{
	binaryLog, binlogFormat, rowImage, rowMetadata, retention, gtidMode, serverID,
	sourceSchemas, selectGrants, replicationGrants, lockGrants,
	mappedTwice, listedTables,
	targetServer, targetTypes, targetRights, nameConflicts,
}

// Run makes all checks.
func Run(f *Facts) []Finding {
	var findings []Finding
	for _, look := range checks {
		findings = append(findings, look(f)...)
	}
	return findings
}

// Err turns the blocking findings into one error: a fault.Config if all of them
// are, else a fault.Environment; nil if there are none.
func Err(findings []Finding) error {
	var texts, remedies []string
	kind := fault.Config
	for _, f := range findings {
		if f.Severity != Blocking {
			continue
		}
		if f.Kind != fault.Config {
			kind = fault.Environment
		}
		texts = append(texts, f.Text)
		if f.Remedy != "" {
			remedies = append(remedies, f.Remedy)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fault.New(kind, strings.Join(remedies, "; "), "%s", strings.Join(texts, "; "))
}

// blocking and warning make lists of one finding about a server.
func blocking(name, text, remedy string) []Finding {
	return []Finding{{name, Blocking, fault.Environment, text, remedy}}
}

func warning(name, text, remedy string) []Finding {
	return []Finding{{name, Warning, fault.Environment, text, remedy}}
}

// wanted lists the tables that are to be replicated.
func (f *Facts) wanted() []source.TableInfo {
	var list []source.TableInfo
	for _, table := range f.Tables {
		if !table.Sequence() && f.Rules.Wants(table.Name) {
			list = append(list, table)
		}
	}
	return list
}
