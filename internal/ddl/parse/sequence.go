package parse

import (
	"strings"

	"pgchameleon/internal/schema"
)

// sequence reads CREATE SEQUENCE and ALTER SEQUENCE.
func (p *parser) sequence(s *Sequence) Statement {
	p.what = strings.ToUpper(s.Verb) + " SEQUENCE"
	s.IfExists = p.ifNotExists() || p.ifExists()
	s.Names = []schema.Name{p.tableName()}
	p.wait()
	for !p.end() && !p.is(";") {
		if !p.sequenceOption(&s.Options) && !p.options(&Options{}) && !p.accept(",") {
			p.unknown()
		}
	}
	return s
}

// tableSequence is the sequence that a CREATE TABLE with SEQUENCE=1 makes: a new one, of the
// type of its first column.
func tableSequence(s *CreateTable) *Sequence {
	q := &Sequence{Verb: "create", Names: []schema.Name{s.Name}, Temporary: s.Temporary, OrReplace: s.OrReplace, IfExists: s.IfNotExists}
	if len(s.Columns) == 0 {
		return q
	}
	name := s.Columns[0].Type.Name
	switch {
	case s.Columns[0].Type.Unsigned:
		name += " unsigned"
	case name == "bigint":
		name = ""
	}
	q.Options.Type = &name
	return q
}

// sequenceOption reads an option that only sequences have, or nothing.
func (p *parser) sequenceOption(o *SequenceOptions) bool {
	yes, no := true, false
	switch {
	case p.accept("AS"):
		name := p.sequenceType()
		o.Type = &name
	case p.accept("START"):
		p.any("WITH", "=")
		o.Start = p.integer()
	case p.accept("INCREMENT"):
		p.any("BY", "=")
		o.Increment = p.integer()
	case p.accept("NOMINVALUE"), p.accept("NO", "MINVALUE"):
		o.Min, o.NoMin = "", true
	case p.accept("NOMAXVALUE"), p.accept("NO", "MAXVALUE"):
		o.Max, o.NoMax = "", true
	case p.accept("MINVALUE"):
		p.accept("=")
		o.Min, o.NoMin = p.integer(), false
	case p.accept("MAXVALUE"):
		p.accept("=")
		o.Max, o.NoMax = p.integer(), false
	case p.accept("CACHE"):
		p.accept("=")
		p.integer()
	case p.accept("NOCACHE"), p.accept("NO", "CACHE"):
	case p.accept("CYCLE"):
		o.Cycle = &yes
	case p.accept("NOCYCLE"), p.accept("NO", "CYCLE"):
		o.Cycle = &no
	case p.accept("RESTART"):
		o.Restart = true
		if p.any("WITH", "=") != "" || p.is("-") || p.is("+") || p.peek(0).kind == number {
			o.RestartWith = p.integer()
		}
	default:
		return false
	}
	return true
}

// integer reads a number with its sign.
func (p *parser) integer() string {
	sign := p.any("-", "+")
	if p.peek(0).kind != number || strings.Trim(p.peek(0).text, "0123456789") != "" {
		p.unknown()
	}
	return strings.TrimPrefix(sign, "+") + p.next().text
}

// integers are the names of the types of sequences.
var integers = map[string]string{
	"TINYINT": "tinyint", "INT1": "tinyint", "SMALLINT": "smallint", "INT2": "smallint", "MEDIUMINT": "mediumint", "INT3": "mediumint", "MIDDLEINT": "mediumint",
	"INT": "int", "INTEGER": "int", "INT4": "int", "BIGINT": "bigint", "INT8": "bigint",
}

// sequenceType reads the type of a sequence.
func (p *parser) sequenceType() string {
	name := integers[p.peek(0).upper]
	if name == "" {
		p.unknown()
	}
	p.at++
	if p.is("(") {
		p.parens()
	}
	for word := p.any("UNSIGNED", "SIGNED", "ZEROFILL"); word != ""; word = p.any("UNSIGNED", "SIGNED", "ZEROFILL") {
		if word != "SIGNED" && !strings.HasSuffix(name, " unsigned") {
			name += " unsigned"
		}
	}
	if name == "bigint" {
		return ""
	}
	return name
}

// nextValue reads NEXT VALUE FOR s or nextval(s), in parentheses or not, if it is all that
// stands between two tokens; nil for anything else.
func (p *parser) nextValue(from, to int) *schema.Name {
	at := p.at
	defer func() { p.at = at }()
	p.at = from
	opened := 0
	for p.accept("(") {
		opened++
	}
	called := false
	switch {
	case p.accept("NEXT", "VALUE", "FOR"):
	case p.is("NEXTVAL", "("):
		p.at += 2
		called = true
	default:
		return nil
	}
	if !p.isName() {
		return nil
	}
	name := p.tableName()
	if called && !p.accept(")") {
		return nil
	}
	for ; opened > 0 && p.accept(")"); opened-- {
	}
	if opened > 0 || p.at != to {
		return nil
	}
	return &name
}

// NextValue is a column's default that takes the next value of a sequence.
func NextValue(name schema.Name) *schema.Default {
	quote := func(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
	text := quote(name.Table)
	if name.Schema != "" {
		text = quote(name.Schema) + "." + text
	}
	return &schema.Default{Expr: true, Text: "nextval(" + text + ")", Sequence: &name}
}
