package config

import (
	"embed"
	"fmt"
	"strings"
)

// guides are the parts of the reference that are more than a table of keys.
//
//go:embed reference/*.md
var guides embed.FS

func guide(name string) string {
	text, err := guides.ReadFile("reference/" + name + ".md")
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

// Reference is docs/configuration.md, made from the tables of keys by which the
// file is read. A test holds that the file is this text.
func Reference() string {
	const home = "~/.pg_chameleon"
	c := newConfig(home, func(string) string { return "" })
	s := newSource(c)
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- made from the tables of keys in internal/config: go test ./internal/config -run TestReference -update -->

` + "`chameleon`" + ` reads YAML files as pg_chameleon 2.0 has them. ` + "`--config NAME`" + ` means
` + "`configuration/NAME.yml`" + ` below the home folder, which is ` + "`~/.pg_chameleon`" + ` or what the
environment variable ` + "`CHAMELEON_HOME`" + ` says; a value with a slash, or that ends in
` + "`.yml`" + ` or ` + "`.yaml`" + `, is a path. ` + "`set_configuration_files`" + ` makes the folder with an example in it.

- An unknown key, a wrong type, a key given twice and a missing value are errors
  that name file, line and column. Nothing is done before the file is right.
- ` + "`~`" + ` at the beginning of a path is the user's home folder; a relative path begins in
  the folder of the configuration file.
- A list may be left empty. A list of one may be written as its one value.
- Spans of time are numbers with a unit: ` + "`300ms`, `120s`, `5 min`, `2 h`, `1 day`" + `. Sizes are numbers with
  ` + "`k`, `M` or `G`" + `.
- Passwords stand in the file, in a file of their own (` + "`password_file`" + `), or in the environment
  (` + "`password_env`" + `); so do ` + "`mask_key`, `rollbar_key` and `webhook_url`" + `. They are never printed or logged, nor part of a command line.
- Keys of pg_chameleon that mean nothing any more are accepted; ` + "`show_config`" + ` says why.

`)
	section(&b, "The whole program", "At the top of the file.", c.fields())
	b.WriteString(guide("webhook_url") + guide("patterns") + guide("type_override"))
	section(&b, "value_rules", guide("value_rules"), c.ValueRules.fields())
	section(&b, "pg_conn", "The connection to PostgreSQL.", c.Target.fields())
	section(&b, "sources.NAME", "Each source.", s.fields())
	section(&b, "sources.NAME.db_conn", "The connection to MySQL or MariaDB.", s.connFields())
	b.WriteString(guide("masks") + guide("collations") + ddlPolicyGuide())
	b.WriteString("## Keys that mean nothing any more\n\n| key | why |\n|---|---|\n")
	for _, f := range append(append(append(c.fields(), c.Target.fields()...), s.fields()...), s.connFields()...) {
		if f.value == nil {
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.name, f.ignored)
		}
	}
	return b.String()
}

func section(b *strings.Builder, title, text string, fields []field) {
	fmt.Fprintf(b, "## %s\n\n%s\n\n| key | takes | default | meaning |\n|---|---|---|---|\n", title, strings.TrimSpace(text))
	for _, f := range fields {
		if f.value == nil {
			continue
		}
		def := "none"
		switch shown := f.value.show(); {
		case f.required:
			def = "must be given"
		case shown != "":
			def = "`" + shown + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.name, strings.ReplaceAll(f.value.takes(), "|", "\\|"), def, f.doc)
	}
	b.WriteString("\n")
}
