package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// Proof is what has to hold before a statement lets a table take another shape in place,
// instead of taking the rows of the shadow table that a tool for online schema changes has
// filled: the rows, written as Columns, are those that the shadow was seen to hold.
type Proof struct {
	Shadow  schema.Name // by its name before the statement
	Table   schema.Name // by its name after the statement
	From    string      // where the rows stand before the statement, quoted
	Columns []string    // the text that each column of the shadow has, as an expression over the table's
}

// Origins tells, for a statement that alters a table, which column each one of the altered
// table was: its ordinal, or -1.
func Origins(t *schema.Table, a *parse.AlterTable, d parse.Dialect) ([]int, error) {
	draft := newDraft(t, d)
	if err := draft.alter(a); err != nil {
		return nil, err
	}
	return draft.origin, nil
}

// InPlace gives the statements that turn the table, which PostgreSQL has under its present
// name, into the one that shadow defines, under the name that shadow has by then; and the
// text of each of the new columns as an expression over the present ones. origin names, for
// each column of the shadow, the column of the table that its values come from; "" for a new
// column. The reason tells why the shadow's rows may not be those of the table altered in
// place, or why it cannot be proven.
func InPlace(table, shadow *schema.Table, origin []string, rules *mapping.Rules, d parse.Dialect) (sql, columns []string, reason string) {
	if reason := unfit(table, shadow, origin); reason != "" {
		return nil, nil, reason
	}
	source := table.Clone()
	source.Name = shadow.Name
	now, err := rules.Table(table)
	if err != nil {
		return nil, nil, err.Error()
	}
	before, err := rules.Table(source)
	if err != nil {
		return nil, nil, err.Error()
	}
	after, err := rules.Table(shadow)
	if err != nil {
		return nil, nil, err.Error()
	}
	x := &diff{before: before, after: after, was: map[string]string{}, statement: &event.Statement{}, d: d}
	for _, name := range origin {
		x.origin = append(x.origin, source.Column(name))
	}
	for _, index := range source.Indexes {
		x.was[index.Name] = index.Name
	}
	changes, reason := x.run()
	if reason == "" {
		reason = x.lossy()
	}
	if reason == "" {
		reason = x.narrower()
	}
	if reason != "" {
		return nil, nil, reason
	}
	if now.Schema != after.Schema {
		return nil, nil, "it stands in another schema"
	}
	return append(renameSQL(now, before), changes...), x.texts(), ""
}

// unfit names what keeps a table from being altered in place whatever the columns are.
func unfit(table, shadow *schema.Table, origin []string) string {
	switch {
	case len(origin) != len(shadow.Columns):
		return "the shadow's columns are not known"
	case len(table.ForeignKeys)+len(shadow.ForeignKeys) > 0:
		return "it has foreign keys, whose actions do not show in the shadow's row events"
	case table.Versioned || shadow.Versioned || table.Sequence != nil || shadow.Sequence != nil:
		return "it is system-versioned or a sequence"
	}
	for i, name := range origin {
		if at := table.Column(name); name != "" && at < 0 {
			return fmt.Sprintf("column %s, which %s comes from, is gone", name, shadow.Columns[i].Name)
		}
		if own := shadow.Columns[i].Name; name == "" && table.Column(own) >= 0 { // for the tools, which go by names, it is the same column
			return fmt.Sprintf("column %s is dropped and added", own)
		}
	}
	return ""
}

// lossy names a column whose values in a shadow, filled row by row, may not be those of the
// table altered in place.
func (x *diff) lossy() string {
	for _, c := range x.added {
		if source(x.after, c).Generated != nil {
			return fmt.Sprintf("the new column %s is generated", c.Name)
		}
		if d := source(x.after, c).Default; d != nil && d.Expr && !isBytes(d.Text) {
			return fmt.Sprintf("the default of the new column %s is an expression", c.Name)
		}
	}
	for _, p := range x.kept {
		before, after := source(x.before, p.before), source(x.after, p.after)
		switch {
		case kindOf(&before.Type) != kindOf(&after.Type) || !keeps(&before.Type, &after.Type):
			return fmt.Sprintf("the values of column %s may change", after.Name)
		case notNull(p.after) && !notNull(p.before):
			return fmt.Sprintf("column %s becomes NOT NULL", after.Name)
		case notNull(p.before) != notNull(p.after) && zeroDate(x.before, p.before) != zeroDate(x.after, p.after):
			return fmt.Sprintf("what stands for a zero date in column %s changes", after.Name)
		case after.AutoIncrement && !before.AutoIncrement:
			return fmt.Sprintf("column %s is numbered by the source", after.Name)
		case before.Generated != nil != (after.Generated != nil):
			return fmt.Sprintf("column %s is generated on one side only", after.Name)
		}
	}
	return ""
}

// keeps says that a change from one type to another leaves every value as it is.
func keeps(b, a *schema.Type) bool {
	texts := []string{"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
	sizes := map[string]int{"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1, "longtext": 1<<32 - 1}
	length := func(t *schema.Type) int {
		if size, is := sizes[t.Name]; is {
			return size
		}
		return t.Length
	}
	switch {
	case unaltered(b, a):
		return true
	case b.Name == "decimal" && a.Name == "decimal":
		return a.Unsigned == b.Unsigned && a.Zerofill == b.Zerofill && a.Scale >= b.Scale && a.Precision-a.Scale >= b.Precision-b.Scale
	case slices.Contains(texts, b.Name) && b.Name == a.Name && a.Charset == "utf8mb4" && b.Charset != "binary":
		return length(a) >= length(b)
	case slices.Contains(texts[2:], b.Name) && slices.Contains(texts[2:], a.Name) && a.Charset == "utf8mb4" && b.Charset != "binary":
		return length(a) >= length(b)
	case b.Name == "enum" && a.Name == "enum", b.Name == "set" && a.Name == "set":
		return slices.Equal(b.Values, a.Values) && a.Charset == "utf8mb4"
	}
	return false
}

// narrower names a unique key that rows of the table need not keep: the shadow's rows are
// put in with INSERT IGNORE and REPLACE.
func (x *diff) narrower() string {
	columns := func(t *mapping.Table, index *schema.Index) string {
		var list []string
		for _, part := range index.Parts {
			name := strings.ToLower(part.Column)
			if at := t.Source.Column(part.Column); t == x.after && at >= 0 {
				name = ""
				if from := x.origin[at]; from >= 0 {
					name = strings.ToLower(x.before.Source.Columns[from].Name)
				}
			}
			list = append(list, fmt.Sprintf("%s %s %d", name, part.Expr, part.Prefix))
		}
		slices.Sort(list)
		return strings.Join(list, ", ")
	}
	unique := func(index *schema.Index) bool {
		return index.Kind == schema.Unique || index.Kind == schema.PrimaryKey
	}
	held := map[string]bool{}
	for i := range x.before.Source.Indexes {
		if index := &x.before.Source.Indexes[i]; unique(index) {
			held[columns(x.before, index)] = true
		}
	}
	for i := range x.after.Source.Indexes {
		if index := &x.after.Source.Indexes[i]; unique(index) && !held[columns(x.after, index)] {
			return fmt.Sprintf("the unique key %s is new", index.Name)
		}
	}
	return ""
}

// texts writes each column after the statement as the text of what it is made of before.
func (x *diff) texts() []string {
	from := map[int]pair{}
	for _, p := range x.kept {
		from[p.after.Ordinal] = p
	}
	list := make([]string, len(x.after.Columns))
	for i, c := range x.after.Columns {
		typ := "::" + c.Type(x.after.Schema) + "::text"
		if c.Enum != "" {
			typ = "::text"
		}
		if p, kept := from[c.Ordinal]; kept {
			list[i] = mapping.Quote(p.before.Name) + typ
			continue
		}
		list[i] = "NULL::text"
		if value := x.filling(c, source(x.after, c)); value != "" {
			list[i] = value + typ
		}
	}
	return list
}

// Vacate gives the statements that drop a table of which no rows are wanted.
func Vacate(t *schema.Table, rules *mapping.Rules) ([]string, error) {
	mapped, err := rules.Table(t)
	if err != nil {
		return nil, err
	}
	return dropTable(mapped), nil
}

// Remake lets a statement that would have an empty table's rows read again from the source
// make the table anew instead: there are none to be read.
func (e *Effect) Remake(name schema.Name, before *schema.Table, rules *mapping.Rules) {
	at := slices.IndexFunc(e.Excluded, func(x Exclusion) bool { return x.Name == name && x.Refill })
	next := e.Next.Get(name)
	if at < 0 || next == nil || before == nil {
		return
	}
	gone, err := Vacate(before, rules)
	if err != nil {
		return
	}
	mapped, err := rules.Table(next)
	if err != nil {
		return
	}
	e.Excluded = slices.Delete(e.Excluded, at, at+1)
	e.run(name, slices.Concat(gone, whole(mapped))...)
	e.change(name)
}

// Replace lets the table of that name, of which PostgreSQL has an empty shell, be made of
// another by the given statements. The other is no longer followed.
func (e *Effect) Replace(name schema.Name, other *schema.Table, p Proof, sql []string) {
	e.run(name, sql...)
	e.Next = e.Next.With([]schema.Name{other.Name})
	e.Dropped = append(e.Dropped, other.Name)
	e.change(name)
	e.Proofs = append(e.Proofs, p)
}

// Refill parks a table whose rows must be read again from the source.
func (e *Effect) Refill(name schema.Name, format string, args ...any) {
	e.refill(name, format, args...)
}
