// Package house owns the rules of the code's layout, as tests: who may import
// whom, what each package says of itself, how large things may be. It does not
// own rules that a linter knows (.golangci.yml).
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "pgchameleon/"

// source is one Go file of the module.
type source struct {
	path      string // from the module's root, with slashes
	pkg       string // its folder below internal, such as "source/binlog"; "cmd/…" for programs
	test      bool
	generated bool
	lines     int
	fset      *token.FileSet
	syntax    *ast.File
}

// sources reads all Go files of the module.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			s := source{path: filepath.ToSlash(relative), fset: token.NewFileSet(), lines: strings.Count(string(text), "\n")}
			s.pkg = strings.TrimPrefix(filepath.ToSlash(filepath.Dir(relative)), "internal/")
			s.test = strings.HasSuffix(path, "_test.go")
			s.syntax, err = parser.ParseFile(s.fset, path, text, parser.ParseComments)
			if err != nil {
				return err
			}
			s.generated = ast.IsGenerated(s.syntax)
			all = append(all, s)
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("no Go files found")
	}
	return all
}

// within is true for the packages named and those below one that ends in "/...".
func within(pkg string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		above, below := strings.CutSuffix(pattern, "/...")
		return pkg == above || below && strings.HasPrefix(pkg, above+"/")
	})
}
