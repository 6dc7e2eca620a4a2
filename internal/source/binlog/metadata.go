package binlog

import (
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/event"
)

// moreMetadata reads character sets and the primary key from a table map.
func moreMetadata(m *event.TableMap, kind byte, value []byte, known charsets) error {
	c := cursor{data: value}
	switch kind {
	case replication.TABLE_MAP_OPT_META_DEFAULT_CHARSET:
		charsetsOf(m, textual, &c, true, known)
	case replication.TABLE_MAP_OPT_META_COLUMN_CHARSET:
		charsetsOf(m, textual, &c, false, known)
	case replication.TABLE_MAP_OPT_META_ENUM_AND_SET_DEFAULT_CHARSET:
		charsetsOf(m, enumerated, &c, true, known)
	case replication.TABLE_MAP_OPT_META_ENUM_AND_SET_COLUMN_CHARSET:
		charsetsOf(m, enumerated, &c, false, known)
	case replication.TABLE_MAP_OPT_META_SIMPLE_PRIMARY_KEY, replication.TABLE_MAP_OPT_META_PRIMARY_KEY_WITH_PREFIX:
		for len(c.data) > 0 && !c.bad {
			m.Key = append(m.Key, int(c.packed())) // #nosec G115 -- of a column
			if kind == replication.TABLE_MAP_OPT_META_PRIMARY_KEY_WITH_PREFIX {
				c.packed() // the prefix's length, 0 for the whole column
			}
		}
	}
	return c.err()
}

// charsetsOf reads collations by column: of all columns of a sort, or a default and those
// that have another.
func charsetsOf(m *event.TableMap, of func(kind byte, meta uint16) bool, c *cursor, defaults bool, known charsets) {
	var columns []int
	for i, kind := range m.Types {
		if of(kind, m.Meta[i]) {
			columns = append(columns, i)
		}
	}
	if m.Charsets == nil {
		m.Charsets = make([]string, len(m.Types))
	}
	next := func() string { return known[uint16(c.packed())] } // #nosec G115 -- ids of collations are that small
	if !defaults {
		for _, at := range columns {
			m.Charsets[at] = next()
		}
		return
	}
	usual := next()
	for _, at := range columns {
		m.Charsets[at] = usual
	}
	for len(c.data) > 0 && !c.bad {
		at := c.packed()
		if own := next(); at < uint64(len(columns)) {
			m.Charsets[columns[at]] = own
		} else {
			c.bad = true
		}
	}
}

// textual says of which columns the metadata tell a collation, enums and sets apart.
func textual(kind byte, meta uint16) bool {
	switch kind {
	case mysql.MYSQL_TYPE_STRING:
		return !enumerated(kind, meta)
	case mysql.MYSQL_TYPE_VAR_STRING, mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_BLOB, mysql.MYSQL_TYPE_TINY_BLOB,
		mysql.MYSQL_TYPE_MEDIUM_BLOB, mysql.MYSQL_TYPE_LONG_BLOB, typeBlobCompressed, typeVarcharCompressed:
		return true
	}
	return false
}

// enumerated says of which columns the metadata tell members.
func enumerated(kind byte, meta uint16) bool {
	real := kind
	if kind == mysql.MYSQL_TYPE_STRING {
		real = byte(meta >> 8)
	}
	return real == mysql.MYSQL_TYPE_ENUM || real == mysql.MYSQL_TYPE_SET
}
