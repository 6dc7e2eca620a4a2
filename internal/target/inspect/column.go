package inspect

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

// Column names a column of the target.
type Column struct {
	Schema string
	Table  string
	Name   string
}

// ColumnSequence is a sequence that gives a column its values.
type ColumnSequence struct {
	Column
	Sequence string // qualified and quoted
}

// ColumnUser is what goes when a column is dropped.
type ColumnUser struct {
	Column
	Rebuild string // the statement that makes it again, of an index or a key
	Other   string // what it is, of anything else
}

// Constraint is a CHECK or a foreign key by its name.
type Constraint struct {
	Schema     string
	Table      string
	Name       string
	ForeignKey bool
	Valid      bool // the rows that were there when it was made are held to it too
	Deferred   bool // it is looked at when a transaction ends
}

//go:embed column_sequences.sql
var columnSequencesSQL string

//go:embed column_users.sql
var columnUsersSQL string

//go:embed constraints.sql
var constraintsSQL string

// ColumnSequences lists the sequences of columns in the schemas.
func ColumnSequences(ctx context.Context, db dial.DB, schemas ...string) ([]ColumnSequence, error) {
	list, err := collect(ctx, db, columnSequencesSQL, schemas, func(row pgx.CollectableRow) (s ColumnSequence, err error) {
		err = row.Scan(&s.Schema, &s.Table, &s.Name, &s.Sequence)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the sequences of the target: %w", err)
	}
	return list, nil
}

// ColumnUsers lists what uses single columns of the schemas' tables.
func ColumnUsers(ctx context.Context, db dial.DB, schemas ...string) ([]ColumnUser, error) {
	list, err := collect(ctx, db, columnUsersSQL, schemas, func(row pgx.CollectableRow) (u ColumnUser, err error) {
		err = row.Scan(&u.Schema, &u.Table, &u.Name, &u.Rebuild, &u.Other)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing what uses the target's columns: %w", err)
	}
	return list, nil
}

// Constraints lists the CHECK constraints and foreign keys of the schemas' tables.
func Constraints(ctx context.Context, db dial.DB, schemas ...string) ([]Constraint, error) {
	list, err := collect(ctx, db, constraintsSQL, schemas, pgx.RowToStructByPos[Constraint])
	if err != nil {
		return nil, fmt.Errorf("listing the constraints of the target: %w", err)
	}
	return list, nil
}

func collect[T any](ctx context.Context, db dial.DB, sql string, schemas []string, read pgx.RowToFunc[T]) ([]T, error) {
	rows, err := db.Query(ctx, sql, schemas)
	if err != nil {
		return nil, dial.Classify(err)
	}
	list, err := pgx.CollectRows(rows, read)
	return list, dial.Classify(err)
}
