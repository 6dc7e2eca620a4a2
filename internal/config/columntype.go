package config

import (
	"fmt"
	"strings"
	"sync"

	"pgchameleon/internal/ddl"
	ddltext "pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// servers are whose types a key may mean.
var servers = []ddltext.Dialect{
	{Flavor: event.MySQL, Version: 90700},
	{Flavor: event.MariaDB, Version: 110800},
}

// someTypes has a type for each that behaves in its own way: what a key that means several
// is tried on.
var someTypes = []string{
	"tinyint", "tinyint(1)", "smallint", "mediumint", "int", "bigint", "decimal(10,2)", "float", "double",
	"tinyint unsigned", "smallint unsigned", "mediumint unsigned", "int unsigned", "bigint unsigned", "decimal(10,2) unsigned", "float unsigned", "double unsigned",
	"tinyint(3) zerofill", "smallint(5) zerofill", "mediumint(8) zerofill", "int(10) zerofill", "bigint(20) zerofill",
	"decimal(10,2) zerofill", "float zerofill", "double zerofill",
	"bit(1)", "bit(8)", "year", "date", "datetime", "datetime(6)", "timestamp", "timestamp(6)", "time", "time(6)",
	"char(36)", "varchar(255)", "tinytext", "text", "mediumtext", "longtext", "enum('a','b')", "set('a','b')",
	"binary(16)", "varbinary(16)", "tinyblob", "blob", "mediumblob", "longblob", "json", "uuid", "inet4", "inet6", "vector(3)",
	"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
}

// meant gives columns of the types that a key means, as mapping.TypeMatches has it: all of
// an exact type, examples of a bare type or a pattern. A key that can mean no column is an
// error that says how to write it.
func meant(key string) ([]schema.Column, error) {
	columns := matching(key, examples())
	bare, _, parts := strings.Cut(key, "(")
	var stated []schema.Column
	switch {
	case !mapping.Wild(key):
		stated = columnsOf([]string{key})
		columns = append(columns, matching(key, stated)...)
	case columns == nil && parts: // such as varchar(25?)
		columns = matching(bare, examples())
	}
	switch {
	case columns != nil:
		return columns, nil
	case stated != nil:
		return nil, fmt.Errorf("%q means no column: the server writes this type as %q", key, stated[0].Type.Text)
	}
	near := ""
	if name := Nearest(strings.TrimSpace(bare), typeNames()); name != "" {
		near = fmt.Sprintf("; did you mean %q?", name)
	}
	return nil, fmt.Errorf("%q is no column type of MySQL or MariaDB%s", key, near)
}

func matching(key string, columns []schema.Column) (list []schema.Column) {
	for _, c := range columns {
		if mapping.TypeMatches(key, &c.Type) {
			list = append(list, c)
		}
	}
	return list
}

// examples are columns of someTypes, of both kinds of server.
var examples = sync.OnceValue(func() []schema.Column { return columnsOf(someTypes) })

// columnsOf gives columns of these types, of both kinds of server; nothing where they
// are not only types.
func columnsOf(types []string) (columns []schema.Column) {
	var text strings.Builder
	for i, name := range types {
		fmt.Fprintf(&text, "%s`c%d` %s", map[bool]string{true: ", "}[i > 0], i, name)
	}
	for _, server := range servers {
		table, err := ddl.Table("", "CREATE TABLE `t` ("+text.String()+")", server)
		if err == nil && len(table.Columns) == len(types) {
			columns = append(columns, table.Columns...)
		}
	}
	return columns
}

func typeNames() (list []string) {
	for _, name := range someTypes {
		name, _, _ = strings.Cut(name, "(")
		list = append(list, name)
	}
	return list
}
