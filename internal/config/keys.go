package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	typeMySQL = "mysql"
	typePgSQL = "pgsql"
)

// fields are the keys of the file.
func (c *Config) fields() []field {
	return slices.Concat([]field{
		{name: "pid_dir", value: file{&c.PIDDir, "a folder"},
			doc: "Where each running daemon has its pid file, `<source>.pid`."},
		{name: "log_dir", value: file{&c.LogDir, "a folder"},
			doc: "Where each daemon writes its log, `<config>_<source>.log`, readable by its user alone."},
		{name: "log_dest", value: choice{&c.LogDest, []string{"file", "stdout"}},
			doc: "`stdout` keeps init_replica and start_replica in the foreground, with the log on the standard output: for systemd and containers."},
		{name: "log_level", value: choice{&c.LogLevel, []string{"debug", "info", "warning", "error"}},
			doc: "The least important messages that are logged. `--debug` means debug."},
		{name: "log_format", value: choice{&c.LogFormat, []string{"text", "json"}},
			doc: "The form of a log line. New in this program."},
		{name: "log_days_keep", value: number[int]{to: &c.LogDaysKeep, least: 1, most: 36500},
			doc: "How many days' logs are kept; a new file begins each day."},
		{name: "type_override", value: custom{c.readOverrides, c.showOverrides, "types with override_to and override_tables or override_columns"},
			doc: "Replaces the PostgreSQL type of columns; [below](#type_override)."},
		{name: "value_rules", value: keys{fields: c.ValueRules.fields(), what: "the keys below"},
			doc: "What is done with values that PostgreSQL, or the type of an override, cannot hold; [below](#value_rules). New in this program."},
		{name: "ddl_policy", value: ddlPolicy(&c.DDLPolicy),
			doc: "What is done with classes of DDL statements of all sources: `apply`, `hold` or `ignore`; [below](#ddl_policy). New in this program."},
		{name: "fillfactor", value: custom{c.readFillfactors, c.showFillfactors, "percentages with tables"},
			doc: "The fillfactor of tables that are updated much. Each key is a percentage from 10 to 100; below it stands `tables`, a list of " +
				"`database.table`, patterns of them, or `\"*\"` for all that no other entry names. A table in several entries takes the last."},
		{name: "pg_conn", required: true, value: keys{fields: c.Target.fields(), what: "the keys below"},
			doc: "The PostgreSQL database that receives everything."},
		{name: "sources", required: true, value: custom{c.readSources, func() string { return "" }, "names with the keys below"},
			doc: "The servers that are replicated, each below a name of its own, which `--source` takes."},
	}, c.Messages.fields(), c.maskKeyFields())
}

// fields are the keys of pg_conn.
func (t *Target) fields() []field {
	return append(t.Conn.fields("libpq"),
		field{name: "database", required: true, value: text{to: &t.Database},
			doc: "The database. It must exist; the destination schemas are made in it."},
		field{name: "charset", ignored: "the connection is always UTF8", silent: []string{"utf8", "utf-8", "utf8mb4", "unicode"}},
	)
}

// fields are the keys that both ends' connections have. libpq tells that what
// is left out is found as psql finds it.
func (c *Conn) fields(end string) []field {
	host := "A name, an address, or the path of a Unix socket."
	user := "The user."
	password := "The password."
	if end == "libpq" {
		host = "A name, an address, or the folder of a Unix socket. Left out, it is found as psql finds it."
		user = "The role. Left out, it is found as psql finds it."
		password = "The password. Left out, it is found as psql finds it: `PGPASSWORD`, `~/.pgpass`."
	}
	return []field{
		{name: "host", required: end != "libpq", value: text{to: &c.Host}, doc: host},
		{name: "port", value: number[uint16]{to: &c.Port, least: 1, most: 65535, unset: map[bool]string{true: "5432", false: "3306"}[end == "libpq"]},
			doc: "The port."},
		{name: "user", required: end != "libpq", value: text{to: &c.User}, doc: user},
		{name: "password", value: secret{&c.password}, doc: password},
		{name: "password_env", value: text{to: &c.PasswordEnv, what: "the name of a variable"},
			doc: "The environment variable that holds the password, instead of `password`. New in this program."},
		{name: "password_file", value: file{&c.PasswordFile, "a file"},
			doc: "The file that holds the password and nothing else, instead of `password`. New in this program."},
		{name: "sslmode", value: choice{&c.SSLMode, []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
			doc: "Whether the connection is encrypted and what of the server's certificate is verified; the words mean what they mean to PostgreSQL. New in this program."},
		{name: "sslrootcert", value: file{&c.SSLRootCert, "a file"},
			doc: "The certificates of the authorities that may have signed the server's. Left out, the system's are taken. New in this program."},
		{name: "sslcert", value: file{&c.SSLCert, "a file"}, doc: "The client's certificate, where the server asks for one. New in this program."},
		{name: "sslkey", value: file{&c.SSLKey, "a file"}, doc: "The key of the client's certificate. New in this program."},
		{name: "connect_timeout", value: span{to: &c.ConnectTimeout, bare: time.Second},
			doc: "How long to wait for a connection; a bare number is in seconds."},
	}
}

func (c *Config) readFillfactors(d *decoder, key string, n *node) {
	c.Fillfactors = nil
	d.each(key, n, func(e entry) {
		percent, err := strconv.Atoi(strings.TrimSpace(e.key.text))
		if e.key.text == "*" {
			d.fail(e.key.line, e.key.column, `%s: "*" stands below the tables of a percentage, as in "70": {tables: ["*"]}`, key)
			return
		}
		if err != nil || percent < 10 || percent > 100 {
			d.fail(e.key.line, e.key.column, "%s takes percentages from 10 to 100, not %q", key, e.key.text)
			return
		}
		f := Fillfactor{Percent: percent}
		d.dictionary(e.value, fmt.Sprintf("%s of %q", key, e.key.text), []field{
			{name: "tables", required: true, value: names{to: &f.Tables, what: `a list of database.table, or "*"`, check: tablePattern}},
		})
		c.Fillfactors = append(c.Fillfactors, f)
	})
}

func (c *Config) showFillfactors() string {
	var all []string
	for _, f := range c.Fillfactors {
		all = append(all, fmt.Sprintf("%d (%s)", f.Percent, strings.Join(f.Tables, ", ")))
	}
	return strings.Join(all, "; ")
}

func (c *Config) readSources(d *decoder, key string, n *node) {
	c.Sources = nil
	if n.kind == null || n.kind == dictionary && len(n.entries) == 0 {
		d.fail(n.line, n.column, "sources names no source: give at least one")
		return
	}
	d.each(key, n, func(e entry) {
		name := e.key.text
		if name == "" || name == "*" || strings.ContainsAny(name, "/\x00\n") || strings.HasPrefix(name, ".") {
			d.fail(e.key.line, e.key.column, "a source cannot be named %q: its name is part of file names", name)
			return
		}
		c.Sources = append(c.Sources, readSource(d, e))
	})
}

// each walks over the keys of n, which are names that the user chose. No value
// at all is no keys.
func (d *decoder) each(key string, n *node, do func(entry)) {
	switch n.kind {
	case null:
	case dictionary:
		for _, e := range n.entries {
			if e.value.kind == null {
				e.value.line, e.value.column = e.key.line, e.key.column
			}
			do(e)
		}
	default:
		d.fail(n.line, n.column, "%s must be keys with values, not %s", key, n.kind)
	}
}

func table(entry string) error {
	if at := strings.IndexByte(entry, '.'); at <= 0 || at == len(entry)-1 {
		return fmt.Errorf("%q is not of the form database.table", entry)
	}
	return nil
}

// tablePattern takes a pattern that can mean a table.
func tablePattern(entry string) error {
	if strings.ContainsRune(entry, '*') {
		return nil
	}
	return table(entry)
}

// columnPattern takes a pattern that can mean a column.
func columnPattern(entry string) error {
	parts := strings.Split(entry, ".")
	if !strings.ContainsRune(entry, '*') && (len(parts) < 3 || slices.Contains(parts, "")) {
		return fmt.Errorf("%q is not of the form database.table.column", entry)
	}
	return nil
}
