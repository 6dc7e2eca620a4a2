package ddl

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/mapping"
)

// Generated is a generated column of the source, which the replica has as a plain one.
type Generated struct {
	Column mapping.Column
	What   string // on the source, for people
	Value  string // the same value in PostgreSQL, over the table's columns; "" if there is none
	Inside bool   // PostgreSQL can work it out as a generated column of its own
	Reason string // why there is no value, or why it is not worked out inside
}

// GeneratedColumns lists the generated columns of a table in its order.
func GeneratedColumns(t *mapping.Table, d parse.Dialect) []Generated {
	var list []Generated
	reads := map[int][]int{} // ordinals in the table's columns, by the place in the list
	for _, c := range t.Columns {
		s := source(t, c)
		if s.Generated == nil {
			continue
		}
		g := Generated{Column: c, What: "AS (" + s.Generated.Expr + ")"}
		filled, err := expr.Fill(t, s.Generated.Expr, d, c)
		switch {
		case c.Map.Altered():
			g.Reason = "the column is masked or has an overridden type"
		case err != nil:
			g.Reason = err.Error()
		default:
			g.Value, g.Inside = filled.SQL, filled.Immutable
			reads[len(list)] = filled.Columns
			if !g.Inside {
				g.Reason = "PostgreSQL's value depends on settings of the session"
			}
		}
		list = append(list, g)
	}
	readGenerated(t, list, reads)
	return list
}

// readGenerated takes columns that read generated ones out of PostgreSQL's own, which may not
// do that, and those that they read: a trigger has to have their values.
func readGenerated(t *mapping.Table, list []Generated, reads map[int][]int) {
	for i := range list {
		for j := range list {
			if at := t.Column(source(t, list[j].Column).Name); !slices.Contains(reads[i], at) {
				continue
			}
			for _, g := range []*Generated{&list[i], &list[j]} {
				if g.Inside {
					g.Inside, g.Reason = false, "a generated column of PostgreSQL cannot read another one"
				}
			}
		}
	}
}

// Inwards gives the statements that put PostgreSQL's own generated column in a plain one's
// place, as the table's last column; rebuild are the statements that make the indexes again
// that have the column. Violations counts the rows that hold another value.
func (g *Generated) Inwards(t *mapping.Table, rebuild []string) (sql []string, violations string) {
	name, column := mapping.Quote(g.Column.Name), source(t, g.Column)
	definition := name + " " + g.Column.Type(t.Schema) + g.Column.Collate(t.Home) + " GENERATED ALWAYS AS (" + g.Value + ") STORED"
	if notNull(g.Column) {
		definition += " NOT NULL"
	}
	sql = []string{fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s, ADD COLUMN %s", t.Ident(), name, definition)}
	if column.Comment != "" {
		sql = append(sql, columnComment(t, g.Column))
	}
	return append(sql, rebuild...), g.violations(t)
}

func (g *Generated) violations(t *mapping.Table) string {
	as := ""
	if g.Column.Map.SQL() == "json" { // it has no equality
		as = "::text"
	}
	return fmt.Sprintf("SELECT count(*) FROM %s WHERE %s%s IS DISTINCT FROM (%s)%s", t.Ident(), mapping.Quote(g.Column.Name), as, g.Value, as)
}

// GeneratedTrigger gives the statements for a trigger that works out the columns' values,
// in their order. Violations counts the rows that hold others.
func GeneratedTrigger(t *mapping.Table, columns []Generated) (sql []string, violations string) {
	var body, counts []string
	for i := range columns {
		g := &columns[i]
		body = append(body, fmt.Sprintf("    NEW.%s := (SELECT %s FROM (SELECT NEW.*) AS r);", mapping.Quote(g.Column.Name), g.Value))
		counts = append(counts, "("+g.violations(t)+")")
	}
	return trigger(t, "generated", "then_generated_columns", "INSERT OR UPDATE", "", body), "SELECT " + strings.Join(counts, " + ")
}

// OnUpdateTrigger gives the statements for a trigger that does what ON UPDATE CURRENT_TIMESTAMP
// does, by the columns that have it, as people know them. skipped are those for which it cannot be done.
//
// PostgreSQL does not tell a column that a statement sets to the value it has from one
// that it does not set. Rows are compared as records, since some types have no equality.
func OnUpdateTrigger(t *mapping.Table) (sql, columns, skipped []string) {
	var body, own, before []string
	for _, c := range t.Columns {
		s, name := source(t, c), mapping.Quote(c.Name)
		if s.Generated == nil {
			own, before = append(own, "NEW."+name), append(before, "OLD."+name)
		}
		if s.OnUpdate == "" {
			continue
		}
		value := expressionSQL(s.OnUpdate, c)
		if value == "" || c.Map.Altered() {
			skipped = append(skipped, s.Name)
			continue
		}
		columns = append(columns, s.Name)
		body = append(body, fmt.Sprintf("    IF changed AND NEW.%[1]s IS NOT DISTINCT FROM OLD.%[1]s THEN\n        NEW.%[1]s := %[2]s;\n    END IF;", name, value))
	}
	if body == nil {
		return nil, nil, skipped
	}
	declare := fmt.Sprintf("DECLARE\n    changed boolean := (SELECT n FROM (SELECT %s) AS n) *<> (SELECT o FROM (SELECT %s) AS o);\n", strings.Join(own, ", "), strings.Join(before, ", "))
	return trigger(t, "on_update", "on_update_current_timestamp", "UPDATE", declare, body), columns, skipped
}

// trigger makes a trigger that runs before a row is written. Triggers run in the order of
// their names: ON UPDATE comes before what is worked out of its columns.
func trigger(t *mapping.Table, role, name, events, declare string, body []string) []string {
	function := mapping.Quote(t.Schema) + "." + mapping.Quote(mapping.FunctionName(t.Source.Name.Table, role))
	text := "\n#variable_conflict use_column\n" + declare + "BEGIN\n" + strings.Join(body, "\n") + "\n    RETURN NEW;\nEND\n"
	return []string{
		fmt.Sprintf("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS %s", function, strings.TrimSpace(mapping.Literal(text))),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION %s()", mapping.Quote(name), events, t.Ident(), function),
	}
}
