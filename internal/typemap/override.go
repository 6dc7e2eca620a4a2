package typemap

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/schema"
)

// override gives the family with another target type.
func (f family) override(c *schema.Column, name string) (family, error) {
	t, err := parseTarget(name)
	if err != nil {
		return f, err
	}
	finish := f.finisherFor(c, t)
	if finish == nil {
		return f, fmt.Errorf("values of %s cannot become %s; what can be done: %s", c.Type.Text, t.sql(), strings.Join(f.possible(c), ", "))
	}
	f.sql, f.enum, f.finish = t.sql(), nil, finish
	f.why = "By override."
	return f, nil
}

// possible lists the known types that the family's values can become.
func (f family) possible(c *schema.Column) (names []string) {
	for _, name := range knownNames {
		for _, array := range []bool{false, true} {
			if t := (target{name: name, known: true, array: array}); f.finisherFor(c, t) != nil {
				names = append(names, t.sql())
			}
		}
	}
	return names
}

// finisherFor gives what makes a field of the target type, or nil.
//
//nolint:cyclop // a table, written as a switch
func (f family) finisherFor(c *schema.Column, t target) finisher {
	if f.kind == kindVector {
		if finish := vectorFinisher(c, t); finish != nil {
			return finish
		}
	}
	if t.array {
		if f.kind == kindSet && (t.name == "text" || t.name == "character varying") {
			return textArray
		}
		return nil
	}
	switch t.name {
	case "text", "character varying", "character":
		return f.textFinisher(t)
	case "boolean":
		return f.booleanFinisher(c)
	case "smallint", "integer", "bigint", "numeric", "real", "double precision":
		return f.numberFinisher(c, t)
	case "date", "timestamp without time zone", "timestamp with time zone", "time without time zone", "interval":
		return f.temporalFinisher(c, t)
	case "json", "jsonb":
		return f.jsonFinisher(t)
	case "bytea":
		if f.kind == kindBytes || f.kind == kindText || f.kind == kindJSON || f.kind == kindGeometry {
			return hexBytes
		}
		return nil
	case "uuid":
		return f.uuidFinisher(c)
	case "bit", "bit varying":
		if f.kind == kindBit && (len(t.args) == 0 && t.name != "bit" || t.fits(max(c.Type.Length, 1))) {
			return asIs
		}
		return nil
	}
	// A type that is not known here: of an extension, a domain, the user's own.
	if f.kind == kindText || f.kind == kindEnum || f.kind == kindSet || f.kind == kindJSON || f.kind == kindUUID || f.kind == kindInet ||
		!t.known && (f.kind == kindInteger || f.kind == kindDecimal || f.kind == kindFloat || f.kind == kindYear) {
		return cleanText
	}
	return nil
}

// fits says that a bit string of this length has room.
func (t target) fits(length int) bool {
	if t.name == "bit" {
		return len(t.args) == 0 && length == 1 || len(t.args) == 1 && t.args[0] == length
	}
	return len(t.args) == 1 && t.args[0] >= length
}

func asIs(dst []byte, _ int, _ *Notes) ([]byte, error) { return dst, nil }

// textFinisher: everything has a text form.
func (f family) textFinisher(t target) finisher {
	limit := 0
	if len(t.args) == 1 {
		limit = t.args[0]
	} else if t.name == "character" {
		limit = 1
	}
	finish := finisher(cleanText)
	switch f.kind {
	case kindGeometry:
		finish = func(dst []byte, start int, _ *Notes) ([]byte, error) { return hexed(dst, start, ""), nil }
	case kindVector:
		finish = around('[', ']')
	}
	if limit == 0 {
		return finish
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		return finish(cut(dst, start, limit, notes), start, notes)
	}
}

// cut keeps the first limit characters of dst[start:].
func cut(dst []byte, start, limit int, notes *Notes) []byte {
	for i, b := range dst[start:] {
		if b&0xc0 == 0x80 {
			continue
		}
		if limit--; limit < 0 {
			notes.Add(OutOfRange)
			return dst[:start+i]
		}
	}
	return dst
}

// booleanFinisher: anything but zero is true. A number other than 0 and 1 is counted.
func (f family) booleanFinisher(c *schema.Column) finisher {
	switch f.kind {
	case kindBit, kindInteger, kindDecimal, kindYear:
	case kindEnum, kindText:
		return wordBoolean(c.NotNull)
	default:
		return nil
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		digit := strings.Trim(string(dst[start:]), "-0.")
		switch digit {
		case "":
			return append(dst[:start], 'f'), nil
		case "1":
		default:
			if f.kind != kindBit {
				notes.Add(OutOfRange)
			}
		}
		return append(dst[:start], 't'), nil
	}
}

// wordBoolean reads the words that PostgreSQL reads.
func wordBoolean(notNull bool) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		switch strings.ToLower(strings.TrimSpace(string(dst[start:]))) {
		case "1", "t", "true", "y", "yes", "on":
			return append(dst[:start], 't'), nil
		case "0", "f", "false", "n", "no", "off":
			return append(dst[:start], 'f'), nil
		}
		notes.Add(OutOfRange)
		return null(dst[:start], notNull, "f"), nil
	}
}

func (f family) jsonFinisher(t target) finisher {
	switch {
	case f.kind == kindJSON && f.sql == "jsonb" && t.name == "jsonb":
		return jsonbText
	case f.kind != kindJSON && f.kind != kindText:
		return nil
	case t.name == "jsonb":
		return jsonbChecked
	}
	return jsonText
}

func (f family) uuidFinisher(c *schema.Column) finisher {
	switch {
	case f.kind == kindUUID:
		return asIs
	case f.kind == kindText:
		return cleanText
	case f.kind == kindBytes && c.Type.Length == 16:
		return func(dst []byte, start int, notes *Notes) ([]byte, error) {
			var id [16]byte
			if len(dst)-start != len(id) {
				notes.Add(OutOfRange)
			}
			copy(id[:], dst[start:])
			return appendUUID(dst[:start], &id), nil
		}
	}
	return nil
}

// textArray makes an array literal of labels with commas between.
func textArray(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst = repair(dst, start, notes)
	labels := slices.Clone(dst[start:])
	dst = append(dst[:start], '{')
	if len(labels) > 0 {
		dst = append(dst, '"')
		for _, b := range labels {
			switch b {
			case ',':
				dst = append(dst, '"', ',', '"')
			case '"', '\\':
				dst = append(dst, '\\', b)
			default:
				dst = append(dst, b)
			}
		}
		dst = append(dst, '"')
	}
	return escape(append(dst, '}'), start), nil
}
