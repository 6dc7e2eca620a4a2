package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manualPage is a command's page of the manual, whatever it is written as.
type manualPage struct {
	name, short string
	synopsis    string
	long        []string // paragraphs
	own, common []*pflag.Flag
	examples    []example
	see         []string
}

// pageOf makes the page of a command.
func pageOf(c *cobra.Command) *manualPage {
	m := manuals[c.Name()]
	p := &manualPage{name: c.Name(), short: c.Short, examples: m.examples}
	for paragraph := range strings.SplitSeq(cmp.Or(c.Long, m.long), "\n\n") {
		if text := strings.Join(strings.Fields(paragraph), " "); text != "" {
			p.long = append(p.long, text)
		}
	}
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden {
			p.own = append(p.own, f)
		}
	})
	synopsis := []string{c.Root().Name() + " " + c.Use}
	for i, name := range m.takes {
		f := c.Root().PersistentFlags().Lookup(name)
		if f == nil {
			continue
		}
		p.common = append(p.common, f)
		if text := typed(f); i < m.needs {
			synopsis = append(synopsis, text)
		} else {
			synopsis = append(synopsis, "["+text+"]")
		}
	}
	for _, f := range p.own {
		synopsis = append(synopsis, "["+typed(f)+"]")
	}
	p.synopsis = strings.Join(synopsis, " ")
	for _, name := range m.see {
		other, _, err := c.Root().Find([]string{name})
		if err == nil && other != c.Root() {
			p.see = append(p.see, name)
		}
	}
	slices.Sort(p.see)
	return p
}

// typed is a flag as it is typed.
func typed(f *pflag.Flag) string {
	if f.Value.Type() == "bool" {
		return "--" + f.Name
	}
	return "--" + f.Name + " " + placeholder(f)
}

func placeholder(f *pflag.Flag) string {
	switch f.Name {
	case "source", "config", "schema":
		return "NAME"
	case "tables":
		return "SCHEMA.TABLE,…"
	case "logid", "id", "withdraw":
		return "NUMBER"
	case "dir":
		return "FOLDER"
	case "rollbar-level":
		return "LEVEL"
	}
	return strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// exitCodes tells what exit codes mean, in short; docs/exit-codes.md has more.
var exitCodes = []example{
	{"0", "done; for a daemon, its work has begun for good"}, {"2", "the configuration or a flag is wrong"}, {"3", "a server or a privilege is not as it must be"},
	{"4", "a server is away or busy: try again later"}, {"5", "PostgreSQL cannot take a value, a row or a statement"}, {"6", "it does not fit the present state, or the answer was no"},
	{"130", "ended by Ctrl-C or SIGTERM before it was done"},
}

const pageWidth = 100

// write writes the page as help shows it.
func (p *manualPage) write(w io.Writer) {
	fmt.Fprintf(w, "NAME\n    %s - %s\n\nSYNOPSIS\n", p.name, lowered(p.short))
	wrapped(w, "    ", "        ", p.synopsis)
	if len(p.long) > 0 {
		fmt.Fprint(w, "\nDESCRIPTION\n")
		for i, text := range p.long {
			if i > 0 {
				fmt.Fprintln(w)
			}
			wrapped(w, "    ", "    ", text)
		}
	}
	if len(p.own)+len(p.common) > 0 {
		fmt.Fprint(w, "\nFLAGS\n")
		for _, f := range slices.Concat(p.own, p.common) {
			fmt.Fprintf(w, "    %s\n", typed(f))
			wrapped(w, "        ", "        ", f.Usage+standard(f))
		}
	}
	if len(p.examples) > 0 {
		fmt.Fprint(w, "\nEXAMPLES\n")
		for i, e := range p.examples {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "    %s:\n        %s\n", e.does, e.line)
		}
	}
	fmt.Fprint(w, "\nEXIT CODES\n")
	for _, e := range exitCodes {
		fmt.Fprintf(w, "    %-4s%s\n", e.does, e.line)
	}
	if len(p.see) > 0 {
		fmt.Fprintf(w, "\nSEE ALSO\n    %s\n", strings.Join(p.see, ", "))
	}
}

// standard tells a flag's default, if it has one that is worth a word.
func standard(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "false", "0", all:
		return ""
	}
	return " (" + f.DefValue + " if it is not given)"
}

// lowered is a title in the middle of a line.
func lowered(text string) string {
	if len(text) < 2 || text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// wrapped writes a text in lines of pageWidth.
func wrapped(w io.Writer, first, rest, text string) {
	line, words := first, 0
	for word := range strings.FieldsSeq(text) {
		if words > 0 && len(line)+1+len(word) > pageWidth {
			fmt.Fprintln(w, line)
			line, words = rest, 0
		}
		if words > 0 {
			line += " "
		}
		line += word
		words++
	}
	fmt.Fprintln(w, line)
}
