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
		c, err := typemap.New(schema.Column{Type: typ}, "", options)
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
Geometry stands for all spatial types. A MariaDB column that is COMPRESSED becomes what it would be without. A text column becomes what its type says in every character set; where a code has no
character, the text has U+FFFD.

## Rules

Each application of a rule is counted by table and column, and show_status tells it. A value that PostgreSQL cannot hold becomes NULL where the column allows it, or else the value given here.

| rule | when |
| --- | --- |
`)
	for rule, when := range []string{
		"A zero or partly zero date, or a day that no month has, becomes NULL or -infinity.", "NUL characters are removed from text, and from the strings of jsonb.",
		"Bytes that are no character, and half surrogate pairs in jsonb, are replaced by U+FFFD.", "A number or time beyond the target's range becomes NULL or the nearest value; text that is no number, NULL or 0; what is no geometry, NULL or an empty collection.",
		"The invalid member of an enum (number 0) becomes ''.", "Text in a MariaDB JSON column that is not JSON becomes a JSON string.",
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", typemap.Rule(rule), when)
	}
	b.WriteString(`
## Overrides

` + "`type_override`" + ` can make other types of them:

| from | to |
| --- | --- |
`)
	seen := map[string]bool{}
	for _, typ := range documented() {
		_, err := typemap.New(schema.Column{Type: typ}, "point", typemap.Options{})
		_, known := typemap.New(schema.Column{Type: typ}, "text[][]", typemap.Options{})
		if known == nil {
			t.Fatalf("%s becomes text[][]", typ.Text)
		}
		var can []string
		for _, name := range strings.Split("boolean smallint integer bigint numeric real double_precision text varchar date timestamp timestamptz time interval json jsonb bytea uuid text[] real[] vector", " ") {
			name = strings.ReplaceAll(name, "_", " ")
			if name == "vector" && typ.Name != name { // as good as a type of yours
				continue
			}
			if _, err := typemap.New(schema.Column{Type: typ}, name, typemap.Options{}); err == nil {
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
