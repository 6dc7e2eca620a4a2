// Package typemap owns what each MySQL column type becomes in PostgreSQL and
// the conversion of its values, from the copy's text protocol and from the
// binlog's row images alike, to COPY text fields. It does not own table names,
// key choice or connections.
package typemap

import (
	"errors"

	"pgchameleon/internal/schema"
)

// Options say what the target offers beyond plain PostgreSQL.
type Options struct {
	PostGIS  bool // extension postgis is installed: spatial types become geometry
	PGVector bool // extension vector is installed: vector types become vector
}

// ErrShort says that a row image ended inside a value.
var ErrShort = errors.New("the row image ends inside a value")

// Column is the mapping of one column. It is immutable and may be used by
// many goroutines at once.
type Column struct {
	Source schema.Column
}

// New maps a column. override is the PostgreSQL type the configuration asks
// for, "" for the default; one that cannot be done is an error.
func New(source schema.Column, override string, options Options) (*Column, error) {
	return nil, errors.New("typemap: not there yet")
}

// SQL is the PostgreSQL type ("numeric(20)", "timestamp(6) with time zone"); ""
// when the column wants an enum type of its own, whose labels Enum gives.
func (c *Column) SQL() string { return "" }

// Enum gives the labels of the enum type to be made for the column, or nil.
func (c *Column) Enum() []string { return nil }

// Select is the expression by which the copy reads the column over the text
// protocol, given its quoted name.
func (c *Column) Select(quoted string) string { return quoted }

// Text appends the COPY text field for src, a value (not NULL) of the text
// protocol as Select yields it.
func (c *Column) Text(dst, src []byte, notes *Notes) ([]byte, error) { return dst, nil }

// ImageFunc appends the COPY text field for the value (not NULL) that begins at
// src[0] in a row image, and returns how many bytes of src it took.
type ImageFunc func(dst, src []byte, notes *Notes) (out []byte, used int, err error)

// Image gives the decoder for the column's values in row images whose table map
// has this MYSQL_TYPE_* and metadata. It is an error when they contradict
// the column's type.
func (c *Column) Image(typ byte, meta uint16) (ImageFunc, error) { return nil, nil }

// Skip tells how many bytes a value of this wire type takes at src[0], for columns that
// are not replicated.
func Skip(typ byte, meta uint16, src []byte) (int, error) { return 0, nil }
