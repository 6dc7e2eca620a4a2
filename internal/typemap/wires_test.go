package typemap_test

import (
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// tester is what testing and rapid have in common.
type tester interface {
	Helper()
	Fatal(...any)
}

// mapped is a column without overrides, on a plain PostgreSQL.
func mapped(t tester, source schema.Column) *typemap.Column {
	return mappedFor(t, source, typemap.Options{})
}

func mappedFor(t tester, source schema.Column, options typemap.Options) *typemap.Column {
	t.Helper()
	if source.Type.Text == "" {
		source.Type.Text = source.Type.Name
	}
	column, err := typemap.New(source, typemap.Settings{Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return column
}

// wire is a column as a table map has it.
type wire struct {
	def    string // "" where no server of ours makes it any more
	only   string // servers that have it, by the beginning of their names
	value  string // an SQL literal to begin with
	column schema.Type
	typ    byte
	meta   uint16
}

// wires are all the wire types with some metadata for each. New ones go to the end: the
// kept inputs of FuzzRowDecoder name them by their places.
var wires = []wire{
	{"json", "mysql-9", `'{"a": [1, -70000, 5000000000, 1.5, true, null, "é"], "b": {}}'`, schema.Type{Name: "json"}, 245, 4},
	{"geometry", "", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),POLYGON((0 0,0 1,1 1,0 0)))')", schema.Type{Name: "geometry"}, 255, 4},
	{"vector(3)", "mysql-9", "to_vector('[1,2.5,-0.1]')", schema.Type{Name: "vector", Length: 3}, 242, 4},
	{"varchar(9) CHARACTER SET gb18030", "mysql-9", "'中😀é'", schema.Type{Name: "varchar", Length: 9, Charset: "gb18030"}, 15, 36},
	{"varchar(100) CHARACTER SET ujis", "", "'日本'", schema.Type{Name: "varchar", Length: 100, Charset: "ujis"}, 15, 300},
	{"varchar(9) CHARACTER SET utf16le", "", "'a😀'", schema.Type{Name: "varchar", Length: 9, Charset: "utf16le"}, 15, 36},
	{"char(9) CHARACTER SET utf32", "", "'é '", schema.Type{Name: "char", Length: 9, Charset: "utf32"}, 254, 254<<8 | 36},
	{"decimal(65,30)", "", "-12345678901234567890123456789012345.123456789012345678901234567891", schema.Type{Name: "decimal", Precision: 65, Scale: 30}, 246, 65<<8 | 30},
	{"bit(13)", "", "4097", schema.Type{Name: "bit", Length: 13}, 16, 1<<8 | 5},
	{"time(3)", "", "'-838:59:58.999'", schema.Type{Name: "time", Scale: 3}, 19, 3},
	{"datetime(5)", "", "'2024-02-29 23:59:59.98765'", schema.Type{Name: "datetime", Scale: 5}, 18, 5},
	{"timestamp(1) NULL", "", "'2038-01-19 03:14:07.4'", schema.Type{Name: "timestamp", Scale: 1}, 17, 1},
	{"", "", "", schema.Type{Name: "time"}, 11, 0},
	{"", "", "", schema.Type{Name: "datetime"}, 12, 0},
	{"", "", "", schema.Type{Name: "timestamp"}, 7, 0},
	{"date", "", "'9999-12-31'", schema.Type{Name: "date"}, 10, 0},
	{"year", "", "2155", schema.Type{Name: "year"}, 13, 0},
	{"float", "", "-1.5e-30", schema.Type{Name: "float"}, 4, 4},
	{"double", "", "1.7976931348623157e308", schema.Type{Name: "double"}, 5, 8},
	{"set('a','b')", "", "'a,b'", schema.Type{Name: "set", Values: []string{"a", "b"}}, 254, 248<<8 | 1},
	{"enum('a','b')", "", "'b'", schema.Type{Name: "enum", Values: []string{"a", "b"}}, 254, 247<<8 | 1},
	{"uuid", "mariadb", "'6ccd780c-baba-1026-9564-5b8c656024db'", schema.Type{Name: "uuid"}, 254, 254<<8 | 16},
	{"inet4", "mariadb", "'10.0.0.0'", schema.Type{Name: "inet4"}, 254, 254<<8 | 4},
	{"inet6", "mariadb", "'2001:db8::1'", schema.Type{Name: "inet6"}, 254, 254<<8 | 16},
	{"binary(5)", "", "x'0a5c00'", schema.Type{Name: "binary", Length: 5}, 254, 254<<8 | 5},
	{"mediumint", "", "-8388608", schema.Type{Name: "mediumint"}, 9, 0},
	{"bigint unsigned", "", "18446744073709551615", schema.Type{Name: "bigint", Unsigned: true}, 8, 0},
	{"varchar(20) CHARACTER SET latin1", "", `'a\\b\tc\nd€\0'`, schema.Type{Name: "varchar", Length: 20, Charset: "latin1"}, 15, 20},
	{"mediumtext CHARACTER SET utf8mb4", "", `'\t\\N😀'`, schema.Type{Name: "mediumtext", Charset: "utf8mb4"}, 252, 3},
	{"tinyblob", "", "x'00ff'", schema.Type{Name: "tinyblob"}, 252, 1},
	{"longtext CHARACTER SET utf8mb4", "mariadb", `'{"b": 1, "b": 2}'`, schema.Type{Name: "longtext", Charset: "utf8mb4", JSON: true}, 252, 4},
	{"text COMPRESSED", "mariadb", "'too short to be deflated'", schema.Type{Name: "text", Charset: "utf8mb4"}, 140, 2},
	{"varbinary(900) COMPRESSED", "mariadb", "x'0080'", schema.Type{Name: "varbinary", Length: 900}, 141, 901},
	{"", "", "", schema.Type{Name: "time", Scale: 6}, 11, 6},
	{"", "", "", schema.Type{Name: "datetime", Scale: 1}, 12, 1},
	{"", "", "", schema.Type{Name: "timestamp", Scale: 4}, 7, 4},
}
