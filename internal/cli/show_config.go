package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
)

func (a *App) showConfig() *cobra.Command {
	return &cobra.Command{
		Use:   "show_config",
		Short: "Print the configuration as it is understood, without passwords",
		RunE: func(*cobra.Command, []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			t := a.table("Key", "Value")
			for _, line := range c.Settings() {
				t.AppendRow(table.Row{line.Key, line.Value})
			}
			t.Render()
			a.notes(c)
			return nil
		},
	}
}

// notes prints what there is to say of the file beside errors.
func (a *App) notes(c *config.Config) {
	for _, n := range c.Notes {
		if n.Line > 0 {
			fmt.Fprintf(a.Out, "note: %s:%d: %s\n", c.Path, n.Line, n.Text)
		} else {
			fmt.Fprintf(a.Out, "note: %s\n", n.Text)
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
					mappings = append(mappings, pair.From+" -> "+pair.To)
				}
				t.AppendRow(table.Row{s.Name, s.Type, s.Conn.Host, s.Conn.Port, s.Conn.User, strings.Join(mappings, "\n")})
			}
			t.Render()
			return nil
		},
	}
}

// table begins a table on the output.
func (a *App) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(a.Out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	t.AppendHeader(header)
	return t
}
