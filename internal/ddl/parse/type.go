package parse

import (
	"math"
	"strings"

	"pgchameleon/internal/schema"
)

// aliases give the canonical name of the types that have others. Those that
// take more than a name are in dataType.
var aliases = map[string]string{
	"TINYINT": "tinyint", "INT1": "tinyint", "SMALLINT": "smallint", "INT2": "smallint",
	"MEDIUMINT": "mediumint", "INT3": "mediumint", "MIDDLEINT": "mediumint",
	"INT": "int", "INTEGER": "int", "INT4": "int", "BIGINT": "bigint", "INT8": "bigint",
	"DECIMAL": "decimal", "DEC": "decimal", "NUMERIC": "decimal", "FIXED": "decimal", "NUMBER": "decimal",
	"FLOAT": "float", "FLOAT4": "float", "DOUBLE": "double", "FLOAT8": "double", "REAL": "double",
	"BIT": "bit", "DATE": "date", "TIME": "time", "DATETIME": "datetime", "TIMESTAMP": "timestamp", "YEAR": "year",
	"CHAR": "char", "CHARACTER": "char", "VARCHAR": "varchar", "VARCHARACTER": "varchar", "VARCHAR2": "varchar",
	"BINARY": "binary", "VARBINARY": "varbinary", "RAW": "varbinary",
	"TINYTEXT": "tinytext", "TEXT": "text", "MEDIUMTEXT": "mediumtext", "LONGTEXT": "longtext", "CLOB": "longtext",
	"TINYBLOB": "tinyblob", "BLOB": "blob", "MEDIUMBLOB": "mediumblob", "LONGBLOB": "longblob",
	"JSON": "json", "UUID": "uuid", "INET4": "inet4", "INET6": "inet6", "VECTOR": "vector", "XMLTYPE": "xmltype",
	"GEOMETRY": "geometry", "POINT": "point", "LINESTRING": "linestring", "POLYGON": "polygon",
	"MULTIPOINT": "multipoint", "MULTILINESTRING": "multilinestring", "MULTIPOLYGON": "multipolygon",
	"GEOMETRYCOLLECTION": "geomcollection", "GEOMCOLLECTION": "geomcollection",
}

// dataType reads a column's type into c. SERIAL states a key as well.
func (p *parser) dataType(c *Column) (keys []Key) {
	t := &c.Type
	t.Length, t.Scale = -1, -1
	switch {
	case p.accept("SERIAL"):
		*t = schema.Type{Name: "bigint", Length: -1, Scale: -1, Unsigned: true}
		c.NotNull, c.AutoIncrement = true, true
		return []Key{&Index{Index: schema.Index{Kind: schema.Unique, Parts: []schema.IndexPart{{Column: c.Name}}}, Column: c.Name}}
	case p.accept("BOOL") || p.accept("BOOLEAN"):
		t.Name, t.Length = "tinyint", 1
		return nil
	case p.accept("LONG"):
		p.longType(t)
	case p.accept("NATIONAL"), p.is("NCHAR"), p.is("NVARCHAR"):
		p.nationalType(t)
	case p.is("ENUM"), p.is("SET"):
		t.Name = strings.ToLower(p.next().upper)
		t.Values = p.members()
	default:
		p.plainType(t)
	}
	p.typeAttributes(c)
	return nil
}

// longType reads what follows LONG.
func (p *parser) longType(t *schema.Type) {
	t.Name = "mediumtext"
	switch {
	case p.accept("VARBINARY"):
		t.Name = "mediumblob"
	case p.accept("VARCHAR") || p.accept("CHAR", "VARYING") || p.accept("CHARACTER", "VARYING") || p.accept("VARCHARACTER"):
	}
}

// nationalType reads NATIONAL CHAR and its like (NATIONAL is read already).
func (p *parser) nationalType(t *schema.Type) {
	t.Name, t.Charset = "char", "utf8mb3"
	switch {
	case p.accept("NVARCHAR"), p.accept("VARCHAR"), p.accept("VARCHARACTER"):
		t.Name = "varchar"
	case p.accept("NCHAR"), p.accept("CHAR"), p.accept("CHARACTER"):
		if p.accept("VARYING") || p.accept("VARCHAR") || p.accept("VARCHARACTER") {
			t.Name = "varchar"
		}
	default:
		p.unknown()
	}
	p.length(t)
}

func (p *parser) plainType(t *schema.Type) {
	oracle := p.typeSchema()
	first := p.peek(0)
	t.Name = aliases[first.upper]
	if t.Name == "" {
		p.unknown()
	}
	p.at++
	switch {
	case oracle != nil && oracle[first.upper] != "" && (first.upper != "NUMBER" || !p.is("(")):
		t.Name = oracle[first.upper]
	case first.upper == "REAL" && p.dialect.has(RealAsFloat):
		t.Name = "float"
	case first.upper == "DOUBLE":
		p.accept("PRECISION")
	case first.upper == "CHAR" || first.upper == "CHARACTER":
		if p.accept("VARYING") {
			t.Name = "varchar"
		}
	}
	if p.is("(") {
		p.length(t)
	}
}

// oracleTypes and maxTypes are what MariaDB makes of types that other servers
// mean something else by.
var (
	oracleTypes = map[string]string{"DATE": "datetime", "BLOB": "longblob", "NUMBER": "double"}
	maxTypes    = map[string]string{"TIMESTAMP": "datetime"}
)

// typeSchema steps over the schema that a type of MariaDB is taken from, and
// gives the types that mean another one there.
func (p *parser) typeSchema() map[string]string {
	if p.dialect.MariaDB() && p.isName() && p.peek(1).matches(".") {
		defer func() { p.at += 2 }()
		switch strings.ToLower(p.peek(0).text) {
		case "oracle_schema":
			return oracleTypes
		case "maxdb_schema":
			return maxTypes
		}
		return nil
	}
	switch {
	case p.dialect.MariaDB() && p.dialect.has(Oracle):
		return oracleTypes
	case p.dialect.has(maxDB):
		return maxTypes
	}
	return nil
}

// length reads the numbers in parentheses behind a type's name, if there are any.
func (p *parser) length(t *schema.Type) {
	if !p.accept("(") {
		return
	}
	switch t.Name {
	case "decimal":
		t.Precision = p.digitCount()
		if p.accept(",") {
			t.Scale = p.digitCount()
		}
	case "float", "double":
		t.Precision = p.digitCount()
		if p.accept(",") {
			t.Scale = p.digitCount()
		} else if t.Name == "float" {
			t.Name = map[bool]string{true: "float", false: "double"}[t.Precision <= 24]
			t.Precision = 0
		}
	case "time", "datetime", "timestamp":
		t.Scale = p.digitCount()
	default:
		most, at := uint64(math.MaxUint32), p.at
		if padded, is := lengths[t.Name]; is {
			most = padded
		}
		n := p.uint()
		if n > most {
			p.at = at
			p.unknown()
		}
		t.Length = int(n)     // #nosec G115 -- 32 bits at most
		p.any("CHAR", "BYTE") // Oracle mode
	}
	p.expect(")")
}

// lengths are the most of the types whose values are filled up to their length.
var lengths = map[string]uint64{"bit": 64, "binary": 255, "vector": 16383}

// digitCount reads a number of digits, which no server takes beyond a byte's.
func (p *parser) digitCount() int {
	at := p.at
	n := p.int()
	if n > 255 {
		p.at = at
		p.unknown()
	}
	return n
}

func (p *parser) members() []string {
	p.expect("(")
	var values []string
	for {
		values = append(values, strings.TrimRight(p.member(), " "))
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return values
}

// member reads a string or a hexadecimal one.
func (p *parser) member() string {
	p.introducer()
	if p.peek(0).kind == hexa {
		return unhex(p.next().text)
	}
	return p.str()
}

// introducer steps over _utf8mb4 before a string, and gives the character set.
func (p *parser) introducer() string {
	if t := p.peek(0); t.kind == word && t.text[0] == '_' {
		if k := p.peek(1).kind; k == str || k == hexa || k == bits {
			p.at++
			return strings.ToLower(t.text[1:])
		}
	}
	return ""
}

// typeAttributes reads what belongs to a type but may stand among a column's
// attributes too.
func (p *parser) typeAttributes(c *Column) {
	for p.typeAttribute(c) {
	}
}

func (p *parser) typeAttribute(c *Column) bool {
	t := &c.Type
	switch {
	case p.accept("UNSIGNED"):
		t.Unsigned = true
	case p.accept("SIGNED"):
	case p.accept("ZEROFILL"):
		t.Unsigned, t.Zerofill = true, true
	case p.accept("ASCII"):
		t.Charset = "latin1"
	case p.accept("UNICODE"):
		t.Charset = "ucs2"
	case p.accept("BYTE"):
		t.Charset = "binary"
	case p.accept("BINARY"):
		c.Binary = true
	case p.charsetWord():
		t.Charset = p.charset()
	case p.accept("COLLATE"):
		t.Collation = p.collation()
	case p.accept("COMPRESSED"):
		t.Compressed = true
		if p.accept("=") {
			p.text()
		}
	case p.accept("SRID"):
		srid := uint32(p.uint())
		t.SRID = &srid
	case p.accept("REF_SYSTEM_ID"):
		p.expect("=")
		p.uint()
	default:
		return false
	}
	return true
}
