package parse

import (
	"slices"
	"strings"

	"pgchameleon/internal/schema"
)

// column reads a column's name, type and attributes, and the keys stated in it.
func (p *parser) column(name string) (Column, []Key) {
	c := Column{Column: schema.Column{Name: name}}
	keys := p.dataType(&c)
	for {
		before := p.at
		keys = append(keys, p.attribute(&c)...)
		if p.at == before {
			return c, p.oneEach(keys)
		}
	}
}

// oneEach drops the keys of a column that it states twice; in MariaDB a primary
// key makes a unique one needless.
func (p *parser) oneEach(keys []Key) []Key {
	stated := map[schema.IndexKind]bool{}
	is := func(k Key, kind schema.IndexKind) bool {
		index, ok := k.(*Index)
		return ok && index.Kind == kind
	}
	if p.dialect.MariaDB() {
		stated[schema.Unique] = slices.ContainsFunc(keys, func(k Key) bool { return is(k, schema.PrimaryKey) })
	}
	return slices.DeleteFunc(keys, func(k Key) bool {
		if !is(k, schema.Unique) {
			return false
		}
		again := stated[schema.Unique]
		stated[schema.Unique] = true
		return again
	})
}

// attribute reads one attribute of a column, or nothing.
func (p *parser) attribute(c *Column) []Key {
	part := []schema.IndexPart{{Column: c.Name}}
	switch {
	case p.typeAttribute(c), p.storage():
	case p.accept("NOT", "NULL"):
		c.NotNull = true
	case p.accept("NULL"):
		c.Null, c.NotNull = true, false
	case p.accept("DEFAULT"):
		c.Default = p.defaultValue()
	case p.accept("ON", "UPDATE"):
		c.OnUpdate = p.clock()
	case p.accept("AUTO_INCREMENT"):
		c.AutoIncrement = true
	case p.accept("SERIAL", "DEFAULT", "VALUE"):
		c.NotNull, c.AutoIncrement = true, true
		return []Key{&Index{Index: schema.Index{Kind: schema.Unique, Parts: part}, Column: c.Name}}
	case p.accept("PRIMARY"):
		p.accept("KEY")
		return []Key{p.columnKey(schema.PrimaryKey, part)}
	case p.accept("UNIQUE"):
		p.accept("KEY")
		return []Key{p.columnKey(schema.Unique, part)}
	case p.accept("KEY"):
		return []Key{p.columnKey(schema.PrimaryKey, part)}
	case p.accept("COMMENT"):
		c.Comment = p.comment()
	case p.accept("VISIBLE"):
		c.Invisible = false
	case p.accept("INVISIBLE"):
		c.Invisible = true
	case p.accept("GENERATED", "ALWAYS"):
		p.expect("AS")
		p.generated(c)
	case p.accept("AS"):
		p.generated(c)
	case p.accept("WITH", "SYSTEM", "VERSIONING"):
		c.Versioning = "with"
	case p.accept("WITHOUT", "SYSTEM", "VERSIONING"):
		c.Versioning = "without"
	case p.is("CONSTRAINT"), p.is("CHECK"), p.is("REFERENCES"):
		return p.columnConstraint(c)
	}
	return nil
}

func (p *parser) columnKey(kind schema.IndexKind, part []schema.IndexPart) Key {
	k := &Index{Index: schema.Index{Kind: kind, Parts: part}, Column: part[0].Column}
	if kind == schema.PrimaryKey {
		k.Name = "PRIMARY"
	}
	return k
}

// columnConstraint reads [CONSTRAINT [name]] CHECK (…) [NOT ENFORCED], or
// REFERENCES … likewise.
func (p *parser) columnConstraint(c *Column) []Key {
	name := ""
	if p.accept("CONSTRAINT") && !p.is("CHECK") && !p.is("REFERENCES") {
		name = p.name()
	}
	if p.accept("REFERENCES") {
		f := &ForeignKey{Column: c.Name}
		f.Name, f.Columns = name, []string{c.Name}
		p.references(f)
		return []Key{f}
	}
	k := &Check{Column: c.Name}
	k.Name = name
	p.expect("CHECK")
	p.check(k)
	return []Key{k}
}

func (p *parser) check(k *Check) {
	k.Expr = p.stored()
	if p.accept("NOT", "ENFORCED") {
		k.NotEnforced = true
	} else {
		p.accept("ENFORCED")
	}
}

// generated reads what follows AS.
func (p *parser) generated(c *Column) {
	if p.accept("ROW") {
		c.RowBound = strings.ToLower(p.any("START", "END"))
		if c.RowBound == "" {
			p.unknown()
		}
		return
	}
	c.Generated = &schema.Generated{Expr: p.stored()}
	switch p.any("VIRTUAL", "STORED", "PERSISTENT") {
	case "STORED", "PERSISTENT":
		c.Generated.Stored = true
	}
}

// storage reads attributes that say how a column is stored, not what it holds.
func (p *parser) storage() bool {
	switch {
	case p.any("COLUMN_FORMAT", "STORAGE") != "":
		p.name()
	case p.any("ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE") != "":
		p.accept("=")
		p.str()
	case p.accept("NOT", "SECONDARY"):
	case p.dialect.MariaDB() && p.isName() && p.peek(1).matches("="): // an engine's own attribute
		p.at += 2
		p.text()
	default:
		return false
	}
	return true
}
