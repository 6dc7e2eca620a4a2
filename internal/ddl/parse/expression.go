package parse

import (
	"strings"
)

// Op says what an expression's node is.
type Op string

// The nodes that are no operators. An operator's Op is its word or sign in upper
// case: "+", "DIV", "<=>", "AND", "LIKE", "IS NULL".
const (
	OpColumn Op = "column" // Text: its name, Of: the qualifier
	OpString Op = "string" // Text: its value; Charset: of the introducer, or ""
	OpNumber Op = "number" // Text: as it is written, without sign
	OpHex    Op = "hex"    // Text: the digits, two a byte
	OpBits   Op = "bits"   // Text: the digits
	OpNull   Op = "null"
	OpDate   Op = "date" // DATE'…', Text: the string
	OpTime   Op = "time"
	OpStamp  Op = "timestamp"
	OpCall   Op = "call"    // Text: the function in upper case
	OpCast   Op = "cast"    // Type: to what
	OpCase   Op = "case"    // Args: condition, value, condition, value … and the value of ELSE if there is one
	OpMinus  Op = "minus"   // the sign
	OpColl   Op = "collate" // Text: the collation in lower case
	OpQuery  Op = "query"   // Query: a subquery, of which the one value counts
	OpExists Op = "exists"  // Query: whether a subquery has rows
	OpAmong  Op = "among"   // Query: whether a value is among those of a subquery
	OpShift  Op = "shift"   // a date or time and a number of units of time; Text: the unit in upper case
)

// Expr is a node of a scalar expression. What the servers write in several ways has one form
// here: a -> b is a call of JSON_EXTRACT, CASE x WHEN y is CASE WHEN x = y, EXTRACT(YEAR FROM d)
// is YEAR(d), NOT IN is NOT of IN.
type Expr struct {
	Op      Op
	Text    string
	Of      string // of a column: its table or the alias of that; "" if it is not stated
	Charset string
	Type    *CastType
	Args    []*Expr

	// Of functions of many rows.
	Distinct  bool
	Order     []Sort // GROUP_CONCAT
	Separator string

	Query *Query // of subqueries
}

// CastType is the type of CAST and CONVERT.
type CastType struct {
	Name    string // in upper case, the first word: SIGNED, CHAR, DECIMAL
	Args    []int
	Charset string
	Array   bool // of a multi-valued index
}

// The modes that change what operators mean.
const (
	PipesAsConcat     uint64 = 1 << 1
	highNotPrecedence uint64 = 1 << 29
)

// Expression reads a scalar expression, as a statement or a definition holds it. The error is
// a *SyntaxError or an *UnknownClause.
func Expression(text string, d Dialect) (*Expr, error) {
	tokens, err := lex(text, d)
	if err != nil || escapedQuotes(text, tokens) {
		// MySQL shows functional indexes with their quotes escaped once more.
		plain := strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(text)
		again, second := lex(plain, d)
		if second != nil {
			return nil, second
		}
		text, tokens = plain, again
	}
	p := &parser{sql: text, dialect: d, tokens: tokens, what: "expression"}
	return p.whole()
}

func escapedQuotes(text string, tokens []token) bool {
	for _, t := range tokens {
		if t.kind == punct && t.text == `\` && t.end < len(text) && text[t.end] == '\'' {
			return true
		}
	}
	return false
}

func (p *parser) whole() (e *Expr, err error) {
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case giveUp:
			e, err = nil, failure.err
		default:
			panic(failure)
		}
	}()
	e = p.expr()
	if !p.end() {
		p.unknown()
	}
	return e, nil
}

func node(op Op, args ...*Expr) *Expr { return &Expr{Op: op, Args: args} }

func call(name string, args ...*Expr) *Expr { return &Expr{Op: OpCall, Text: name, Args: args} }

// sign steps over an operator of several characters, which stand together.
func (p *parser) sign(text string) bool {
	for i := range len(text) {
		if t := p.peek(i); t.kind != punct || t.text != text[i:i+1] || i > 0 && t.start != p.peek(i-1).end {
			return false
		}
	}
	p.at += len(text)
	return true
}

func (p *parser) pipes() bool { return !p.dialect.has(PipesAsConcat) && p.sign("||") }

// maxDepth keeps a hostile expression from using up the stack.
const maxDepth = 200

func (p *parser) expr() *Expr {
	if p.depth++; p.depth > maxDepth {
		p.unknown()
	}
	defer func() { p.depth-- }()
	e := p.xor()
	for p.accept("OR") || p.pipes() {
		e = node("OR", e, p.xor())
	}
	return e
}

func (p *parser) xor() *Expr {
	e := p.and()
	for p.accept("XOR") {
		e = node("XOR", e, p.and())
	}
	return e
}

func (p *parser) and() *Expr {
	e := p.not()
	for p.accept("AND") || p.sign("&&") {
		e = node("AND", e, p.not())
	}
	return e
}

func (p *parser) not() *Expr {
	if p.dialect.has(highNotPrecedence) && p.is("NOT") {
		p.unknown()
	}
	negations := 0
	for p.accept("NOT") {
		negations++
	}
	e := p.truth()
	for range negations {
		e = node("NOT", e)
	}
	return e
}

// truth reads comparisons and IS.
func (p *parser) truth() *Expr {
	e := p.predicate()
	for {
		if p.accept("IS") {
			e = p.isClause(e)
			continue
		}
		op := p.comparison()
		if op == "" {
			return e
		}
		e = node(op, e, p.predicate())
	}
}

func (p *parser) isClause(e *Expr) *Expr {
	not := p.accept("NOT")
	word := p.any("NULL", "TRUE", "FALSE", "UNKNOWN")
	switch word {
	case "":
		p.unknown()
	case "UNKNOWN":
		word = "NULL"
	}
	e = node(Op("IS "+word), e)
	if not {
		return node("NOT", e)
	}
	return e
}

func (p *parser) comparison() Op {
	for _, s := range []string{"<=>", "<=", ">=", "<>", "!=", "=", "<", ">"} {
		if strings.HasPrefix(s, "<") && (p.peek(1).matches("<") && len(s) == 1) || s == ">" && p.peek(1).matches(">") {
			continue
		}
		if p.sign(s) {
			if s == "!=" {
				s = "<>"
			}
			return Op(s)
		}
	}
	return ""
}

// predicate reads IN, BETWEEN, LIKE, REGEXP and MEMBER OF.
func (p *parser) predicate() *Expr {
	e := p.bit(0)
	at := p.at
	not := p.accept("NOT")
	switch {
	case p.accept("IN", "(", "SELECT"):
		p.at--
		e = &Expr{Op: OpAmong, Query: p.query(), Args: []*Expr{e}}
		p.expect(")")
	case p.accept("IN"):
		p.expect("(")
		e = node("IN", append([]*Expr{e}, p.exprs()...)...)
		p.expect(")")
	case p.accept("BETWEEN"):
		low := p.bit(0)
		p.expect("AND")
		e = node("BETWEEN", e, low, p.predicate())
	case p.accept("LIKE"):
		e = node("LIKE", e, p.simple())
		if p.accept("ESCAPE") {
			e.Args = append(e.Args, p.simple())
		}
	case p.any("REGEXP", "RLIKE") != "":
		e = node("REGEXP", e, p.bit(0))
	case p.accept("MEMBER"):
		p.accept("OF")
		p.expect("(")
		e = node("MEMBER OF", e, p.expr())
		p.expect(")")
	default:
		p.at = at
		return e
	}
	if not {
		return node("NOT", e)
	}
	return e
}

func (p *parser) exprs() []*Expr {
	list := []*Expr{p.expr()}
	for p.accept(",") {
		list = append(list, p.expr())
	}
	return list
}

// levels are the operators on numbers by how they bind, the loosest first.
var levels = [][]string{{"|"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "DIV", "%", "MOD"}, {"^"}}

func (p *parser) bit(level int) *Expr {
	if level == len(levels) {
		return p.simple()
	}
	e := p.bit(level + 1)
	for {
		op := p.binary(level)
		switch {
		case op == "":
			return e
		case (op == "+" || op == "-") && p.is("INTERVAL") && !p.peek(1).matches("."):
			e = p.shift(op, e)
			continue
		}
		e = node(op, e, p.bit(level+1))
	}
}

// shift reads the INTERVAL that a date or time is moved by.
func (p *parser) shift(op Op, e *Expr) *Expr {
	p.expect("INTERVAL")
	by := p.expr()
	if op == "-" {
		by = node(OpMinus, by)
	}
	return &Expr{Op: OpShift, Text: strings.ToUpper(p.name()), Args: []*Expr{e, by}}
}

func (p *parser) binary(level int) Op {
	for _, s := range levels[level] {
		switch {
		case s == "|" && p.is("|", "|"), s == "&" && p.is("&", "&"), s == "-" && p.is("-", ">"):
		case s[0] >= 'A' && p.accept(s), p.sign(s):
			if s == "MOD" {
				s = "%"
			}
			return Op(s)
		}
	}
	return ""
}

// simple reads an operand with its signs and what is glued to it.
func (p *parser) simple() *Expr {
	if p.depth++; p.depth > maxDepth {
		p.unknown()
	}
	defer func() { p.depth-- }()
	var e *Expr
	switch {
	case p.accept("-"):
		return node(OpMinus, p.simple())
	case p.accept("+"):
		return p.simple()
	case p.accept("~"):
		return node("~", p.simple())
	case p.accept("!"):
		return node("NOT", p.simple())
	case p.accept("BINARY"):
		return &Expr{Op: OpCast, Type: &CastType{Name: "BINARY"}, Args: []*Expr{p.simple()}}
	case p.accept("(", "SELECT"):
		p.at--
		e = &Expr{Op: OpQuery, Query: p.query()}
		p.expect(")")
	case p.accept("("):
		e = p.expr()
		p.expect(")")
	default:
		e = p.primary()
	}
	for {
		switch {
		case p.accept("COLLATE"):
			e = &Expr{Op: OpColl, Text: strings.ToLower(p.text()), Args: []*Expr{e}}
		case p.sign("->>"):
			e = call("JSON_UNQUOTE", call("JSON_EXTRACT", e, p.primary()))
		case p.sign("->"):
			e = call("JSON_EXTRACT", e, p.primary())
		case p.dialect.has(PipesAsConcat) && p.sign("||"):
			e = call("CONCAT", e, p.simple())
		default:
			return e
		}
	}
}
