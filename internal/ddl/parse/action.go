package parse

import "pgchameleon/internal/schema"

// Action is one clause of ALTER TABLE: one of the types of this file, by pointer.
type Action interface{ action() }

// Place is where a column goes; the zero value is its present place, or the end.
type Place struct {
	First bool
	After string
}

// AddColumn is ADD COLUMN; keys stated in it follow as AddKey.
type AddColumn struct {
	Column      Column
	Place       Place
	IfNotExists bool
}

// DropColumn is DROP COLUMN.
type DropColumn struct {
	Name     string
	IfExists bool
}

// ChangeColumn is CHANGE, or MODIFY where Old is the column's name.
type ChangeColumn struct {
	Old      string
	Column   Column
	Place    Place
	IfExists bool
}

// RenameColumn is RENAME COLUMN.
type RenameColumn struct {
	From, To string
	IfExists bool
}

// SetDefault is ALTER COLUMN SET DEFAULT, or DROP DEFAULT where Default is nil.
type SetDefault struct {
	Column   string
	Default  *schema.Default
	IfExists bool
}

// SetVisible is ALTER COLUMN SET VISIBLE or SET INVISIBLE.
type SetVisible struct {
	Column    string
	Invisible bool
}

// AddKey is ADD of an index, a foreign key or a check.
type AddKey struct{ Key Key }

// DropKey is DROP of something that has a name.
type DropKey struct {
	What     string // "index", "primary", "foreign", "check", "constraint"
	Name     string
	IfExists bool
}

// RenameIndex is RENAME INDEX.
type RenameIndex struct {
	From, To string
	IfExists bool
}

// SetIndex is ALTER INDEX VISIBLE or INVISIBLE (MariaDB: IGNORED).
type SetIndex struct {
	Name      string
	Invisible bool
	IfExists  bool
}

// SetCheck is ALTER CHECK or ALTER CONSTRAINT [NOT] ENFORCED.
type SetCheck struct {
	Name        string
	NotEnforced bool
}

// Rename is RENAME TO.
type Rename struct{ To schema.Name }

// Convert is CONVERT TO CHARACTER SET.
type Convert struct{ Charset, Collation string }

// SetOptions are table options.
type SetOptions struct{ Options Options }

// Partition is an action on partitions.
type Partition struct {
	Verb   string               // in lower case: "by", "remove", "add", "drop", "truncate", "exchange", "convert", "convert table" …
	Names  []string             // of partitions
	All    bool                 // ALL
	Exists bool                 // IF EXISTS or IF NOT EXISTS
	Table  schema.Name          // of exchange and convert
	By     *schema.Partitioning // of by
	Parts  []schema.Partition   // new ones: of add, reorganize and convert table
	Count  int                  // of add and coalesce, where only a number is stated
	Unsure bool                 // WITHOUT VALIDATION
}

// Versioning is ADD or DROP SYSTEM VERSIONING.
type Versioning struct{ Add bool }

// SetPeriod is ADD PERIOD, or DROP PERIOD where Drop is set.
type SetPeriod struct {
	Period   Period
	Drop     bool
	IfExists bool
}

// Tablespace is DISCARD or IMPORT TABLESPACE: the rows are others, and no event says so.
type Tablespace struct{}

// Lock says what others may do with the table meanwhile.
type Lock struct {
	Mode string // NONE, SHARED, EXCLUSIVE or DEFAULT
}

// NoEffect is a clause that changes nothing that is tracked: FORCE, ALGORITHM,
// ORDER BY, DISABLE KEYS …
type NoEffect struct{ Text string }

func (*AddColumn) action()    {}
func (*DropColumn) action()   {}
func (*ChangeColumn) action() {}
func (*RenameColumn) action() {}
func (*SetDefault) action()   {}
func (*SetVisible) action()   {}
func (*AddKey) action()       {}
func (*DropKey) action()      {}
func (*RenameIndex) action()  {}
func (*SetIndex) action()     {}
func (*SetCheck) action()     {}
func (*Rename) action()       {}
func (*Convert) action()      {}
func (*SetOptions) action()   {}
func (*Partition) action()    {}
func (*Versioning) action()   {}
func (*SetPeriod) action()    {}
func (*Tablespace) action()   {}
func (*NoEffect) action()     {}
func (*Lock) action()         {}
