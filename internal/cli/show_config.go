package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
)

func (a *App) showConfig() *cobra.Command {
	command := &cobra.Command{
		Use:   "show_config",
		Short: "Print the configuration as it is understood, without passwords",
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(struct {
					Path     string           `json:"path"`
					Settings []config.Setting `json:"settings"`
					Notes    []config.Note    `json:"notes"`
				}{c.Path, c.Settings(), append([]config.Note{}, c.Notes...)})
			}
			fmt.Fprintln(a.Out, c.Path)
			t := a.table("Key", "Value")
			for _, s := range c.Settings() {
				t.AppendRow(table.Row{s.Key, s.Value})
			}
			t.Render()
			notes(a.Out, c)
			return nil
		},
	}
	command.Flags().BoolVar(&a.flags.json, "json", false, "print JSON, for programs")
	return command
}

// notes prints what there is to say of the file beside errors.
func notes(w io.Writer, c *config.Config) {
	for _, n := range c.Notes {
		if n.Line > 0 {
			fmt.Fprintf(w, "note: %s:%d: %s: %s\n", c.Path, n.Line, n.Key, n.Text)
		} else {
			fmt.Fprintf(w, "note: %s\n", n.Text)
		}
	}
}

func (a *App) showSources() *cobra.Command {
	return &cobra.Command{
		Use:   "show_sources",
		Short: "List the sources of the configuration",
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			t := a.table("Source", "Type", "Host", "Port", "User", "Schema mappings")
			for _, s := range c.Sources {
				var mappings []string
				for _, pair := range s.Mappings {
					mappings = append(mappings, pair.From+" → "+pair.To)
				}
				port := s.Conn.Port
				if port == 0 {
					port = map[bool]uint16{false: 3306, true: 5432}[s.PgSQL()]
				}
				t.AppendRow(table.Row{s.Name, s.Type, s.Conn.Host, port, s.Conn.User, strings.Join(mappings, "\n")})
			}
			t.Render()
			return nil
		},
	}
}

// table begins a table on the output, with a header if there is one.
func (a *App) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(a.Out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	if len(header) > 0 {
		t.AppendHeader(header)
	}
	return t
}
