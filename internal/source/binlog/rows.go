package binlog

import (
	"bytes"
	"fmt"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// Flags of a rows event.
const flagNoForeignKeyChecks = 1 << 1

// Types of MariaDB's compressed columns, which the library does not know.
const (
	typeBlobCompressed    = 140
	typeVarcharCompressed = 141
)

// table is the last table map of a table id.
type table struct {
	raw  []byte // what it was made of: servers send the same map before each statement
	name schema.Name
	data *event.TableMap // nil until it is wanted
	keep bool
}

// tableMap takes a TABLE_MAP event. Nothing of a table that is not kept is
// decoded but its name.
func (r *reader) tableMap(body []byte) error {
	c := cursor{data: body}
	id := c.number(6)
	known := r.tables[id]
	if known == nil || !bytes.Equal(known.raw, body) {
		c.number(2) // flags
		known = &table{raw: body}
		known.name.Schema = string(c.short())
		c.number(1)
		known.name.Table = string(c.short())
		if c.bad {
			return errShort
		}
		r.tables[id] = known
	}
	known.keep = r.keep(known.name) // asked each time: tables come and go while the stream runs
	if !known.keep || known.data != nil {
		return nil
	}
	data, err := parseTableMap(body, r.charsets)
	if err != nil {
		return fmt.Errorf("reading the table map of %s: %w", known.name, err)
	}
	known.data = data
	return nil
}

func parseTableMap(body []byte, known charsets) (*event.TableMap, error) {
	c := cursor{data: body}
	m := &event.TableMap{ID: c.number(6)}
	c.number(2) // flags
	m.Schema = string(c.short())
	c.number(1)
	m.Table = string(c.short())
	c.number(1)
	m.Types = c.take(c.counted())
	meta := cursor{data: c.take(c.counted())}
	m.Meta = make([]uint16, len(m.Types))
	for i, kind := range m.Types {
		m.Meta[i] = columnMeta(kind, &meta)
	}
	m.Nullable = c.take((len(m.Types) + 7) / 8)
	if c.bad || meta.bad {
		return nil, errShort
	}
	for len(c.data) > 0 {
		kind := byte(c.number(1))
		value := c.take(c.counted())
		switch kind {
		case replication.TABLE_MAP_OPT_META_SIGNEDNESS:
			m.Unsigned = unsigned(m, value)
		case replication.TABLE_MAP_OPT_META_COLUMN_NAME:
			names := cursor{data: value}
			for range m.Types {
				m.Names = append(m.Names, string(names.short()))
			}
			if names.bad {
				return nil, errShort
			}
		case replication.TABLE_MAP_OPT_META_ENUM_STR_VALUE:
			if !members(m, mysql.MYSQL_TYPE_ENUM, value) {
				return nil, errShort
			}
		case replication.TABLE_MAP_OPT_META_SET_STR_VALUE:
			if !members(m, mysql.MYSQL_TYPE_SET, value) {
				return nil, errShort
			}
		default:
			if err := moreMetadata(m, kind, value, known); err != nil {
				return nil, err
			}
		}
	}
	return m, c.err()
}

// members reads the members of all enums or all sets; false says that they end
// too early.
func members(m *event.TableMap, kind byte, value []byte) bool {
	if m.Members == nil {
		m.Members = make([][]string, len(m.Types))
	}
	c := cursor{data: value}
	for i, is := range m.Types {
		if is != kind && (is != mysql.MYSQL_TYPE_STRING || byte(m.Meta[i]>>8) != kind) {
			continue
		}
		for range c.counted() {
			if c.bad {
				return false
			}
			m.Members[i] = append(m.Members[i], string(c.take(c.counted())))
		}
	}
	return !c.bad
}

// columnMeta reads the metadata of one column, whose width is the type's.
func columnMeta(kind byte, meta *cursor) uint16 {
	switch kind {
	case mysql.MYSQL_TYPE_STRING, mysql.MYSQL_TYPE_NEWDECIMAL, mysql.MYSQL_TYPE_ENUM, mysql.MYSQL_TYPE_SET:
		high := meta.number(1)
		return uint16(high<<8 | meta.number(1))
	case mysql.MYSQL_TYPE_VAR_STRING, mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_BIT, typeVarcharCompressed:
		return uint16(meta.number(2))
	case mysql.MYSQL_TYPE_BLOB, mysql.MYSQL_TYPE_DOUBLE, mysql.MYSQL_TYPE_FLOAT, mysql.MYSQL_TYPE_GEOMETRY,
		mysql.MYSQL_TYPE_VECTOR, mysql.MYSQL_TYPE_JSON, mysql.MYSQL_TYPE_TINY_BLOB, mysql.MYSQL_TYPE_MEDIUM_BLOB,
		mysql.MYSQL_TYPE_LONG_BLOB, mysql.MYSQL_TYPE_TIME2, mysql.MYSQL_TYPE_DATETIME2, mysql.MYSQL_TYPE_TIMESTAMP2,
		typeBlobCompressed:
		return uint16(meta.number(1))
	}
	return 0
}

// unsigned spreads the bitmap, which has a bit for each numeric column, over
// all columns.
func unsigned(m *event.TableMap, bits []byte) []bool {
	out := make([]bool, len(m.Types))
	at := 0
	for i, kind := range m.Types {
		switch kind {
		case mysql.MYSQL_TYPE_TINY, mysql.MYSQL_TYPE_SHORT, mysql.MYSQL_TYPE_INT24, mysql.MYSQL_TYPE_LONG, mysql.MYSQL_TYPE_LONGLONG,
			mysql.MYSQL_TYPE_DECIMAL, mysql.MYSQL_TYPE_NEWDECIMAL, mysql.MYSQL_TYPE_FLOAT, mysql.MYSQL_TYPE_DOUBLE, mysql.MYSQL_TYPE_YEAR:
			out[i] = at/8 < len(bits) && bits[at/8]&(0x80>>(at%8)) != 0
			at++
		}
	}
	return out
}

// rowKind says what a kind of rows event holds.
type rowKind struct {
	action     event.Action
	version    int // 2 has a block of extra data
	compressed bool
	partial    bool
}

func rowsOf(kind replication.EventType) (rowKind, bool) {
	switch kind {
	case replication.WRITE_ROWS_EVENTv1:
		return rowKind{action: event.Insert, version: 1}, true
	case replication.UPDATE_ROWS_EVENTv1:
		return rowKind{action: event.Update, version: 1}, true
	case replication.DELETE_ROWS_EVENTv1:
		return rowKind{action: event.Delete, version: 1}, true
	case replication.WRITE_ROWS_EVENTv2:
		return rowKind{action: event.Insert, version: 2}, true
	case replication.UPDATE_ROWS_EVENTv2:
		return rowKind{action: event.Update, version: 2}, true
	case replication.DELETE_ROWS_EVENTv2:
		return rowKind{action: event.Delete, version: 2}, true
	case replication.PARTIAL_UPDATE_ROWS_EVENT:
		return rowKind{action: event.Update, version: 2, partial: true}, true
	case replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1:
		return rowKind{action: event.Insert, version: 1, compressed: true}, true
	case replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1:
		return rowKind{action: event.Update, version: 1, compressed: true}, true
	case replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1:
		return rowKind{action: event.Delete, version: 1, compressed: true}, true
	case mariaWriteCompressed2:
		return rowKind{action: event.Insert, version: 2, compressed: true}, true
	case mariaUpdateCompressed2:
		return rowKind{action: event.Update, version: 2, compressed: true}, true
	case mariaDeleteCompressed2:
		return rowKind{action: event.Delete, version: 2, compressed: true}, true
	}
	return rowKind{}, false
}

// rows takes a rows event; nil if its table is not kept.
func (r *reader) rows(kind rowKind, body []byte, offset uint64) (*event.Rows, error) {
	c := cursor{data: body}
	id := c.number(6)
	flags := c.number(2)
	t := r.tables[id]
	switch {
	case c.bad:
		return nil, errShort
	case t == nil && (id == dummyTable || id == dummyTable48):
		return nil, nil
	case t == nil:
		return nil, fmt.Errorf("a rows event names table %d, of which the log has no map", id)
	case !t.keep:
		return nil, nil
	}
	if kind.version == 2 {
		c.take(int(c.number(2)) - 2) // its size counts itself
	}
	columns := int(c.packed())
	if columns != len(t.data.Types) {
		return nil, fmt.Errorf("a rows event of %s has %d columns, its table map %d", t.name, columns, len(t.data.Types))
	}
	out := &event.Rows{Action: kind.action, Map: t.data, NoChecks: flags&flagNoForeignKeyChecks != 0, Partial: kind.partial, Offset: offset}
	out.Before = c.take((columns + 7) / 8)
	if kind.action == event.Update {
		out.After = c.take((columns + 7) / 8)
	}
	if c.bad {
		return nil, errShort
	}
	out.Data = c.data
	if kind.compressed {
		var err error
		if out.Data, err = inflate(c.data); err != nil {
			return nil, fmt.Errorf("reading rows of %s: %w", t.name, err)
		}
	}
	return out, nil
}

// The table ids of a rows event that only ends a statement.
const (
	dummyTable   = 1<<24 - 1
	dummyTable48 = 1<<48 - 1
)

// inflate undoes MariaDB's compression of events.
func inflate(data []byte) ([]byte, error) {
	if len(data) < 1 || len(data) < 1+int(data[0]&7) {
		return nil, errShort
	}
	return mysql.DecompressMariadbData(data)
}
