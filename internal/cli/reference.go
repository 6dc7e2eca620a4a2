package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes the reference of all commands and flags, docs/commands.md.
func (a *App) Reference(w io.Writer) {
	root := a.root()
	fmt.Fprint(w, "# Commands\n\nGenerated from the program: `go test ./internal/cli -run Reference -update`.\n\n"+
		"`chameleon COMMAND [FLAGS]`. Commands and flags may be spelt with underscores or dashes.\n\n## Flags of every command\n\n")
	writeFlags(w, root.PersistentFlags())
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		fmt.Fprintf(w, "\n## %s\n\n%s.\n", c.Name(), c.Short)
		if c.Long != "" {
			fmt.Fprintf(w, "\n%s\n", c.Long)
		}
		if own := own(c); own.HasFlags() {
			fmt.Fprintln(w)
			writeFlags(w, own)
		}
	}
}

func own(c *cobra.Command) *pflag.FlagSet { return c.LocalNonPersistentFlags() }

func writeFlags(w io.Writer, flags *pflag.FlagSet) {
	fmt.Fprint(w, "| flag | default | meaning |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		fmt.Fprintf(w, "| `--%s` | %s | %s |\n", f.Name, strings.ReplaceAll(f.DefValue, "*", "`*`"), f.Usage)
	})
}
