package ddl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/schema"
)

// displayWidths are those of integers where none is stated: signed, unsigned.
var displayWidths = map[string][2]int{
	"tinyint": {4, 3}, "smallint": {6, 5}, "mediumint": {9, 8}, "int": {11, 10}, "bigint": {20, 20},
}

// sizes are the types of text and of bytes by the most bytes that they hold.
var sizes = []struct {
	bytes      uint64
	text, blob string
}{{1<<8 - 1, "tinytext", "tinyblob"}, {1<<16 - 1, "text", "blob"}, {1<<24 - 1, "mediumtext", "mediumblob"}, {1<<32 - 1, "longtext", "longblob"}}

// binaries are what a character type is with the character set binary.
var binaries = map[string]string{
	"char": "binary", "varchar": "varbinary", "tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob", "longtext": "longblob",
}

func isText(name string) bool {
	return strings.HasSuffix(name, "text") || strings.HasSuffix(name, "char") || name == "enum" || name == "set"
}

func hasBytes(name string) bool { return isBlob(name) || strings.HasSuffix(name, "binary") }

func isBlob(name string) bool { return strings.HasSuffix(name, "blob") }

func isSpatial(name string) bool {
	return strings.HasPrefix(name, "geom") || strings.HasSuffix(name, "point") || strings.HasSuffix(name, "linestring") || strings.HasSuffix(name, "polygon")
}

func isInteger(name string) bool { return displayWidths[name] != [2]int{} }

// complete makes of a type as it is stated the type as the server has it.
func complete(c *parse.Column, charset, collation string, d parse.Dialect) {
	t := &c.Type
	switch {
	case t.Name == "json" && d.MariaDB():
		t.Name, t.JSON = "longtext", true
		t.Charset, t.Collation = "utf8mb4", "utf8mb4_bin"
	case isText(t.Name):
		t.Charset, t.Collation = resolve(t.Charset, t.Collation, charset, collation, d)
		if c.Binary && t.Charset != "binary" {
			t.Collation = t.Charset + "_bin"
		}
		if t.Charset == "binary" && binaries[t.Name] != "" {
			t.Name, t.Charset, t.Collation = binaries[t.Name], "", ""
		}
	default:
		t.Charset, t.Collation = "", ""
	}
	sized(t, d)
	numbers(t, d)
	t.Text = typeText(t, d)
}

// sized chooses the type that TEXT(n) and BLOB(n) stand for.
func sized(t *schema.Type, d parse.Dialect) {
	if most := (1<<16 - 1) / width(t.Charset); strings.HasPrefix(t.Name, "var") && t.Length > most { // without a strict sql_mode
		t.Name = map[bool]string{true: "text", false: "blob"}[t.Name == "varchar"]
	}
	if (t.Name == "text" || t.Name == "blob") && (t.Length > 0 || t.Length == 0 && !d.MariaDB() && d.Version >= 80000) {
		bytes := min(uint64(t.Length)*uint64(width(t.Charset)), sizes[len(sizes)-1].bytes)
		for _, size := range sizes {
			if bytes <= size.bytes {
				t.Name = map[bool]string{true: size.text, false: size.blob}[t.Name == "text"]
				break
			}
		}
	}
	if strings.HasSuffix(t.Name, "text") || isBlob(t.Name) {
		t.Length = -1
	}
}

// numbers fills in the lengths and digits that the server takes where none are stated.
func numbers(t *schema.Type, d parse.Dialect) {
	switch {
	case isInteger(t.Name):
		t.Length = displayWidth(t, d)
	case t.Name == "decimal" && t.Precision == 0:
		t.Precision = 10
	case (t.Name == "char" || t.Name == "binary" || t.Name == "bit") && t.Length < 0, t.Name == "bit" && t.Length == 0:
		t.Length = 1
	case t.Name == "vector":
		t.Fixed = d.MariaDB()
		if t.Length < 0 {
			t.Length = 2048
		}
	case t.Name == "year":
		t.Length, t.Unsigned, t.Zerofill = -1, false, false
		if d.MariaDB() || d.Version < 80019 {
			t.Length = 4
		}
	}
	if t.Name != "float" && t.Name != "double" && t.Scale < 0 {
		t.Scale = 0
	}
}

// displayWidth gives the width that the server shows, or -1.
func displayWidth(t *schema.Type, d parse.Dialect) int {
	stated := t.Length
	if stated <= 0 {
		signs := 0
		if t.Unsigned {
			signs = 1
		}
		stated = displayWidths[t.Name][signs]
	}
	shown := d.MariaDB() || d.Version < 80019 || t.Zerofill || t.Name == "tinyint" && stated == 1 && !t.Unsigned
	if !shown {
		return -1
	}
	return stated
}

// Retype writes the types of enums and sets anew, whose members have changed.
func Retype(t *schema.Table, d parse.Dialect) {
	for i := range t.Columns {
		if c := &t.Columns[i]; len(c.Type.Values) > 0 {
			c.Type.Text = typeText(&c.Type, d)
		}
	}
}

// typeText writes a complete type as information_schema.COLUMN_TYPE does.
func typeText(t *schema.Type, d parse.Dialect) string {
	text := t.Name
	switch {
	case t.Name == "decimal":
		text += fmt.Sprintf("(%d,%d)", t.Precision, t.Scale)
	case (t.Name == "float" || t.Name == "double") && t.Scale >= 0:
		text += fmt.Sprintf("(%d,%d)", t.Precision, t.Scale)
	case t.Name == "enum" || t.Name == "set":
		text += "(" + strings.Join(quoteAll(t.Values), ",") + ")"
	case (t.Name == "time" || t.Name == "datetime" || t.Name == "timestamp") && t.Scale > 0:
		text += "(" + strconv.Itoa(t.Scale) + ")"
	case t.Name == "geomcollection" && (d.MariaDB() || d.Version < 80000):
		text = "geometrycollection"
	case t.Length >= 0:
		text += "(" + strconv.Itoa(t.Length) + ")"
	}
	if t.Unsigned {
		text += " unsigned"
	}
	if t.Zerofill {
		text += " zerofill"
	}
	if t.Compressed {
		text += " /*M!100301 COMPRESSED*/"
	}
	return text
}

var memberEscapes = strings.NewReplacer(`\`, `\\`, "\x00", `\0`, "'", "''", "\n", `\n`, "\r", `\r`)

func quoteAll(values []string) []string {
	quoted := slices.Clone(values)
	for i, v := range quoted {
		quoted[i] = "'" + memberEscapes.Replace(v) + "'"
	}
	return quoted
}
