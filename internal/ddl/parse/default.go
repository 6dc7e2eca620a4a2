package parse

import (
	"encoding/hex"
	"strconv"
	"strings"

	"pgchameleon/internal/schema"
)

// defaultValue reads what follows DEFAULT.
func (p *parser) defaultValue() *schema.Default {
	at := p.at
	if d := p.literal(); d != nil && !p.operator() {
		return d
	}
	p.at = at
	if p.dialect.MariaDB() {
		if d := p.enclosed(); d != nil {
			return d
		}
	}
	if p.is("(") && !p.dialect.MariaDB() {
		p.parens()
		return p.defaultExpression(at)
	}
	if p.isClock() && !p.dialect.MariaDB() {
		return &schema.Default{Expr: true, Text: p.clock()}
	}
	p.expression()
	return p.defaultExpression(at)
}

// enclosed reads a literal in parentheses, which MariaDB takes for the literal, as MySQL does
// behind SET DEFAULT; it gives nil where there is more in them.
func (p *parser) enclosed() *schema.Default {
	at := p.at
	for p.accept("(") {
	}
	opened := p.at - at
	if opened > 0 {
		if d := p.literal(); d != nil {
			for ; opened > 0 && p.accept(")"); opened-- {
			}
			if opened == 0 && !p.operator() {
				return d
			}
		}
	}
	p.at = at
	return nil
}

// defaultExpression gives the expression between a token and the present one in
// a form that does not depend on its spelling, where that is easy.
func (p *parser) defaultExpression(at int) *schema.Default {
	to := p.at
	if name := p.nextValue(at, to); name != nil {
		return NextValue(*name)
	}
	p.at = at
	for p.accept("(") { // (now()) and ((1)) are now() and 1
	}
	opened := p.at - at
	if call := p.timeCall(); call != "" {
		for ; opened > 0 && p.accept(")"); opened-- {
		}
		if p.at == to {
			return &schema.Default{Expr: true, Text: call}
		}
	}
	p.at = at
	if p.is("(") {
		inner := p.parens()
		if p.at == to {
			return &schema.Default{Expr: true, Text: inner}
		}
	}
	p.at = to
	return &schema.Default{Expr: true, Text: p.since(at)}
}

// timeCall reads a function of the statement's time and gives its usual name, or "".
func (p *parser) timeCall() string {
	name := ""
	switch word := p.peek(0).upper; {
	case p.isClock():
		return p.clock()
	case word == "CURRENT_DATE", word == "CURDATE" && p.peek(1).matches("("):
		name = "curdate"
	case word == "CURRENT_TIME", word == "LOCALTIME", word == "CURTIME" && p.peek(1).matches("("):
		name = "curtime"
	default:
		return ""
	}
	p.at++
	digits := ""
	if p.is("(") {
		digits = p.parens()
	}
	return name + "(" + digits + ")"
}

// literal reads a literal with its sign, or gives nil.
func (p *parser) literal() *schema.Default {
	charset := p.introducer()
	sign := p.any("-", "+")
	t := p.peek(0)
	if _, err := strconv.ParseFloat(t.text, 64); t.kind == number && err != nil { // beyond a DOUBLE
		p.unknown()
	}
	switch {
	case t.kind == number && sign == "-":
		p.at++
		return &schema.Default{Text: "-" + plainNumber(t.text), Number: true}
	case t.kind == number:
		p.at++
		return &schema.Default{Text: plainNumber(t.text), Number: true}
	case sign != "":
		return nil
	case t.kind == str:
		text := p.str()
		if charset != "" && !strings.HasPrefix(charset, "utf8") && strings.ContainsFunc(text, func(r rune) bool { return r > 0x7F }) {
			// its bytes were the client's, which are not known here
			return &schema.Default{Expr: true, Text: "_" + charset + "'" + strings.ReplaceAll(text, "'", "''") + "'"}
		}
		return &schema.Default{Text: text}
	case t.kind == hexa:
		p.at++
		return &schema.Default{Expr: true, Text: "x'" + evenHex(t.text) + "'", Charset: charset}
	case t.kind == bits:
		p.at++
		return &schema.Default{Expr: true, Text: "b'" + t.text + "'", Charset: charset}
	case p.accept("NULL"):
		return &schema.Default{Null: true}
	case p.accept("TRUE"):
		return &schema.Default{Text: "1", Number: true}
	case p.accept("FALSE"):
		return &schema.Default{Text: "0", Number: true}
	case (p.is("DATE") || p.is("TIME") || p.is("TIMESTAMP")) && p.peek(1).kind == str:
		p.at++
		return &schema.Default{Text: p.str()}
	case p.is("{") && p.peek(1).kind == word && p.peek(2).kind == str && p.peek(3).matches("}"): // {ts '…'}
		p.at += 4
		return &schema.Default{Text: p.peek(-2).text}
	}
	return nil
}

// plainNumber writes digits as the server does: 007 is 7 and .5 is 0.5.
func plainNumber(digits string) string {
	whole, fraction, point := strings.Cut(digits, ".")
	if strings.ContainsAny(whole, "eE") {
		return digits
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if !point || fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// clocks are the spellings of the statement's time.
var clocks = map[string]bool{"CURRENT_TIMESTAMP": true, "NOW": true, "LOCALTIME": true, "LOCALTIMESTAMP": true, "SYSDATE": true}

func (p *parser) isClock() bool {
	switch t := p.peek(0); t.upper {
	case "NOW":
		return p.peek(1).matches("(")
	case "LOCALTIME": // a time of day since MariaDB 11.7
		return !p.dialect.MariaDB() || p.dialect.Version < 110700
	case "SYSDATE":
		return false
	default:
		return clocks[t.upper]
	}
}

// clock reads now() in any spelling and gives "current_timestamp(n)".
func (p *parser) clock() string {
	if !p.isClock() {
		p.unknown()
	}
	p.at++
	digits := 0
	if p.accept("(") {
		if !p.is(")") {
			digits = p.int()
		}
		p.expect(")")
	}
	if digits == 0 {
		return "current_timestamp()"
	}
	return "current_timestamp(" + strconv.Itoa(digits) + ")"
}

const operators = "+-*/%|&^"

func (p *parser) operator() bool {
	t := p.peek(0)
	return t.kind == punct && strings.Contains(operators, t.text) || p.is("DIV") || p.is("MOD")
}

// expression steps over an expression that may stand without parentheses:
// operands with operators between them.
func (p *parser) expression() {
	p.operand()
	for p.operator() {
		for p.operator() { // also || and two signs
			p.at++
		}
		p.operand()
	}
}

func (p *parser) operand() {
	for p.any("-", "+", "~", "!", "BINARY") != "" {
	}
	switch t := p.peek(0); {
	case p.is("("):
		p.parens()
	case p.accept("CASE"):
		for depth := 1; depth > 0; p.at++ {
			switch {
			case p.end():
				p.unknown()
			case p.is("CASE"):
				depth++
			case p.is("END"):
				depth--
			}
		}
	case p.accept("NEXT", "VALUE", "FOR") || p.accept("PREVIOUS", "VALUE", "FOR"):
		p.tableName()
	case p.accept("INTERVAL"):
		p.operand()
		p.name()
	case p.isName():
		p.at++
		for p.accept(".") {
			p.name()
		}
		if p.is("(") {
			p.parens()
		} else if p.peek(0).kind == str && t.text[0] == '_' {
			p.str()
		}
	case t.kind == punct || t.kind == end:
		p.unknown()
	default:
		p.at++
	}
}

// evenHex puts hexadecimal digits into lower case and whole bytes.
func evenHex(digits string) string {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	return strings.ToLower(digits)
}

func unhex(digits string) string {
	raw, err := hex.DecodeString(evenHex(digits))
	if err != nil {
		return digits
	}
	return string(raw)
}
