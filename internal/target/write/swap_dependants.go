package write

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
)

//go:embed sql/swap_dependants.sql
var dependantsSQL string

//go:embed sql/swap_relation.sql
var relationSQL string

//go:embed sql/swap_function.sql
var functionSQL string

// dependant is a view or function of the user's that has to make room while a
// table is replaced.
type dependant struct {
	name  string // as PostgreSQL writes it, with its kind
	drop  string
	again []string
}

// dependants reads what depends on a relation, in the order in which it has to
// be dropped. The search_path must be empty, so that all names are qualified.
func dependants(ctx context.Context, tx pgx.Tx, oid string) ([]dependant, error) {
	rows, err := texts(ctx, tx, dependantsSQL, oid)
	if err != nil {
		return nil, err
	}
	var list []dependant
	for _, row := range rows {
		d, err := describeDependant(ctx, tx, row[0], row[1])
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

func describeDependant(ctx context.Context, tx pgx.Tx, kind, oid string) (dependant, error) {
	definition, named := relationSQL, `select case relkind when 'm' then 'materialized view ' else 'view ' end || oid::regclass from pg_class where oid = $1::oid`
	if kind == "f" {
		definition, named = functionSQL, `select case prokind when 'p' then 'procedure ' else 'function ' end || oid::regprocedure from pg_proc where oid = $1::oid`
	}
	name, err := texts(ctx, tx, named, oid)
	if err != nil {
		return dependant{}, err
	}
	again, err := statements(ctx, tx, definition, oid)
	if err != nil {
		return dependant{}, err
	}
	return dependant{name: name[0][0], drop: "drop " + name[0][0], again: again}, nil
}

// statements runs a query whose second column is SQL.
func statements(ctx context.Context, tx pgx.Tx, sql, oid string) ([]string, error) {
	rows, err := texts(ctx, tx, sql, oid)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = row[1]
	}
	return list, nil
}

// restore makes the dependants again, those first on which others depend.
func restore(ctx context.Context, tx pgx.Tx, t *mapping.Table, list []dependant) error {
	for _, d := range slices.Backward(list) {
		if err := run(ctx, tx, d.again...); err != nil {
			return fault.New(fault.State, "change or drop it, then run the command again; until then the old table stays in its place",
				"the %s cannot be made again on the new table %s: %s%w", d.name, t.Ident(), message(err), silent{err})
		}
	}
	return nil
}

// message is what PostgreSQL said, without our statement around it.
func message(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return fmt.Sprintf("%s (SQLSTATE %s)", said.Message, said.Code)
	}
	return err.Error()
}
