package write

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

//go:embed sql/swap_conflicts.sql
var swapConflictsSQL string

// foreign says that a name is taken by something that we did not make.
func foreign(t *mapping.Table, name string) error {
	return fault.New(fault.State, "rename or drop it, map the source schema to another one, or skip the table",
		"%s.%s, needed for the table %s, exists and was not made by this program", mapping.Quote(t.Schema), mapping.Quote(name), t.Source.Name)
}

// Conflicts tells, before anything is copied, which tables could not be swapped
// in: a name that they need is taken by something that we did not make, or, with Keep, the existing
// table does not fit. names gives what a table brings along besides itself and its enum types: its
// indexes and sequences. The result has a reason for each table with a conflict, by its ordinal.
func (l *Loader) Conflicts(ctx context.Context, tables []*mapping.Table, names func(*mapping.Table) []string) (map[int]error, error) {
	conflicts := map[int]error{}
	err := l.Begin(ctx, func(tx pgx.Tx) error {
		for from := 0; from < len(tables); from += conflictsAtOnce {
			part := tables[from:min(len(tables), from+conflictsAtOnce)]
			look := l.conflicts
			if l.Keep {
				look = l.misfits
			}
			found, err := look(ctx, tx, part, names)
			if err != nil {
				return fmt.Errorf("looking at what stands in the places of tables: %w", err)
			}
			for i, conflict := range found {
				conflicts[from+i] = conflict
			}
		}
		return nil
	})
	return conflicts, err
}

// conflictsAtOnce is how many tables are asked for by one statement.
const conflictsAtOnce = 1000

// misfits looks at the existing tables that are to be filled.
func (l *Loader) misfits(ctx context.Context, tx pgx.Tx, tables []*mapping.Table, _ func(*mapping.Table) []string) (map[int]error, error) {
	found := map[int]error{}
	for i, t := range tables {
		problem, err := existing(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			found[i] = fault.New(fault.State, "create it as the source has it, or turn keep_existing_schema off", "loading into the existing table %s: %s", t.Ident(), problem)
		}
	}
	return found, nil
}

// conflicts looks for what has the names that the tables need.
func (l *Loader) conflicts(ctx context.Context, tx pgx.Tx, tables []*mapping.Table, names func(*mapping.Table) []string) (map[int]error, error) {
	ours := make([]string, len(tables))
	var ordinals, schemas, wanted []string
	for i, t := range tables {
		if l.Ours(t.Schema, t.Name) {
			ours[i] = t.Ident()
		}
		need := append([]string{t.Name}, names(t)...)
		for _, c := range t.Columns {
			if c.Enum != "" {
				need = append(need, c.Enum)
			}
		}
		for _, name := range need {
			ordinals, schemas, wanted = append(ordinals, strconv.Itoa(i+1)), append(schemas, t.Schema), append(wanted, name)
		}
	}
	rows, err := texts(ctx, tx, swapConflictsSQL, textArray(ours), textArray(ordinals), textArray(schemas), textArray(wanted))
	if err != nil {
		return nil, err
	}
	found := map[int]error{}
	for _, row := range rows {
		n, err := strconv.Atoi(row[0])
		if err != nil {
			return nil, fmt.Errorf("reading a table's ordinal: %w", err)
		}
		found[n-1] = foreign(tables[n-1], row[1])
	}
	return found, nil
}

// textArray writes a text[] value.
func textArray(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
