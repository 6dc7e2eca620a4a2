package parse

import (
	"strings"

	"pgchameleon/internal/schema"
)

// Query is one SELECT, or several that a UNION joins.
type Query struct {
	Selects []*Select
	All     []bool // of the UNION before each but the first: UNION ALL
	Order   []Sort
	Limit   string // a number; "" for none
	Offset  string
}

// Select is one SELECT without its ORDER BY.
type Select struct {
	Distinct bool
	Items    []Item
	From     *Relation // nil: there is none
	Where    *Expr
	Group    []*Expr
	Having   *Expr
}

// Item is a column of a SELECT.
type Item struct {
	Expr *Expr
	Name string
}

// Sort is what rows are sorted by.
type Sort struct {
	Expr *Expr
	Desc bool
}

// Relation is a table, a query, or a join of two relations.
type Relation struct {
	Table schema.Name
	Alias string // the name by which columns are qualified
	Query *Query
	Join  string // "JOIN" or "LEFT JOIN"; "" for no join
	Left  *Relation
	Right *Relation
	On    *Expr // nil: all rows with all
}

// View reads a query in the form in which the servers keep that of a view: all names qualified,
// each column with its name. The error is a *SyntaxError or an *UnknownClause.
func View(text string, d Dialect) (q *Query, err error) {
	tokens, err := lex(text, d)
	if err != nil {
		return nil, err
	}
	p := &parser{sql: text, dialect: d, tokens: tokens, what: "view"}
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case giveUp:
			q, err = nil, failure.err
		default:
			panic(failure)
		}
	}()
	q = p.query()
	if !p.end() {
		p.unknown()
	}
	return q, nil
}

// nest bounds how deep rules call one another; what it gives ends that.
func (p *parser) nest() func() {
	if p.depth++; p.depth > maxDepth {
		p.unknown()
	}
	return func() { p.depth-- }
}

func (p *parser) query() *Query {
	defer p.nest()()
	q := &Query{}
	p.selects(q)
	for p.accept("UNION") {
		q.All = append(q.All, p.accept("ALL"))
		p.selects(q)
	}
	if p.accept("ORDER", "BY") {
		q.Order = p.sorts()
	}
	if p.accept("LIMIT") {
		q.Limit = p.digits()
		if p.accept(",") {
			q.Offset, q.Limit = q.Limit, p.digits()
		} else if p.accept("OFFSET") {
			q.Offset = p.digits()
		}
	}
	return q
}

func (p *parser) digits() string {
	if p.peek(0).kind != number || strings.Trim(p.peek(0).text, "0123456789") != "" {
		p.unknown()
	}
	return p.next().text
}

// selects reads a SELECT; one in parentheses has nothing but itself.
func (p *parser) selects(q *Query) {
	if p.accept("(") {
		defer p.nest()()
		p.selects(q)
		p.expect(")")
		return
	}
	q.Selects = append(q.Selects, p.selection())
}

func (p *parser) selection() *Select {
	p.expect("SELECT")
	s := &Select{}
	for {
		switch {
		case p.accept("DISTINCT"):
			s.Distinct = true
			continue
		case p.any("ALL", "HIGH_PRIORITY", "SQL_NO_CACHE", "SQL_CACHE", "STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT") != "":
			continue
		}
		break
	}
	for more := true; more; more = p.accept(",") {
		item := Item{Expr: p.expr()}
		if item.Name = item.Expr.Text; p.accept("AS") { // a subquery's need no names
			item.Name = p.text()
		}
		s.Items = append(s.Items, item)
	}
	if p.accept("FROM") && !p.accept("DUAL") {
		s.From = p.relations()
	}
	if p.accept("WHERE") {
		s.Where = p.expr()
	}
	if p.accept("GROUP", "BY") {
		s.Group = p.exprs()
	}
	if p.accept("HAVING") {
		s.Having = p.expr()
	}
	return s
}

func (p *parser) sorts() (list []Sort) {
	for more := true; more; more = p.accept(",") {
		s := Sort{Expr: p.expr()}
		if p.accept("DESC") {
			s.Desc = true
		} else {
			p.accept("ASC")
		}
		list = append(list, s)
	}
	return list
}

// relations reads joined relations, of which a comma joins as JOIN does.
func (p *parser) relations() *Relation {
	left := p.relation()
	for {
		join := ""
		switch {
		case p.accept(","), p.accept("JOIN"), p.accept("STRAIGHT_JOIN"), p.accept("INNER", "JOIN"), p.accept("CROSS", "JOIN"):
			join = "JOIN"
		case p.accept("LEFT"):
			p.accept("OUTER")
			p.expect("JOIN")
			join = "LEFT JOIN"
		default:
			return left
		}
		r := &Relation{Join: join, Left: left, Right: p.relation()}
		if p.accept("ON") {
			r.On = p.expr()
		} else if join == "LEFT JOIN" {
			p.unknown()
		}
		left = r
	}
}

func (p *parser) relation() *Relation {
	defer p.nest()()
	if p.accept("(") {
		if p.is("SELECT") || p.is("(", "SELECT") {
			r := &Relation{Query: p.query()}
			p.expect(")")
			p.accept("AS")
			r.Alias = p.name()
			return r
		}
		r := p.relations()
		p.expect(")")
		return r
	}
	r := &Relation{Table: p.tableName()}
	r.Alias = r.Table.Table
	if p.accept("AS") || p.peek(0).kind == quoted {
		r.Alias = p.name()
	}
	for _, word := range []string{"USE", "FORCE", "IGNORE"} { // INDEX (…), of which only the source's optimizer knows
		if p.accept(word) {
			p.any("INDEX", "KEY")
			p.parens()
		}
	}
	return r
}

// aggregates are the functions of many rows.
var aggregates = map[string]bool{"COUNT": true, "SUM": true, "AVG": true, "MIN": true, "MAX": true, "GROUP_CONCAT": true}

// aggregate reads the arguments of a function of many rows.
func (p *parser) aggregate(name string) *Expr {
	e := call(name)
	e.Distinct = p.accept("DISTINCT")
	if p.accept("*") {
		e.Args = []*Expr{{Op: OpNumber, Text: "0"}}
		return e
	}
	e.Args = p.exprs()
	if name != "GROUP_CONCAT" {
		return e
	}
	if p.accept("ORDER", "BY") {
		e.Order = p.sorts()
	}
	e.Separator = ","
	if p.accept("SEPARATOR") {
		e.Separator = p.str()
	}
	return e
}
