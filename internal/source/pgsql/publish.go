package pgsql

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

//go:embed sql/publish.sql
var publishSQL string

// Publishable is a table with what logical replication needs of it.
type Publishable struct {
	Schema, Name string
	Kind         string // r or p, as pg_class has it
	RootSchema   string // of the table of which it is a partition; "": it is none
	Root         string
	Logged       bool
	Identified   bool // updates and deletes tell which row they mean
}

// Publishables lists the tables of schemas.
func Publishables(ctx context.Context, db dial.DB, schemas []string) ([]Publishable, error) {
	return collect(ctx, db, "tables", publishSQL, schemas, pgx.RowToStructByPos[Publishable])
}

// Publication says whether the source has a publication and a slot of a name.
func Publication(ctx context.Context, db dial.DB, name string) (published, slotted bool, err error) {
	err = db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = $1),
		EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)`, name).Scan(&published, &slotted)
	if err != nil {
		return false, false, fmt.Errorf("asking the source for the publication %s: %w", name, classify(err))
	}
	return published, slotted, nil
}
