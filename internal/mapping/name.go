package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxIdentifier is PostgreSQL's limit in bytes (NAMEDATALEN - 1).
const maxIdentifier = 63

// joint separates a table's name from an index's in the names we make. Where
// a name holds it already, a hash keeps two pairs from meeting.
const joint = "__"

// Identifier gives a name that PostgreSQL takes: the name itself if it fits, or
// else its beginning with a hash of the whole, the same one every time.
func Identifier(name string) string {
	name = strings.ReplaceAll(name, "\x00", "")
	if len(name) <= maxIdentifier {
		return name
	}
	return shorten(name, name)
}

// IndexName names an index of a table within its PostgreSQL schema.
func IndexName(table, index string) string { return joined(table, index) }

// PrimaryKeyName names a table's primary key constraint.
func PrimaryKeyName(table string) string { return joined(table, "pkey") }

// SequenceName names the sequence that an AUTO_INCREMENT column owns.
func SequenceName(table, column string) string { return joined(table, column, "seq") }

// FunctionName names the function of a table's trigger, by what that does.
func FunctionName(table, role string) string { return joined(table, role) }

// EnumName names the enum type of a column.
func EnumName(table, column string) string { return joined("enum", table, column) }

func joined(parts ...string) string {
	name := strings.Join(parts, joint)
	for i, part := range parts {
		if strings.Contains(part, joint) || i > 0 && strings.HasPrefix(part, "_") || i < len(parts)-1 && strings.HasSuffix(part, "_") {
			return shorten(name, strings.Join(parts, "\x00"))
		}
	}
	if len(name) <= maxIdentifier {
		return name
	}
	return shorten(name, strings.Join(parts, "\x00"))
}

// shorten cuts name so that it ends in a hash of whole and fits.
func shorten(name, whole string) string {
	sum := sha256.Sum256([]byte(whole))
	tail := "_" + hex.EncodeToString(sum[:4])
	if room := maxIdentifier - len(tail); len(name) > room {
		name = name[:room]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
	}
	return name + tail
}

// Quote quotes an identifier for PostgreSQL.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Literal quotes a string constant for PostgreSQL, whatever standard_conforming_strings says.
func Literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
