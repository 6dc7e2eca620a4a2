package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// CreateTable gives the statements that make a table ready to be loaded: its
// enum types, then the table with its types and NOT NULL, nothing else.
func CreateTable(t *mapping.Table) []string {
	var columns []string
	sql := Collations(t)
	for _, c := range t.Columns {
		if c.Enum != "" {
			sql = append(sql, createEnum(t, c))
		}
		columns = append(columns, columnSQL(t, c))
	}
	return append(sql, fmt.Sprintf("CREATE TABLE %s (%s)", t.Ident(), strings.Join(columns, ", ")))
}

// Collations gives the statements that make the collations of a table's columns, where
// they are not there yet.
func Collations(t *mapping.Table) []string {
	var sql []string
	for _, c := range t.Columns {
		if one := collation(t, c); one != "" && !slices.Contains(sql, one) {
			sql = append(sql, one)
		}
	}
	return sql
}

func collation(t *mapping.Table, c mapping.Column) string {
	name, locale := c.Map.ICU()
	if name == "" {
		return ""
	}
	return fmt.Sprintf("CREATE COLLATION IF NOT EXISTS %s.%s (provider = icu, locale = %s, deterministic = false)",
		mapping.Quote(t.Home), mapping.Quote(name), strings.TrimSpace(mapping.Literal(locale)))
}

func columnSQL(t *mapping.Table, c mapping.Column) string {
	sql := mapping.Quote(c.Name) + " " + c.Type(t.Schema) + c.Collate(t.Home)
	if notNull(c) {
		sql += " NOT NULL"
	}
	return sql
}

func source(t *mapping.Table, c mapping.Column) *schema.Column { return &t.Source.Columns[c.Ordinal] }

func notNull(c mapping.Column) bool { return c.Map.NotNull() }

func createEnum(t *mapping.Table, c mapping.Column) string {
	labels := make([]string, len(c.Map.Enum()))
	for i, label := range c.Map.Enum() {
		labels[i] = strings.TrimSpace(mapping.Literal(label))
	}
	return fmt.Sprintf("CREATE TYPE %s AS ENUM (%s)", c.Type(t.Schema), strings.Join(labels, ", "))
}

// Defaults gives the statements that set the defaults of a loaded table, and
// those that give its AUTO_INCREMENT column a sequence of its own. Defaults that
// cannot be translated are left out: Omitted lists them.
func Defaults(t *mapping.Table) []string {
	var sql []string
	for _, c := range t.Columns {
		if source(t, c).AutoIncrement {
			sql = append(sql, createSequence(t, c)...)
		} else if value, _ := defaultSQL(t, c); value != "" {
			sql = append(sql, setDefault(t, c, value))
		}
	}
	return sql
}

// Omitted says, for each default that Defaults leaves out, of which column and
// why.
func Omitted(t *mapping.Table) []string {
	var list []string
	for _, c := range t.Columns {
		if _, reason := defaultSQL(t, c); reason != "" {
			list = append(list, fmt.Sprintf("the default of column %s: %s", source(t, c).Name, reason))
		}
	}
	return list
}

func alterColumn(t *mapping.Table, c mapping.Column, what string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s %s", t.Ident(), mapping.Quote(c.Name), what)
}

func setDefault(t *mapping.Table, c mapping.Column, value string) string {
	return alterColumn(t, c, "SET DEFAULT "+value)
}

// Comments gives the statements for the comments of a table and its columns.
func Comments(t *mapping.Table) []string {
	var sql []string
	if t.Source.Comment != "" {
		sql = append(sql, tableComment(t))
	}
	for _, c := range t.Columns {
		if source(t, c).Comment != "" {
			sql = append(sql, columnComment(t, c))
		}
	}
	return sql
}

func tableComment(t *mapping.Table) string {
	return fmt.Sprintf("COMMENT ON TABLE %s IS %s", t.Ident(), commentText(t.Source.Comment))
}

func columnComment(t *mapping.Table, c mapping.Column) string {
	return fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", t.Ident(), mapping.Quote(c.Name), commentText(source(t, c).Comment))
}

func commentText(comment string) string {
	if comment = strings.ToValidUTF8(strings.ReplaceAll(comment, "\x00", ""), "\uFFFD"); comment == "" {
		return "NULL"
	}
	return strings.TrimSpace(mapping.Literal(comment))
}

// sequence is the quoted, qualified name of the sequence that a column owns.
func sequence(t *mapping.Table, c mapping.Column) string {
	return mapping.Quote(t.Schema) + "." + mapping.Quote(sequenceName(t, c))
}

func sequenceName(t *mapping.Table, c mapping.Column) string {
	return mapping.SequenceName(t.Source.Name.Table, source(t, c).MadeAs())
}

// createSequence makes the sequence of an AUTO_INCREMENT column and sets it to
// the table's next value.
func createSequence(t *mapping.Table, c mapping.Column) []string {
	if !slices.Contains([]string{"int", "numeric", "float"}, classOf(c.Map.SQL())) {
		return nil
	}
	name := sequence(t, c)
	sql := []string{
		fmt.Sprintf("CREATE SEQUENCE %s OWNED BY %s.%s", name, t.Ident(), mapping.Quote(c.Name)),
		setDefault(t, c, fmt.Sprintf("nextval(%s)", strings.TrimSpace(mapping.Literal(name)))),
	}
	if next := t.Source.AutoIncrement; next > 0 && next < 1<<63 {
		sql = append(sql, fmt.Sprintf("SELECT setval(%s, %d, false)", strings.TrimSpace(mapping.Literal(name)), next))
	}
	return sql
}
