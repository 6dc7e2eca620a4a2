package parse

import (
	"strconv"
	"strings"

	"pgchameleon/internal/schema"
)

// parser walks the tokens of one statement. Its rules return what they read and
// give up by a panic that parse catches.
type parser struct {
	sql     string
	dialect Dialect
	tokens  []token
	at      int
	what    string // kind of the statement, for errors
	depth   int    // of the expression that is read
}

type giveUp struct{ err error }

// unknown gives up at the present token.
func (p *parser) unknown() {
	from := p.peek(0).start
	text := p.sql[from:]
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	panic(giveUp{&UnknownClause{Statement: p.what, Clause: text, Offset: from}})
}

func (p *parser) peek(ahead int) *token {
	return &p.tokens[min(p.at+ahead, len(p.tokens)-1)]
}

func (p *parser) next() *token {
	t := p.peek(0)
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) end() bool { return p.peek(0).kind == end }

// matches says whether a token is this keyword (in upper case) or character.
func (t *token) matches(want string) bool {
	return t.kind == word && t.upper == want || t.kind == punct && t.text == want
}

// is says whether these keywords or characters come next.
func (p *parser) is(wants ...string) bool {
	for i, want := range wants {
		if !p.peek(i).matches(want) {
			return false
		}
	}
	return true
}

// accept steps over these keywords or characters if they come next.
func (p *parser) accept(wants ...string) bool {
	if !p.is(wants...) {
		return false
	}
	p.at += len(wants)
	return true
}

// any steps over one of these words and says which, or gives "".
func (p *parser) any(wants ...string) string {
	for _, want := range wants {
		if p.accept(want) {
			return want
		}
	}
	return ""
}

func (p *parser) expect(wants ...string) {
	for _, want := range wants {
		if !p.accept(want) {
			p.unknown()
		}
	}
}

// isName says whether an identifier comes next.
func (p *parser) isName() bool {
	k := p.peek(0).kind
	return k == word || k == quoted
}

// name reads an identifier; a string in double quotes is none here.
func (p *parser) name() string {
	if !p.isName() {
		p.unknown()
	}
	return p.next().text
}

// field reads the name of a column, which may stand behind those of its table and schema.
func (p *parser) field() string {
	name := p.name()
	for p.accept(".") {
		name = p.name()
	}
	return name
}

// text reads an identifier, a string or a number: the value of an option.
func (p *parser) text() string {
	t := p.peek(0)
	if t.kind == punct || t.kind == end {
		p.unknown()
	}
	p.at++
	return t.text
}

// str reads a string, of which several in a row are one.
func (p *parser) str() string {
	if p.peek(0).kind != str {
		p.unknown()
	}
	text := p.next().text
	if p.peek(0).kind != str {
		return text
	}
	all := []string{text}
	for p.peek(0).kind == str {
		all = append(all, p.next().text)
	}
	return strings.Join(all, "")
}

// comment reads a comment as the server keeps it: in three bytes for a character.
func (p *parser) comment() string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '?'
		}
		return r
	}, p.str())
}

// tableName reads table, schema.table or .table.
func (p *parser) tableName() schema.Name {
	if p.accept(".") {
		return schema.Name{Table: p.kept(p.name())}
	}
	first := p.kept(p.name())
	if p.accept(".") {
		return schema.Name{Schema: first, Table: p.kept(p.name())}
	}
	return schema.Name{Table: first}
}

// kept gives the name of a schema or table as the server keeps it.
func (p *parser) kept(name string) string {
	if p.dialect.LowerNames {
		return strings.ToLower(name)
	}
	return name
}

func (p *parser) tableNames() []schema.Name {
	list := []schema.Name{p.tableName()}
	for p.accept(",") {
		list = append(list, p.tableName())
	}
	return list
}

func (p *parser) names() []string {
	names := []string{p.name()}
	for p.accept(",") {
		names = append(names, p.name())
	}
	return names
}

// int reads an unsigned number that fits, or gives up.
func (p *parser) int() int {
	at := p.at
	n := p.uint()
	if n > 1<<31-1 {
		n, p.at = 0, at
		p.unknown()
	}
	return int(n)
}

func (p *parser) uint() uint64 {
	t := p.peek(0)
	n, err := strconv.ParseUint(t.text, 10, 64)
	if t.kind != number || err != nil {
		p.unknown()
	}
	p.at++
	return n
}

// parens steps over a balanced pair of parentheses and gives what is inside.
func (p *parser) parens() string {
	p.expect("(")
	from := p.peek(0).start
	for depth := 1; ; {
		t := p.peek(0)
		switch {
		case t.kind == end:
			p.unknown()
		case t.matches("("):
			depth++
		case t.matches(")"):
			depth--
		}
		p.at++
		if depth == 0 {
			return strings.TrimSpace(p.sql[from:t.start])
		}
	}
}

// since is the source text from a token on to the present one.
func (p *parser) since(at int) string {
	if at == p.at {
		return ""
	}
	return p.sql[p.tokens[at].start:p.tokens[p.at-1].end]
}

// skipTo steps over tokens, and pairs of parentheses whole, until stop says so,
// a closing parenthesis or the end comes.
func (p *parser) skipTo(stop func() bool) {
	for !p.end() && !p.is(")") && !stop() {
		if p.is("(") {
			p.parens()
			continue
		}
		p.at++
	}
}

// stored is parens for an expression that is kept: it reads the same whatever the session's
// sql_mode was.
func (p *parser) stored() string {
	at := p.at + 1
	text := p.parens()
	if !p.dialect.has(AnsiQuotes | NoBackslashEscapes | PipesAsConcat) {
		return text
	}
	return p.plain(p.tokens[at : p.at-1])
}

// plain writes tokens in the quotes of a session without such modes.
func (p *parser) plain(tokens []token) string {
	var out strings.Builder
	last := -1
	for i, t := range tokens {
		if last >= 0 && t.start > last {
			out.WriteByte(' ')
		}
		last = t.end
		source := p.sql[t.start:t.end]
		switch {
		case p.dialect.has(PipesAsConcat) && t.matches("|") && (i > 0 && tokens[i-1].matches("|") || i+1 < len(tokens) && tokens[i+1].matches("|")):
			source = " concat " // not to be read as OR, nor as anything else
		case t.kind == quoted:
			source = "`" + strings.ReplaceAll(t.text, "`", "``") + "`"
		case t.kind == str:
			source = "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(t.text) + "'"
		}
		out.WriteString(source)
	}
	return out.String()
}
