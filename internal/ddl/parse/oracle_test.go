package parse_test

import (
	"context"
	"strings"
	"testing"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// Every statement of the corpus that a real server reads is read here too. The
// server only prepares it, so nothing is done to it.
func TestServersAgree(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8", "mysql-9.7", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s := testserver.Shared(t, name)
			conn, err := s.Connect(context.Background(), s.Database(t, "oracle"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, sample := range corpus(t) {
				d := dialects[name]
				d.SQLMode = sample.mode
				mode := "''"
				if sample.mode == parse.AnsiQuotes {
					mode = "'ANSI_QUOTES'"
				} else if sample.mode == parse.NoBackslashEscapes {
					mode = "'NO_BACKSLASH_ESCAPES'"
				}
				quoted := strings.ReplaceAll(sample.sql, "'", "''")
				if sample.mode != parse.NoBackslashEscapes {
					quoted = strings.ReplaceAll(quoted, `\`, `\\`)
				}
				if err := conn.Exec(t.Context(), "SET sql_mode = "+mode); err != nil {
					t.Fatal(err)
				}
				err := conn.Exec(t.Context(), "PREPARE s FROM '"+quoted+"'")
				reads := err == nil || !strings.Contains(err.Error(), "syntax")
				ours := sample.flavor == "both" || sample.flavor == string(d.Flavor)
				if !reads && ours && name != "mysql-5.6" {
					t.Errorf("%s: the server does not read %s: %v", sample.id, sample.sql, err)
				}
				if _, err := parse.Parse(sample.sql, d); reads && err != nil {
					t.Errorf("%s: the server reads what we do not: %v", sample.id, err)
				}
			}
		})
	}
}
