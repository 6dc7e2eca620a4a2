// Package typemap owns what each MySQL column type becomes in PostgreSQL and
// the conversion of its values, from the copy's text protocol and from the
// binlog's row images alike, to COPY text fields. It does not own table names,
// key choice or connections.
package typemap

import (
	"errors"
	"fmt"

	"pgchameleon/internal/schema"
)

// Options say what the target offers beyond plain PostgreSQL.
type Options struct {
	PostGIS  bool // extension postgis is installed: spatial types become geometry
	PGVector bool // extension vector is installed: vector types become vector
	Trigram  bool // extension pg_trgm is installed: FULLTEXT indexes of ngrams become indexes of trigrams
}

// Settings are what the configuration and the target say of one column.
type Settings struct {
	Override  string    // the PostgreSQL type that is asked for; "" for the default
	Kept      bool      // nobody has asked for it: the column has it from another program
	Rules     Rules     // what is done with values that the target cannot hold
	Mask      *Mask     // nil: the values are shown
	Collation Collation // of text that MySQL compares without regard to case
	Options   Options
}

// ErrShort says that a row image ended inside a value.
var ErrShort = errors.New("the row image ends inside a value")

// Column is the mapping of one column. It is immutable and may be used by
// many goroutines at once.
type Column struct {
	Source schema.Column

	family   family
	settings Settings
}

// New maps a column. Settings that cannot be done are an error.
func New(source schema.Column, s Settings) (*Column, error) {
	c := &Column{Source: source, settings: s}
	p := &policy{rules: s.Rules, notNull: c.NotNull(), kept: s.Kept}
	f, err := familyOf(&c.Source, p, s.Options)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Override != "" && s.Mask != nil && (s.Mask.Kind == MaskHash || s.Mask.Kind == MaskFirst):
		return nil, fmt.Errorf("the mask %s makes text of every type, so that the override %q has no effect; take one of them away", s.Mask, s.Override)
	case s.Override != "":
		if f, err = f.override(&c.Source, p, s.Override); err != nil {
			return nil, fmt.Errorf("overriding %s by %q: %w", source.Type.Text, s.Override, err)
		}
	}
	if s.Mask != nil {
		if f, err = f.masked(&c.Source, p, s.Mask); err != nil {
			return nil, err
		}
	}
	if s.Collation == CIText && s.Mask == nil && s.Override == "" && f.kind == kindText {
		f.sql = "citext"
	}
	c.family = f
	return c, nil
}

// NotNull says whether the target's column takes no NULL.
func (c *Column) NotNull() bool {
	return c.Source.NotNull && (c.settings.Mask == nil || c.settings.Mask.Kind != MaskNull)
}

// Options are what the target offers.
func (c *Column) Options() Options { return c.settings.Options }

// Masked says whether the values are hidden.
func (c *Column) Masked() bool { return c.settings.Mask != nil }

// Altered says whether the values in PostgreSQL are not all that the source's type says:
// by an override, or by a mask.
func (c *Column) Altered() bool { return c.settings.Override != "" || c.settings.Mask != nil }

// Constant gives the field that a mask puts in the place of every value: NULL as COPY
// has it, or a fixed one.
func (c *Column) Constant() (field string, is bool) {
	if m := c.settings.Mask; m == nil || m.Kind != MaskNull && m.Kind != MaskFixed {
		return "", false
	}
	out, err := c.family.finish(nil, 0, &Notes{})
	return string(out), err == nil
}

// Mask tells masks apart that give different values; "" is none.
func (c *Column) Mask() string { return c.settings.Mask.identity() }

// Identity tells all apart that gives a value another type or another form. Columns of
// one identity may be joined, and a row is found by what was written under it.
func (c *Column) Identity() string {
	text := c.family.sql
	if c.family.enum != nil {
		text = "enum"
	}
	if name, _ := c.ICU(); name != "" {
		text += " " + name
	}
	if c.Masked() {
		text += "; " + c.Mask()
	}
	return text
}

// KeyIdentity is Identity for a column by which rows are found: with the rules that its
// values may fall under, where they are not the defaults.
func (c *Column) KeyIdentity() string {
	text := c.Identity()
	if c.Masked() {
		return text
	}
	for _, r := range c.family.kind.rules(c.settings.Override != "") {
		if h := c.settings.Rules[r]; h.Action != ByDefault {
			text += "; " + r.Key() + " " + h.String()
		}
	}
	return text
}

// SQL is the PostgreSQL type ("numeric(20)", "timestamp(6) with time zone"); ""
// when the column wants an enum type of its own, whose labels Enum gives.
func (c *Column) SQL() string { return c.family.sql }

// Enum gives the labels of the enum type to be made for the column, or nil.
func (c *Column) Enum() []string { return c.family.enum }

// Why is a sentence on what the type becomes and what is done with values
// that PostgreSQL cannot hold, for the documentation.
func (c *Column) Why() string { return c.family.why }

// Select is the expression by which the copy reads the column over the text
// protocol, given its quoted name. Its session has SET NAMES utf8mb4 and the
// time zone +00:00.
func (c *Column) Select(quoted string) string {
	if c.family.expr == nil {
		return quoted
	}
	return c.family.expr(quoted)
}

// Text appends the COPY text field for src, a value (not NULL) of the text
// protocol as Select yields it.
func (c *Column) Text(dst, src []byte, notes *Notes) ([]byte, error) {
	return c.field(c.family.text, dst, src, notes)
}

// Literal is Text for a literal of the column's definition, which is UTF-8 whatever
// the column's character set.
func (c *Column) Literal(dst, src []byte, notes *Notes) ([]byte, error) {
	if c.family.stated != nil {
		return c.field(c.family.stated, dst, src, notes)
	}
	return c.Text(dst, src, notes)
}

func (c *Column) field(plain appender, dst, src []byte, notes *Notes) ([]byte, error) {
	start := len(dst)
	dst, err := plain(dst, src, notes)
	if err != nil || c.family.finish == nil {
		return dst, err
	}
	return c.family.finish(dst, start, notes)
}

// ImageFunc appends the COPY text field for the value (not NULL) that begins at
// src[0] in a row image, and returns how many bytes of src it took.
type ImageFunc func(dst, src []byte, notes *Notes) (out []byte, used int, err error)

// Image gives the decoder for the column's values in row images whose table map
// has this MYSQL_TYPE_* and metadata. It is an error when they contradict
// the column's type.
func (c *Column) Image(typ byte, meta uint16) (ImageFunc, error) {
	typ, meta, value, err := c.family.value(typ, meta)
	if err != nil {
		return nil, err
	}
	finish := c.family.finish
	if finish == nil {
		return read(typ, meta, value)
	}
	return read(typ, meta, func(dst, src []byte, notes *Notes) ([]byte, error) {
		start := len(dst)
		dst, err := value(dst, src, notes)
		if err != nil {
			return dst, err
		}
		return finish(dst, start, notes)
	})
}
