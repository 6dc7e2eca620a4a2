package parse

import "strings"

// primary reads a literal, a column, a call or CASE.
func (p *parser) primary() *Expr {
	t := p.peek(0)
	switch t.kind {
	case number:
		p.at++
		return &Expr{Op: OpNumber, Text: t.text}
	case hexa:
		p.at++
		return &Expr{Op: OpHex, Text: evenHex(t.text)}
	case bits:
		p.at++
		return &Expr{Op: OpBits, Text: t.text}
	case str:
		return &Expr{Op: OpString, Text: p.str()}
	case quoted:
		return p.columnName()
	case word:
		return p.wordOperand(t)
	}
	p.unknown()
	return nil
}

// columnName reads a column with its qualifiers, which are of the one table.
func (p *parser) columnName() *Expr {
	return &Expr{Op: OpColumn, Text: p.field()}
}

func (p *parser) wordOperand(t *token) *Expr {
	after := p.peek(1)
	switch {
	case t.text[0] == '_' && (after.kind == str || after.kind == hexa || after.kind == bits):
		p.at++
		e := p.primary()
		e.Charset = strings.ToLower(t.text[1:])
		return e
	case after.kind == str && (t.upper == "DATE" || t.upper == "TIME" || t.upper == "TIMESTAMP"):
		p.at++
		return &Expr{Op: Op(strings.ToLower(t.upper)), Text: p.str()}
	case p.accept("NULL"):
		return node(OpNull)
	case t.upper == "TRUE" || t.upper == "FALSE":
		p.at++
		return &Expr{Op: OpNumber, Text: map[string]string{"TRUE": "1", "FALSE": "0"}[t.upper]}
	case p.accept("CASE"):
		return p.caseOf()
	case after.matches("("):
		p.at += 2
		return p.callOf(t.upper)
	case clocks[t.upper] || strings.HasPrefix(t.upper, "CURRENT_") || strings.HasPrefix(t.upper, "UTC_"):
		p.at++
		return call(t.upper)
	case t.upper == "INTERVAL":
		p.unknown()
	}
	return p.columnName()
}

// caseOf reads what follows CASE.
func (p *parser) caseOf() *Expr {
	e := node(OpCase)
	var operand *Expr
	if !p.is("WHEN") {
		operand = p.expr()
	}
	for p.accept("WHEN") {
		condition := p.expr()
		if operand != nil {
			condition = node("=", operand, condition)
		}
		p.expect("THEN")
		e.Args = append(e.Args, condition, p.expr())
	}
	if len(e.Args) == 0 {
		p.unknown()
	}
	if p.accept("ELSE") {
		e.Args = append(e.Args, p.expr())
	}
	p.expect("END")
	p.accept("CASE")
	return e
}

// callOf reads a function's arguments, of which some have a grammar of their own.
func (p *parser) callOf(name string) *Expr {
	var e *Expr
	switch {
	case name == "CAST":
		e = node(OpCast, p.expr())
		p.expect("AS")
		e.Type = p.castType()
	case name == "CONVERT":
		e = node(OpCast, p.expr())
		if p.accept("USING") {
			e.Type = &CastType{Name: "CHAR", Charset: strings.ToLower(p.text())}
			break
		}
		p.expect(",")
		e.Type = p.castType()
	case name == "EXTRACT":
		unit := strings.ToUpper(p.name())
		p.expect("FROM")
		e = call(unit, p.expr())
	case name == "TRIM":
		e = p.trim()
	case name == "POSITION":
		e = call("LOCATE", p.bit(0))
		p.expect("IN")
		e.Args = append(e.Args, p.expr())
	case (name == "SUBSTRING" || name == "SUBSTR" || name == "MID") && !p.is(")"):
		e = call("SUBSTRING", p.expr())
		for p.accept(",") || p.accept("FROM") || p.accept("FOR") {
			e.Args = append(e.Args, p.expr())
		}
	case p.is(")"):
		e = call(name)
	default:
		e = call(name, p.exprs()...)
		if p.accept("USING") { // CHAR(65 USING latin1)
			p.text()
			e.Text += " USING"
		}
		if p.accept("RETURNING") { // JSON_VALUE
			e.Type = p.castType()
		}
	}
	p.expect(")")
	return e
}

func (p *parser) trim() *Expr {
	side := p.any("LEADING", "TRAILING", "BOTH")
	name := map[string]string{"LEADING": "LTRIM", "TRAILING": "RTRIM"}[side]
	if name == "" {
		name = "TRIM"
	}
	if side != "" && p.accept("FROM") {
		return call(name, p.expr())
	}
	first := p.expr()
	if !p.accept("FROM") {
		return call(name, first)
	}
	return call(name, p.expr(), first)
}

func (p *parser) castType() *CastType {
	t := &CastType{Name: strings.ToUpper(p.name())}
	p.any("INTEGER", "INT", "PRECISION", "VARYING")
	if p.accept("(") {
		t.Args = append(t.Args, p.int())
		for p.accept(",") {
			t.Args = append(t.Args, p.int())
		}
		p.expect(")")
	}
	if p.accept("CHARACTER", "SET") || p.accept("CHARSET") {
		t.Charset = strings.ToLower(p.text())
	}
	p.any("INTEGER", "INT")
	t.Array = p.accept("ARRAY")
	return t
}
