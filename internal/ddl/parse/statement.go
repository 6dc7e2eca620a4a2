package parse

import "pgchameleon/internal/schema"

// Statement is one of the statements of this file, by pointer. A name whose
// schema is "" is in the session's database.
type Statement interface{ statement() }

// CreateTable is CREATE TABLE.
type CreateTable struct {
	Name             schema.Name
	Temporary        bool
	OrReplace        bool
	IfNotExists      bool
	Like             *schema.Name
	Select           bool // the rows, and perhaps columns, come from a SELECT in the text
	StartTransaction bool // MySQL 8: made by a SELECT whose rows follow in the same transaction
	Columns          []Column
	Keys             []Key    // in the order of the text, those stated in columns included
	Periods          []Period // MariaDB
	Options          Options
	Partitioning     *schema.Partitioning
}

// DropTable is DROP TABLE.
type DropTable struct {
	Names     []schema.Name
	IfExists  bool
	Temporary bool
}

// RenameTable is RENAME TABLE: pairs of old and new, in order.
type RenameTable struct {
	Pairs    [][2]schema.Name
	IfExists bool
}

// Truncate is TRUNCATE, or a DELETE of all rows.
type Truncate struct{ Name schema.Name }

// AlterTable is ALTER TABLE.
type AlterTable struct {
	Name     schema.Name
	IfExists bool
	Ignore   bool // ALTER IGNORE TABLE: values that do not fit are changed, whatever the sql_mode
	Actions  []Action
}

// CreateIndex is CREATE INDEX.
type CreateIndex struct {
	Table     schema.Name
	Index     Index
	OrReplace bool
}

// DropIndex is DROP INDEX.
type DropIndex struct {
	Table    schema.Name
	Name     string
	IfExists bool
}

// Database is CREATE, ALTER or DROP DATABASE.
type Database struct {
	Verb      string // "create", "alter" or "drop"
	Name      string // "": the session's
	IfExists  bool   // IF EXISTS or IF NOT EXISTS
	OrReplace bool
	Charset   string
	Collation string
}

// Sequence is CREATE, ALTER or DROP SEQUENCE of MariaDB.
type Sequence struct {
	Verb      string
	Names     []schema.Name
	Temporary bool
	OrReplace bool
	IfExists  bool // IF EXISTS or IF NOT EXISTS
	Options   SequenceOptions
}

// SequenceOptions are the options of a sequence that are stated. Numbers are as they are
// written, with their sign: some are too large for 64 bits.
type SequenceOptions struct {
	Type        *string // "int", "bigint unsigned" …, "" for bigint
	Start       string
	Increment   string
	Min, Max    string
	NoMin       bool
	NoMax       bool
	Cycle       *bool
	Restart     bool
	RestartWith string // "": with the start
}

// Other is a statement that defines nothing of tables.
type Other struct {
	Kind   string        // "savepoint", "grant", "view", "dml" …, see classify.go
	Tables []schema.Name // that it names, where that is cheap to tell
}

func (*CreateTable) statement() {}
func (*DropTable) statement()   {}
func (*RenameTable) statement() {}
func (*Truncate) statement()    {}
func (*AlterTable) statement()  {}
func (*CreateIndex) statement() {}
func (*DropIndex) statement()   {}
func (*Database) statement()    {}
func (*Sequence) statement()    {}
func (*Other) statement()       {}

// Column is a column as the text states it: Column.Type.Text is not set, and
// character sets are only there where they are stated.
type Column struct {
	schema.Column
	Null       bool   // NULL is stated
	Binary     bool   // BINARY after a character type: the _bin collation
	Versioning string // MariaDB: "with" or "without" SYSTEM VERSIONING
	RowBound   string // MariaDB: "start" or "end" of GENERATED ALWAYS AS ROW START
}

// Key is one of *Index, *ForeignKey, *Check.
type Key interface{ key() }

// Index is an index as the text states it.
type Index struct {
	schema.Index
	Constraint  string // CONSTRAINT symbol
	IfNotExists bool
	Column      string // the column that it is stated in
}

// ForeignKey is a foreign key as the text states it.
type ForeignKey struct {
	schema.ForeignKey
	Index       string // name before the columns: that of its index
	IfNotExists bool
	Column      string // the column that it is stated in
}

// Check is a CHECK constraint as the text states it.
type Check struct {
	schema.Check
	IfNotExists bool
	Column      string // the column that it is stated in
}

func (*Index) key()      {}
func (*ForeignKey) key() {}
func (*Check) key()      {}

// Period is PERIOD FOR name (from, to); the name is "system_time" in lower case
// for that of system versioning.
type Period struct {
	Name     string
	From, To string
}

// Options are the options of a table that matter here; what is not stated is
// nil, "" or false.
type Options struct {
	Engine        string
	Charset       string
	Collation     string
	Comment       *string
	AutoIncrement *uint64
	Versioned     bool
	Sequence      bool
	RowFormat     string // in upper case
}
