package parse

import "pgchameleon/internal/schema"

// statement reads the statement's head and chooses its rule.
func (p *parser) statement() Statement {
	for p.accept(";") {
	}
	if p.dialect.MariaDB() && p.is("SET", "STATEMENT") { // SET STATEMENT a=1, b=2 FOR …
		p.what = "SET STATEMENT"
		p.skipTo(func() bool { return p.is("FOR") })
		p.expect("FOR")
	}
	switch p.peek(0).upper {
	case "CREATE":
		return p.create()
	case "ALTER":
		return p.alter()
	case "DROP":
		return p.drop()
	case "RENAME":
		if p.is("RENAME", "TABLE") || p.is("RENAME", "TABLES") {
			return p.rename()
		}
	case "TRUNCATE":
		p.what = "TRUNCATE"
		p.at++
		p.accept("TABLE")
		t := &Truncate{Name: p.tableName()}
		p.wait()
		if p.any("DROP", "REUSE") != "" { // Oracle mode
			p.expect("STORAGE")
		}
		return t
	}
	return p.other()
}

// kinds are the statements that define no table, by their first word.
var kinds = map[string]string{
	"SAVEPOINT": "savepoint", "RELEASE": "savepoint",
	"BEGIN": "transaction", "START": "transaction", "COMMIT": "transaction", "ROLLBACK": "transaction", "END": "transaction",
	"XA":    "xa",
	"GRANT": "grant", "REVOKE": "grant", "RENAME": "user",
	"ANALYZE": "analyze", "OPTIMIZE": "analyze", "CHECK": "analyze", "REPAIR": "analyze", "CHECKSUM": "analyze",
	"FLUSH": "flush", "RESET": "flush", "PURGE": "flush", "CACHE": "flush",
	"INSERT": "dml", "REPLACE": "dml", "UPDATE": "dml", "DELETE": "dml", "LOAD": "dml", "IMPORT": "dml",
	"SELECT": "query", "WITH": "query", "VALUES": "query", "TABLE": "query", "SHOW": "query", "EXPLAIN": "query",
	"DESCRIBE": "query", "DESC": "query", "HANDLER": "query", "HELP": "query",
	"SET": "set", "USE": "set", "DO": "set",
	"CALL": "routine", "SIGNAL": "routine", "RESIGNAL": "routine", "GET": "routine", "IF": "routine",
	"LOCK": "lock", "UNLOCK": "lock",
	"INSTALL": "plugin", "UNINSTALL": "plugin",
	"BINLOG": "binlog", "CHANGE": "replication", "STOP": "replication",
	"KILL": "server", "SHUTDOWN": "server", "RESTART": "server", "BACKUP": "server", "CLONE": "server",
	"PREPARE": "prepared", "EXECUTE": "prepared", "DEALLOCATE": "prepared",
}

func (p *parser) other() Statement {
	if p.end() {
		return &Other{Kind: "empty"}
	}
	kind := kinds[p.peek(0).upper]
	switch kind {
	case "":
		kind = "unknown"
		if p.is("(") {
			kind = "query"
		}
	case "dml":
		return p.dml()
	case "analyze":
		return &Other{Kind: kind, Tables: p.maintained()}
	}
	return &Other{Kind: kind}
}

// maintained reads the tables of ANALYZE TABLE and its like.
func (p *parser) maintained() []schema.Name {
	p.at++
	p.any("NO_WRITE_TO_BINLOG", "LOCAL")
	if p.any("TABLE", "TABLES") == "" || !p.isName() {
		return nil
	}
	return p.tableNames()
}

// dml reads which tables a statement changes; DELETE of all rows is a Truncate.
func (p *parser) dml() Statement {
	p.what = "data change"
	other := &Other{Kind: "dml"}
	verb := p.next().upper
	for p.any("LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE", "DATA", "XML", "CONCURRENT", "LOCAL") != "" {
	}
	switch verb {
	case "INSERT", "REPLACE":
		p.accept("INTO")
	case "LOAD":
		for !p.end() && !p.accept("INTO", "TABLE") {
			p.at++
		}
	case "DELETE":
		if !p.accept("FROM") {
			other.Tables = p.named(func() bool { return p.is("FROM") })
			return other
		}
	case "UPDATE":
		other.Tables = p.named(func() bool { return p.is("SET") })
		return other
	default:
		return other
	}
	if !p.isName() {
		return other
	}
	name := p.tableName()
	other.Tables = []schema.Name{name}
	if verb == "DELETE" && (p.end() || p.accept(";") && p.end()) {
		return &Truncate{Name: name}
	}
	return other
}

// named collects all that may be the name of a table up to a place.
func (p *parser) named(stop func() bool) []schema.Name {
	var list []schema.Name
	for !p.end() && !stop() {
		if !p.isName() {
			p.at++
			continue
		}
		name := schema.Name{Table: p.name()}
		list = append(list, name)
		if p.is(".") && (p.peek(1).kind == word || p.peek(1).kind == quoted) {
			list = append(list, schema.Name{Schema: name.Table, Table: p.peek(1).text})
			p.at += 2
		}
	}
	return list
}

// Mentions lists all that may be a table's name in a text, whether or not it
// can be parsed: each word or quoted name, each pair of them with a dot.
func Mentions(sql string, d Dialect) []schema.Name {
	tokens, err := lex(sql, d)
	if err != nil {
		l := &lexer{sql: sql, dialect: d}
		for l.blank() == nil && l.at < len(sql) && l.token() == nil {
		}
		tokens = append(l.tokens, token{kind: end, start: len(sql), end: len(sql)})
	}
	p := &parser{sql: sql, dialect: d, tokens: tokens}
	return p.named(func() bool { return false })
}
