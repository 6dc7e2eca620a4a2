package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

const policies = `ddl_policy:
  truncate: hold
  by_table:
    "zoo.*": {drop_table: ignore}
`

func TestDDLPoliciesAreRead(t *testing.T) {
	c := parse(t, policies+minimal("    ddl_policy: {by_table: {'*.audit': {index: apply, default: HOLD}}, drop_column: ignore, default: apply}\n"))
	rules, err := c.Sources[0].Rules()
	if err != nil {
		t.Fatal(err)
	}
	want := []mapping.DDLPolicy{
		{Class: mapping.Truncates, Verdict: mapping.Hold},
		{Table: "zoo.*", Class: mapping.DropTables, Verdict: mapping.Ignore},
		{Verdict: mapping.Carry},
		{Class: mapping.DropColumns, Verdict: mapping.Ignore},
		{Table: "*.audit", Verdict: mapping.Hold},
		{Table: "*.audit", Class: mapping.Indexes, Verdict: mapping.Carry},
	}
	if diff := cmp.Diff(want, rules.DDL); diff != "" {
		t.Error(diff)
	}
	for table, verdicts := range map[string]map[mapping.Class]mapping.Verdict{
		"cages": {mapping.Truncates: mapping.Carry, mapping.DropColumns: mapping.Ignore, mapping.DropTables: mapping.Carry},
		"audit": {mapping.Truncates: mapping.Hold, mapping.DropColumns: mapping.Hold, mapping.Indexes: mapping.Carry},
	} {
		for class, verdict := range verdicts {
			if got := rules.Judge(schema.Name{Schema: "zoo", Table: table}, class); got != verdict {
				t.Errorf("%s of %s: %s, not %s", class, table, got, verdict)
			}
		}
	}
	shown := map[string]string{}
	for _, s := range c.Settings() {
		shown[s.Key] = s.Value
	}
	if got := shown["ddl_policy"]; got != "truncate → hold; zoo.* drop_table → ignore" {
		t.Error(got)
	}
	if got := shown["sources.mysql.ddl_policy"]; got != "default → apply; drop_column → ignore; *.audit default → hold; *.audit index → apply" {
		t.Error(got)
	}
}

func TestWrongDDLPoliciesPointAtTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"    ddl_policy: {truncates: hold}\n":                           `/etc/x.yml:10:18: unknown class "truncates" in ddl_policy; did you mean "truncate"?`,
		"    ddl_policy: {truncate: held}\n":                            `/etc/x.yml:10:28: ddl_policy truncate must be apply, hold or ignore, not "held"; did you mean "hold"?`,
		"    ddl_policy: {truncate: }\n":                                `/etc/x.yml:10:18: ddl_policy truncate has no value: give it apply, hold or ignore, or remove the key`,
		"    ddl_policy: {by_table: {cages: {truncate: hold}}}\n":       `/etc/x.yml:10:29: ddl_policy: "cages" is not of the form database.table`,
		"    ddl_policy: {by_table: {zoo.cages: {by_table: {}}}}\n":     `/etc/x.yml:10:41: unknown class "by_table" in ddl_policy of "zoo.cages"; the classes are default, create_table, drop_table, truncate, rename, add_column, drop_column, change_column, primary_key, index, constraint, partition, database, sequence, comment`,
		"    ddl_policy: hold\n":                                        `/etc/x.yml:10:17: ddl_policy must be keys with values, not a value`,
		"    ddl_policy: {by_table: {zoo.cages: {truncate: [hold]}}}\n": `/etc/x.yml:10:51: ddl_policy of "zoo.cages" truncate must be apply, hold or ignore, not a list`,
	} {
		_, err := Parse("/etc/x.yml", []byte(minimal(text)), "/home/ann", env())
		if fault.KindOf(err) != fault.Config || err.Error() != want {
			t.Errorf("%s gives\n%v, not\n%s", text, err, want)
		}
	}
}
