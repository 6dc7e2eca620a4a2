package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has a page that tells what it does and shows how, with commands and flags that there are.
func TestEveryCommandHasAPage(t *testing.T) {
	root := (&App{Version: "dev"}).root()
	for _, c := range documented(root) {
		m, is := manuals[c.Name()]
		if !is || len(m.examples) == 0 || c.Long == "" && m.long == "" {
			t.Errorf("%s has no page: add a description and an example to manuals", c.Name())
			continue
		}
		if c.Long != "" && m.long != "" {
			t.Errorf("%s says what it does twice", c.Name())
		}
		for _, name := range m.takes {
			if root.PersistentFlags().Lookup(name) == nil {
				t.Errorf("%s: there is no flag --%s of every command", c.Name(), name)
			}
		}
		for _, name := range m.see {
			if other, _, err := root.Find([]string{name}); err != nil || other == root || other.Hidden {
				t.Errorf("%s names %s, of which the reference has nothing", c.Name(), name)
			}
		}
		for _, e := range m.examples {
			checkExample(t, root, e.line)
		}
	}
}

func checkExample(t *testing.T, root *cobra.Command, line string) {
	t.Helper()
	named := false
	for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune("&|<>()", r) }) {
		words := strings.Fields(part)
		if len(words) < 2 || words[0] != "chameleon" {
			continue
		}
		c, _, err := root.Find(words[1:2])
		if err != nil || c == root {
			t.Errorf("%q names no command", line)
			continue
		}
		named = true
		for _, word := range words[2:] {
			if name, is := strings.CutPrefix(word, "--"); is && c.Flags().Lookup(name) == nil && root.PersistentFlags().Lookup(name) == nil {
				t.Errorf("%q: %s has no flag --%s", line, c.Name(), name)
			}
		}
	}
	if !named {
		t.Errorf("%q does not show the program", line)
	}
}

// Help shows the page, by either spelling.
func TestHelpShowsThePage(t *testing.T) {
	for _, args := range [][]string{{"help", "sync_tables"}, {"help", "sync-tables"}, {"sync_tables", "--help"}} {
		var out bytes.Buffer
		a := &App{Version: "dev", Out: &out, Err: &out, Env: func(string) string { return "" }}
		if code := a.Run(t.Context(), args); code != 0 {
			t.Errorf("%v ends with %d", args, code)
		}
		for _, want := range []string{"NAME\n    sync_tables - fill tables", "--source NAME --tables SCHEMA.TABLE,… [--config NAME]", "EXAMPLES\n", "--tables disabled\n", "EXIT CODES\n", "SEE ALSO\n    refresh_schema"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v does not show %q:\n%s", args, want, out.String())
			}
		}
	}
}

// Manual pages are such that man(1) takes them as they are meant.
func TestManualPages(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "man")
	var out bytes.Buffer
	a := &App{Version: "dev", Out: &out, Err: &out, Env: func(string) string { return "" }}
	if code := a.Run(t.Context(), []string{"man", "--dir", folder}); code != 0 {
		t.Fatalf("man ends with %d: %s", code, out.String())
	}
	pages, err := filepath.Glob(filepath.Join(folder, "chameleon*.1"))
	if err != nil || len(pages) != len(documented(a.root()))+1 {
		t.Fatalf("there are %d pages, %v", len(pages), err)
	}
	macros := []string{".TH ", ".SH ", ".PP", ".TP", ".B ", ".BR ", ".I ", ".nf", ".fi", ".RS", ".RE"}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			known := false
			for _, macro := range macros {
				known = known || strings.HasPrefix(line, macro)
			}
			if (line[0] == '.' || line[0] == '\'') && !known {
				t.Errorf("%s has the line %q", filepath.Base(path), line)
			}
		}
		groff, err := exec.LookPath("groff")
		if err != nil {
			continue // the lines above are what is checked without it
		}
		complaints, err := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z", path).CombinedOutput()
		if err != nil || len(complaints) > 0 {
			t.Errorf("groff says of %s: %v, %s", filepath.Base(path), err, complaints)
		}
	}
}
