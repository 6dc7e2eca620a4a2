package clone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relocate"
	"pgchameleon/internal/source/pgsql"
	"pgchameleon/internal/target/write"
)

// step is something to be made by statements, as the source would have them.
type step struct {
	what    string
	oid     uint32   // 0: nothing asks whether it was made
	brings  []uint32 // what is made with it
	table   *table   // to which it belongs, nil: none
	whole   bool     // without it the table cannot be copied
	sql     []string
	objects []write.Object // that come to stand by themselves
}

// virtual is the version from which on columns may be generated when they are read.
const virtual = 180000

// structure makes all that rows need.
func (r *run) structure(ctx context.Context) error {
	var steps []step
	for _, o := range slices.Concat(r.found.Types, r.found.Functions) {
		steps = append(steps, r.object(o))
	}
	for _, s := range r.found.Sequences {
		if owner := r.tables[s.Table]; s.Identity || s.Table != 0 && owner == nil {
			continue
		}
		unlogged := ""
		if s.Unlogged && r.target.Version >= 150000 {
			unlogged = "UNLOGGED "
		}
		ident := pgsql.Ident(s.Schema, s.Name)
		made := step{what: "sequence " + s.Schema + "." + s.Name, oid: s.OID, sql: []string{"CREATE " + unlogged + "SEQUENCE " + ident + " AS " + s.Type + " " + s.Options}}
		if s.Table == 0 {
			made.objects = []write.Object{{Kind: "sequence", Schema: r.Schemas[s.Schema], Name: s.Name}}
		}
		steps = append(steps, made)
	}
	for _, t := range r.found.Tables {
		steps = append(steps, r.table(r.tables[t.OID]))
	}
	for _, t := range r.found.Tables {
		steps = append(steps, r.behind(r.tables[t.OID])...)
	}
	return r.build(ctx, steps)
}

func (r *run) object(o *pgsql.Object) step {
	s := step{
		what: o.Kind + " " + o.Schema + "." + o.Name, oid: o.OID, sql: o.SQL,
		objects: []write.Object{{Kind: o.Kind, Schema: r.Schemas[o.Schema], Name: o.Name}},
	}
	for _, name := range o.Brings {
		s.objects = append(s.objects, write.Object{Kind: o.Kind, Schema: r.Schemas[o.Schema], Name: name})
	}
	if o.Kind == "function" {
		s.sql = append([]string{"SET LOCAL check_function_bodies = off"}, o.SQL...)
		if arguments, err := r.names.SQL(o.Arguments); err == nil {
			s.objects[0].Arguments = arguments
		}
		for from, to := range r.Schemas {
			if from != to {
				r.Log.Info("a function is copied as it is: names in its body are those of the source", "function", o.Schema+"."+o.Name)
				break
			}
		}
	}
	return s
}

// parents gives the tables from which a table inherits its columns, as SQL; none if it stands alone in the copy.
func (r *run) parents(t *table) []string {
	var list []string
	for _, oid := range t.Parents {
		above := r.tables[oid]
		if above == nil {
			return nil
		}
		list = append(list, pgsql.Ident(above.Schema, above.Name))
	}
	return list
}

// table gives the statement that makes a table, without defaults and keys.
func (r *run) table(t *table) step {
	parents := r.parents(t)
	inherits := len(parents) > 0 && !t.Partition
	s := step{what: "table " + t.Schema + "." + t.Name, oid: t.OID, table: t, whole: true}
	s.objects = []write.Object{{Kind: "table", Schema: r.Schemas[t.Schema], Name: t.Name}}
	var members []string
	for _, c := range t.Columns {
		if c.Identifier != "" {
			r.fail(t, fault.New(fault.Data, "change the column's type to text on the source, or skip the table",
				"the values of column %s have the type %s: they are numbers of objects, which mean nothing in another database", c.Name, c.Identifier))
			return s
		}
		if !inherits || c.Local {
			members = append(members, r.column(t, c))
		}
	}
	for _, c := range t.Constraints {
		if c.Kind == "c" && c.Valid && (c.Local || !inherits) {
			members = append(members, "CONSTRAINT "+mapping.Quote(c.Name)+" "+c.Definition)
			s.brings = append(s.brings, c.OID)
		}
	}
	for _, q := range r.found.Sequences {
		if q.Identity && q.Table == t.OID {
			s.brings = append(s.brings, q.OID)
		}
	}
	unlogged, tail := "", ""
	if t.Unlogged && t.Kind != partitioned {
		unlogged = "UNLOGGED "
	}
	if inherits {
		tail = " INHERITS (" + strings.Join(parents, ", ") + ")"
	}
	if t.Key != "" {
		tail += " PARTITION BY " + t.Key
	}
	if options := r.options(t); len(options) > 0 {
		tail += " WITH (" + strings.Join(options, ", ") + ")"
	}
	s.sql = []string{"CREATE " + unlogged + "TABLE " + pgsql.Ident(t.Schema, t.Name) + " (" + strings.Join(members, ", ") + ")" + tail}
	return s
}

// options are a table's storage parameters; the configuration's fillfactor goes before the source's.
func (r *run) options(t *table) []string {
	options := slices.Clone(t.Options)
	if r.Fillfactor == nil || t.Kind == partitioned {
		return options
	}
	if percent := r.Fillfactor(t.Schema+"."+t.Name, r.Schemas[t.Schema]+"."+t.Name); percent > 0 {
		options = slices.DeleteFunc(options, func(o string) bool { return strings.HasPrefix(o, "fillfactor=") })
		options = append(options, fmt.Sprintf("fillfactor=%d", percent))
	}
	return options
}

func (r *run) column(t *table, c *pgsql.Column) string {
	text := mapping.Quote(c.Name) + " " + c.Type
	if c.Collation != "" {
		text += " COLLATE " + c.Collation
	}
	if c.NotNull {
		if c.NotNullBy != "" {
			text += " CONSTRAINT " + mapping.Quote(c.NotNullBy)
		}
		text += " NOT NULL"
	}
	switch {
	case c.Generated != "":
		kind := " STORED"
		if c.Generated == "v" && r.target.Version >= virtual {
			kind = " VIRTUAL"
		}
		text += " GENERATED ALWAYS AS (" + c.Default + ")" + kind
	case c.Identity != "" && !t.Partition: // a partition's comes from the partitioned table, or from the rows
		kind := " GENERATED BY DEFAULT AS IDENTITY"
		if c.Identity == "a" {
			kind = " GENERATED ALWAYS AS IDENTITY"
		}
		text += kind
		for _, s := range r.found.Sequences {
			if s.Identity && s.Table == t.OID && s.Column == c.Name {
				text += " (SEQUENCE NAME " + pgsql.Ident(s.Schema, s.Name) + " " + s.Options + ")"
			}
		}
	}
	return text
}

// behind gives what is done to a table that was made, before it has rows.
func (r *run) behind(t *table) []step {
	ident := pgsql.Ident(t.Schema, t.Name)
	alter := "ALTER TABLE ONLY " + ident + " ALTER COLUMN "
	inherits := len(r.parents(t)) > 0 && !t.Partition
	var list []step
	add := func(what string, whole bool, sql string) {
		list = append(list, step{what: what + " of table " + t.Schema + "." + t.Name, table: t, whole: whole, sql: []string{sql}})
	}
	if t.Partition && r.tables[t.Parents[0]] != nil {
		above := r.tables[t.Parents[0]]
		add("place among the partitions", true, "ALTER TABLE ONLY "+pgsql.Ident(above.Schema, above.Name)+" ATTACH PARTITION "+ident+" "+t.Bound)
	}
	for _, c := range t.Columns {
		name := mapping.Quote(c.Name)
		if inherits && !c.Local && c.NotNull {
			add("NOT NULL of column "+c.Name, false, alter+name+" SET NOT NULL")
		}
		if c.Default != "" && c.Generated == "" {
			add("default of column "+c.Name, false, alter+name+" SET DEFAULT "+c.Default)
		}
		if c.Storage != "" {
			add("storage of column "+c.Name, false, alter+name+" SET STORAGE "+c.Storage)
		}
		if c.Method != "" && r.target.Version >= 140000 {
			add("compression of column "+c.Name, false, alter+name+" SET COMPRESSION "+c.Method)
		}
		if c.Statistics >= 0 {
			add("statistics of column "+c.Name, false, fmt.Sprintf("%s%s SET STATISTICS %d", alter, name, c.Statistics))
		}
	}
	for _, s := range r.found.Sequences {
		if s.Table == t.OID && !s.Identity {
			add("owner of sequence "+s.Name, false, "ALTER SEQUENCE "+pgsql.Ident(s.Schema, s.Name)+" OWNED BY "+ident+"."+mapping.Quote(s.Column))
		}
	}
	return list
}

// build makes things, and again those that failed, as long as that helps: some need one another.
func (r *run) build(ctx context.Context, steps []step) error {
	for {
		var again []step
		causes := map[string]error{}
		for _, s := range steps {
			err := r.make(ctx, s)
			var missing *relocate.Missing
			switch {
			case err == nil:
			case ctx.Err() != nil || fault.KindOf(err) == fault.Retry:
				return err
			case errors.As(err, &missing):
				r.without(s, err)
			default:
				again = append(again, s)
				causes[s.what] = err
			}
		}
		if len(again) == len(steps) {
			for _, s := range again {
				r.without(s, causes[s.what])
			}
			return nil
		}
		if steps = again; len(steps) == 0 {
			return nil
		}
	}
}

// make runs the statements of a step in one transaction.
func (r *run) make(ctx context.Context, s step) error {
	if s.table != nil && r.failed(s.table) {
		return nil
	}
	if len(s.sql) == 0 {
		return fault.New(fault.Data, "", "it is not made by SQL, and must be made in the target by hand")
	}
	sql, err := r.names.All(s.sql...)
	if err != nil {
		var missing *relocate.Missing
		if errors.As(err, &missing) {
			return fault.New(fault.Environment, "in the target: CREATE EXTENSION "+mapping.Quote(missing.Extension)+", then run the command again", "%w", err)
		}
		return err
	}
	if err := r.Loader.Attempt(ctx, sql...); err != nil {
		return err
	}
	r.has(append(s.brings, s.oid)...)
	r.result.Objects = append(r.result.Objects, s.objects...)
	return nil
}

// without goes on without a step.
func (r *run) without(s step, cause error) {
	if s.table != nil && r.failed(s.table) {
		return
	}
	if s.whole {
		r.fail(s.table, cause)
		return
	}
	r.left(s.what, s.table, cause)
}
