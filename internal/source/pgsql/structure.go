package pgsql

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/target/dial"
)

//go:embed sql/types.sql
var typesSQL string

//go:embed sql/functions.sql
var functionsSQL string

//go:embed sql/sequences.sql
var sequencesSQL string

//go:embed sql/tables.sql
var tablesSQL string

//go:embed sql/columns.sql
var columnsSQL string

//go:embed sql/constraints.sql
var constraintsSQL string

//go:embed sql/indexes.sql
var indexesSQL string

//go:embed sql/views.sql
var viewsSQL string

//go:embed sql/comments.sql
var commentsSQL string

//go:embed sql/names.sql
var namesSQL string

//go:embed sql/uncopied.sql
var uncopiedSQL string

// Structure is what some schemas of a database hold. Statements are PostgreSQL's own, every
// name qualified as the source has it; only names of pg_catalog are bare.
type Structure struct {
	Types     []*Object // with collations, in the order in which they were made
	Functions []*Object // that something else needs
	Sequences []*Sequence
	Tables    []*Table
	Views     []*Object
	Indexes   []*Index // that are no constraint's
	Comments  []Comment
	Names     []Known
}

// Object is something that is made by statements.
type Object struct {
	OID          uint32
	Schema, Name string
	Kind         string   // type, domain, collation, function, view, materialized view, sequence
	SQL          []string // none: it cannot be made by SQL, as a type written in C
	Arguments    string   // of a function: their types in parentheses
	Brings       []string // names of types that are made with it: the multirange of a range
}

// Sequence is a sequence.
type Sequence struct {
	OID          uint32
	Schema, Name string
	Unlogged     bool
	Type         string
	Options      string // START WITH …
	Table        uint32 // that owns it, 0: none
	Column       string
	Identity     bool // it comes with the column
}

// Table is a table, a partitioned table or a foreign table.
type Table struct {
	OID          uint32
	Schema, Name string
	Kind         string // r, p or f, as pg_class has it
	Unlogged     bool
	Partition    bool
	Parents      []uint32
	Bound        string // FOR VALUES … of a partition
	Key          string // PARTITION BY …
	Options      []string
	Method       string // of access: heap
	Bytes        int64  // of the main file
	AllBytes     int64  // with what lies beside it
	BlockBytes   int64
	Rows         int64 // an estimate

	Columns     []*Column
	Constraints []*Constraint
}

// Column is a column of a table.
type Column struct {
	Name       string
	Type       string
	Collation  string // qualified; "": the type's own
	NotNull    bool
	NotNullBy  string // name of the constraint, from version 18 on
	Identity   string // a: always, d: by default
	Generated  string // s: stored, v: virtual
	Default    string // or the expression by which it is generated
	Local      bool   // not inherited only
	Storage    string // "": the type's own
	Method     string // of compression, "": the database's
	Statistics int    // target, -1: the database's
	TextOnly   bool   // its type has no binary form that another database understands
	Identifier string // a type of object identifiers that it has: they mean nothing in another database
	Extensions []string
}

// Constraint is a constraint of a table.
type Constraint struct {
	OID        uint32
	Table      uint32
	Name       string
	Kind       string // c, p, u, x, f, n as pg_constraint has it
	Definition string
	Local      bool
	Valid      bool
	Derived    bool // comes with the one of the partitioned table
	Index      uint32
	References uint32
	ParentOf   uint32 // the index of the partitioned table to which Index belongs, 0: none
}

// Index is an index that is no constraint's.
type Index struct {
	OID          uint32
	Table        uint32
	Schema, Name string
	SQL          string
	Clustered    bool
	Parent       uint32 // index of the partitioned table, 0: none
	Constraint   bool
	Valid        bool
	Primary      bool
}

// Comment is a statement that comments on an object.
type Comment struct {
	On  uint32
	SQL string
}

// Known is a qualified name.
type Known struct {
	Schema, Name string
	Extension    string // to which it belongs, "": none
}

// Read reads what the schemas hold. The tables that keep wants are read whole; of the
// others only names and sizes are known. A partition is wanted by itself.
func Read(ctx context.Context, db dial.DB, schemas []string, keep func(*Table, map[uint32]*Table) bool) (*Structure, error) {
	s := &Structure{}
	var err error
	if s.Tables, err = tables(ctx, db, schemas, keep); err != nil {
		return nil, err
	}
	oids := make([]uint32, 0, len(s.Tables))
	byOID := map[uint32]*Table{}
	for _, t := range s.Tables {
		oids = append(oids, t.OID)
		byOID[t.OID] = t
	}
	if err := s.members(ctx, db, oids, byOID); err != nil {
		return nil, err
	}
	object := func(row pgx.CollectableRow) (*Object, error) {
		o := &Object{}
		return o, row.Scan(&o.OID, &o.Schema, &o.Name, &o.Kind, &o.SQL)
	}
	s.Types, err = collect(ctx, db, "types", typesSQL, schemas, func(row pgx.CollectableRow) (*Object, error) {
		o := &Object{}
		return o, row.Scan(&o.OID, &o.Schema, &o.Name, &o.Kind, &o.SQL, &o.Brings)
	})
	if err != nil {
		return nil, err
	}
	if s.Views, err = collect(ctx, db, "views", viewsSQL, schemas, object); err != nil {
		return nil, err
	}
	s.Functions, err = collect(ctx, db, "functions", functionsSQL, schemas, func(row pgx.CollectableRow) (*Object, error) {
		o := &Object{}
		return o, row.Scan(&o.OID, &o.Schema, &o.Name, &o.Kind, &o.SQL, &o.Arguments)
	})
	if err != nil {
		return nil, err
	}
	s.Sequences, err = collect(ctx, db, "sequences", sequencesSQL, schemas, pgx.RowToAddrOfStructByPos[Sequence])
	if err != nil {
		return nil, err
	}
	for _, v := range s.Views {
		oids = append(oids, v.OID)
	}
	if s.Indexes, err = collect(ctx, db, "indexes", indexesSQL, oids, pgx.RowToAddrOfStructByPos[Index]); err != nil {
		return nil, err
	}
	if s.Comments, err = collect(ctx, db, "comments", commentsSQL, schemas, pgx.RowToStructByPos[Comment]); err != nil {
		return nil, err
	}
	s.Names, err = collect(ctx, db, "names", namesSQL, schemas, pgx.RowToStructByPos[Known])
	return s, err
}

// members reads columns and constraints.
func (s *Structure) members(ctx context.Context, db dial.DB, oids []uint32, byOID map[uint32]*Table) error {
	_, err := collect(ctx, db, "columns", columnsSQL, oids, func(row pgx.CollectableRow) (struct{}, error) {
		var table uint32
		c := &Column{}
		err := row.Scan(&table, &c.Name, &c.Type, &c.Collation, &c.NotNull, &c.NotNullBy, &c.Identity, &c.Generated, &c.Default, &c.Local,
			&c.Storage, &c.Method, &c.Statistics, &c.TextOnly, &c.Identifier, &c.Extensions)
		if err == nil {
			byOID[table].Columns = append(byOID[table].Columns, c)
		}
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	constraints, err := collect(ctx, db, "constraints", constraintsSQL, oids, pgx.RowToAddrOfStructByPos[Constraint])
	for _, c := range constraints {
		byOID[c.Table].Constraints = append(byOID[c.Table].Constraints, c)
	}
	return err
}

// tables lists the tables that are wanted, parents before their children.
func tables(ctx context.Context, db dial.DB, schemas []string, keep func(*Table, map[uint32]*Table) bool) ([]*Table, error) {
	list, err := collect(ctx, db, "tables", tablesSQL, schemas, func(row pgx.CollectableRow) (*Table, error) {
		t := &Table{}
		return t, row.Scan(&t.OID, &t.Schema, &t.Name, &t.Kind, &t.Unlogged, &t.Partition, &t.Parents, &t.Bound, &t.Key, &t.Options,
			&t.Method, &t.Bytes, &t.AllBytes, &t.BlockBytes, &t.Rows)
	})
	if err != nil {
		return nil, err
	}
	byOID := make(map[uint32]*Table, len(list))
	for _, t := range list {
		byOID[t.OID] = t
	}
	var sorted []*Table
	placed := map[uint32]bool{}
	var place func(t *Table)
	place = func(t *Table) {
		if t == nil || placed[t.OID] {
			return
		}
		placed[t.OID] = true
		for _, parent := range t.Parents {
			place(byOID[parent])
		}
		if keep(t, byOID) {
			sorted = append(sorted, t)
		}
	}
	for _, t := range list {
		place(t)
	}
	return sorted, nil
}

// Uncopied names what belongs to tables and to schemas and is not copied, by kind; functions are those
// that are.
func Uncopied(ctx context.Context, db dial.DB, tables []uint32, schemas []string, functions []uint32) (map[string][]string, error) {
	names := map[string][]string{}
	rows, err := db.Query(ctx, uncopiedSQL, tables, schemas, functions)
	if err == nil {
		var kind, name string
		_, err = pgx.ForEachRow(rows, []any{&kind, &name}, func() error {
			names[kind] = append(names[kind], name)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the source's triggers, functions and privileges: %w", classify(err))
	}
	return names, nil
}

// collect runs a query with one parameter.
func collect[T any](ctx context.Context, db dial.DB, what, sql string, parameter any, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := db.Query(ctx, sql, parameter)
	if err == nil {
		var list []T
		if list, err = pgx.CollectRows(rows, scan); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("reading the source's %s: %w", what, classify(err))
}
