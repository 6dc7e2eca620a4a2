package parse

import (
	"math/big"
	"strings"
	"time"

	"pgchameleon/internal/schema"
)

// constant is the value of an expression without columns: a whole number, a string, NULL
// or, where all are empty, one that is not known.
type constant struct {
	number *big.Int
	text   *string
	null   bool
}

// bound reads one value of a partition's bounds and works it out as the server does.
func (p *parser) bound() schema.Bound {
	if p.accept("MAXVALUE") {
		return schema.Bound{Max: true}
	}
	from := p.at
	c := p.sum()
	if !p.is(",") && !p.is(")") {
		c = constant{}
		p.skipTo(func() bool { return p.is(",") })
	}
	switch {
	case c.null:
		return schema.Bound{Null: true}
	case c.number != nil:
		return schema.Bound{Text: c.number.String()}
	case c.text != nil:
		return schema.Bound{Text: *c.text}
	}
	return schema.Bound{Unknown: true, Text: p.since(from)}
}

func (p *parser) sum() constant {
	left := p.product()
	for p.is("+") || p.is("-") {
		op := p.next().text
		left = arithmetic(op, left, p.product())
	}
	return left
}

func (p *parser) product() constant {
	left := p.factor()
	for p.is("*") || p.is("%") || p.is("DIV") || p.is("MOD") {
		t := p.next()
		op := t.text
		if t.kind == word {
			op = t.upper
		}
		left = arithmetic(op, left, p.factor())
	}
	return left
}

func arithmetic(op string, a, b constant) constant {
	if a.number == nil || b.number == nil {
		return constant{}
	}
	out := new(big.Int)
	switch {
	case op == "+":
		out.Add(a.number, b.number)
	case op == "-":
		out.Sub(a.number, b.number)
	case op == "*":
		out.Mul(a.number, b.number)
	case b.number.Sign() == 0:
		return constant{}
	case op == "DIV":
		out.Quo(a.number, b.number)
	default:
		out.Rem(a.number, b.number)
	}
	return constant{number: out}
}

// factor reads a literal, a call of a function, or a sum in parentheses.
func (p *parser) factor() constant {
	t := p.next()
	switch {
	case t.matches("-"):
		return arithmetic("-", constant{number: new(big.Int)}, p.factor())
	case t.matches("+"):
		return p.factor()
	case t.matches("("):
		c := p.sum()
		p.expect(")")
		return c
	case t.kind == str:
		p.at--
		text := p.str()
		return constant{text: &text}
	case t.kind == number:
		if n, ok := new(big.Int).SetString(t.text, 10); ok {
			return constant{number: n}
		}
		return constant{}
	case t.matches("NULL"):
		return constant{null: true}
	case t.kind == word && p.peek(0).kind == str && (t.text[0] == '_' || t.upper == "DATE" || t.upper == "TIMESTAMP" || t.upper == "TIME"):
		text := p.str()
		return constant{text: &text}
	case t.kind == word && p.is("("):
		return p.constantCall(t.upper)
	case t.matches(")"), t.matches(","), t.kind == end:
		p.unknown()
	}
	return constant{}
}

// constantCall works out a function of one literal date and time.
func (p *parser) constantCall(name string) constant {
	at := p.at
	p.at++
	c := p.sum()
	if c.text == nil || !p.accept(")") {
		p.at = at
		p.parens()
		return constant{}
	}
	whole, _, _ := strings.Cut(strings.TrimSpace(*c.text), ".")
	moment, err := time.Parse(time.DateOnly, whole)
	if err != nil {
		if moment, err = time.Parse(time.DateTime, whole); err != nil {
			return constant{}
		}
	}
	const epoch = 719528 // TO_DAYS('1970-01-01')
	seconds := moment.Unix() + epoch*86400
	switch {
	case moment.Year() < 1:
	case name == "TO_DAYS":
		return constant{number: big.NewInt(seconds / 86400)}
	case name == "TO_SECONDS":
		return constant{number: big.NewInt(seconds)}
	case name == "YEAR":
		return constant{number: big.NewInt(int64(moment.Year()))}
	case name == "UNIX_TIMESTAMP" && p.dialect.Zone != nil:
		return p.unixTimestamp(moment)
	}
	return constant{}
}

// unixTimestamp takes a date and time as one of the session's zone.
func (p *parser) unixTimestamp(m time.Time) constant {
	there := time.Date(m.Year(), m.Month(), m.Day(), m.Hour(), m.Minute(), m.Second(), 0, p.dialect.Zone)
	if there.Format(time.DateTime) != m.Format(time.DateTime) { // an hour that the clock leaves out
		return constant{}
	}
	before, after := there.Add(-2*time.Hour), there.Add(2*time.Hour)
	_, a := before.Zone()
	_, b := after.Zone()
	if a != b || there.Unix() < 0 { // an hour that there may be twice
		return constant{}
	}
	return constant{number: big.NewInt(there.Unix())}
}
