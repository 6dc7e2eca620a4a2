package write

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

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
		for i, t := range tables {
			conflict, err := l.conflict(ctx, tx, t, names)
			if err != nil {
				return fmt.Errorf("looking at what stands in the place of table %s: %w", t.Source.Name, err)
			}
			if conflict != nil {
				conflicts[i] = conflict
			}
		}
		return nil
	})
	return conflicts, err
}

func (l *Loader) conflict(ctx context.Context, tx pgx.Tx, t *mapping.Table, names func(*mapping.Table) []string) (conflict, err error) {
	if l.Keep {
		problem, err := existing(ctx, tx, t)
		if err != nil || problem == "" {
			return nil, err
		}
		return fault.New(fault.State, "create it as the source has it, or turn keep_existing_schema off", "loading into the existing table %s: %s", t.Ident(), problem), nil
	}
	wanted := []string{t.Name}
	for _, c := range t.Columns {
		if c.Enum != "" {
			wanted = append(wanted, c.Enum)
		}
	}
	wanted = append(wanted, names(t)...)
	ours := "false"
	if l.Ours(t.Schema, t.Name) {
		ours = "true"
	}
	// Ours are the table itself, its indexes, and the sequences and types that its columns have.
	taken, err := texts(ctx, tx, `
		with wanted as (select unnest($2::text[]) as name), old as (select to_regclass($3)::oid as id where $4::boolean)
		select c.relname from pg_class c join wanted on c.relname = wanted.name
			where c.relnamespace = to_regnamespace($1)
			and not exists (select from old where c.oid = old.id and c.relkind = 'r')
			and not exists (select from pg_index i join old on i.indrelid = old.id where i.indexrelid = c.oid)
			and not exists (select from pg_depend d join old on d.refclassid = 'pg_class'::regclass and d.refobjid = old.id
				where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
		union all
		select y.typname from pg_type y join wanted on y.typname = wanted.name
			where y.typnamespace = to_regnamespace($1) and y.typrelid = 0 and y.typcategory <> 'A'
			and not exists (select from pg_attribute a join old on a.attrelid = old.id where a.atttypid = y.oid and not a.attisdropped)
		limit 1`, mapping.Quote(t.Schema), textArray(wanted), t.Ident(), ours)
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	return foreign(t, taken[0][0]), nil
}

// textArray writes a text[] value.
func textArray(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
