package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// partitionRows does to the rows in PostgreSQL what an action on partitions does to the
// source's without row events. before is the partitioned table before the statement.
func (x *applier) partitionRows(before *schema.Table, a *parse.Partition) {
	switch a.Verb {
	case "drop", "truncate":
		if x.follows(before.Name) {
			x.deletePartitions(before, a)
		}
	case "exchange":
		x.exchange(before, a)
	case "convert":
		x.convertPartition(before, a)
	case "convert table":
		x.convertTable(before, a)
	case "discard", "import":
		if x.follows(before.Name) {
			x.rowsAgain(before.Name, "a partition's file was replaced")
		}
	}
}

// strays says whether an ALTER TABLE under writes may leave the source with other rows than its
// binary log tells: MariaDB's from 11.2 on, whose ALTER that copies takes writes meanwhile, where it
// divides the table or joins its partitions. Its own replicas differ then too.
func strays(s *parse.AlterTable, d parse.Dialect) bool {
	divides := slices.ContainsFunc(s.Actions, func(a parse.Action) bool {
		p, is := a.(*parse.Partition)
		return is && (p.Verb == "by" || p.Verb == "remove")
	})
	locked := slices.ContainsFunc(s.Actions, func(a parse.Action) bool {
		lock, is := a.(*parse.Lock)
		return is && (lock.Mode == "SHARED" || lock.Mode == "EXCLUSIVE")
	})
	return divides && !locked && d.MariaDB() && d.Version >= 110200
}

// follows says whether a table is replicated and not to be parked by this statement.
func (x *applier) follows(name schema.Name) bool {
	return x.rules.Wants(name) && !slices.ContainsFunc(x.effect.Excluded, func(e Exclusion) bool { return e.Name == name })
}

// rowsAgain parks a table because of what happened to its partitions, or to those that its
// rows were exchanged with.
func (x *applier) rowsAgain(name schema.Name, reason string) {
	if x.follows(name) {
		x.effect.refill(name, "%s, which the binary log does not tell by rows; it needs a copy: sync_tables", reason)
	}
}

// mapped gives a table as PostgreSQL has it, or nil if that is not possible: it is parked.
func (x *applier) mapped(t *schema.Table) *mapping.Table {
	m, err := x.rules.Table(t)
	if err != nil {
		x.effect.exclude(t.Name, "%v", err)
		return nil
	}
	return m
}

// chosen gives the condition for the rows of an action's partitions, and notes on what it
// relies.
func (x *applier) chosen(t *mapping.Table, a *parse.Partition, tables ...schema.Name) (string, error) {
	j := &judge{t: t, p: t.Source.Partitioning, d: x.d}
	names := a.Names
	if a.Exists && j.p != nil {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return j.p.Part(name) < 0 })
	}
	condition, err := j.rows(names, a.All)
	if err == nil {
		x.effect.Relies = append(x.effect.Relies, Reliance{Tables: append(tables, t.Source.Name), Of: t.Source.Name, Columns: j.columns, Settled: a.Verb == "exchange"})
	}
	return condition, err
}

func (x *applier) deletePartitions(before *schema.Table, a *parse.Partition) {
	t := x.mapped(before)
	if t == nil {
		return
	}
	condition, err := x.chosen(t, a)
	if err != nil {
		x.rowsAgain(before.Name, "partitions were emptied: "+err.Error())
		return
	}
	x.effect.change(before.Name)
	x.effect.run(before.Name, deleteRows(t, condition)...)
}

func deleteRows(t *mapping.Table, condition string) []string {
	switch condition {
	case noRow:
		return nil
	case everyRow:
		return []string{"TRUNCATE TABLE " + t.Ident()}
	}
	return []string{"DELETE FROM " + t.Ident() + " WHERE " + condition}
}

// exchange lets the rows of a partition and of a table change places.
func (x *applier) exchange(before *schema.Table, a *parse.Partition) {
	const reason = "a partition was exchanged with a table"
	other := x.set.Get(x.name(a.Table))
	if other == nil || !x.follows(other.Name) || !x.follows(before.Name) {
		x.rowsAgain(before.Name, reason)
		if other != nil {
			x.rowsAgain(other.Name, reason)
		}
		return
	}
	t, with := x.mapped(before), x.mapped(other)
	if t == nil || with == nil {
		x.rowsAgain(before.Name, reason)
		x.rowsAgain(other.Name, reason)
		return
	}
	condition, err := x.chosen(t, a, other.Name)
	if err == nil {
		err = alike(t, with)
	}
	if err != nil {
		x.rowsAgain(before.Name, reason+": "+err.Error())
		x.rowsAgain(other.Name, reason+": "+err.Error())
		return
	}
	between := "pg_temp." + mapping.Quote("chameleon exchanged")
	x.effect.change(before.Name)
	x.effect.change(other.Name)
	x.effect.run(before.Name, "CREATE TEMPORARY TABLE "+mapping.Quote("chameleon exchanged")+" AS SELECT * FROM "+t.Ident()+" WHERE "+condition)
	x.effect.run(before.Name, deleteRows(t, condition)...)
	x.effect.run(before.Name, moveRows(t, with, with.Ident()))
	x.effect.run(before.Name, "TRUNCATE TABLE "+with.Ident(), moveRows(with, t, between), "DROP TABLE "+between)
}

// alike says why rows of one table cannot be put into another as they are.
func alike(a, b *mapping.Table) error {
	if len(a.Columns) != len(b.Columns) {
		return fmt.Errorf("%s and %s have not the same columns", a.Source.Name, b.Source.Name)
	}
	for i, c := range a.Columns {
		if c.Map.KeyIdentity() != b.Columns[i].Map.KeyIdentity() {
			return fmt.Errorf("column %s has not the same overrides, masks and rules in %s", b.Columns[i].Name, b.Source.Name)
		}
	}
	return nil
}

// moveRows inserts rows that stand in another place into a table whose columns are alike.
func moveRows(into, of *mapping.Table, place string) string {
	var names, values []string
	for i, c := range into.Columns {
		names = append(names, mapping.Quote(c.Name))
		value := mapping.Quote(of.Columns[i].Name)
		if c.Enum != "" {
			value += "::text::" + c.Type(into.Schema)
		}
		values = append(values, value)
	}
	return "INSERT INTO " + into.Ident() + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + place
}

// convertPartition makes a table of a partition, as MariaDB does it.
func (x *applier) convertPartition(before *schema.Table, a *parse.Partition) {
	const reason = "a partition was made a table"
	made := likeTable(x.name(a.Table), before, x.d)
	made.Partitioning = nil
	x.drop(made.Name, mapping.Partitions)
	wanted := x.rules.Wants(made.Name)
	if !x.follows(before.Name) {
		if wanted {
			x.set = x.set.With(nil, made)
			x.rowsAgain(made.Name, reason)
		}
		return
	}
	t := x.mapped(before)
	if t == nil {
		return
	}
	var together []schema.Name
	if wanted {
		together = append(together, made.Name)
	}
	condition, err := x.chosen(t, a, together...)
	if err != nil {
		x.rowsAgain(before.Name, reason+": "+err.Error())
		if wanted {
			x.set = x.set.With(nil, made)
			x.rowsAgain(made.Name, reason+": "+err.Error())
		}
		return
	}
	if wanted {
		if into := x.make(made); into != nil {
			x.effect.run(before.Name, moveRows(into, t, t.Ident())+" WHERE "+condition)
		}
	}
	x.effect.change(before.Name)
	x.effect.run(before.Name, deleteRows(t, condition)...)
}

// convertTable makes a partition of a table, which is gone then.
func (x *applier) convertTable(before *schema.Table, a *parse.Partition) {
	const reason = "a table was made a partition of it"
	other := x.set.Get(x.name(a.Table))
	if other == nil || !x.follows(other.Name) {
		x.rowsAgain(before.Name, reason)
	} else if t, from := x.mapped(before), x.mapped(other); x.follows(before.Name) && t != nil && from != nil {
		if err := alike(t, from); err != nil {
			x.rowsAgain(before.Name, reason+": "+err.Error())
		} else {
			x.effect.Relies = append(x.effect.Relies, Reliance{Tables: []schema.Name{before.Name, other.Name}})
			x.effect.run(before.Name, moveRows(t, from, from.Ident()))
		}
	}
	if other != nil {
		x.drop(other.Name, mapping.Partitions)
	}
}

// partitionUnknown is for actions on the partitions of a table that is not tracked.
func (x *applier) partitionUnknown(name schema.Name, a *parse.Partition) {
	if a.Table.Table == "" {
		return
	}
	other := x.name(a.Table)
	switch a.Verb {
	case "exchange":
		if x.set.Get(other) != nil {
			x.rowsAgain(other, "it was exchanged with a partition of "+name.String())
		}
	case "convert":
		x.drop(other, mapping.Partitions)
		if x.rules.Wants(other) {
			x.effect.refill(other, "it was a partition of %s, and it needs a copy: sync_tables", name)
		}
	case "convert table":
		x.drop(other, mapping.Partitions)
	}
}
