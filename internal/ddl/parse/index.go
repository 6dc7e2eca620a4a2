package parse

import (
	"strings"

	"pgchameleon/internal/schema"
)

// key reads the definition of an index, a foreign key or a check, if one
// comes, or gives nil. It stands among the columns and behind ADD.
func (p *parser) key() Key {
	at := p.at
	symbol := ""
	constraint := p.accept("CONSTRAINT")
	exists := constraint && p.ifNotExists()
	if constraint && !p.is("PRIMARY", "KEY") && !p.is("UNIQUE") && !p.is("FOREIGN", "KEY") && !p.is("CHECK") {
		symbol = p.name()
	}
	switch {
	case p.accept("PRIMARY", "KEY"):
		return p.index(&Index{Index: schema.Index{Kind: schema.PrimaryKey}, Constraint: symbol, IfNotExists: exists})
	case p.accept("UNIQUE"):
		p.any("INDEX", "KEY")
		return p.index(&Index{Index: schema.Index{Kind: schema.Unique}, Constraint: symbol, IfNotExists: exists})
	case p.accept("FOREIGN", "KEY"):
		return p.foreignKey(symbol, exists)
	case p.is("CHECK") && p.peek(1).matches("("):
		p.at++
		k := &Check{IfNotExists: exists}
		k.Name = symbol
		p.check(k)
		return k
	case constraint:
		p.unknown()
	case p.is("INDEX") || p.is("KEY"):
		p.at++
		return p.index(&Index{Index: schema.Index{Kind: schema.Plain}})
	}
	for word, kind := range map[string]schema.IndexKind{"FULLTEXT": schema.Fulltext, "SPATIAL": schema.Spatial, "VECTOR": schema.Vector} {
		if p.accept(word) {
			p.any("INDEX", "KEY")
			return p.index(&Index{Index: schema.Index{Kind: kind}})
		}
	}
	p.at = at
	return nil
}

// isKey says whether key would read something: a column of such a name must be
// quoted, but VECTOR and CHECK are no reserved words everywhere.
func (p *parser) isKey() bool {
	t := p.peek(0)
	if t.kind != word {
		return false
	}
	switch t.upper {
	case "CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "INDEX", "KEY", "FULLTEXT", "SPATIAL":
		return true
	case "CHECK":
		return p.peek(1).matches("(")
	case "VECTOR":
		return p.peek(1).matches("INDEX") || p.peek(1).matches("KEY")
	}
	return false
}

// index reads an index from IF NOT EXISTS or its name on.
func (p *parser) index(k *Index) Key {
	k.IfNotExists = p.ifNotExists() || k.IfNotExists
	if !p.is("(") && !p.using(k) {
		k.Name = p.name()
	}
	p.using(k)
	p.parts(k)
	p.indexOptions(k)
	if k.Kind == schema.PrimaryKey {
		k.Name = "PRIMARY"
	} else if k.Name == "" {
		k.Name = k.Constraint
	}
	return k
}

// using reads USING BTREE or TYPE BTREE.
func (p *parser) using(k *Index) bool {
	if !p.accept("USING") {
		if !p.is("TYPE") || p.peek(1).kind != word || p.peek(1).matches("USING") {
			return false
		}
		p.at++
	}
	k.Using = strings.ToLower(p.name())
	return true
}

func (p *parser) parts(k *Index) {
	p.expect("(")
	for {
		p.part(k)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
}

func (p *parser) part(k *Index) {
	var part schema.IndexPart
	switch {
	case p.is("("):
		part.Expr = p.stored()
	default:
		part.Column = p.name()
		if p.accept("WITHOUT", "OVERLAPS") {
			k.Period = true
			return
		}
		if p.accept("(") {
			part.Prefix = p.int()
			p.expect(")")
		}
	}
	part.Desc = p.any("ASC", "DESC") == "DESC" && p.dialect.descends()
	k.Parts = append(k.Parts, part)
}

// indexOptions reads what may follow an index's columns.
func (p *parser) indexOptions(k *Index) {
	for {
		switch {
		case p.using(k):
		case p.accept("KEY_BLOCK_SIZE"):
			p.accept("=")
			p.int()
		case p.accept("WITH", "PARSER"):
			k.Parser = strings.ToLower(p.name())
		case p.accept("COMMENT"):
			k.Comment = p.comment()
		case p.accept("VISIBLE") || p.accept("NOT", "IGNORED"):
			k.Invisible = false
		case p.accept("INVISIBLE") || p.accept("IGNORED"):
			k.Invisible = true
		case p.any("ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE") != "":
			p.accept("=")
			p.str()
		case p.dialect.MariaDB() && p.isName() && p.peek(1).matches("=") && !p.is("ALGORITHM") && !p.is("LOCK"):
			option := strings.ToUpper(p.name()) // CLUSTERING=YES, M=6, DISTANCE=cosine
			p.expect("=")
			if value := p.text(); option == "DISTANCE" {
				k.Distance = strings.ToLower(value)
			}
		default:
			return
		}
	}
}

func (p *parser) foreignKey(symbol string, exists bool) Key {
	f := &ForeignKey{IfNotExists: exists}
	f.Name = symbol
	f.IfNotExists = p.ifNotExists() || f.IfNotExists
	if !p.is("(") {
		f.Index = p.name()
	}
	p.expect("(")
	f.Columns = p.names()
	p.expect(")", "REFERENCES")
	p.references(f)
	return f
}

// references reads what follows REFERENCES.
func (p *parser) references(f *ForeignKey) {
	f.References = p.tableName()
	if p.accept("(") {
		f.RefColumns = p.names()
		p.expect(")")
	}
	if p.accept("MATCH") {
		p.name()
		if !p.dialect.MariaDB() && p.dialect.Version < 80000 { // InnoDB read no further
			defer func() { f.OnDelete, f.OnUpdate = "", "" }()
		}
	}
	for {
		switch {
		case p.accept("ON", "DELETE"):
			f.OnDelete = p.rule()
		case p.is("ON", "UPDATE") && !clocks[p.peek(2).upper]:
			p.at += 2
			f.OnUpdate = p.rule()
		default:
			return
		}
	}
}

func (p *parser) rule() schema.Rule {
	switch {
	case p.accept("SET", "NULL"):
		return "set null"
	case p.accept("SET", "DEFAULT"):
		return "set default"
	case p.accept("NO", "ACTION"):
		return "no action"
	case p.accept("RESTRICT"):
		return "restrict"
	case p.accept("CASCADE"):
		return "cascade"
	}
	p.unknown()
	return ""
}

// createIndex reads CREATE INDEX from the words before INDEX on.
func (p *parser) createIndex(orReplace bool) Statement {
	p.what = "CREATE INDEX"
	s := &CreateIndex{OrReplace: orReplace}
	s.Index.Kind = schema.Plain
	for !p.accept("INDEX") {
		switch p.any("ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "IGNORE") {
		case "UNIQUE":
			s.Index.Kind = schema.Unique
		case "FULLTEXT":
			s.Index.Kind = schema.Fulltext
		case "SPATIAL":
			s.Index.Kind = schema.Spatial
		case "VECTOR":
			s.Index.Kind = schema.Vector
		case "":
			p.unknown()
		}
	}
	s.Index.IfNotExists = p.ifNotExists()
	s.Index.Name = p.name()
	p.using(&s.Index)
	p.expect("ON")
	s.Table = p.tableName()
	p.wait()
	p.parts(&s.Index)
	for {
		before := p.at
		p.indexOptions(&s.Index)
		p.wait()
		p.lockOptions()
		if p.at == before {
			return s
		}
	}
}
