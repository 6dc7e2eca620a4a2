package legacy

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

var (
	//go:embed columns.sql
	columnsSQL string
	//go:embed indexes.sql
	indexesSQL string
)

// Relation is a table as PostgreSQL has it.
type Relation struct {
	Schema  string
	Name    string
	Owned   bool  // the present user has the owner's rights
	Rows    int64 // about; -1: not known
	Columns []Column
	Indexes []Index
}

// Column is a column of a Relation.
type Column struct {
	Name      string
	Type      string   // as SQL writes it, with its arguments
	Enum      string   // name of the enum type, in the table's schema; "" if it is none
	Labels    []string // of the enum
	NotNull   bool
	Generated bool
	Sequence  string // the name of the sequence that it owns, in the table's schema; ""
}

// Index is an index of a Relation that has whole columns and all rows.
type Index struct {
	Name    string
	Primary bool
	Unique  bool
	Columns []string
}

// Column finds a column by name, or nil.
func (r *Relation) Column(name string) *Column {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return &r.Columns[i]
		}
	}
	return nil
}

// Relations lists the tables of schemas, by schema and name.
func Relations(ctx context.Context, db dial.DB, schemas ...string) (map[[2]string]*Relation, error) {
	list, err := relations(ctx, db, schemas)
	if err != nil {
		return nil, fmt.Errorf("looking at the tables that pg_chameleon made: %w", dial.Classify(err))
	}
	return list, nil
}

func relations(ctx context.Context, db dial.DB, schemas []string) (map[[2]string]*Relation, error) {
	all := map[[2]string]*Relation{}
	rows, err := db.Query(ctx, columnsSQL, schemas)
	if err != nil {
		return nil, err
	}
	var r Relation
	var c Column
	_, err = pgx.ForEachRow(rows, []any{&r.Schema, &r.Name, &r.Owned, &r.Rows, &c.Name, &c.Type, &c.Enum, &c.Labels, &c.NotNull, &c.Generated, &c.Sequence}, func() error {
		at := [2]string{r.Schema, r.Name}
		if all[at] == nil {
			found := r
			all[at] = &found
		}
		all[at].Columns = append(all[at].Columns, c)
		c = Column{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows, err = db.Query(ctx, indexesSQL, schemas); err != nil {
		return nil, err
	}
	var i Index
	_, err = pgx.ForEachRow(rows, []any{&r.Schema, &r.Name, &i.Name, &i.Primary, &i.Unique, &i.Columns}, func() error {
		if found := all[[2]string{r.Schema, r.Name}]; found != nil {
			found.Indexes = append(found.Indexes, i)
		}
		i = Index{}
		return nil
	})
	return all, err
}
