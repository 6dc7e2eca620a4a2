package house

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	maxFile     = 600
	maxFunction = 80
)

// tables lists the functions that may be longer because they are tables or
// switches, one line for each case: "package.Function" or "package.Type.Method".
var tables = []string{}

// vague names a file or a package by nothing.
var vague = regexp.MustCompile(`^(utils?|common|helpers?|base|types|misc|manager)(_test)?$`)

// Every package says in its first sentences what it owns and what it does not.
func TestPackageSentences(t *testing.T) {
	tested, sentences := onlyTests(t), map[string]string{}
	for _, s := range sources(t) {
		if _, seen := sentences[s.pkg]; !seen {
			sentences[s.pkg] = ""
		}
		if s.syntax.Doc != nil && (!s.test || tested[s.pkg]) {
			sentences[s.pkg] += s.syntax.Doc.Text()
		}
	}
	for pkg, sentence := range sentences {
		sentence = strings.Join(strings.Fields(sentence), " ")
		switch {
		case tested[pkg] && sentence == "":
		case strings.Contains(pkg, "cmd/"):
			if !strings.HasPrefix(sentence, "Command "+path.Base(pkg)+" ") {
				t.Errorf("%s: the comment above its package clause begins with \"Command %s …\"", pkg, path.Base(pkg))
			}
		case !strings.HasPrefix(sentence, "Package "+path.Base(pkg)+" "):
			t.Errorf("%s: has no package sentence \"Package %s owns …\"", pkg, path.Base(pkg))
		case !strings.Contains(sentence, "owns") && !strings.Contains(sentence, " own "):
			t.Errorf("%s: its package sentence does not say what it owns", pkg)
		case !strings.Contains(sentence, "does not own") && !strings.Contains(sentence, "do not own"):
			t.Errorf("%s: its package sentence does not say what it does not own", pkg)
		}
	}
}

// onlyTests tells the packages that have no other files.
func onlyTests(t *testing.T) map[string]bool {
	only := map[string]bool{}
	for _, s := range sources(t) {
		before, seen := only[s.pkg]
		only[s.pkg] = s.test && (before || !seen)
	}
	return only
}

// A file is one idea, a function one step.
func TestSizes(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || s.generated {
			continue
		}
		if s.lines > maxFile {
			t.Errorf("%s has %d lines: split it before %d", s.path, s.lines, maxFile)
		}
		for _, declaration := range s.syntax.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if !is || function.Body == nil {
				continue
			}
			name := s.pkg + "." + receiver(function) + function.Name.Name
			lines := s.fset.Position(function.Body.Rbrace).Line - s.fset.Position(function.Body.Lbrace).Line - 1
			if slices.Contains(tables, name) {
				used[name] = true
			} else if lines > maxFunction {
				t.Errorf("%s: %s has %d lines: split it before %d", s.path, name, lines, maxFunction)
			}
		}
	}
	for _, name := range tables {
		if !used[name] {
			t.Errorf("the list of long tables names %s, which is not there", name)
		}
	}
}

func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return ""
	}
	expression := function.Recv.List[0].Type
	if star, is := expression.(*ast.StarExpr); is {
		expression = star.X
	}
	if index, is := expression.(*ast.IndexExpr); is {
		expression = index.X
	}
	if name, is := expression.(*ast.Ident); is {
		return name.Name + "."
	}
	return ""
}

// A name says what a file or a package holds.
func TestNames(t *testing.T) {
	for _, s := range sources(t) {
		file := strings.TrimSuffix(path.Base(s.path), ".go")
		if vague.MatchString(file) || vague.MatchString(path.Base(s.pkg)) {
			t.Errorf("%s: name it for the one idea that it holds", s.path)
		}
	}
}

// There is no state that outlives its owner, and nothing happens by importing.
func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, declaration := range s.syntax.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if is && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s: has an init function: write the list out and pass it in", s.path)
			}
		}
	}
}
