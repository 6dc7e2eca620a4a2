package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Apply works out what a statement of the stream does to a set of tables and what
// PostgreSQL must do. The error is an *Untranslatable.
func Apply(set *schema.Set, st *event.Statement, d parse.Dialect, rules *mapping.Rules) (*Effect, error) {
	d.SQLMode, d.Zone = st.SQLMode, zone(st.TimeZone)
	x := newApplier(set, rules)
	x.st, x.d = st, d
	statement, err := parse.Parse(st.SQL, d)
	if err != nil {
		if len(rules.Masks) > 0 { // the message may quote what a masked column holds
			err = errUnread
		}
		return nil, x.untranslatable(err.Error())
	}
	if Failed(statement, st) {
		return &Effect{Next: set, Ignored: true}, nil
	}
	if held := x.holds(statement); held != nil {
		x.hold(held)
		return x.effect, nil
	}
	if err := x.apply(statement); err != nil {
		return nil, x.untranslatable(err.Error())
	}
	if len(rules.Masks) > 0 {
		for _, t := range x.set.Tables() {
			if hidden := rules.Hide(t); hidden != t {
				x.set = x.set.With(nil, hidden)
			}
		}
	}
	e := x.effect
	e.Next = x.set
	e.Ignored = x.set == set && len(e.SQL)+len(e.Excluded) == 0
	return e, nil
}

// Failed says whether a statement did nothing on the source. A DROP TABLE that ended with an error has dropped
// those of its tables that could be.
func Failed(statement parse.Statement, st *event.Statement) bool {
	drop, is := statement.(*parse.DropTable)
	return st.Error != 0 && (!is || refused(st) && len(drop.Names) == 1)
}

// refused says whether the source kept a table because of other tables' foreign keys. MySQL
// before 8.0 logs a DROP TABLE all the same, with this error.
func refused(st *event.Statement) bool {
	const rowIsReferenced, rowIsReferenced2 = 1217, 1451
	return st.Error == rowIsReferenced || st.Error == rowIsReferenced2
}

var errUnread = errors.New("the statement cannot be read; what is wrong is not told, because columns are masked")

// applier carries one statement's work.
type applier struct {
	set    *schema.Set
	st     *event.Statement
	d      parse.Dialect
	rules  *mapping.Rules
	effect *Effect
}

func newApplier(set *schema.Set, rules *mapping.Rules) *applier {
	x, own := &applier{set: set, effect: &Effect{}}, *rules
	own.Sequences = func(name schema.Name) bool { return x.sequenceNamed(name) != nil }
	x.rules = &own
	return x
}

func (x *applier) apply(statement parse.Statement) error {
	switch s := statement.(type) {
	case *parse.CreateTable:
		return x.createTable(s)
	case *parse.DropTable:
		x.dropTables(s)
	case *parse.RenameTable:
		for _, pair := range s.Pairs {
			x.rename(x.name(pair[0]), x.name(pair[1]))
		}
	case *parse.Truncate:
		x.truncate(x.name(s.Name))
	case *parse.AlterTable:
		return x.alterTable(x.name(s.Name), s)
	case *parse.CreateIndex:
		actions := []parse.Action{&parse.AddKey{Key: &s.Index}}
		name := x.name(s.Table)
		if t := x.set.Get(name); s.OrReplace && t != nil && t.Index(s.Index.Name) >= 0 {
			actions = append([]parse.Action{&parse.DropKey{What: "index", Name: s.Index.Name}}, actions...)
		}
		return x.alterTable(name, &parse.AlterTable{Actions: actions})
	case *parse.DropIndex:
		return x.alterTable(x.name(s.Table), &parse.AlterTable{Actions: []parse.Action{
			&parse.DropKey{What: "index", Name: s.Name, IfExists: s.IfExists},
		}})
	case *parse.Database:
		x.database(s)
	case *parse.Sequence:
		x.sequence(s)
	case *parse.Other:
		x.other(s)
	}
	return nil
}

// name completes a name by the session's database.
func (x *applier) name(n schema.Name) schema.Name {
	if n.Schema == "" {
		n.Schema = x.st.Schema
	}
	return n
}

// untranslatable names the replicated tables that the statement mentions.
func (x *applier) untranslatable(reason string) error {
	e := &Untranslatable{Reason: reason}
	for _, mention := range parse.Mentions(x.st.SQL, x.d) {
		t := x.set.Get(x.name(mention))
		if t != nil && x.rules.Wants(t.Name) && !slices.Contains(e.Names, t.Name) {
			e.Names = append(e.Names, t.Name)
		}
	}
	return e
}

// other parks the tables that a statement changes without row events.
func (x *applier) other(s *parse.Other) {
	if s.Kind != "dml" {
		return
	}
	for _, n := range s.Tables {
		if t := x.set.Get(x.name(n)); t != nil && x.rules.Wants(t.Name) {
			x.effect.refill(t.Name, "its rows were changed by a statement, not by row events (binlog_format was not ROW); it needs a copy: sync_tables")
		}
	}
}

func (x *applier) dropTables(s *parse.DropTable) {
	if s.Temporary {
		return
	}
	for _, n := range s.Names {
		t := x.set.Get(x.name(n))
		switch {
		case !refused(x.st):
			x.drop(x.name(n), mapping.DropTables)
		case t != nil && x.rules.Wants(t.Name):
			x.effect.refill(t.Name, "the source refused to drop some tables of a statement and does not log which; it needs a copy: sync_tables")
		}
	}
}

// drop forgets a table and drops what we made for it, unless the policy says to ignore
// a statement of this class.
func (x *applier) drop(name schema.Name, class mapping.Class) {
	t := x.set.Get(name)
	if t == nil {
		return
	}
	x.set = x.set.With([]schema.Name{t.Name})
	if !x.rules.Wants(t.Name) {
		return
	}
	if x.ignores(t.Name, class) {
		x.effect.leave(t.Name, "it was dropped on the source; ddl_policy ignores %s, so that the table in PostgreSQL stays as it was", class)
		return
	}
	if t.Sequence != nil {
		x.dropSequence(t)
	} else if mapped, err := x.rules.Table(t); err == nil {
		x.effect.run(t.Name, dropTable(mapped)...)
	}
	x.effect.Dropped = append(x.effect.Dropped, t.Name)
	x.effect.lift(t.Name)
}

func dropTable(t *mapping.Table) []string {
	sql := []string{"DROP TABLE IF EXISTS " + t.Ident()}
	for _, c := range t.Columns {
		if c.Enum != "" {
			sql = append(sql, "DROP TYPE IF EXISTS "+c.Type(t.Schema))
		}
	}
	for _, kept := range t.Source.Surplus {
		sql = append(sql, "DROP TYPE IF EXISTS "+mapping.Quote(t.Schema)+"."+mapping.Quote(mapping.EnumName(t.Source.Name.Table, kept)))
	}
	return sql
}

func (x *applier) truncate(name schema.Name) {
	t := x.set.Get(name)
	if t == nil || !x.rules.Wants(t.Name) || t.Sequence != nil {
		return
	}
	if x.ignores(t.Name, mapping.Truncates) {
		x.diverge(t)
		return
	}
	if mapped, err := x.rules.Table(t); err == nil {
		x.effect.change(t.Name)
		x.effect.run(t.Name, "TRUNCATE TABLE "+mapped.Ident()+" RESTART IDENTITY")
	}
}

func (x *applier) database(s *parse.Database) {
	name := s.Name
	if name == "" {
		name = x.st.Schema
	}
	if s.Verb == "drop" || s.Verb == "create" && s.OrReplace {
		for _, t := range x.set.Tables() {
			if t.Schema == name || x.set.Fold() && strings.EqualFold(t.Schema, name) {
				x.drop(t.Name, mapping.Databases)
			}
		}
		if x.set.Database(name) != "" {
			x.set = x.set.WithDatabase(name, "")
		}
	}
	if s.Verb == "drop" || s.Verb == "create" && s.IfExists && x.set.Database(name) != "" {
		return
	}
	if _, mapped := x.rules.Target(name); !mapped {
		return
	}
	outer := serverCollation(x.d)
	charset, collation := standard(s.Charset, s.Collation, databaseCollation(x.set, name, x.d), outer, x.d)
	if s.Verb == "alter" {
		if s.Charset == "" && s.Collation == "" {
			return
		}
		outer = databaseCollation(x.set, name, x.d)
	}
	_, collation = resolve(charset, collation, charsetOf(outer), outer, x.d)
	x.set = x.set.WithDatabase(name, collation)
}

func (x *applier) createTable(s *parse.CreateTable) error {
	name := x.name(s.Name)
	if s.Temporary {
		return nil
	}
	if old := x.set.Get(name); old != nil {
		if s.IfNotExists {
			return nil
		}
		x.drop(name, mapping.DropTables) // OR REPLACE, or a table that was dropped unseen
	}
	if _, mapped := x.rules.Target(name.Schema); !mapped || !x.rules.Wants(name) || x.leaves(name) {
		return nil
	}
	if x.ignores(name, mapping.CreateTables) {
		x.effect.leave(name, "it was made on the source; ddl_policy ignores create_table, so that it is not replicated")
		return nil
	}
	if s.Like != nil {
		if like := x.sequenceNamed(x.name(*s.Like)); like != nil {
			x.sequence(&parse.Sequence{Verb: "create", Names: []schema.Name{name}, Options: parse.SequenceOptions{Type: &like.Sequence.Type}})
			return nil
		}
	}
	t, err := x.definition(name, s)
	if err == nil && x.st.Derived {
		err = certain(t)
	}
	if err != nil {
		x.effect.refill(name, "%v", err)
		return nil
	}
	x.make(t)
	return nil
}

// make makes a new table in PostgreSQL.
func (x *applier) make(t *schema.Table) *mapping.Table {
	name := t.Name
	x.set = x.set.With(nil, t)
	mapped, err := x.rules.Table(t)
	if err != nil {
		x.effect.exclude(name, "%v", err)
		return nil
	}
	x.effect.run(name, whole(mapped)...)
	x.effect.omit(name, Indexes(mapped), nil)
	x.effect.lift(name)
	x.effect.Created = append(x.effect.Created, name)
	return mapped
}

// whole gives the statements that make an empty table with all that belongs to it.
func whole(t *mapping.Table) []string {
	sql := append(CreateTable(t), Defaults(t)...)
	for _, index := range Indexes(t) {
		if index.Skipped == "" {
			sql = append(sql, index.SQL)
		}
	}
	return append(sql, Comments(t)...)
}

// definition makes the table that a CREATE TABLE of the stream defines.
func (x *applier) definition(name schema.Name, s *parse.CreateTable) (*schema.Table, error) {
	switch {
	case s.Like != nil:
		like := x.set.Get(x.name(*s.Like))
		if like == nil {
			return nil, fmt.Errorf("it is made like %s, which is not replicated, and needs a copy: sync_tables", x.name(*s.Like))
		}
		return likeTable(name, like, x.d), nil
	case s.Select:
		return nil, fmt.Errorf("its columns come from a SELECT, and it needs a copy: sync_tables")
	case len(s.Columns) == 0:
		return nil, fmt.Errorf("the statement names no columns")
	}
	b := &builder{d: x.d, t: &schema.Table{Name: name}}
	t := b.build(s, databaseCollation(x.set, name.Schema, x.d))
	if b.unsure != "" {
		return nil, fmt.Errorf("%s; it needs a copy: sync_tables", b.unsure)
	}
	x.qualify(t)
	if t.Engine == "" {
		t.Engine = "InnoDB"
	}
	for i := range t.ForeignKeys {
		x.referenced(&t.ForeignKeys[i], t, s)
	}
	return t, nil
}

// certain refuses a table whose definition may hold characters that its text hides.
func certain(t *schema.Table) error {
	hides := func(text string) bool { return strings.Contains(text, "?") }
	for _, c := range t.Columns {
		if wide := c.Type.Charset == "utf8mb4" || strings.HasPrefix(c.Type.Charset, "utf16") || c.Type.Charset == "utf32" || c.Type.Charset == "gb18030"; !wide {
			continue
		}
		if slices.ContainsFunc(c.Type.Values, hides) || c.Default != nil && !c.Default.Expr && hides(c.Default.Text) {
			return fmt.Errorf("a `?` in the members or the default of column %s may be another character, which the binary log does not tell of CREATE TABLE … SELECT, and it needs a copy: sync_tables", c.Name)
		}
	}
	return nil
}

// referenced completes a foreign key that names its parent without columns: they
// are the parent's primary key.
func (x *applier) referenced(f *schema.ForeignKey, t *schema.Table, s *parse.CreateTable) {
	parent := x.set.Get(f.References)
	if f.References == t.Name {
		parent = t
	}
	if parent == nil {
		return
	}
	for _, k := range s.Keys {
		if stated, ok := k.(*parse.ForeignKey); ok && stated.RefColumns != nil && slices.Equal(stated.RefColumns, f.RefColumns) {
			spell(f, parent)
			return
		}
	}
	if at := parent.Index("PRIMARY"); at >= 0 && len(parent.Indexes[at].Parts) == len(f.Columns) {
		for i, p := range parent.Indexes[at].Parts {
			f.RefColumns[i] = p.Column
		}
	}
}

// spell gives the columns of a foreign key the names that the parent has for them.
func spell(f *schema.ForeignKey, parent *schema.Table) {
	f.RefColumns = slices.Clone(f.RefColumns)
	for i, name := range f.RefColumns {
		if at := parent.Column(name); at >= 0 {
			f.RefColumns[i] = parent.Columns[at].Name
		}
	}
}

// likeTable copies a definition as CREATE TABLE … LIKE does: all but foreign
// keys and the AUTO_INCREMENT that was reached.
func likeTable(name schema.Name, like *schema.Table, d parse.Dialect) *schema.Table {
	t := like.Clone()
	t.Name, t.ForeignKeys, t.AutoIncrement = name, nil, 0
	for i := range t.Columns {
		t.Columns[i].As = ""
	}
	if !d.MariaDB() { // a schema holds each name of a check once
		for i := range t.Checks {
			t.Checks[i].Name = name.Table + "_chk_" + strconv.Itoa(i+1)
		}
	}
	return t
}

// renameChecks lets the names that the server made of the table's follow it.
func renameChecks(t *schema.Table, old string) {
	for i := range t.Checks {
		if number, ok := strings.CutPrefix(t.Checks[i].Name, old+"_chk_"); ok {
			t.Checks[i].Name = t.Name.Table + "_chk_" + number
		}
	}
	for i := range t.ForeignKeys {
		if number, ok := strings.CutPrefix(t.ForeignKeys[i].Name, old+"_ibfk_"); ok {
			t.ForeignKeys[i].Name = t.Name.Table + "_ibfk_" + number
		}
	}
}
