package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// node is a value of the file with its place. Aliases, merges and tags are
// resolved.
type node struct {
	kind         kind
	text         string // of a scalar; of null, where it is written as such
	quoted       bool
	entries      []entry // of a map, in the order of the file
	items        []*node // of a list
	line, column int
}

type entry struct {
	key   *node
	value *node
}

type kind uint8

const (
	null kind = iota
	scalar
	list
	dictionary
)

// String names the kind in an error.
func (k kind) String() string {
	return [...]string{"nothing", "a value", "a list", "keys with values"}[k]
}

// maxNodes bounds what aliases may blow up to.
const maxNodes = 100_000

// reader turns the parser's tree into nodes.
type reader struct {
	anchors map[string]ast.Node
	open    map[string]bool // aliases being resolved, against loops
	nodes   int
	fail    func(line, column int, format string, args ...any)
}

// tree parses a file of one document. What is wrong is told to fail; then the
// result is of no use.
func tree(text []byte, fail func(line, column int, format string, args ...any)) *node {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var positioned yaml.Error
		if errors.As(err, &positioned) && positioned.GetToken() != nil {
			at := positioned.GetToken().Position
			fail(at.Line, at.Column, "this is not YAML: %s%s", positioned.GetMessage(), starAdvice(text, at.Line))
		} else {
			fail(1, 1, "this is not YAML: %s", strings.SplitN(err.Error(), "\n", 2)[0])
		}
		return nil
	}
	var body ast.Node
	for _, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		if _, comment := document.Body.(*ast.CommentGroupNode); comment {
			continue
		}
		if body != nil {
			at := document.Body.GetToken().Position
			fail(at.Line, at.Column, "a second document begins here; a configuration is one")
			return nil
		}
		body = document.Body
	}
	if body == nil {
		return &node{kind: null, line: 1, column: 1}
	}
	r := &reader{anchors: map[string]ast.Node{}, open: map[string]bool{}, fail: fail}
	ast.Walk(r, body)
	return r.node(body)
}

// bareStar is an * that begins a key or a value: YAML takes it for an alias.
var bareStar = regexp.MustCompile(`(^|[\s\[{,])\*`)

// starAdvice says what is wrong with a pattern that is not quoted.
func starAdvice(text []byte, line int) string {
	lines := bytes.Split(text, []byte("\n"))
	if line < 1 || line > len(lines) || !bareStar.Match(lines[line-1]) {
		return ""
	}
	return `; quote what begins with *, as in "*.email"`
}

// Visit collects the anchors.
func (r *reader) Visit(n ast.Node) ast.Visitor {
	if anchor, is := n.(*ast.AnchorNode); is && anchor.Name != nil {
		r.anchors[anchor.Name.String()] = anchor.Value
	}
	return r
}

func (r *reader) node(n ast.Node) *node {
	if n == nil {
		return &node{kind: null, line: 1, column: 1}
	}
	at := &token.Position{Line: 1, Column: 1}
	if t := n.GetToken(); t != nil && t.Position != nil {
		at = t.Position
	}
	out := &node{line: at.Line, column: at.Column}
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.fail(at.Line, at.Column, "the file grows beyond %d values by its aliases", maxNodes)
		}
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
		if t := n.GetToken(); t != nil && t.Type == token.NullType {
			out.text = "null"
		}
	case *ast.StringNode:
		t := n.GetToken().Type
		out.kind, out.text, out.quoted = scalar, n.Value, t == token.SingleQuoteType || t == token.DoubleQuoteType
	case *ast.LiteralNode:
		out.kind, out.text, out.quoted = scalar, n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = scalar, n.GetToken().Value
	case *ast.MappingNode:
		r.entries(out, n.Values)
	case *ast.MappingValueNode:
		r.entries(out, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out.kind = list
		for _, item := range n.Values {
			out.items = append(out.items, r.node(item))
		}
	case *ast.AnchorNode:
		return r.node(n.Value)
	case *ast.AliasNode:
		return r.alias(out, n)
	case *ast.TagNode:
		return r.tagged(out, n)
	default:
		r.fail(at.Line, at.Column, "this form of YAML is not understood here")
	}
	return out
}

func (r *reader) alias(out *node, n *ast.AliasNode) *node {
	name := n.Value.String()
	target, known := r.anchors[name]
	if !known || r.open[name] {
		r.fail(out.line, out.column, "the alias *%s has no anchor &%s before it (quote what begins with * and is no alias)", name, name)
		return out
	}
	r.open[name] = true
	defer delete(r.open, name)
	value := *r.node(target)
	value.line, value.column = out.line, out.column
	return &value
}

func (r *reader) tagged(out *node, n *ast.TagNode) *node {
	tag := n.Start.Value
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		value := r.node(n.Value)
		value.quoted = value.quoted || tag == "!!str"
		return value
	}
	r.fail(out.line, out.column, "the tag %s means nothing here", tag)
	return out
}

// entries fills a map: what a merge brings stands back behind the map's own keys.
func (r *reader) entries(out *node, values []*ast.MappingValueNode) {
	out.kind = dictionary
	if len(values) > 0 && values[0].Key != nil {
		at := values[0].Key.GetToken().Position
		out.line, out.column = at.Line, at.Column
	}
	var merged []entry
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, r.merge(r.node(v.Value))...)
			continue
		}
		var key *node
		if explicit, is := v.Key.(*ast.MappingKeyNode); is {
			key = r.node(explicit.Value)
		} else {
			key = r.node(v.Key)
		}
		if key.kind != scalar {
			r.fail(key.line, key.column, "a key must be a plain word here")
			continue
		}
		if first := out.entry(key.text); first != nil {
			r.fail(key.line, key.column, "the key %q is given twice; first on line %d", key.text, first.key.line)
			continue
		}
		out.entries = append(out.entries, entry{key, r.node(v.Value)})
	}
	for _, e := range merged {
		if out.entry(e.key.text) == nil {
			out.entries = append(out.entries, e)
		}
	}
}

func (r *reader) merge(n *node) []entry {
	switch n.kind {
	case dictionary:
		return n.entries
	case list:
		var all []entry
		for _, item := range n.items {
			all = append(all, r.merge(item)...)
		}
		return all
	}
	r.fail(n.line, n.column, "<<: takes keys with values, not %s", n.describe())
	return nil
}

// entry finds a key of a map.
func (n *node) entry(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key.text == key {
			return &n.entries[i]
		}
	}
	return nil
}

// describe says what stands there, without giving away long values.
func (n *node) describe() string {
	if n.kind != scalar {
		return n.kind.String()
	}
	const most = 40
	text := []rune(n.text)
	if len(text) > most {
		text = append(text[:most:most], '…')
	}
	return fmt.Sprintf("%q", string(text))
}
