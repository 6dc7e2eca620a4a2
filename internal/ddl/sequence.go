package ddl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Sequence makes a sequence of what SHOW CREATE SEQUENCE says of it and of the first value that
// it has not reserved.
func Sequence(name schema.Name, showCreate, next string, d parse.Dialect) (*schema.Table, error) {
	statement, err := parse.Parse(showCreate, d)
	if err != nil {
		return nil, err
	}
	create, is := statement.(*parse.Sequence)
	if !is || create.Verb != "create" {
		return nil, errNotASequence
	}
	s := newSequence(&create.Options)
	s.Next, _ = saturated(next)
	return &schema.Table{Name: name, Sequence: s}, nil
}

var errNotASequence = fmt.Errorf("the text is not the definition of a sequence")

// saturated reads a number, or the nearest that 64 bits with a sign hold.
func saturated(text string) (n int64, beyond bool) {
	n, err := strconv.ParseInt(text, 10, 64) // of what is out of range, the limit
	return n, err != nil
}

func newSequence(o *parse.SequenceOptions) *schema.Sequence {
	s := &schema.Sequence{Increment: 1}
	full := *o
	full.NoMin, full.NoMax = full.Min == "", full.Max == ""
	if full.Start == "" {
		full.Start = " " // settled below
	}
	full.Restart = true
	if full.Increment != "" {
		s.Increment, _ = saturated(full.Increment)
	}
	changeSequence(s, &full, s.Increment < 0)
	return s
}

// changeSequence gives a sequence the options that are stated. Without limits it goes down where
// descending is set, else up.
func changeSequence(s *schema.Sequence, o *parse.SequenceOptions, descending bool) {
	if o.Type != nil {
		s.Type = *o.Type
	}
	if o.Increment != "" {
		s.Increment, _ = saturated(o.Increment)
	}
	s.Capped = s.Capped && !o.NoMax && o.Max == ""
	least, most := s.Limits(descending)
	limit := func(text string) int64 {
		n, _ := saturated(text)
		s.Capped = s.Capped || n > schema.SequenceMax
		return max(schema.SequenceMin, min(n, schema.SequenceMax))
	}
	if o.Min != "" {
		s.Min = limit(o.Min)
	} else if o.NoMin {
		s.Min = least
	}
	if o.Max != "" {
		s.Max = limit(o.Max)
	} else if o.NoMax {
		s.Max, s.Capped = most, s.Capped || s.Type == "bigint unsigned"
	}
	switch o.Start {
	case "":
	case " ":
		if s.Start = s.Min; s.Increment < 0 {
			s.Start = s.Max
		}
	default:
		s.Start = limit(o.Start)
	}
	if o.Cycle != nil {
		s.Cycle = *o.Cycle
	}
	if o.Restart {
		if s.Next = s.Start; s.Capped && s.Start == schema.SequenceMax {
			s.Next = math.MaxInt64
		}
		if o.RestartWith != "" {
			s.Next, _ = saturated(o.RestartWith)
		}
	}
}

// sequence carries out CREATE, ALTER or DROP SEQUENCE.
func (x *applier) sequence(s *parse.Sequence) {
	if s.Temporary {
		return
	}
	for _, n := range s.Names {
		name := x.name(n)
		t := x.sequenceNamed(name)
		switch {
		case s.Verb == "create":
			if x.set.Get(name) == nil || !s.IfExists {
				x.createSequence(name, newSequence(&s.Options))
			}
		case t == nil:
		case s.Verb == "alter":
			next := *t.Sequence
			changeSequence(&next, &s.Options, false)
			x.redefine(t, &next)
		default:
			x.drop(t.Name, mapping.Sequences)
		}
	}
}

// sequenceNamed gives a tracked sequence, or nil.
func (x *applier) sequenceNamed(name schema.Name) *schema.Table {
	if t := x.set.Get(name); t != nil && t.Sequence != nil {
		return t
	}
	return nil
}

func (x *applier) createSequence(name schema.Name, s *schema.Sequence) {
	if old := x.sequenceNamed(name); old != nil {
		x.redefine(old, s) // OR REPLACE, or one that was read from the source since
		return
	}
	if x.set.Get(name) != nil {
		x.drop(name, mapping.DropTables)
	}
	if _, mapped := x.rules.Target(name.Schema); !mapped || !x.rules.Wants(name) || x.leaves(name) {
		return
	}
	if x.ignores(name, mapping.Sequences) {
		x.effect.leave(name, "it was made on the source; ddl_policy ignores sequence, so that it is not replicated")
		return
	}
	x.set = x.set.With(nil, &schema.Table{Name: name, Sequence: s})
	x.effect.run(name, CreateSequence(x.rules.Sequence(name), s)...)
	x.effect.lift(name)
	x.effect.Created = append(x.effect.Created, name)
	x.takeNext(name, true)
}

// redefine gives a tracked sequence another definition and value. Where the policy ignores that, the
// one in PostgreSQL keeps its options.
func (x *applier) redefine(t *schema.Table, s *schema.Sequence) {
	x.set = x.set.With(nil, &schema.Table{Name: t.Name, Sequence: s})
	x.effect.change(t.Name)
	if !x.ignores(t.Name, mapping.Sequences) {
		x.effect.run(t.Name, AlterSequence(x.rules.Sequence(t.Name), s)...)
	}
}

// dropSequence drops a sequence, which is no longer in the set, in PostgreSQL. Columns whose
// default it was lose that first; what else depends on it is the user's and stays.
func (x *applier) dropSequence(t *schema.Table) {
	x.takeNext(t.Name, false)
	x.effect.run(t.Name, "DROP SEQUENCE IF EXISTS "+x.sequencePlace(t.Name))
}

// sequencePlace is a sequence's name in PostgreSQL, whether or not it is there.
func (x *applier) sequencePlace(name schema.Name) string {
	target, _ := x.rules.Target(name.Schema)
	return mapping.Quote(target) + "." + mapping.Quote(mapping.Identifier(name.Table))
}

// takeNext sets or drops the defaults that are the next value of a sequence, of all tables.
func (x *applier) takeNext(name schema.Name, set bool) {
	for _, t := range x.set.Tables() {
		takes := func(c schema.Column) bool {
			return c.Default != nil && c.Default.Sequence != nil && x.same(*c.Default.Sequence, name)
		}
		if !x.rules.Wants(t.Name) || !slices.ContainsFunc(t.Columns, takes) {
			continue
		}
		rules := *x.rules
		rules.Sequences = func(n schema.Name) bool { return x.same(n, name) }
		mapped, err := rules.Table(t)
		if err != nil {
			continue
		}
		for _, c := range mapped.Columns {
			if value, _ := defaultSQL(mapped, c); !takes(*source(mapped, c)) || value == "" {
				continue
			} else if set {
				x.effect.run(t.Name, setDefault(mapped, c, value))
			} else {
				x.effect.run(t.Name, alterColumn(mapped, c, "DROP DEFAULT"))
			}
			x.effect.change(t.Name)
		}
	}
}

// Redefine is the effect of a row of a sequence that says otherwise than its tracked definition:
// an INSERT into the sequence is one of the source's ways of changing it.
func Redefine(set *schema.Set, t *schema.Table, s *schema.Sequence, rules *mapping.Rules) *Effect {
	x := newApplier(set, rules)
	x.redefine(t, s)
	x.effect.Next = x.set
	return x.effect
}

func (x *applier) same(a, b schema.Name) bool {
	return a == b || x.set.Fold() && strings.EqualFold(a.String(), b.String())
}

// moveSequence gives a sequence its new name in PostgreSQL. The source's columns name it by its
// name: those of the old one have no default any more.
func (x *applier) moveSequence(before, after *schema.Table) {
	from, _ := x.rules.Target(before.Schema)
	to, _ := x.rules.Target(after.Schema)
	x.takeNext(before.Name, false)
	at, name := mapping.Quote(from)+".", mapping.Quote(mapping.Identifier(before.Name.Table))
	rename := func(next string) {
		if next = mapping.Quote(next); next != name {
			x.effect.run(before.Name, "ALTER SEQUENCE "+at+name+" RENAME TO "+next)
			name = next
		}
	}
	if from != to {
		rename(mapping.IndexName("moving", after.Name.Table)) // free in both schemas
		x.effect.run(before.Name, "ALTER SEQUENCE "+at+name+" SET SCHEMA "+mapping.Quote(to))
		at = mapping.Quote(to) + "."
	}
	rename(mapping.Identifier(after.Name.Table))
	x.effect.Renamed = append(x.effect.Renamed, [2]schema.Name{before.Name, after.Name})
	x.takeNext(after.Name, true)
}

// alterAsTable carries out ALTER TABLE of a sequence, which can rename it; its other clauses do
// nothing to what it hands out.
func (x *applier) alterAsTable(before *schema.Table, s *parse.AlterTable) {
	for _, a := range s.Actions {
		if r, is := a.(*parse.Rename); is {
			x.rename(before.Name, x.name(r.To))
		}
	}
}

// qualify completes the names of sequences in a table's defaults by the session's database.
func (x *applier) qualify(t *schema.Table) {
	for i := range t.Columns {
		if d := t.Columns[i].Default; d != nil && d.Sequence != nil && d.Sequence.Schema == "" {
			t.Columns[i].Default = parse.NextValue(x.name(*d.Sequence))
		}
	}
}

// nextValueSQL is a column's default that takes the next value of a sequence.
func nextValueSQL(s *schema.Column, c mapping.Column) (sql, reason string) {
	if c.Next == "" {
		return "", "the sequence " + s.Default.Sequence.String() + " is not replicated"
	}
	if !slices.Contains([]string{"int", "numeric", "float"}, classOf(c.Map.SQL())) {
		return "", "the expression " + s.Default.Text + " has no translation"
	}
	return "nextval(" + strings.TrimSpace(mapping.Literal(c.Next)) + ")", ""
}
