package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// draft is a table on its way from one version to the next. Columns and indexes
// keep track of what they were.
type draft struct {
	builder
	before    *schema.Table
	origin    []int              // by column: its ordinal in before, or -1
	was       map[string]string  // by name of an index that there was: its name before
	rename    *schema.Name       // RENAME TO
	refill    string             // why the rows must be read again from the source; "" if they need not
	lenient   bool               // ALTER IGNORE TABLE
	outer     string             // the database's collation
	converted bool               // CONVERT TO CHARACTER SET
	parts     []*parse.Partition // what happens to rows of partitions
}

func newDraft(t *schema.Table, d parse.Dialect) *draft {
	x := &draft{builder: builder{d: d, t: t.Clone()}, before: t, was: map[string]string{}}
	for i := range t.Columns {
		x.origin = append(x.origin, i)
	}
	for _, index := range t.Indexes {
		x.was[index.Name] = index.Name
	}
	return x
}

// alter applies all clauses as the server does: whatever their order in the
// text, those that name present columns come before those that name new ones.
func (x *draft) alter(s *parse.AlterTable) error {
	x.lenient = s.Ignore
	actions := restated(x.before, s.Actions, x.d)
	renamed := map[string]string{}
	for _, pass := range []func(parse.Action, map[string]string) error{x.options, x.columns, x.additions} {
		for _, a := range actions {
			if err := pass(a, renamed); err != nil {
				return err
			}
		}
	}
	x.renameColumns(renamed)
	x.fitParts()
	for i, pass := range []func(parse.Action) error{x.dropKeys, x.addKeys, x.rest} {
		for _, a := range actions {
			if err := pass(a); err != nil {
				return err
			}
		}
		if i == 0 {
			if err := x.renameIndexes(actions); err != nil {
				return err
			}
		}
	}
	if x.unsure != "" {
		x.refill = x.unsure
	}
	x.fitPrimary()
	x.finish()
	return nil
}

// fitParts drops prefixes that changed columns no longer need.
func (x *draft) fitParts() {
	for i := range x.t.Indexes {
		for j := range x.t.Indexes[i].Parts {
			p := &x.t.Indexes[i].Parts[j]
			if at := x.t.Column(p.Column); at >= 0 && !isText(x.t.Columns[at].Type.Name) && !hasBytes(x.t.Columns[at].Type.Name) {
				p.Prefix = 0
			}
			x.part(p, x.t.Indexes[i].Kind)
		}
	}
}

// fitPrimary makes the columns of the primary key NOT NULL.
func (x *draft) fitPrimary() {
	if at := x.t.Index("PRIMARY"); at >= 0 {
		for _, p := range x.t.Indexes[at].Parts {
			if c := x.t.Column(p.Column); c >= 0 {
				if column := &x.t.Columns[c]; x.defaulted(column) {
					column.Default = implicitDefault(column)
				}
				x.t.Columns[c].NotNull = true
			}
		}
	}
}

// now gives the ordinal of the column that had this name before, or -1.
func (x *draft) now(name string) int { return slices.Index(x.origin, x.before.Column(name)) }

func (x *draft) absent(what, name string, exists bool) error {
	if exists {
		return nil
	}
	return fmt.Errorf("there is no %s %s in the tracked table %s", what, name, x.before.Name)
}

// options sets what new columns take over from their table.
func (x *draft) options(a parse.Action, _ map[string]string) error {
	switch a := a.(type) {
	case *parse.SetOptions:
		o := &a.Options
		if o.Charset != "" || o.Collation != "" {
			charset, collation := standard(o.Charset, o.Collation, x.t.Collation, x.outer, x.d)
			x.t.Charset, x.t.Collation = resolve(charset, collation, x.t.Charset, x.t.Collation, x.d)
		}
		setOptions(x.t, o)
	case *parse.Convert:
		x.convert(a)
	}
	return nil
}

// convert gives all text columns another character set; a text type that would
// hold fewer characters grows.
func (x *draft) convert(a *parse.Convert) {
	charset, collation := standard(a.Charset, a.Collation, x.t.Collation, x.outer, x.d)
	charset, collation = resolve(charset, collation, charsetOf(x.outer), x.outer, x.d)
	for i := range x.t.Columns {
		c := &x.t.Columns[i]
		t := &c.Type
		if !isText(t.Name) || t.Charset == "binary" || t.Charset == "" {
			continue
		}
		if strings.HasSuffix(t.Name, "text") && width(charset) > width(t.Charset) {
			for at, size := range sizes[:len(sizes)-1] {
				if size.text == t.Name {
					t.Name = sizes[at+1].text
					break
				}
			}
		}
		t.Charset, t.Collation = charset, collation
		t.Text = typeText(t, x.d)
	}
	x.t.Charset, x.t.Collation, x.converted = charset, collation, true
}

// taken gives a column that the statement states the character set that it converts to.
func (x *draft) taken(c schema.Column) schema.Column {
	if t := &c.Type; x.converted && isText(t.Name) && t.Charset != "binary" && t.Charset != "" {
		t.Charset, t.Collation = x.t.Charset, x.t.Collation
		t.Text = typeText(t, x.d)
	}
	return c
}

// columns applies the clauses that name columns as they were.
func (x *draft) columns(a parse.Action, renamed map[string]string) error {
	switch a := a.(type) {
	case *parse.DropColumn:
		at := x.now(a.Name)
		if at < 0 {
			return x.absent("column", a.Name, a.IfExists)
		}
		x.t.Columns = slices.Delete(x.t.Columns, at, at+1)
		x.origin = slices.Delete(x.origin, at, at+1)
		x.dropParts(a.Name)
		x.dropChecks(a.Name)
	case *parse.ChangeColumn:
		return x.changeColumn(a, renamed)
	case *parse.RenameColumn:
		at := x.now(a.From)
		if at < 0 {
			return x.absent("column", a.From, a.IfExists)
		}
		renamed[x.t.Columns[at].Name] = a.To
	case *parse.SetDefault:
		at := x.now(a.Column)
		if at < 0 {
			return x.absent("column", a.Column, a.IfExists)
		}
		x.t.Columns[at].Default = a.Default
		settle(&x.t.Columns[at], x.d)
		x.moment(&x.t.Columns[at])
	case *parse.SetVisible:
		at := x.now(a.Column)
		if at < 0 {
			return x.absent("column", a.Column, false)
		}
		x.t.Columns[at].Invisible = a.Invisible
	}
	return nil
}

func (x *draft) changeColumn(a *parse.ChangeColumn, renamed map[string]string) error {
	at := x.now(a.Old)
	if at < 0 {
		return x.absent("column", a.Old, a.IfExists)
	}
	old := x.t.Columns[at].Name
	c := x.taken(x.column(&a.Column))
	if !strings.EqualFold(c.Name, old) {
		renamed[old] = c.Name
	}
	if !c.System {
		c.System = x.t.Columns[at].System
	}
	x.t.Checks = slices.DeleteFunc(x.t.Checks, func(k schema.Check) bool { return x.d.MariaDB() && strings.EqualFold(k.Name, old) })
	if renamed[old] != "" {
		c.Name = old // until all are renamed together
	}
	x.t.Columns[at] = c
	return nil
}

// dropParts takes a column out of the indexes.
func (x *draft) dropParts(column string) {
	for i := range x.t.Indexes {
		x.t.Indexes[i].Parts = slices.DeleteFunc(x.t.Indexes[i].Parts, func(p schema.IndexPart) bool { return strings.EqualFold(p.Column, column) })
	}
	x.t.Indexes = slices.DeleteFunc(x.t.Indexes, func(i schema.Index) bool { return len(i.Parts) == 0 })
	x.t.Checks = slices.DeleteFunc(x.t.Checks, func(k schema.Check) bool { return strings.EqualFold(k.Name, column) && x.d.MariaDB() })
}

// additions puts new and moved columns where they go.
func (x *draft) additions(a parse.Action, renamed map[string]string) error {
	switch a := a.(type) {
	case *parse.AddColumn:
		if a.IfNotExists && x.t.Column(a.Column.Name) >= 0 {
			return nil
		}
		c := x.taken(x.column(&a.Column))
		if a.Column.Versioning == "with" {
			x.t.Versioned = true
		}
		at, err := x.place(a.Place, renamed)
		if err != nil {
			return err
		}
		x.t.Columns = slices.Insert(x.t.Columns, at, c)
		x.origin = slices.Insert(x.origin, at, -1)
	case *parse.ChangeColumn:
		from := x.now(a.Old)
		if from < 0 || a.Place == (parse.Place{}) {
			return nil
		}
		c, origin := x.t.Columns[from], x.origin[from]
		x.t.Columns, x.origin = slices.Delete(x.t.Columns, from, from+1), slices.Delete(x.origin, from, from+1)
		at, err := x.place(a.Place, renamed)
		if err != nil {
			return err
		}
		x.t.Columns, x.origin = slices.Insert(x.t.Columns, at, c), slices.Insert(x.origin, at, origin)
	}
	return nil
}

// place gives the ordinal for a new column. The columns of system versioning
// that nobody stated stay last.
func (x *draft) place(p parse.Place, renamed map[string]string) (int, error) {
	switch {
	case p.First:
		return 0, nil
	case p.After != "":
		for i, c := range x.t.Columns {
			name := c.Name
			if to := renamed[name]; to != "" && x.origin[i] >= 0 {
				name = to
			}
			if strings.EqualFold(name, p.After) {
				return i + 1, nil
			}
		}
		return 0, x.absent("column", p.After, false)
	}
	at := len(x.t.Columns)
	for at > 0 && x.t.Columns[at-1].System && implicit(&x.t.Columns[at-1]) {
		at--
	}
	return at, nil
}

func implicit(c *schema.Column) bool { return c.Name == "row_start" || c.Name == "row_end" }

// renameColumns gives columns their new names, all at once, wherever they are
// mentioned.
func (x *draft) renameColumns(renamed map[string]string) {
	if len(renamed) == 0 {
		return
	}
	to := func(name string) string {
		for from, to := range renamed {
			if strings.EqualFold(from, name) {
				return to
			}
		}
		return name
	}
	for i := range x.t.Columns {
		c := &x.t.Columns[i]
		if x.origin[i] >= 0 {
			c.Name = to(c.Name)
		}
		if c.Generated != nil {
			c.Generated = &schema.Generated{Expr: parse.RenameWords(c.Generated.Expr, to, x.d), Stored: c.Generated.Stored}
		}
	}
	for i := range x.t.Indexes {
		for j := range x.t.Indexes[i].Parts {
			p := &x.t.Indexes[i].Parts[j]
			p.Column, p.Expr = to(p.Column), parse.RenameWords(p.Expr, to, x.d)
		}
	}
	for i := range x.t.ForeignKeys {
		f := &x.t.ForeignKeys[i]
		for j := range f.Columns {
			f.Columns[j] = to(f.Columns[j])
		}
		for j := range f.RefColumns {
			if f.References == x.before.Name {
				f.RefColumns[j] = to(f.RefColumns[j])
			}
		}
	}
	for i := range x.t.Checks {
		k := &x.t.Checks[i]
		if x.d.MariaDB() {
			k.Name = to(k.Name)
		}
		k.Expr = parse.RenameWords(k.Expr, to, x.d)
	}
	renamePartitioning(x.t.Partitioning, to, x.d)
}
