package parse

import (
	"strings"

	"pgchameleon/internal/schema"
)

// wait steps over WAIT n and NOWAIT.
func (p *parser) wait() {
	if !p.accept("WAIT") {
		p.accept("NOWAIT")
	} else if p.peek(0).kind == number {
		p.at++
	} else {
		p.unknown()
	}
}

func (p *parser) ifExists() bool    { return p.accept("IF", "EXISTS") }
func (p *parser) ifNotExists() bool { return p.accept("IF", "NOT", "EXISTS") }

// drop reads DROP.
func (p *parser) drop() Statement {
	p.what = "DROP"
	p.expect("DROP")
	temporary := p.accept("TEMPORARY")
	switch {
	case p.accept("TABLE") || p.accept("TABLES"):
		p.what = "DROP TABLE"
		s := &DropTable{Temporary: temporary, IfExists: p.ifExists()}
		s.Names = p.tableNames()
		p.wait()
		p.any("RESTRICT", "CASCADE")
		return s
	case p.accept("SEQUENCE"):
		p.what = "DROP SEQUENCE"
		s := &Sequence{Verb: "drop", Temporary: temporary, IfExists: p.ifExists()}
		s.Names = p.tableNames()
		p.wait()
		return s
	case p.accept("DATABASE") || p.accept("SCHEMA"):
		p.what = "DROP DATABASE"
		s := &Database{Verb: "drop", IfExists: p.ifExists()}
		s.Name = p.name()
		return s
	case p.is("INDEX"), p.is("ONLINE", "INDEX"), p.is("OFFLINE", "INDEX"):
		p.any("ONLINE", "OFFLINE")
		return p.dropIndex()
	case p.accept("PREPARE"):
		return &Other{Kind: "prepared"}
	}
	return &Other{Kind: p.object()}
}

func (p *parser) dropIndex() Statement {
	p.what = "DROP INDEX"
	p.expect("INDEX")
	s := &DropIndex{IfExists: p.ifExists()}
	s.Name = p.name()
	p.expect("ON")
	s.Table = p.tableName()
	p.wait()
	p.lockOptions()
	return s
}

// lockOptions steps over ALGORITHM and LOCK.
func (p *parser) lockOptions() {
	for p.any("ALGORITHM", "LOCK") != "" {
		p.accept("=")
		p.name()
	}
}

// objects are what CREATE, ALTER and DROP may be about beside tables.
var objects = map[string]string{
	"VIEW": "view", "MATERIALIZED": "view", "JSON": "view",
	"TRIGGER": "trigger", "EVENT": "event",
	"PROCEDURE": "routine", "FUNCTION": "routine", "PACKAGE": "routine", "LIBRARY": "routine",
	"USER": "user", "ROLE": "user",
	"TABLESPACE": "tablespace", "LOGFILE": "tablespace", "UNDO": "tablespace",
	"SERVER": "server", "INSTANCE": "server", "RESOURCE": "server", "SPATIAL": "server", "CATALOG": "server",
}

// object says what sort of thing a CREATE, ALTER or DROP is about: the first of
// the words above.
func (p *parser) object() string {
	for !p.end() {
		if t := p.next(); t.kind == word && objects[t.upper] != "" {
			return objects[t.upper]
		}
	}
	return "unknown"
}

// rename reads RENAME TABLE.
func (p *parser) rename() Statement {
	p.what = "RENAME TABLE"
	p.at += 2
	s := &RenameTable{IfExists: p.ifExists()}
	for {
		from := p.tableName()
		p.wait()
		p.expect("TO")
		s.Pairs = append(s.Pairs, [2]schema.Name{from, p.tableName()})
		if !p.accept(",") {
			return s
		}
	}
}

// database reads what follows CREATE DATABASE or ALTER DATABASE.
func (p *parser) database(s *Database) Statement {
	p.what = strings.ToUpper(s.Verb) + " DATABASE"
	s.IfExists = p.ifNotExists()
	if !p.databaseOption() {
		s.Name = p.name()
	}
	for !p.end() && !p.is(";") {
		p.accept("DEFAULT")
		switch {
		case p.charsetWord():
			p.accept("=")
			s.Charset = p.charset()
		case p.accept("COLLATE"):
			p.accept("=")
			s.Collation = p.collation()
		case p.any("COMMENT", "ENCRYPTION") != "":
			p.accept("=")
			p.str()
		case p.accept("READ", "ONLY"):
			p.accept("=")
			p.text()
		case p.accept("UPGRADE"):
			p.expect("DATA", "DIRECTORY", "NAME")
		default:
			p.unknown()
		}
	}
	return s
}

// databaseOption says whether an option stands where a name could.
func (p *parser) databaseOption() bool {
	return p.is("CHARACTER", "SET") || p.is("CHARSET") || p.is("COLLATE") || p.is("DEFAULT") ||
		p.is("READ", "ONLY") || p.is("ENCRYPTION") || p.is("COMMENT")
}

// charsetWord steps over CHARACTER SET or CHARSET.
func (p *parser) charsetWord() bool {
	return p.accept("CHARACTER", "SET") || p.accept("CHARSET") || p.accept("CHAR", "SET")
}

// charset reads the name of a character set, or DEFAULT.
func (p *parser) charset() string { return strings.ToLower(p.text()) }

// collation reads the name of a collation, or DEFAULT.
func (p *parser) collation() string { return p.charset() }
