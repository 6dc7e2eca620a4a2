package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/testserver/launch"
)

// Column is one column as both servers have it.
type Column struct {
	Name, MySQL, Postgres string
	Value                 string // expression of a row's number, seq; "" leaves the column to its default
	Pipe                  string // expression by which a client reads it as COPY text; "" for the column itself
}

// Index is one secondary index.
type Index struct {
	Columns string
	Unique  bool
}

// Table is one table as both servers have it.
type Table struct {
	Name    string
	Columns []Column
	Key     string // columns of the primary key; "" for none
	Indexes []Index
	Rows    int    // that it is made with
	Sums    string // expressions that both servers compute alike, to compare the sides
}

// Set is the tables of one case, in a database of their own, and what happens to them.
type Set struct {
	Name         string // in letters, digits and dashes
	What         string // for people
	Tables       []Table
	Transactions int // of a backlog
	Change       func(*Client) Transaction
	Bulk         []string // statements of a backlog that is one transaction, instead of Change
	Unlogged     bool     // made without the binlog: no replica shall have it
}

// Database is the name of the set's database, on the source and as schema of the target.
func (s Set) Database() string { return "load_" + strings.ReplaceAll(s.Name, "-", "_") }

// Rows are those of all tables.
func (s Set) Rows() int {
	rows := 0
	for _, table := range s.Tables {
		rows += table.Rows
	}
	return rows
}

// Create makes the set's database with its filled tables, and two small ones: marker,
// whose n tells how far a reader has come, and probe, whose rows carry the time
// at which they were written.
func (s Set) Create(ctx context.Context, source *launch.Server) error {
	conn, err := source.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, s.logging(), "CREATE DATABASE "+s.Database()+" CHARACTER SET utf8mb4", "USE "+s.Database(),
		"CREATE TABLE marker (id int NOT NULL PRIMARY KEY, n bigint NOT NULL)", "INSERT INTO marker VALUES (1, 0)",
		"CREATE TABLE probe (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, at datetime(6) NOT NULL)"); err != nil {
		return err
	}
	for _, table := range s.Tables {
		statements := []string{table.definition()}
		if table.Rows > 0 {
			statements = append(statements, table.fill())
		}
		if err := conn.Exec(ctx, statements...); err != nil {
			return fmt.Errorf("making table %s: %w", table.Name, err)
		}
	}
	return nil
}

// Drop removes the database from the source.
func (s Set) Drop(ctx context.Context, source *launch.Server) error {
	conn, err := source.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, s.logging(), "DROP DATABASE "+s.Database())
}

func (s Set) logging() string {
	return "SET SESSION sql_log_bin = " + map[bool]string{false: "1", true: "0"}[s.Unlogged]
}

// Mark sets the marker.
func (s Set) Mark(ctx context.Context, source *launch.Server, n int64) error {
	conn, err := source.Connect(ctx, s.Database())
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, fmt.Sprintf("UPDATE marker SET n = %d", n))
}

// Compare makes sure that a database of the target holds what the source does: numbers of rows and sums.
func (s Set) Compare(ctx context.Context, source, target *launch.Server, database string) error {
	from, err := source.Connect(ctx, s.Database())
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := target.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer to.Close()
	for _, table := range s.Tables {
		query := "SELECT COUNT(*), " + table.Sums + " FROM " + s.Database() + "." + table.Name
		want, err := from.Query(ctx, query)
		if err != nil {
			return err
		}
		got, err := to.Query(ctx, query)
		if err != nil {
			return err
		}
		if !slices.Equal(want[0], got[0]) {
			return fmt.Errorf("of table %s the source holds %s, the target %s (%s)", table.Name, want[0], got[0], query)
		}
	}
	return nil
}

// definition is the table's CREATE TABLE for the source.
func (t Table) definition() string {
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, c.Name+" "+c.MySQL)
	}
	if t.Key != "" {
		parts = append(parts, "PRIMARY KEY ("+t.Key+")")
	}
	for _, index := range t.Indexes {
		parts = append(parts, map[bool]string{true: "UNIQUE "}[index.Unique]+"KEY ("+index.Columns+")")
	}
	return "CREATE TABLE " + t.Name + " (" + strings.Join(parts, ", ") + ")"
}

func (t Table) fill() string {
	var names, values []string
	for _, c := range t.Columns {
		if c.Value != "" {
			names, values = append(names, c.Name), append(values, c.Value)
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM seq_1_to_%d", t.Name, strings.Join(names, ", "), strings.Join(values, ", "), t.Rows)
}

// Read is the query by which a client reads the table as COPY text.
func (t Table) Read() string {
	var values []string
	for _, c := range t.Columns {
		if c.Pipe == "" {
			c.Pipe = c.Name
		}
		values = append(values, c.Pipe)
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM " + t.Name
}

// Bare is the table's CREATE TABLE for PostgreSQL, without key and indexes.
func (t Table) Bare() string {
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, c.Name+" "+c.Postgres+" NOT NULL")
	}
	return "CREATE TABLE " + t.Name + " (" + strings.Join(parts, ", ") + ")"
}

// Keys are the statements that give the bare table its key and indexes.
func (t Table) Keys() []string {
	var statements []string
	if t.Key != "" {
		statements = append(statements, "ALTER TABLE "+t.Name+" ADD PRIMARY KEY ("+t.Key+")")
	}
	for _, index := range t.Indexes {
		statements = append(statements, "CREATE "+map[bool]string{true: "UNIQUE "}[index.Unique]+"INDEX ON "+t.Name+" ("+index.Columns+")")
	}
	return statements
}
