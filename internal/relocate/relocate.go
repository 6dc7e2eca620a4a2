// Package relocate owns how SQL that PostgreSQL itself has written, every name qualified, is
// said of the same objects in other schemas. It does not own which object goes where, nor
// what the SQL is for.
package relocate

import (
	"fmt"
	"slices"
	"strings"
)

// Names says which qualified names change their schema. The zero value changes none.
type Names struct {
	places  map[name]string
	missing map[name]string
}

type name struct{ schema, object string }

// Missing says that SQL needs something that is not where it should go.
type Missing struct {
	Object    string // qualified, as the SQL has it
	Extension string // that would bring it
}

// Error names the extension.
func (m *Missing) Error() string {
	return fmt.Sprintf("%s belongs to the extension %s, which the target database does not have", m.Object, m.Extension)
}

// Put says that an object is in another schema.
func (n *Names) Put(schema, object, to string) {
	if n.places == nil {
		n.places = map[name]string{}
	}
	n.places[name{schema, object}] = to
}

// Lacks says that an object comes with an extension that is not there.
func (n *Names) Lacks(schema, object, extension string) {
	if n.missing == nil {
		n.missing = map[name]string{}
	}
	n.missing[name{schema, object}] = extension
}

// All applies SQL to several statements.
func (n *Names) All(statements ...string) ([]string, error) {
	list := make([]string, len(statements))
	for i, s := range statements {
		var err error
		if list[i], err = n.SQL(s); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SQL writes a statement or an expression anew. What stands between dollar quotes, the body of a
// function, is left as it is.
func (n *Names) SQL(sql string) (string, error) {
	tokens := scan(sql)
	for i := range tokens {
		switch {
		case tokens[i].kind == word && i+2 < len(tokens) && tokens[i+1].text == "." && (i == 0 || tokens[i-1].text != "."):
			if err := n.qualified(tokens, i); err != nil {
				return "", err
			}
		case tokens[i].kind == literal && named(tokens[i+1:]):
			inner, err := n.SQL(unquoted(tokens[i].text))
			if err != nil {
				return "", err
			}
			tokens[i].text = "'" + strings.ReplaceAll(inner, "'", "''") + "'"
		}
	}
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return b.String(), nil
}

// qualified changes the schema at tokens[i], if the object behind it has another one.
func (n *Names) qualified(tokens []token, i int) error {
	object := ""
	switch next := tokens[i+2]; {
	case next.kind == word:
		object = next.identifier()
	case next.kind == symbol && i >= 2 && tokens[i-1].text == "(" && strings.EqualFold(tokens[i-2].text, "operator"):
		for _, t := range tokens[i+2:] {
			if t.text == ")" {
				break
			}
			object += t.text
		}
	default:
		return nil
	}
	at := name{tokens[i].identifier(), object}
	if extension, lacks := n.missing[at]; lacks {
		return &Missing{Object: at.schema + "." + at.object, Extension: extension}
	}
	if to, moves := n.places[at]; moves {
		tokens[i].text = `"` + strings.ReplaceAll(to, `"`, `""`) + `"`
	}
	return nil
}

// references are the types whose constants are names, written as text.
var references = []string{"regclass", "regtype", "regproc", "regprocedure", "regoper", "regoperator", "regconfig", "regdictionary", "regcollation"}

// named says whether what follows a string constant makes a name of it: a cast to a type of
// references, directly or by way of text.
func named(rest []token) bool {
	var text []string
	for _, t := range rest[:min(8, len(rest))] {
		if t.kind != blank {
			text = append(text, t.text)
		}
	}
	if len(text) >= 3 && text[0] == ":" && text[1] == ":" && text[2] == "text" {
		text = text[3:]
		if len(text) > 0 && text[0] == ")" {
			text = text[1:]
		}
	}
	return len(text) >= 3 && text[0] == ":" && text[1] == ":" && slices.Contains(references, text[2])
}

func unquoted(literal string) string {
	return strings.ReplaceAll(literal[1:len(literal)-1], "''", "'")
}
