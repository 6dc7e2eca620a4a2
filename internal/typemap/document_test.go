package typemap_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestDocument holds docs/types.md to what the code maps; -update writes it.
func TestDocument(t *testing.T) {
	const file = "../../docs/types.md"
	want := document(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("docs/types.md is not what the code maps (%v); run go test -run TestDocument -update in this folder", err)
	}
}

func document(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`# Types

What each column type of MySQL and MariaDB becomes in PostgreSQL. This page is made from the code that maps; do not edit it.

| MySQL, MariaDB | PostgreSQL | values |
| --- | --- | --- |
`)
	row := func(typ schema.Type, options typemap.Options, label string) {
		c, err := typemap.New(schema.Column{Type: typ}, typemap.Settings{Options: options})
		if err != nil {
			t.Fatal(err)
		}
		sql := c.SQL()
		if c.Enum() != nil {
			sql = "an enum type of its own"
		}
		fmt.Fprintf(&b, "| %s%s | %s | %s |\n", typ.Text, label, sql, c.Why())
	}
	for _, typ := range documented() {
		row(typ, typemap.Options{}, "")
		switch typ.Name {
		case "geometry":
			row(typ, typemap.Options{PostGIS: true}, " with PostGIS")
		case "vector":
			row(typ, typemap.Options{PGVector: true}, " with pgvector")
		}
	}
	b.WriteString(`
Geometry stands for all spatial types. A MariaDB column that is COMPRESSED becomes what it would be without. A text column becomes what its type says in every character set; a code that has no
character follows the rule invalid_bytes. ZEROFILL is for showing: the value is the number, unsigned. Invisible columns, a generated invisible primary key too, are columns like others. Generated columns
hold their values, as plain columns. Of a system-versioned table the current rows are replicated, without its two columns of the server's.

MySQL and MariaDB show definitions in three bytes a character, so that characters beyond U+FFFF in members of enums and sets are ` + "`?`" + ` there. The server is asked for the members themselves; MySQL before 8
tells only those that rows have, and the log names members that stay uncertain.

A value comes from the copy and from the stream by one conversion, so both give the same bytes. Changes of documents that MySQL logs in
part (binlog_row_value_options=PARTIAL_JSON) give the whole document.

## Rules

What is done with values that PostgreSQL, or the type of an override, cannot hold. ` + "`value_rules`" + ` in the configuration sets each rule for all columns, for those of a type, or for one column.
` + "`null`" + ` gives NULL where the column allows it, and what the default gives where it does not; ` + "`error`" + ` refuses the row: the copy puts it into the discarded rows, the stream excludes the table.

Each application is counted by table and column; ` + "`show_status --source NAME`" + ` tells the counts. The originals of changed values are kept in ` + "`sch_chameleon.t_discarded_rows`" + `, each with its column,
its rule and the key of its row, up to ` + "`keep_originals`" + ` for each column and rule.

| rule | for | default | other ways |
| --- | --- | --- | --- |
`)
	for _, rule := range typemap.AllRules() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", rule.Key(), rule.About(), rule.Default(), strings.Join(rule.Actions()[1:], ", "))
	}
	b.WriteString(`
Two values of a unique key that a rule makes the same cannot both be in PostgreSQL: its copy fails, or the stream excludes the table, with the key's name. An override to a type that holds them all (text, or interval for
times) keeps them apart.

## Text without regard to case

MySQL compares most text without regard to case, PostgreSQL character by character. By default the columns are plain text: all of MySQL's values fit, since a unique key of PostgreSQL's is the laxer one, but
` + "`WHERE name = 'ANN'`" + ` finds only that. ` + "`collations`" + ` in the configuration asks for one of two other ways, for columns whose collation ends in ` + "`_ci`" + `:

- ` + "`citext`" + `: the type of that extension, which must be installed. Case does not count, accents do. The length is not limited.
- ` + "`icu`" + `: the same type with a nondeterministic collation of ICU in the destination schema, by the language and the strength of MySQL's collation. Accents count as they do there. Before PostgreSQL 18 such columns take no LIKE.

Neither is MySQL's own comparison: trailing spaces count, and single characters differ (` + "`ß`" + ` equals ` + "`s`" + ` under utf8mb4_general_ci and ` + "`ss`" + ` under ICU). Where MySQL holds two keys that are equal under the new
collation, the table is excluded with the error that says so. Tables without a key are matched by whole rows and keep plain text.

## Masks

` + "`masks`" + ` in the configuration hides columns. The value is masked before it leaves the process, in the copy, in the stream, in the defaults of DDL and in the discarded rows. NULL stays NULL.

| mask | type | value |
| --- | --- | --- |
| hash | text | HMAC-SHA-256 under ` + "`mask_key`" + `, 64 hexadecimal digits, of the value as MySQL writes it: the same for equal values of all tables, so that joins and keys still work |
| null | as without | NULL; the column takes it |
| fixed(…) | as without | the stated value |
| keep_first(n) | text, or the text type it is | the first n characters |
`)
	b.WriteString(`
## Overrides

` + "`type_override`" + ` can make other types of them:

| from | to |
| --- | --- |
`)
	seen := map[string]bool{}
	for _, typ := range documented() {
		_, err := typemap.New(schema.Column{Type: typ}, typemap.Settings{Override: "point"})
		_, known := typemap.New(schema.Column{Type: typ}, typemap.Settings{Override: "text[][]"})
		if known == nil {
			t.Fatalf("%s becomes text[][]", typ.Text)
		}
		var can []string
		for _, name := range strings.Split("boolean smallint integer bigint numeric real double_precision text varchar date timestamp timestamptz time interval json jsonb bytea uuid text[] real[] vector", " ") {
			name = strings.ReplaceAll(name, "_", " ")
			if name == "vector" && typ.Name != name { // as good as a type of yours
				continue
			}
			if _, err := typemap.New(schema.Column{Type: typ}, typemap.Settings{Override: name}); err == nil {
				can = append(can, name)
			}
		}
		if err == nil {
			can = append(can, "any type of yours that reads the text form")
		}
		family := strings.TrimSuffix(typ.Text, " unsigned")
		if slices.Contains(can, "text") && !seen[family] {
			fmt.Fprintf(&b, "| %s | %s |\n", family, strings.Join(can, ", "))
			seen[family] = true
		}
	}
	return b.String()
}

// documented are the types of the page.
func documented() (list []schema.Type) {
	for _, name := range []string{"tinyint", "smallint", "mediumint", "int", "bigint"} {
		list = append(list, schema.Type{Name: name, Text: name}, schema.Type{Name: name, Text: name + " unsigned", Unsigned: true})
	}
	list = append(list,
		schema.Type{Name: "decimal", Text: "decimal(65,30)", Precision: 65, Scale: 30}, schema.Type{Name: "float", Text: "float", Scale: -1}, schema.Type{Name: "double", Text: "double", Scale: -1},
		schema.Type{Name: "bit", Text: "bit(1)", Length: 1}, schema.Type{Name: "bit", Text: "bit(12)", Length: 12}, schema.Type{Name: "year", Text: "year"}, schema.Type{Name: "date", Text: "date"},
		schema.Type{Name: "datetime", Text: "datetime(6)", Scale: 6}, schema.Type{Name: "timestamp", Text: "timestamp(6)", Scale: 6}, schema.Type{Name: "time", Text: "time(6)", Scale: 6},
		schema.Type{Name: "char", Text: "char(10)", Length: 10}, schema.Type{Name: "varchar", Text: "varchar(10)", Length: 10})
	for _, name := range []string{"tinytext", "text", "mediumtext", "longtext"} {
		list = append(list, schema.Type{Name: name, Text: name})
	}
	list = append(list, schema.Type{Name: "enum", Text: "enum('a','b')", Values: []string{"a", "b"}}, schema.Type{Name: "enum", Text: "enum with a member longer than 63 bytes", Values: []string{strings.Repeat("x", 64)}},
		schema.Type{Name: "set", Text: "set('a','b')", Values: []string{"a", "b"}}, schema.Type{Name: "binary", Text: "binary(16)", Length: 16}, schema.Type{Name: "varbinary", Text: "varbinary(10)", Length: 10})
	for _, name := range []string{"tinyblob", "blob", "mediumblob", "longblob"} {
		list = append(list, schema.Type{Name: name, Text: name})
	}
	return append(list, schema.Type{Name: "json", Text: "json (MySQL)"}, schema.Type{Name: "longtext", Text: "json (MariaDB)", JSON: true}, schema.Type{Name: "geometry", Text: "geometry"},
		schema.Type{Name: "vector", Text: "vector(3) (MySQL)", Length: 3}, schema.Type{Name: "vector", Text: "vector(3) (MariaDB)", Length: 3, Fixed: true}, schema.Type{Name: "uuid", Text: "uuid (MariaDB)"}, schema.Type{Name: "inet4", Text: "inet4 (MariaDB)"}, schema.Type{Name: "inet6", Text: "inet6 (MariaDB)"})
}
