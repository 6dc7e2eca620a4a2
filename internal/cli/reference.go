package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Reference writes the reference of all commands and flags, docs/commands.md: their pages.
func (a *App) Reference(w io.Writer) {
	root := a.root()
	fmt.Fprint(w, "# Commands\n\nGenerated from the program: `go test ./internal/cli -run Reference -update`. `chameleon help COMMAND` and `man chameleon-COMMAND` (`make man`) show the same.\n\n"+
		"`chameleon COMMAND [FLAGS]`. Commands and flags may be spelt with underscores or dashes. [Exit codes](exit-codes.md)\nare the same for all.\n\n## Flags of every command\n\n")
	var flags []*pflag.Flag
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
	writeFlags(w, flags)
	for _, c := range documented(root) {
		if !c.Hidden {
			pageOf(c).markdown(w)
		}
	}
}

// markdown writes the page as a section of the reference.
func (p *manualPage) markdown(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n%s.\n\n```\n%s\n```\n", p.name, p.short, p.synopsis)
	for _, text := range p.long {
		fmt.Fprintln(w)
		wrapped(w, "", "", text)
	}
	if len(p.own) > 0 {
		fmt.Fprintln(w)
		writeFlags(w, p.own)
	}
	if len(p.examples) > 0 {
		fmt.Fprint(w, "\n```\n")
		width := 0
		for _, e := range p.examples {
			width = max(width, len([]rune(e.line)))
		}
		for _, e := range p.examples {
			fmt.Fprintf(w, "%s%s   # %s\n", e.line, strings.Repeat(" ", width-len([]rune(e.line))), lowered(e.does))
		}
		fmt.Fprint(w, "```\n")
	}
	links := slices.Clone(p.see)
	for i, name := range links {
		links[i] = "[" + name + "](#" + name + ")"
	}
	if len(links) > 0 {
		fmt.Fprintf(w, "\nSee %s.\n", strings.Join(links, ", "))
	}
}

func writeFlags(w io.Writer, flags []*pflag.Flag) {
	fmt.Fprint(w, "| flag | default | meaning |\n|---|---|---|\n")
	for _, f := range flags {
		if f.Name == "help" || f.Hidden {
			continue
		}
		fmt.Fprintf(w, "| `--%s` | %s | %s |\n", f.Name, strings.ReplaceAll(f.DefValue, "*", "`*`"), f.Usage)
	}
}
