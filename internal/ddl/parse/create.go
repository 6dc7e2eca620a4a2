package parse

import (
	"strings"
)

// create reads CREATE.
func (p *parser) create() Statement {
	p.what = "CREATE"
	p.expect("CREATE")
	orReplace := p.accept("OR", "REPLACE")
	temporary := p.accept("TEMPORARY")
	switch {
	case p.accept("TABLE"):
		return p.createTable(&CreateTable{OrReplace: orReplace, Temporary: temporary})
	case p.accept("SEQUENCE"):
		return p.sequence(&Sequence{Verb: "create", OrReplace: orReplace, Temporary: temporary})
	case p.accept("DATABASE") || p.accept("SCHEMA"):
		return p.database(&Database{Verb: "create", OrReplace: orReplace})
	case p.isIndex():
		return p.createIndex(orReplace)
	}
	return &Other{Kind: p.object()}
}

// isIndex says whether the words of CREATE … INDEX come.
func (p *parser) isIndex() bool {
	for i := 0; i < 4; i++ {
		switch p.peek(i).upper {
		case "INDEX":
			return true
		case "ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "IGNORE":
		default:
			return false
		}
	}
	return false
}

func (p *parser) createTable(s *CreateTable) Statement {
	p.what = "CREATE TABLE"
	s.IfNotExists = p.ifNotExists()
	s.Name = p.tableName()
	switch {
	case p.is("LIKE"), p.is("(", "LIKE"):
		paren := p.accept("(")
		p.expect("LIKE")
		like := p.tableName()
		s.Like = &like
		if paren {
			p.expect(")")
		}
		return s
	case p.is("(", "SELECT"), p.is("(", "WITH"), p.is("(", "("), p.is("(", "VALUES"), p.is("(", "TABLE"):
	case p.accept("("):
		p.definitions(s)
		p.expect(")")
	}
	for p.options(&s.Options) || p.accept(",") {
	}
	if p.is("PARTITION", "BY") {
		s.Partitioning = p.partitioning(func() bool { return !p.is("(") && p.isSelect() || p.is("START", "TRANSACTION") || p.is(";") })
	}
	if s.Options.Sequence {
		return tableSequence(s)
	}
	if p.accept("START", "TRANSACTION") {
		s.StartTransaction = true
		return s
	}
	p.any("IGNORE", "REPLACE")
	if p.isSelect() {
		s.Select = true
		p.at = len(p.tokens) - 1
	}
	return s
}

func (p *parser) isSelect() bool {
	return p.is("AS") || p.is("SELECT") || p.is("(") || p.is("WITH") || p.is("VALUES") || p.is("TABLE")
}

// definitions reads columns and keys up to the closing parenthesis.
func (p *parser) definitions(s *CreateTable) {
	for {
		switch {
		case p.is("PERIOD", "FOR"):
			s.Periods = append(s.Periods, p.period())
		case p.isKey():
			s.Keys = append(s.Keys, p.key())
		default:
			column, keys := p.column(p.field())
			s.Columns = append(s.Columns, column)
			s.Keys = append(s.Keys, keys...)
		}
		if !p.accept(",") {
			return
		}
	}
}

// period reads PERIOD FOR name (from, to).
func (p *parser) period() Period {
	p.expect("PERIOD")
	p.ifNotExists()
	p.expect("FOR")
	var period Period
	period.Name = p.name()
	if strings.EqualFold(period.Name, "system_time") {
		period.Name = "system_time"
	}
	p.expect("(")
	period.From = p.name()
	p.expect(",")
	period.To = p.name()
	p.expect(")")
	return period
}

// valued are table options that take one value and mean nothing here.
var valued = map[string]bool{
	"AVG_ROW_LENGTH": true, "CHECKSUM": true, "TABLE_CHECKSUM": true, "COMPRESSION": true, "CONNECTION": true, "DELAY_KEY_WRITE": true,
	"ENCRYPTION": true, "ENGINE_ATTRIBUTE": true, "SECONDARY_ENGINE_ATTRIBUTE": true, "SECONDARY_ENGINE": true,
	"INSERT_METHOD": true, "KEY_BLOCK_SIZE": true, "MAX_ROWS": true, "MIN_ROWS": true, "PACK_KEYS": true, "PASSWORD": true,
	"STATS_AUTO_RECALC": true, "STATS_PERSISTENT": true, "STATS_SAMPLE_PAGES": true, "TABLESPACE": true,
	"TRANSACTIONAL": true, "PAGE_CHECKSUM": true, "NODEGROUP": true, "AUTOEXTEND_SIZE": true, "ENCRYPTED": true, "ENCRYPTION_KEY_ID": true,
	"PAGE_COMPRESSED": true, "PAGE_COMPRESSION_LEVEL": true, "ITEF_QUOTES": true, "IETF_QUOTES": true, "STORAGE": true,
}

// options reads one table option into o, or nothing.
func (p *parser) options(o *Options) bool {
	at := p.at
	p.accept("DEFAULT")
	t := p.peek(0)
	switch {
	case p.accept("ENGINE") || p.accept("TYPE"):
		p.accept("=")
		o.Engine = p.text()
	case p.charsetWord():
		p.accept("=")
		o.Charset = p.charset()
		if !p.dialect.MariaDB() && p.dialect.Version < 80000 {
			o.Collation = "" // these forgot the one before
		}
	case p.accept("COLLATE"):
		p.accept("=")
		o.Collation = p.collation()
	case p.accept("COMMENT"):
		p.accept("=")
		comment := p.comment()
		o.Comment = &comment
	case p.accept("AUTO_INCREMENT"):
		p.accept("=")
		n := p.uint()
		o.AutoIncrement = &n
	case p.accept("SEQUENCE"):
		p.accept("=")
		o.Sequence = p.text() != "0"
	case p.accept("WITH", "SYSTEM", "VERSIONING"):
		o.Versioned = true
	case p.accept("ROW_FORMAT"):
		p.accept("=")
		o.RowFormat = strings.ToUpper(p.text())
	case p.accept("UNION"):
		p.accept("=")
		p.parens()
	case p.any("DATA", "INDEX") != "":
		p.expect("DIRECTORY")
		p.accept("=")
		p.str()
	case p.accept("START", "TRANSACTION"):
		p.at = at
		return false
	case t.kind == word && valued[t.upper], p.dialect.MariaDB() && p.isName() && p.peek(1).matches("="):
		p.at++
		p.accept("=")
		p.text()
	default:
		p.at = at
		return false
	}
	return true
}
