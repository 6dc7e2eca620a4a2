package transform

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// contradiction is the error for an event whose description of its table is not that of
// the tracked definition.
type contradiction struct{ text string }

// Error says what differs.
func (e *contradiction) Error() string {
	return e.text + "; the table was changed without a word in the binary log, and needs a copy: sync_tables"
}

func contradicts(format string, args ...any) error {
	return &contradiction{fmt.Sprintf(format, args...)}
}

// agrees checks the tracked definition against the event's own description of the
// table, as far as the server tells, so that a row is never written shifted or misread.
func agrees(t *schema.Table, m *event.TableMap) error {
	if len(m.Types) < len(t.Columns) || !hashes(t, m, len(t.Columns)) {
		return contradicts("the tracked definition has %d columns, the event %d", len(t.Columns), len(m.Types))
	}
	for i, name := range m.Names {
		if i < len(t.Columns) && !strings.EqualFold(name, t.Columns[i].Name) {
			return contradicts("column %d is %s in the tracked definition and %s in the event", i+1, t.Columns[i].Name, name)
		}
	}
	for i := range t.Columns {
		if err := agreesOn(&t.Columns[i], m, i); err != nil {
			return err
		}
	}
	return agreesOnKey(t, m)
}

// hashes says whether the event's columns from a place on are those that MariaDB hides behind all others: a hash,
// a BIGINT, for each unique key of values that are too long for an index.
func hashes(t *schema.Table, m *event.TableMap, from int) bool {
	const typeLonglong = 8
	for i := from; i < len(m.Types); i++ {
		if m.Types[i] != typeLonglong || i < len(m.Names) && !strings.HasPrefix(m.Names[i], "DB_ROW_HASH_") {
			return false
		}
	}
	return len(m.Types) == from || len(m.Types)-from == ddl.Hashed(t)
}

func agreesOn(c *schema.Column, m *event.TableMap, at int) error {
	if m.Unsigned != nil && numeric[c.Type.Name] && m.Unsigned[at] != c.Type.Unsigned {
		return contradicts("column %s is %s in the tracked definition and %s in the event", c.Name, signedness(c.Type.Unsigned), signedness(m.Unsigned[at]))
	}
	if m.Charsets != nil && m.Charsets[at] != "" && !sameCharset(&c.Type, m.Charsets[at]) {
		return contradicts("the character set of column %s is %s in the tracked definition and %s in the event", c.Name, c.Type.Charset, m.Charsets[at])
	}
	if m.Members != nil && m.Members[at] != nil && !sameMembers(&c.Type, m.Members[at]) {
		return contradicts("the members of column %s are %s in the tracked definition and others in the event, which has %d", c.Name, c.Type.Text, len(m.Members[at]))
	}
	return agreesOnSize(c, m.Types[at], m.Meta[at])
}

// Wire types whose metadata say the precision that values are to have.
const (
	typeBit        = 16
	typeTimestamp2 = 17
	typeDatetime2  = 18
	typeTime2      = 19
	typeNewDecimal = 246
)

func agreesOnSize(c *schema.Column, kind byte, meta uint16) error {
	var tracked, said int
	switch t := &c.Type; {
	case kind == typeNewDecimal && t.Name == "decimal" && t.Precision > 0:
		tracked, said = t.Precision<<8|max(t.Scale, 0), int(meta)
	case kind == typeBit && t.Name == "bit" && t.Length > 0:
		tracked, said = t.Length, int(meta>>8)*8+int(meta&0xff)
	case kind >= typeTimestamp2 && kind <= typeTime2 && (t.Name == "timestamp" || t.Name == "datetime" || t.Name == "time"):
		tracked, said = max(t.Scale, 0), int(meta)
	}
	if tracked == said {
		return nil
	}
	if kind == typeNewDecimal {
		return contradicts("column %s is %s in the tracked definition and decimal(%d,%d) in the event", c.Name, c.Type.Text, said>>8, said&0xff)
	}
	return contradicts("column %s is %s in the tracked definition and has %d digits in the event", c.Name, c.Type.Text, said)
}

// agreesOnKey compares the primary key, which the server tells with the columns' names.
func agreesOnKey(t *schema.Table, m *event.TableMap) error {
	if m.Names == nil {
		return nil
	}
	var tracked, said []string
	if at := t.Index("PRIMARY"); at >= 0 {
		if t.Indexes[at].Period { // the tracked key has not all of its columns
			return nil
		}
		for _, p := range t.Indexes[at].Parts {
			tracked = append(tracked, strings.ToLower(p.Column))
		}
	}
	for _, at := range m.Key {
		if at < 0 || at >= len(t.Columns) {
			return contradicts("the primary key has a column %d in the event", at+1)
		}
		if c := &t.Columns[at]; !c.System { // a versioned table's key has the end of its rows
			said = append(said, strings.ToLower(c.Name))
		}
	}
	slices.Sort(tracked)
	slices.Sort(said)
	if !slices.Equal(tracked, said) && (len(tracked) > 0 || !promoted(t, said)) {
		return contradicts("the primary key is (%s) in the tracked definition and (%s) in the event", strings.Join(tracked, ", "), strings.Join(said, ", "))
	}
	return nil
}

// promoted says whether a table without a primary key has a unique one of these columns,
// none of which may be NULL: to the server that is the primary key.
func promoted(t *schema.Table, key []string) bool {
	return slices.ContainsFunc(t.Indexes, func(index schema.Index) bool {
		if index.Kind != schema.Unique || len(index.Parts) != len(key) {
			return false
		}
		return !slices.ContainsFunc(index.Parts, func(p schema.IndexPart) bool {
			at := t.Column(p.Column)
			return at < 0 || !t.Columns[at].NotNull || p.Prefix > 0 || !slices.Contains(key, strings.ToLower(p.Column))
		})
	})
}

var numeric = map[string]bool{
	"tinyint": true, "smallint": true, "mediumint": true, "int": true, "bigint": true, "decimal": true, "float": true, "double": true,
}

func signedness(unsigned bool) string {
	if unsigned {
		return "unsigned"
	}
	return "signed"
}

// sameCharset compares a column's character set with that of the event. Types of other
// families have what the server likes.
func sameCharset(t *schema.Type, said string) bool {
	switch t.Name {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return said == "binary"
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set":
		return t.Charset == "" || modern(t.Charset) == modern(said)
	}
	return true
}

func modern(charset string) string {
	if charset == "utf8" {
		return "utf8mb3"
	}
	return charset
}

// sameMembers compares an enum's or a set's members with those of the binlog, which
// are in the column's character set: one by one as far as that is like UTF-8.
func sameMembers(t *schema.Type, members []string) bool {
	switch {
	case len(t.Values) != len(members):
		return false
	case slices.Contains([]string{"utf8mb4", "utf8mb3", "utf8", "ascii"}, t.Charset):
		return slices.Equal(t.Values, members)
	case strings.HasPrefix(t.Charset, "latin"), strings.HasPrefix(t.Charset, "cp125"):
		for i := range members {
			if plain(t.Values[i]) && plain(members[i]) && t.Values[i] != members[i] {
				return false
			}
		}
	}
	return true
}

// plain says of which members the bytes tell the characters. A `?` may stand for another.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 || r == '?' })
}
