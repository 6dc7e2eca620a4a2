package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/preflight"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/dial"
	target "pgchameleon/internal/target/inspect"
	"pgchameleon/internal/typemap"
)

// The names of the target's options in the catalogue.
const (
	optionPostGIS  = "postgis"
	optionPGVector = "vector"
	optionTrigram  = "pg_trgm"
)

// rules completes the mapping rules by what both servers are. options are those with
// which the copy began: types that an extension has brought later are for the next copy.
func (r *Replica) rules(ctx context.Context, db dial.DB, server *inspect.Server, options map[string]bool) (*mapping.Rules, error) {
	facts, err := target.Facts(ctx, db)
	if err != nil {
		return nil, err
	}
	if options == nil {
		options = map[string]bool{optionPostGIS: facts.PostGIS(), optionPGVector: facts.PGVector(), optionTrigram: facts.Trigram()}
	}
	rules := r.spec.Rules
	rules.Fold, rules.StaleVirtual = server.Fold, server.Flavor == event.MariaDB
	rules.Types = typemap.Options{PostGIS: options[optionPostGIS], PGVector: options[optionPGVector], Trigram: options[optionTrigram]}
	return &rules, nil
}

// options are what the catalogue keeps of the rules.
func options(rules *mapping.Rules) map[string]bool {
	return map[string]bool{optionPostGIS: rules.Types.PostGIS, optionPGVector: rules.Types.PGVector, optionTrigram: rules.Types.Trigram}
}

// tracked adds to tables what their columns become.
func tracked(rules *mapping.Rules, tables ...*schema.Table) []catalogue.Definition {
	list := make([]catalogue.Definition, len(tables))
	for i, t := range tables {
		list[i].Table = t
		if mapped, err := rules.Table(t); err == nil { // one that cannot be mapped is parked at its next row
			list[i].Mapping = mapped.Identities()
		}
	}
	return list
}

func trackedSet(list []catalogue.Definition, fold bool) *schema.Set {
	tables := make([]*schema.Table, len(list))
	for i, d := range list {
		tables[i] = d.Table
	}
	return schema.NewSet(fold, tables...)
}

// manyChanged bounds what unchanged lists.
const manyChanged = 5

// unchanged refuses to go on under rules that give the columns of replicated tables
// other types or other masks than they were copied with.
func unchanged(list []catalogue.Definition, rules *mapping.Rules) error {
	var found []string
	for _, d := range list {
		if d.Mapping == nil || !rules.Wants(d.Table.Name) {
			continue
		}
		mapped, err := rules.Table(d.Table)
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		now := mapped.Identities()
		for _, column := range slices.Sorted(maps.Keys(now)) {
			if before, known := d.Mapping[column]; known && before != now[column] {
				found = append(found, fmt.Sprintf("column %s of table %s is %s and would become %s", column, d.Table.Name, before, now[column]))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	shown := strings.Join(found[:min(len(found), manyChanged)], "; ")
	if more := len(found) - manyChanged; more > 0 {
		shown += fmt.Sprintf("; and %d more", more)
	}
	return fault.New(fault.Config, "take the change of type_override, value_rules, masks or collations back, or copy the tables again: init_replica",
		"the configuration does not fit the tables as they were copied: %s", shown)
}

// check looks, before anything is changed, for what is in the way on either
// server. Warnings are logged.
func (r *Replica) check(ctx context.Context, copies bool) error {
	facts, err := preflight.Gather(ctx, r.spec.MySQL, r.spec.Postgres, preflight.Options{
		Source: r.spec.Name, Rules: r.spec.Rules, ServerID: r.spec.ServerID, Copy: copies, KeepExisting: r.spec.KeepExisting,
	})
	if err != nil {
		return err
	}
	findings := preflight.Run(facts)
	for _, f := range findings {
		if f.Severity == preflight.Warning {
			r.log.Warn(f.Text, "check", f.Check, "remedy", f.Remedy)
		}
	}
	return preflight.Err(findings)
}
