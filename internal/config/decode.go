package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pgchameleon/internal/fault"
)

// field is one key: how it is read, shown and described. Tables of fields are
// the whole schema of the file; the reference is printed from them.
type field struct {
	name     string
	doc      string   // sentences for the reference
	value    value    // nil: the key is accepted and not followed, as ignored says
	required bool     // an absent key is an error
	ignored  string   // why the key means nothing any more, a sentence without a full stop
	silent   []string // values of an ignored key that need no note
}

// value is where a key's value goes.
type value interface {
	// read takes what the file says; errors go to the decoder.
	read(d *decoder, key string, n *node)
	// show is the value as the file would have it; for a fresh Config the default.
	show() string
	// takes says what may stand there, for the reference.
	takes() string
}

// decoder reads one file and collects all that is wrong with it.
type decoder struct {
	path     string // of the file, as messages name it
	folder   string // that relative paths start from
	home     string // the user's home folder, for ~
	config   *Config
	problems []problem
	hashes   []*node // masks that need a key
}

type problem struct {
	line, column int
	text         string
}

// mostProblems are told at a time; what comes behind is often their echo.
const mostProblems = 12

func (d *decoder) fail(line, column int, format string, args ...any) {
	d.problems = append(d.problems, problem{line, column, fmt.Sprintf(format, args...)})
}

// err is one error with a line for each problem, or nil.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var lines []string
	for i, p := range d.problems {
		if i == mostProblems {
			lines = append(lines, fmt.Sprintf("%s: and %d problems more", d.path, len(d.problems)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", d.path, p.line, p.column, p.text))
	}
	return fault.New(fault.Config, "correct the file; config-example.yml, which set_configuration_files writes, shows every key", "%s", strings.Join(lines, "\n"))
}

// dictionary reads the keys of n, which is named owner in messages ("" for the
// whole file).
func (d *decoder) dictionary(n *node, owner string, fields []field) {
	in := ""
	if owner != "" {
		in = " in " + owner
	}
	switch n.kind {
	case dictionary:
	case null:
		n = &node{kind: dictionary, line: n.line, column: n.column}
	default:
		d.fail(n.line, n.column, "%s must be keys with values, not %s", cmp.Or(owner, "the configuration"), n.kind)
		return
	}
	meant := map[string]bool{} // keys that are there, but misspelt
	for _, e := range n.entries {
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == e.key.text })
		if at < 0 {
			near, advice := suggestion(e.key.text, fields)
			meant[near] = true
			d.fail(e.key.line, e.key.column, "unknown key %q%s%s", e.key.text, in, advice)
			continue
		}
		d.field(&fields[at], e)
	}
	for _, f := range fields {
		if f.required && n.entry(f.name) == nil && !meant[f.name] {
			d.fail(n.line, n.column, "%s has no %s, which must be given", cmp.Or(owner, "the configuration"), f.name)
		}
	}
}

func (d *decoder) field(f *field, e entry) {
	switch {
	case f.value != nil:
		if e.value.kind == null { // a null stands where its key stands
			e.value.line, e.value.column = e.key.line, e.key.column
		}
		f.value.read(d, f.name, e.value)
	case e.value.kind == null, e.value.kind == scalar && slices.Contains(f.silent, strings.ToLower(e.value.text)):
	default:
		d.config.note(e.key.line, f.name, "%s", f.ignored)
	}
}

// scalar gives the text of a single value; what else stands there is an error.
func (d *decoder) scalar(key string, n *node, what string) (string, bool) {
	switch n.kind {
	case scalar:
		return n.text, true
	case null:
		d.fail(n.line, n.column, "%s has no value: give it %s, or remove the key", key, what)
	default:
		d.fail(n.line, n.column, "%s must be %s, not %s", key, what, n.describe())
	}
	return "", false
}

// word gives the text of a single value where null is a word. What is left out is an error.
func (d *decoder) word(key string, n *node, what string) (string, bool) {
	if n.kind == null && n.text != "" {
		return "null", true
	}
	return d.scalar(key, n, what)
}

// file makes a path absolute: ~ is the user's home, a relative path starts in
// the folder of the configuration file.
func (d *decoder) file(path string) string {
	switch {
	case path == "~":
		path = d.home
	case strings.HasPrefix(path, "~/"):
		path = filepath.Join(d.home, path[2:])
	case path != "" && !filepath.IsAbs(path):
		path = filepath.Join(d.folder, path)
	}
	return filepath.Clean(path)
}

// suggestion names the known key that was probably meant, and says so.
func suggestion(key string, fields []field) (near, advice string) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	if near := Nearest(key, names); near != "" {
		return near, fmt.Sprintf("; did you mean %q?", near)
	}
	slices.Sort(names)
	return "", "; the keys are " + strings.Join(names, ", ")
}

// Nearest finds the name that word was probably meant to be, or "".
func Nearest(word string, names []string) string {
	best, least := "", 1+max(1, len(word)/3)
	for _, name := range names {
		if n := distance(strings.ToLower(word), name); n < least {
			best, least = name, n
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap between a and b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
