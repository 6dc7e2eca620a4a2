package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/fault"
)

// man makes manual pages for man(1); packagers run it.
func (a *App) man() *cobra.Command {
	folder := "."
	command := &cobra.Command{
		Use:    "man",
		Short:  "Write the manual pages of all commands",
		Long:   "Writes chameleon.1, and chameleon-COMMAND.1 for each command: what help shows, for man(1).",
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := os.MkdirAll(folder, 0o750); err != nil {
				return fault.New(fault.Environment, "name another folder", "making the folder of the pages: %w", err)
			}
			for name, text := range manPages(cmd.Root()) {
				path := filepath.Join(folder, name)
				if err := os.WriteFile(path, text, 0o644); err != nil { // #nosec G306 -- pages are for all
					return fault.New(fault.Environment, "name another folder", "writing a page: %w", err)
				}
				fmt.Fprintln(a.Out, "wrote", path)
			}
			return nil
		},
	}
	command.Flags().StringVar(&folder, "dir", folder, "where to write them")
	return command
}

// manPages gives the pages by their file names.
func manPages(root *cobra.Command) map[string][]byte {
	pages := map[string][]byte{}
	var b bytes.Buffer
	rootPage(&b, root)
	pages["chameleon.1"] = b.Bytes()
	for _, c := range documented(root) {
		var b bytes.Buffer
		pageOf(c).man(&b)
		pages["chameleon-"+c.Name()+".1"] = b.Bytes()
	}
	return pages
}

// documented lists the commands that have a page.
func documented(root *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool { return c.Name() == "help" })
}

const manHead = ".TH \"%s\" 1 \"\" \"chameleon\" \"chameleon\"\n.SH NAME\n%s \\- %s\n"

func rootPage(w io.Writer, root *cobra.Command) {
	fmt.Fprintf(w, manHead, "CHAMELEON", "chameleon", roff(lowered(root.Short)))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B chameleon\n.I COMMAND\n[\\fIFLAGS\\fR]\n.SH DESCRIPTION\n%s\n.SH COMMANDS\n", roff(root.Long))
	for _, c := range documented(root) {
		if !c.Hidden {
			fmt.Fprintf(w, ".TP\n.BR chameleon\\-%s (1)\n%s\n", roff(c.Name()), roff(c.Short))
		}
	}
}

// man writes the page in the language of man(1).
func (p *manualPage) man(w io.Writer) {
	title := "chameleon-" + p.name
	fmt.Fprintf(w, manHead, roff(strings.ToUpper(title)), roff(title), roff(lowered(p.short)))
	fmt.Fprintf(w, ".SH SYNOPSIS\n%s\n", roff(p.synopsis))
	if len(p.long) > 0 {
		fmt.Fprint(w, ".SH DESCRIPTION\n")
		for _, text := range p.long {
			fmt.Fprintf(w, ".PP\n%s\n", roff(text))
		}
	}
	if len(p.own)+len(p.common) > 0 {
		fmt.Fprint(w, ".SH OPTIONS\n")
		for _, f := range slices.Concat(p.own, p.common) {
			fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(typed(f)), roff(f.Usage+standard(f)))
		}
	}
	if len(p.examples) > 0 {
		fmt.Fprint(w, ".SH EXAMPLES\n")
		for _, e := range p.examples {
			fmt.Fprintf(w, ".PP\n%s:\n.PP\n.nf\n.RS\n%s\n.RE\n.fi\n", roff(e.does), roff(e.line))
		}
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n")
	for _, e := range exitCodes {
		fmt.Fprintf(w, ".TP\n.B %s\n%s\n", e.does, roff(e.line))
	}
	fmt.Fprint(w, ".SH SEE ALSO\n.BR chameleon (1)")
	for _, name := range p.see {
		fmt.Fprintf(w, ",\n.BR chameleon\\-%s (1)", roff(name))
	}
	fmt.Fprintln(w)
}

// roff writes a text so that man(1) shows it as it is.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "…", `\[u2026]`, "→", `\(->`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
