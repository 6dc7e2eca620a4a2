package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// exampleWidth is how long the comments of the example are.
const exampleWidth = 100

// given are the keys that the example sets; all others are commented out.
var given = map[string]string{
	"pg_conn.host": "localhost", "pg_conn.port": "5432", "pg_conn.user": "replica", "pg_conn.password": `""`, "pg_conn.database": "warehouse",
	"sources.type": "mysql", "sources.db_conn.host": "localhost", "sources.db_conn.port": "3306", "sources.db_conn.user": "replica", "sources.db_conn.password": `""`,
	"sources.schema_mappings": "\nmy_database: my_schema",
}

// shown are values of keys that have no default, or whose default says little. What begins with a
// line's end stands below its key.
var shown = map[string]string{
	"type_override": `
"tinyint(1)":
  override_to: boolean
  override_tables:
    - "*"
"binary(16)":
  override_to: uuid
  override_columns:
    - my_database.my_table.my_uuid`,
	"value_rules.by_type": `
datetime:
  zero_date: 1970-01-01`,
	"value_rules.by_column": `
my_database.my_table.my_text:
  nul_character: error`,
	"ddl_policy": `
truncate: hold`,
	"fillfactor": `
"70":
  tables:
    - my_database.my_table`,
	"mask_key_file":        "~/.pg_chameleon/mask_key",
	"pg_conn.sslrootcert":  "/etc/ssl/certs/my-ca.pem",
	"pg_conn.sslcert":      "~/.pg_chameleon/client.crt",
	"pg_conn.sslkey":       "~/.pg_chameleon/client.key",
	"sources.limit_tables": "\n- my_database.my_table\n- my_database.live_*",
	"sources.skip_tables":  "\n- my_database.my_log",
	"sources.skip_events.insert": `
- my_database.my_log`,
	"sources.skip_events.update": `
- my_database.my_log`,
	"sources.skip_events.delete": `
- my_database.my_archive
- my_database.*_history`,
	"sources.grant_select_to": "\n- usr_readonly",
	"sources.masks": `
my_database.my_table.email: hash
my_database.my_table.phone: fixed(hidden)
"*.birthday": "null"`,
	"sources.collations": `
"*": exact
my_database.my_table.email: citext`,
	"sources.ddl_policy": `
drop_table: hold
by_table:
  my_database.my_audit:
    truncate: ignore`,
	"sources.my_server_id":        "100",
	"sources.out_dir":             "/var/tmp/chameleon",
	"sources.db_conn.sslrootcert": "/etc/ssl/certs/my-ca.pem",
	"sources.db_conn.sslcert":     "~/.pg_chameleon/client.crt",
	"sources.db_conn.sslkey":      "~/.pg_chameleon/client.key",
}

// writeExample writes a configuration to start from, with every key and what it means, from the
// tables of keys by which the file is read.
func writeExample(b *bytes.Buffer) {
	const home = "~/.pg_chameleon"
	c := newConfig(home, func(string) string { return "" })
	b.WriteString(`# A configuration of chameleon. Files of pg_chameleon 2.0 work as they are.
#
# chameleon reads configuration/NAME.yml below its home folder (~/.pg_chameleon, or
# CHAMELEON_HOME) for --config NAME, and default.yml without --config. Here is every key; what is
# commented out shows its default, or an example. docs/configuration.md tells more.
`)
	fields := c.fields()
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == "sources" })
	sources := fields[at]
	x := &exampleWriter{b}
	x.fields("", "", slices.Delete(slices.Clone(fields), at, at+1))
	x.comment("", sources.doc)
	b.WriteString("sources:\n  mysql:\n")
	x.fields("sources.", "    ", newSource(c).fields())
}

type exampleWriter struct{ *bytes.Buffer }

func (x *exampleWriter) fields(above, indent string, fields []field) {
	for _, f := range fields {
		if f.value == nil {
			continue
		}
		x.field(above, indent, f)
	}
}

func (x *exampleWriter) field(above, indent string, f field) {
	path := above + f.name
	if f.doc != "" {
		x.comment(indent, f.doc+" Takes "+f.value.takes()+".")
	}
	if text, is := given[path]; is {
		x.value(indent, "", f.name, text)
		return
	}
	if nested, is := f.value.(keys); is {
		mark := "#"
		if f.required {
			mark = ""
		}
		fmt.Fprintf(x, "%s%s%s:\n", indent, mark, f.name)
		x.fields(path+".", indent+"  ", nested.fields)
		return
	}
	text, is := shown[path]
	if !is {
		text = f.value.show()
	}
	if text == "" || f.value.takes() == "text" { // another way to say what stands above
		fmt.Fprintf(x, "%s# %s:\n", indent, f.name)
		return
	}
	x.value(indent, "#", f.name, text)
}

// value writes a key, after a mark that comments its lines out.
func (x *exampleWriter) value(indent, mark, name, text string) {
	first, below, nested := strings.Cut(text, "\n")
	fmt.Fprintf(x, "%s%s%s:", indent, mark, name)
	if first != "" {
		fmt.Fprintf(x, " %s", first)
	}
	x.WriteString("\n")
	if !nested {
		return
	}
	for line := range strings.SplitSeq(below, "\n") {
		bare := strings.TrimLeft(line, " ")
		fmt.Fprintf(x, "%s  %s%s%s\n", indent, line[:len(line)-len(bare)], mark, bare)
	}
}

var (
	linked = regexp.MustCompile(`\[([^\]]+)\]\([^)]*\)`)
	below  = regexp.MustCompile(`[;,] \[below\]\([^)]*\)`)
)

// comment writes a text of the reference as comments.
func (x *exampleWriter) comment(indent, text string) {
	text = strings.ReplaceAll(below.ReplaceAllString(text, ""), " New in this program.", "")
	text = strings.ReplaceAll(linked.ReplaceAllString(text, "$1"), "`", "")
	x.WriteString("\n")
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > exampleWidth {
			x.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	x.WriteString(line + "\n")
}
