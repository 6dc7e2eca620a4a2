package typemap

import (
	"fmt"

	"pgchameleon/internal/schema"
)

// appender appends a value's form to dst: all of src is one value.
type appender func(dst, src []byte, notes *Notes) ([]byte, error)

// finisher turns the plain form at dst[start:] into a COPY text field, in place.
type finisher func(dst []byte, start int, notes *Notes) ([]byte, error)

// kind is what a family's plain form is, which decides what it can become.
type kind uint8

const (
	kindInteger  kind = iota // decimal digits
	kindDecimal              // decimal digits with a point
	kindFloat                // as strconv prints it
	kindBit                  // zeros and ones
	kindYear                 // decimal digits
	kindDate                 // YYYY-MM-DD, zeros included
	kindDatetime             // YYYY-MM-DD hh:mm:ss[.f], zeros included
	kindInstant              // the same in UTC
	kindClock                // [-]hh:mm:ss[.f]
	kindText                 // UTF-8, not yet checked
	kindEnum                 // the label
	kindSet                  // labels with commas between
	kindBytes                // raw bytes
	kindJSON                 // JSON text
	kindGeometry             // SRID and WKB
	kindVector               // numbers with commas between
	kindUUID                 // canonical text
	kindInet                 // canonical text
)

// rules are those that values of the kind may fall under.
func (k kind) rules(overridden bool) (list []Rule) {
	switch k {
	case kindDate, kindDatetime, kindInstant:
		list = []Rule{ZeroDate}
	case kindClock:
		list = []Rule{OutOfRange}
	case kindText, kindSet:
		list = []Rule{NulCharacter, InvalidBytes}
	case kindEnum:
		list = []Rule{InvalidEnum}
	case kindJSON:
		list = []Rule{NulCharacter, InvalidBytes, InvalidJSON, DuplicateKey}
	case kindGeometry:
		list = []Rule{InvalidGeometry, OutOfRange}
	case kindVector:
		list = []Rule{OutOfRange}
	}
	if overridden {
		list = append(list, OutOfRange, Rounded)
	}
	return list
}

// family is how the values of one column are read and what they become when
// nothing is overridden. Reading gives a plain form, the same from both
// roads; the finisher makes the field of it, which an override replaces.
type family struct {
	kind   kind
	sql    string
	enum   []string
	expr   func(quoted string) string                                  // nil: the column itself
	text   appender                                                    // plain form from the text protocol
	value  func(typ byte, meta uint16) (byte, uint16, appender, error) // plain form from an image; checks the wire type
	stated appender                                                    // plain form from the literal of a definition, in UTF-8; nil: as text
	finish finisher                                                    // nil: the plain form is the field
	chars  func([]byte, int, *Notes) ([]byte, bool, error)             // as finish, of text, without escapes, and whether it is NULL; nil: not text
	why    string                                                      // for docs/types.md
}

func familyOf(c *schema.Column, p *policy, options Options) (family, error) {
	switch t := &c.Type; t.Name {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "bool", "boolean":
		return integerFamily(c), nil
	case "decimal", "numeric":
		return decimalFamily(c), nil
	case "float", "double", "real":
		return floatFamily(c), nil
	case "bit":
		return bitFamily(c), nil
	case "year":
		return yearFamily(), nil
	case "date":
		return dateFamily(p), nil
	case "datetime":
		return datetimeFamily(c, p), nil
	case "timestamp":
		return timestampFamily(c, p), nil
	case "time":
		return timeFamily(c, p), nil
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "nchar", "nvarchar":
		return textFamily(c, p)
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return binaryFamily(c), nil
	case "enum":
		return enumFamily(c, p), nil
	case "set":
		return setFamily(c, p), nil
	case "json":
		return jsonFamily(p), nil
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return geometryFamily(p, options), nil
	case "vector":
		return vectorFamily(c, p, options), nil
	case "uuid":
		return uuidFamily(), nil
	case "inet4", "inet6":
		return inetFamily(t.Name), nil
	default:
		return family{}, fmt.Errorf("the type %s is not known; skip the table, or change the column's type on the source", t.Text)
	}
}

// only is the value of a family that has one wire type.
func only(name string, want byte, value appender) func(byte, uint16) (byte, uint16, appender, error) {
	return func(typ byte, meta uint16) (byte, uint16, appender, error) {
		if real, _ := resolve(typ, meta); real != want {
			return 0, 0, nil, contradicts(name, typ, meta)
		}
		return typ, meta, value, nil
	}
}
