// Package parse owns the text of DDL as MySQL and MariaDB write it: a lexer, a
// tolerant recursive-descent parser and the statements it gives. It does not
// own what a statement does to a table, nor anything of PostgreSQL.
package parse

import (
	"fmt"
	"time"

	"pgchameleon/internal/event"
)

// The bits of sql_mode that change how text is read; both flavors give them
// the same values.
const (
	AnsiQuotes         uint64 = 1 << 2
	NoBackslashEscapes uint64 = 1 << 20
)

// The bits of sql_mode that change what a type's name means.
const (
	RealAsFloat uint64 = 1 << 0
	Oracle      uint64 = 1 << 9 // MariaDB
	maxDB       uint64 = 1 << 12
)

// brackets is the bit of MariaDB's mode MSSQL, in which [a b] is a name.
const brackets uint64 = 1 << 10

// Dialect says whose text it is.
type Dialect struct {
	Flavor  event.Flavor
	Version int    // 101119 for 10.11.19, 90704 for 9.7.4
	SQLMode uint64 // of the session that ran the statement

	// Collation is the server's default (collation_server), for databases whose
	// own default is not known; "" stands for the server's built-in one.
	Collation string
	// ImplicitTimestamps says that explicit_defaults_for_timestamp is off: a
	// TIMESTAMP column is NOT NULL and the first one follows the clock.
	ImplicitTimestamps bool

	// Zone is the time zone of the session that ran the statement; nil: it is not known.
	Zone *time.Location

	// LowerNames says that the server keeps the names of schemas and tables in lower
	// case (lower_case_table_names=1), however statements write them.
	LowerNames bool
}

// MariaDB says whether the text is MariaDB's.
func (d Dialect) MariaDB() bool { return d.Flavor == event.MariaDB }

// descends says whether DESC in an index means something.
func (d Dialect) descends() bool {
	return d.Version >= 80000 && (!d.MariaDB() || d.Version >= 100800)
}

func (d Dialect) has(mode uint64) bool { return d.SQLMode&mode != 0 }

// SyntaxError says that the text is not SQL at all: a quote or a comment that
// is not closed.
type SyntaxError struct {
	What   string
	Offset int // in bytes
}

// Error tells what is wrong and where.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.What, e.Offset) }

// UnknownClause says that a statement of a known kind holds something that the
// parser does not know; nothing is guessed about it.
type UnknownClause struct {
	Statement string // the kind of statement: "ALTER TABLE"
	Clause    string // the text from where the parser stood, cut after some words
	Offset    int    // in bytes
}

// Error shows the clause and where it is.
func (e *UnknownClause) Error() string {
	return fmt.Sprintf("%s: unknown clause near %q at offset %d", e.Statement, e.Clause, e.Offset)
}

// Parse reads one statement. The error is a *SyntaxError or an *UnknownClause.
// A statement that defines nothing of tables gives an Other.
func Parse(sql string, d Dialect) (Statement, error) {
	tokens, err := lex(sql, d)
	if err != nil {
		return nil, err
	}
	p := &parser{sql: sql, dialect: d, tokens: tokens}
	return p.parse()
}

// parse turns the panic by which a rule gives up into an error.
func (p *parser) parse() (statement Statement, err error) {
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case giveUp:
			statement, err = nil, failure.err
		default:
			panic(failure)
		}
	}()
	statement = p.statement()
	if _, other := statement.(*Other); !other {
		for p.accept(";") {
		}
		if !p.end() {
			p.unknown()
		}
	}
	return statement, nil
}
