// Package equality owns the demo's proof that two databases hold the same: it
// reads all rows of a table on both sides, brings each value into one text by
// its meaning, and compares them. It does not own the program's own idea of
// types: it shares no code with it, so that one mistake cannot hide in both.
package equality

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/testserver/launch"
)

// Verdict is the outcome for one table.
type Verdict struct {
	Table   string
	Rows    int      // rows in the source
	Columns int      // columns compared
	Differ  []string // the first differences, in words; none if equal
}

// maxDiffer is how many differences a verdict names.
const maxDiffer = 5

// Compare compares every table of a MySQL database with the table of the same
// name in a PostgreSQL schema.
func Compare(ctx context.Context, source, target *launch.Conn, database, schema string) ([]Verdict, error) {
	if err := source.Exec(ctx, "SET time_zone = '+00:00'"); err != nil {
		return nil, err
	}
	if err := target.Exec(ctx, "SET timezone = 'UTC'", "SET extra_float_digits = 1"); err != nil {
		return nil, err
	}
	names, err := source.Query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = "+
		literal(database)+" ORDER BY 1")
	if err != nil {
		return nil, err
	}
	var verdicts []Verdict
	for _, name := range names {
		verdict, err := compareTable(ctx, source, target, database, schema, name[0])
		if err != nil {
			return nil, fmt.Errorf("comparing table %s: %w", name[0], err)
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts, nil
}

func compareTable(ctx context.Context, source, target *launch.Conn, database, schema, table string) (Verdict, error) {
	verdict := Verdict{Table: table}
	columns, err := pair(ctx, source, target, database, schema, table)
	if err != nil {
		return verdict, err
	}
	verdict.Columns = len(columns)
	var left, right []string
	for _, c := range columns {
		if c.target == "" {
			verdict.Differ = append(verdict.Differ, "the target has no column "+c.name)
			return verdict, nil
		}
		// '=' before every value tells NULL from the text "NULL".
		left, right = append(left, "CONCAT('=', "+c.readSource()+")"), append(right, "'=' || "+c.readTarget())
	}
	ours, err := read(ctx, source, columns, "SELECT "+strings.Join(left, ", ")+" FROM "+backtick(database)+"."+backtick(table))
	if err != nil {
		return verdict, err
	}
	theirs, err := read(ctx, target, columns, "SELECT "+strings.Join(right, ", ")+" FROM "+quote(schema)+"."+quote(table))
	if err != nil {
		return verdict, err
	}
	verdict.Rows = len(ours)
	verdict.Differ = differences(ours, theirs)
	return verdict, nil
}

// separator stands between the values of a row; sample data has none of it.
const separator = "\x1f"

// read gives all rows as text with the key's columns first, in order.
func read(ctx context.Context, conn *launch.Conn, columns []column, query string) ([]string, error) {
	values, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	rows := make([]string, len(values))
	for i, row := range values {
		for j, value := range row {
			row[j] = columns[j].canonical(value)
		}
		rows[i] = strings.Join(row, separator)
	}
	slices.Sort(rows)
	return rows, nil
}

// differences walks through both ordered lists side by side. Rows that are
// there twice must be there twice on both sides.
func differences(ours, theirs []string) []string {
	var found []string
	for len(ours) > 0 || len(theirs) > 0 {
		switch {
		case len(theirs) == 0 || len(ours) > 0 && ours[0] < theirs[0]:
			found = append(found, "only in the source: "+readable(ours[0]))
			ours = ours[1:]
		case len(ours) == 0 || ours[0] > theirs[0]:
			found = append(found, "only in the target: "+readable(theirs[0]))
			theirs = theirs[1:]
		default:
			ours, theirs = ours[1:], theirs[1:]
		}
		if len(found) == maxDiffer {
			return append(found, "…")
		}
	}
	return found
}

// readable shows a row to people.
func readable(row string) string {
	row = strings.TrimPrefix(strings.ReplaceAll(row, separator+"=", separator), "=")
	return strings.ReplaceAll(row, separator, " | ")
}

func literal(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), "'", "''") + "'"
}

func backtick(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
