package ddl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// Table makes a table of what SHOW CREATE TABLE says of it.
func Table(schemaName, showCreate string, d parse.Dialect) (*schema.Table, error) {
	statement, err := parse.Parse(showCreate, d)
	if err != nil {
		return nil, err
	}
	create, ok := statement.(*parse.CreateTable)
	if !ok || create.Like != nil || create.Select {
		return nil, errNotATable
	}
	d.ImplicitTimestamps = false // all is stated
	b := &builder{d: d, exact: true, t: &schema.Table{Name: schema.Name{Schema: schemaName, Table: create.Name.Table}}}
	return b.build(create, serverCollation(d)), nil
}

// builder makes a table of a CREATE TABLE.
type builder struct {
	d     parse.Dialect
	t     *schema.Table
	exact bool // the text is the server's own: all keys have names, no index is implied
	short bool // InnoDB's rows are of a format that has short keys

	unsure string // what cannot be known of the definition but from the source; "" if all is
}

func (b *builder) build(s *parse.CreateTable, outer string) *schema.Table {
	t := b.t
	charset, collation := standard(s.Options.Charset, s.Options.Collation, outer, outer, b.d)
	t.Charset, t.Collation = resolve(charset, collation, charsetOf(outer), outer, b.d)
	t.Engine = s.Options.Engine
	setOptions(t, &s.Options)
	b.short = s.Options.RowFormat == "COMPACT" || s.Options.RowFormat == "REDUNDANT"
	for i := range s.Columns {
		t.Columns = append(t.Columns, b.column(&s.Columns[i]))
	}
	for _, k := range s.Keys {
		b.key(k)
	}
	b.finish()
	for _, p := range s.Periods {
		setPeriod(t, p)
	}
	b.versioned(s)
	t.Partitioning = settleBounds(t, s.Partitioning)
	return t
}

// engines are the names of engines that have others.
var engines = map[string]string{"merge": "MRG_MyISAM", "heap": "MEMORY", "innobase": "InnoDB"}

// setOptions takes over those options that ALTER TABLE sets in the same way.
func setOptions(t *schema.Table, o *parse.Options) {
	if o.Engine != "" {
		t.Engine = o.Engine
		if name := engines[strings.ToLower(o.Engine)]; name != "" {
			t.Engine = name
		}
	}
	if o.Comment != nil {
		t.Comment = *o.Comment
	}
	if o.AutoIncrement != nil {
		t.AutoIncrement = *o.AutoIncrement
	}
	t.Versioned = t.Versioned || o.Versioned
}

// column completes a column as it is stated.
func (b *builder) column(p *parse.Column) schema.Column {
	complete(p, b.t.Charset, b.t.Collation, b.d)
	c := p.Column
	if c.Type.Compressed && c.NotNull && c.Default == nil {
		c.Default = &schema.Default{} // the server's own, without being asked
	}
	c.System = p.RowBound != ""
	if c.System || c.AutoIncrement {
		c.NotNull = true
	}
	if b.d.ImplicitTimestamps && c.Type.Name == "timestamp" {
		b.implicit(p, &c)
	}
	settle(&c, b.d)
	b.moment(&c)
	return c
}

// moment puts a TIMESTAMP's default, which is stated in the session's time zone, into UTC.
func (b *builder) moment(c *schema.Column) {
	if b.exact || c.Type.Name != "timestamp" || c.Default == nil || c.Default.Expr || strings.HasPrefix(c.Default.Text, "0000-00-00") {
		return
	}
	form := "2006-01-02 15:04:05.000000"[:19+fractionLength(c.Type.Scale)]
	if b.d.Zone != nil {
		if at, err := time.ParseInLocation(form, c.Default.Text, b.d.Zone); err == nil {
			c.Default = &schema.Default{Text: at.UTC().Format(form)}
			return
		}
	}
	b.unsure = fmt.Sprintf("the default of column %s is a moment in a time zone that is not known", c.Name)
}

// implicit gives a TIMESTAMP column what it has without being asked while
// explicit_defaults_for_timestamp is off.
func (b *builder) implicit(p *parse.Column, c *schema.Column) {
	if p.Null || c.Generated != nil {
		return
	}
	c.NotNull = true
	if c.Default != nil {
		return
	}
	first := c.OnUpdate == "" && !slices.ContainsFunc(b.t.Columns, func(o schema.Column) bool { return o.Type.Name == "timestamp" })
	if !first {
		c.Default = &schema.Default{Text: "0000-00-00 00:00:00"}
		return
	}
	now := "current_timestamp()"
	if c.Type.Scale > 0 {
		now = "current_timestamp(" + strconv.Itoa(c.Type.Scale) + ")"
	}
	c.Default, c.OnUpdate = &schema.Default{Expr: true, Text: now}, now
}

// setPeriod marks the columns of a period: those of system versioning are the
// server's, those of an application's are NOT NULL.
func setPeriod(t *schema.Table, p parse.Period) {
	for _, name := range []string{p.From, p.To} {
		if at := t.Column(name); at >= 0 {
			t.Columns[at].NotNull = true
			t.Columns[at].System = t.Columns[at].System || p.Name == "system_time"
		}
	}
}

// versioned adds the columns that a system-versioned table has without stating
// them, and takes the server's column out of its keys: of each key there is one
// current row.
func (b *builder) versioned(s *parse.CreateTable) {
	t := b.t
	if !t.Versioned && slices.ContainsFunc(s.Columns, func(c parse.Column) bool { return c.Versioning == "with" }) {
		t.Versioned = true
	}
	if t.Versioned {
		addSystemColumns(t)
	}
	for i := range t.Indexes {
		t.Indexes[i].Parts = slices.DeleteFunc(t.Indexes[i].Parts, func(p schema.IndexPart) bool {
			at := t.Column(p.Column)
			return p.Column != "" && at >= 0 && t.Columns[at].System
		})
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i schema.Index) bool { return len(i.Parts) == 0 })
}

func addSystemColumns(t *schema.Table) {
	if slices.ContainsFunc(t.Columns, func(c schema.Column) bool { return c.System }) {
		return
	}
	for _, name := range []string{"row_start", "row_end"} {
		t.Columns = append(t.Columns, schema.Column{
			Name: name, NotNull: true, Invisible: true, System: true,
			Type: schema.Type{Name: "timestamp", Length: -1, Scale: 6, Text: "timestamp(6)"},
		})
	}
}

// jsonCheck says whether a check is what makes a column of MariaDB a JSON one.
func jsonCheck(expr, column string) bool {
	squeezed := strings.NewReplacer("`", "", " ", "", `"`, "").Replace(expr)
	return strings.EqualFold(squeezed, "json_valid("+strings.ReplaceAll(column, " ", "")+")")
}
