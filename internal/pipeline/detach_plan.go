package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	source "pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/dial"
	target "pgchameleon/internal/target/inspect"
)

// The kinds of steps of a detachment.
const (
	stepSequence   = "sequence"
	stepGenerated  = "generated column"
	stepOnUpdate   = "ON UPDATE"
	stepCheck      = "CHECK"
	stepForeignKey = "foreign key"
	stepView       = "view"
	stepIndex      = "index"
	stepDefault    = "default"
	stepTable      = "table"
)

// detachPlan works out what makes a source's tables stand by themselves.
type detachPlan struct {
	replica *Replica
	origin  *origin
	rules   *mapping.Rules
	set     *schema.Set
	tables  []*mapping.Table // those that are replicated
	mapped  map[schema.Name]*mapping.Table
	ours    map[schema.Name]bool
	names   []string // of the schemas in PostgreSQL
	readers []string // roles that may read what is made

	next        map[string]map[schema.Name]uint64 // AUTO_INCREMENT values, by database
	used        map[place][]target.ColumnSequence
	users       map[place][]target.ColumnUser
	constraints map[place][]target.Constraint

	steps []catalogue.DetachStep
}

// place is a table in PostgreSQL.
type place struct{ schema, table string }

func placeOf(t *mapping.Table) place { return place{t.Schema, t.Name} }

// placed sorts a list by the tables to which its members belong.
func placed[T any](list []T, err error, of func(T) place) (map[place][]T, error) {
	sorted := map[place][]T{}
	for _, member := range list {
		sorted[of(member)] = append(sorted[of(member)], member)
	}
	return sorted, err
}

// planDetach works out the steps on the tables as of the applied position.
func (r *Replica) planDetach(ctx context.Context, db dial.DB, from *origin, known *catalogue.Source) ([]catalogue.DetachStep, error) {
	rules, err := r.rules(ctx, db, from.server, known.Options)
	if err != nil {
		return nil, err
	}
	set, err := appliedSet(ctx, db, known.ID, rules)
	if err != nil {
		return nil, err
	}
	p := &detachPlan{replica: r, origin: from, rules: rules, set: set, ours: map[schema.Name]bool{}, mapped: map[schema.Name]*mapping.Table{}, next: map[string]map[schema.Name]uint64{}, names: slices.Sorted(maps.Values(rules.Schemas))}
	records, err := catalogue.TablesBare(ctx, db, known.ID)
	if err != nil {
		return nil, err
	}
	if err := p.sort(records); err != nil {
		return nil, err
	}
	options, err := r.tableOptions(ctx, db)
	if err != nil {
		return nil, err
	}
	p.readers = options.readers
	if err := p.look(ctx, db); err != nil {
		return nil, err
	}
	if err := p.work(ctx, db); err != nil {
		return nil, err
	}
	for i := range p.steps {
		p.steps[i].Number = i + 1
	}
	return p.steps, nil
}

// look reads what the tables have in PostgreSQL.
func (p *detachPlan) look(ctx context.Context, db dial.DB) error {
	used, err := target.ColumnSequences(ctx, db, p.names...)
	if p.used, err = placed(used, err, func(s target.ColumnSequence) place { return place{s.Schema, s.Table} }); err != nil {
		return err
	}
	users, err := target.ColumnUsers(ctx, db, p.names...)
	if p.users, err = placed(users, err, func(u target.ColumnUser) place { return place{u.Schema, u.Table} }); err != nil {
		return err
	}
	constraints, err := target.Constraints(ctx, db, p.names...)
	p.constraints, err = placed(constraints, err, func(c target.Constraint) place { return place{c.Schema, c.Table} })
	return err
}

// sort finds the tables that are up to date, and notes those that are not.
func (p *detachPlan) sort(records []*catalogue.Table) error {
	for _, record := range records {
		t := p.set.Get(record.Source)
		if t == nil || t.Sequence != nil || !p.rules.Wants(record.Source) {
			continue
		}
		mapped, err := p.rules.Table(t)
		if err != nil {
			return err
		}
		p.tables, p.mapped[t.Name] = append(p.tables, mapped), mapped
		p.ours[record.Source] = record.Created
	}
	slices.SortFunc(p.tables, func(a, b *mapping.Table) int { return strings.Compare(a.Source.Name.String(), b.Source.Name.String()) })
	for _, record := range records {
		if p.set.Get(record.Source) == nil && p.rules.Wants(record.Source) {
			p.leaveOut(stepTable, record.Source.String(), fmt.Sprintf("it is %s (%s): nothing is done to it, and it stays as it is", record.State, record.Reason))
		}
	}
	return nil
}

func (p *detachPlan) leaveOut(kind, object, reason string) {
	p.steps = append(p.steps, catalogue.DetachStep{Kind: kind, Object: object, State: catalogue.StepLeftOut, Note: reason})
}

func (p *detachPlan) add(s catalogue.DetachStep) int {
	s.State = catalogue.StepWaiting
	p.steps = append(p.steps, s)
	return len(p.steps)
}

// work plans in the order in which things build on one another.
func (p *detachPlan) work(ctx context.Context, db dial.DB) error {
	if err := p.sequences(ctx); err != nil {
		return err
	}
	for _, t := range p.made() {
		p.generated(t)
		p.onUpdate(t)
	}
	for _, t := range p.made() {
		p.constrain(t, stepCheck, ddl.Checks(t, p.origin.dialect))
	}
	for _, t := range p.tables {
		p.constrain(t, stepForeignKey, ddl.ForeignKeys(t, p.table))
		p.unvalidated(t)
	}
	for _, t := range p.made() {
		p.absent(t)
	}
	return p.objects(ctx, db)
}

// made are the tables that we have made. Others have the definitions that somebody gave them.
func (p *detachPlan) made() []*mapping.Table {
	return slices.DeleteFunc(slices.Clone(p.tables), func(t *mapping.Table) bool { return !p.ours[t.Source.Name] })
}

// table gives a table that PostgreSQL has, nil for others.
func (p *detachPlan) table(name schema.Name) *mapping.Table {
	t := p.set.Get(name)
	if t == nil {
		return nil
	}
	return p.mapped[t.Name]
}

// sequence is one that columns take their values from.
type sequence struct {
	ident  string
	object string
	next   uint64 // the source's own next value; 0: not known
	uses   []ddl.SequenceUse
}

// sequences sets what gives columns their next values, unless it is followed itself.
func (p *detachPlan) sequences(ctx context.Context) error {
	followed := map[string]bool{}
	for _, t := range p.set.Tables() {
		if t.Sequence != nil {
			followed[sequenceIdent(p.rules, t.Name)] = true
		}
	}
	var list []*sequence
	known := map[string]*sequence{}
	for _, t := range p.tables {
		found, err := p.sequencesOf(ctx, t)
		if err != nil {
			return err
		}
		for _, s := range found {
			switch other := known[s.ident]; {
			case followed[s.ident]:
			case other == nil:
				list, known[s.ident] = append(list, s), s
			default:
				other.uses, other.next = append(other.uses, s.uses...), max(other.next, s.next)
			}
		}
	}
	for _, s := range list {
		p.add(catalogue.DetachStep{Kind: stepSequence, Object: s.object, SQL: []string{ddl.AdvanceSequence(s.ident, s.next, s.uses...)}})
	}
	return nil
}

// sequencesOf finds those of a table's columns.
func (p *detachPlan) sequencesOf(ctx context.Context, t *mapping.Table) (list []*sequence, err error) {
	column, next := slices.IndexFunc(t.Columns, func(c mapping.Column) bool { return t.Source.Columns[c.Ordinal].AutoIncrement }), uint64(0)
	if column >= 0 {
		if next, err = p.nextValue(ctx, t); err != nil {
			return nil, err
		}
	}
	for _, u := range p.used[placeOf(t)] {
		s := &sequence{ident: u.Sequence, object: t.Ident() + "." + mapping.Quote(u.Name), uses: []ddl.SequenceUse{{Table: t, Column: u.Name}}}
		if column >= 0 && t.Columns[column].Name == u.Name {
			s.next, column = next, -1
		}
		list = append(list, s)
	}
	if column >= 0 {
		p.leaveOut(stepSequence, t.Ident()+"."+mapping.Quote(t.Columns[column].Name), "the column is AUTO_INCREMENT on the source and has no sequence in PostgreSQL")
	}
	return list, nil
}

// nextValue is the next AUTO_INCREMENT value of a table as the source has it now.
func (p *detachPlan) nextValue(ctx context.Context, t *mapping.Table) (_ uint64, err error) {
	database := t.Source.Name.Schema
	if p.next[database] == nil {
		if p.next[database], err = inspect.AutoIncrements(ctx, p.origin.conn, p.origin.server, database); err != nil {
			return 0, err
		}
	}
	if next, is := p.next[database][t.Source.Name]; is {
		return next, nil
	}
	now, err := p.replica.definitions(p.origin).read(ctx, p.origin.conn, t.Source.Name)
	var unmapped errUnmapped
	switch number := source.Number(err); {
	case err == nil:
		return now.AutoIncrement, nil
	case errors.As(err, &unmapped), number == noSuchTable, number == noSuchDatabase:
		return t.Source.AutoIncrement, nil
	}
	return 0, err
}

func (p *detachPlan) generated(t *mapping.Table) {
	var triggered []ddl.Generated
	for _, g := range ddl.GeneratedColumns(t, p.origin.dialect) {
		object := t.Ident() + "." + mapping.Quote(g.Column.Name)
		if g.Value == "" {
			p.leaveOut(stepGenerated, object, g.What+": "+g.Reason+"; it stays a plain column, which holds what is put into it")
			continue
		}
		rebuild, other := p.usersOf(t, g.Column.Name)
		if !g.Inside || other != "" {
			triggered = append(triggered, g)
			continue
		}
		sql, violations := g.Inwards(t, rebuild)
		p.add(catalogue.DetachStep{Kind: stepGenerated, Object: object, SQL: sql, Violations: violations, First: true})
	}
	if triggered != nil {
		var names []string
		for _, g := range triggered {
			names = append(names, mapping.Quote(g.Column.Name))
		}
		sql, violations := ddl.GeneratedTrigger(t, triggered)
		p.add(catalogue.DetachStep{Kind: stepGenerated, Object: t.Ident() + " (" + strings.Join(names, ", ") + "), by a trigger", SQL: sql, Violations: violations, First: true})
	}
}

// usersOf gives the statements that make the indexes of a column again, and what else uses it.
func (p *detachPlan) usersOf(t *mapping.Table, column string) (rebuild []string, other string) {
	for _, u := range p.users[placeOf(t)] {
		if u.Name != column {
			continue
		}
		if u.Other != "" {
			other = u.Other
		} else if !slices.Contains(rebuild, u.Rebuild) {
			rebuild = append(rebuild, u.Rebuild)
		}
	}
	return rebuild, other
}

func (p *detachPlan) onUpdate(t *mapping.Table) {
	sql, columns, skipped := ddl.OnUpdateTrigger(t)
	if sql != nil {
		p.add(catalogue.DetachStep{Kind: stepOnUpdate, Object: t.Ident() + " (" + strings.Join(columns, ", ") + ")", SQL: sql})
	}
	for _, name := range skipped {
		p.leaveOut(stepOnUpdate, t.Source.Name.String()+"."+name, "its type in PostgreSQL holds no time, or it is masked")
	}
}

// constrain makes constraints for new rows first, and then has a look at those that are there.
func (p *detachPlan) constrain(t *mapping.Table, kind string, list []ddl.Constraint) {
	for _, k := range list {
		object := t.Ident() + "." + mapping.Quote(k.Name)
		switch {
		case k.Skipped != "":
			p.leaveOut(kind, object, k.What+": "+k.Skipped)
			continue
		case slices.ContainsFunc(p.constraints[placeOf(t)], func(c target.Constraint) bool { return c.Name == k.Name }):
			p.leaveOut(kind, object, "a constraint of this name is there already")
			continue
		}
		added := p.add(catalogue.DetachStep{Kind: kind, Object: object, SQL: []string{k.Add}, Note: k.Differs})
		p.add(catalogue.DetachStep{Kind: kind, Object: object + ", rows that are there", SQL: []string{k.Validate}, Violations: k.Violations, Needs: added})
	}
}

// unvalidated has a look at the rows for constraints that are there already: foreign keys of tables
// that somebody else has made are deferred, and may not hold for all rows.
func (p *detachPlan) unvalidated(t *mapping.Table) {
	for _, c := range p.constraints[placeOf(t)] {
		deferred := c.ForeignKey && c.Deferred && (!c.Valid || !p.ours[t.Source.Name])
		if c.Valid && !deferred {
			continue
		}
		on := "ALTER TABLE " + t.Ident()
		step := catalogue.DetachStep{Kind: stepCheck, Object: t.Ident() + "." + mapping.Quote(c.Name) + ", rows that are there"}
		if c.ForeignKey {
			step.Kind = stepForeignKey
		}
		if deferred {
			step.SQL = append(step.SQL, on+" ALTER CONSTRAINT "+mapping.Quote(c.Name)+" DEFERRABLE INITIALLY IMMEDIATE")
		}
		if !c.Valid {
			step.SQL = append(step.SQL, on+" VALIDATE CONSTRAINT "+mapping.Quote(c.Name))
		}
		p.add(step)
	}
}

// absent tells what the copy and the stream have left out.
func (p *detachPlan) absent(t *mapping.Table) {
	name := t.Source.Name.String()
	for _, index := range ddl.Indexes(t) {
		if index.Skipped != "" {
			p.leaveOut(stepIndex, name+"."+index.Source, index.Skipped)
		}
	}
	for _, omitted := range ddl.Omitted(t) {
		p.leaveOut(stepDefault, name, omitted)
	}
	if t.Source.Partitioning != nil {
		p.leaveOut(stepTable, name, "it is partitioned on the source, and one table in PostgreSQL")
	}
	if t.Source.Versioned {
		p.leaveOut(stepTable, name, "the source keeps its history (WITH SYSTEM VERSIONING); PostgreSQL has its present rows")
	}
	if t.Source.Diverging {
		p.leaveOut(stepTable, name, "it holds rows that the source has removed by a statement that ddl_policy ignores")
	}
	for _, c := range t.Columns {
		if c.Map.Masked() {
			p.leaveOut(stepTable, name+"."+t.Source.Columns[c.Ordinal].Name, "the column is masked: PostgreSQL does not have its values")
		}
	}
}
