package typemap

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pgchameleon/internal/schema"
)

// override gives the family with another target type.
func (f family) override(c *schema.Column, p *policy, name string) (family, error) {
	t, err := parseTarget(name)
	if err != nil {
		return f, err
	}
	finish := f.finisherFor(c, p, t)
	if finish == nil {
		return f, fmt.Errorf("values of %s cannot become %s; what can be done: %s", c.Type.Text, t.sql(), strings.Join(f.possible(c, p), ", "))
	}
	if f.kind == kindEnum {
		finish = p.member(finish)
	}
	f.sql, f.enum, f.finish = t.sql(), nil, finish
	f.why = "By override."
	return f, nil
}

// possible lists the known types that the family's values can become.
func (f family) possible(c *schema.Column, p *policy) (names []string) {
	for _, name := range knownNames {
		for _, array := range []bool{false, true} {
			if t := (target{name: name, known: true, array: array}); f.finisherFor(c, p, t) != nil {
				names = append(names, t.sql())
			}
		}
	}
	return names
}

// finisherFor gives what makes a field of the target type, or nil.
//
//nolint:cyclop // a table, written as a switch
func (f family) finisherFor(c *schema.Column, p *policy, t target) finisher {
	if f.kind == kindVector {
		if finish := p.vectorFinisher(t); finish != nil {
			return finish
		}
	}
	if t.array {
		if f.kind == kindSet && (t.name == "text" || t.name == "character varying") {
			return p.textArray
		}
		return nil
	}
	switch t.name {
	case "text", "character varying", "character":
		return f.textFinisher(p, t)
	case "boolean":
		return f.booleanFinisher(p)
	case "smallint", "integer", "bigint", "numeric", "real", "double precision":
		return f.numberFinisher(p, t)
	case "date", "timestamp without time zone", "timestamp with time zone", "time without time zone", "interval":
		return f.temporalFinisher(c, p, t)
	case "json", "jsonb":
		return f.jsonFinisher(p, t)
	case "bytea":
		return f.bytesFinisher(p)
	case "uuid":
		return f.uuidFinisher(c, p)
	case "inet":
		return f.inetFinisher(p)
	case "bit", "bit varying":
		if f.kind == kindBit && (len(t.args) == 0 && t.name != "bit" || t.fits(max(c.Type.Length, 1))) {
			return asIs
		}
		return nil
	}
	if t.known {
		return nil
	}
	// A type that is not known here: of an extension, a domain, the user's own.
	switch f.kind {
	case kindText, kindEnum, kindSet, kindJSON, kindUUID, kindInet, kindInteger, kindDecimal, kindFloat, kindYear:
		return p.text
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

// textFinisher: everything has a text form. That of geometry and vectors, digits or a
// list, means nothing when it is cut.
func (f family) textFinisher(p *policy, t target) finisher {
	limit := 0
	if len(t.args) == 1 {
		limit = t.args[0]
	} else if t.name == "character" {
		limit = 1
	}
	finish := finisher(p.text)
	switch {
	case limit > 0 && (f.kind == kindGeometry || f.kind == kindVector):
		return nil
	case f.kind == kindGeometry:
		finish = func(dst []byte, start int, _ *Notes) ([]byte, error) { return hexed(dst, start, ""), nil }
	case f.kind == kindVector:
		finish = around('[', ']')
	}
	if limit == 0 {
		return finish
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		if end := characters(dst[start:], limit); end < len(dst)-start {
			var done bool
			var err error
			if dst, done, err = p.mended(dst, start, OutOfRange, notes); done || err != nil {
				return dst, err
			}
			dst = dst[:start+end]
		}
		return finish(dst, start, notes)
	}
}

// characters gives the bytes of the first limit characters of text.
func characters(text []byte, limit int) int {
	for i, b := range text {
		if b&0xc0 == 0x80 {
			continue
		}
		if limit--; limit < 0 {
			return i
		}
	}
	return len(text)
}

// booleanFinisher: anything but zero is true. A number other than 0 and 1 is counted.
func (f family) booleanFinisher(p *policy) finisher {
	switch f.kind {
	case kindBit, kindInteger, kindDecimal, kindYear:
	case kindEnum, kindText:
		return p.wordBoolean
	default:
		return nil
	}
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		digit := strings.Trim(string(dst[start:]), "-0.")
		if digit == "" {
			return append(dst[:start], 'f'), nil
		}
		if digit != "1" && f.kind != kindBit {
			var done bool
			var err error
			if dst, done, err = p.mended(dst, start, OutOfRange, notes); done || err != nil {
				return dst, err
			}
		}
		return append(dst[:start], 't'), nil
	}
}

// wordBoolean reads the words that PostgreSQL reads.
func (p *policy) wordBoolean(dst []byte, start int, notes *Notes) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(string(dst[start:]))) {
	case "1", "t", "true", "y", "yes", "on":
		return append(dst[:start], 't'), nil
	case "0", "f", "false", "n", "no", "off":
		return append(dst[:start], 'f'), nil
	}
	return p.instead(dst, start, OutOfRange, "f", notes)
}

func (f family) jsonFinisher(p *policy, t target) finisher {
	switch {
	case f.kind == kindJSON && f.sql == "jsonb" && t.name == "jsonb":
		return p.jsonb
	case f.kind != kindJSON && f.kind != kindText:
		return nil
	case t.name == "jsonb":
		return p.jsonbOf
	}
	return p.json
}

// bytesFinisher: text gives the bytes of its UTF-8.
func (f family) bytesFinisher(p *policy) finisher {
	switch f.kind {
	case kindBytes, kindGeometry:
		return hexBytes
	case kindText, kindJSON:
		return func(dst []byte, start int, notes *Notes) ([]byte, error) {
			if notes.source != nil { // a code without a character; a NUL has its place in bytes
				var done bool
				var err error
				if dst, done, err = p.mended(dst, start, InvalidBytes, notes); done || err != nil {
					return dst, err
				}
				dst = valid(dst, start, "\uFFFD")
			}
			return hexBytes(dst, start, notes)
		}
	}
	return nil
}

const noUUID = "00000000-0000-0000-0000-000000000000"

func (f family) uuidFinisher(c *schema.Column, p *policy) finisher {
	switch {
	case f.kind == kindUUID:
		return asIs
	case f.kind == kindText:
		return func(dst []byte, start int, notes *Notes) ([]byte, error) {
			digits := strings.ReplaceAll(strings.Trim(strings.TrimSpace(string(dst[start:])), "{}"), "-", "")
			raw, err := hex.DecodeString(digits)
			if err != nil || len(raw) != 16 {
				return p.instead(dst, start, OutOfRange, noUUID, notes)
			}
			return appendUUID(dst[:start], (*[16]byte)(raw)), nil
		}
	case f.kind == kindBytes && c.Type.Length == 16:
		return func(dst []byte, start int, notes *Notes) ([]byte, error) {
			var id [16]byte
			copy(id[:], dst[start:])
			if len(dst)-start != len(id) {
				return p.instead(dst, start, OutOfRange, string(appendUUID(nil, &id)), notes)
			}
			return appendUUID(dst[:start], &id), nil
		}
	}
	return nil
}

func (f family) inetFinisher(p *policy) finisher {
	switch f.kind {
	case kindInet:
		return asIs
	case kindText:
		return func(dst []byte, start int, notes *Notes) ([]byte, error) {
			text := strings.TrimSpace(string(dst[start:]))
			if prefix, err := netip.ParsePrefix(text); err == nil {
				return append(dst[:start], prefix.String()...), nil
			}
			address, err := netip.ParseAddr(text)
			if err != nil || address.Zone() != "" {
				return p.instead(dst, start, OutOfRange, "0.0.0.0", notes)
			}
			return address.AppendTo(dst[:start]), nil
		}
	}
	return nil
}

// textArray makes an array literal of labels with commas between.
func (p *policy) textArray(dst []byte, start int, notes *Notes) ([]byte, error) {
	dst, done, err := p.repair(dst, start, notes)
	if done || err != nil {
		return dst, err
	}
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

func asIs(dst []byte, _ int, _ *Notes) ([]byte, error) { return dst, nil }
