package mapping

import (
	"fmt"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// Class is a class of the source's DDL, of whole statements or of clauses, as a policy
// names it.
type Class string

// The classes.
const (
	CreateTables  Class = "create_table"
	DropTables    Class = "drop_table"
	Truncates     Class = "truncate"
	Renames       Class = "rename"
	AddColumns    Class = "add_column"
	DropColumns   Class = "drop_column"
	ChangeColumns Class = "change_column"
	PrimaryKeys   Class = "primary_key"
	Indexes       Class = "index"
	Constraints   Class = "constraint"
	Partitions    Class = "partition"
	Databases     Class = "database"
	Sequences     Class = "sequence"
	Commenting    Class = "comment"
)

// Classes lists the classes in the order of the documentation, each with what it is of.
func Classes() []struct {
	Class Class
	About string
} {
	return []struct {
		Class Class
		About string
	}{
		{CreateTables, "`CREATE TABLE`"},
		{DropTables, "`DROP TABLE`"},
		{Truncates, "`TRUNCATE TABLE`"},
		{Renames, "`RENAME TABLE` and `ALTER TABLE … RENAME`"},
		{AddColumns, "`ADD COLUMN`"},
		{DropColumns, "`DROP COLUMN`"},
		{ChangeColumns, "changes of a column's name, type, nullability, default or character set"},
		{PrimaryKeys, "primary keys that are added or dropped"},
		{Indexes, "all other indexes, unique ones too"},
		{Constraints, "foreign keys and CHECK constraints"},
		{Partitions, "partitions that are dropped, emptied or exchanged, and rows go with them"},
		{Databases, "`CREATE`, `ALTER` and `DROP DATABASE`"},
		{Sequences, "sequences, and a table's `AUTO_INCREMENT`"},
		{Commenting, "comments of tables"},
	}
}

// Verdict is what is done with a statement of the source.
type Verdict string

// The verdicts, from the mildest to the strictest.
const (
	Carry  Verdict = "apply"  // it is carried over
	Ignore Verdict = "ignore" // PostgreSQL is left as it is
	Hold   Verdict = "hold"   // its tables wait until somebody says what is to be done
)

// DDLPolicy says what is done with a class of statements. The last one that is for a
// table and a class counts.
type DDLPolicy struct {
	Table   string // pattern; "" for all
	Class   Class  // "" for all
	Verdict Verdict
}

// Judge says what is done with a class of statements about a table.
func (r *Rules) Judge(name schema.Name, class Class) Verdict {
	verdict := Carry
	for _, p := range r.DDL {
		if (p.Class == "" || p.Class == class) && (p.Table == "" || r.means(p.Table, name)) {
			verdict = p.Verdict
		}
	}
	return verdict
}

// means says whether a pattern of tables means a table, by one of its names.
func (r *Rules) means(pattern string, name schema.Name) bool {
	target, _ := r.Target(name.Schema)
	names := r.columnNames(&Table{Source: &schema.Table{Name: name}, Schema: target, Name: Identifier(name.Table)})
	return names.table(pattern)
}

// made gives the settings of a column that PostgreSQL has as another type: because its change
// was to be ignored, or because another program has made it.
func (s *settings) made(c *schema.Column, own *typemap.Settings) error {
	if c.As != "" {
		own.Override, own.Kept, own.Collation = c.As, true, typemap.Exact
		own.Rules[typemap.OutOfRange].Action, own.Rules[typemap.Rounded].Action = typemap.Refuse, typemap.Refuse
		return nil
	}
	if c.Made == nil {
		return nil
	}
	old := s.column(c.Made)
	if own.Mask == nil {
		own.Mask = old.Mask
	}
	own.Collation = old.Collation
	was, err := typemap.New(*c.Made, old)
	if err != nil {
		return err
	}
	own.Override = ""
	is, err := typemap.New(*c, *own)
	if err != nil {
		return err
	}
	switch {
	case was.Enum() != nil && is.Enum() == nil, was.Mask() != is.Mask():
		return fmt.Errorf("its change to %s was ignored, and its values cannot be written as PostgreSQL's column has them", c.Type.Text)
	case was.Enum() == nil && (is.Enum() != nil || is.SQL() != was.SQL()):
		own.Override = was.SQL()
	}
	return nil
}
