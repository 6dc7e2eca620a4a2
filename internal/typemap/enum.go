package typemap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"pgchameleon/internal/schema"
)

const maxLabel = 63 // bytes that PostgreSQL allows in an enum label

// byNumber makes the server give an enum's or a set's number, so that both roads
// name members by the same list.
func byNumber(quoted string) string { return "CAST(" + quoted + " AS UNSIGNED)" }

// invalidMember is the plain form of an enum's number 0, which no label has: it is
// not UTF-8.
const invalidMember = "\xff\xff"

// enumFamily: number 0 is the invalid member, ” in MySQL; it has a label of its
// own in every enum type.
func enumFamily(c *schema.Column, p *policy) family {
	t := &c.Type
	f := family{
		kind: kindEnum, expr: byNumber, finish: p.member(p.text), enum: slices.Clone(t.Values),
		why: "An enum type with the same members in order, and the label '' at the end for the invalid member, which follows the rule invalid_enum_member.",
	}
	if !slices.Contains(f.enum, "") {
		f.enum = append(f.enum, "")
	}
	if slices.ContainsFunc(f.enum, func(label string) bool { return len(label) > maxLabel || strings.Contains(label, "\x00") }) {
		f.enum, f.sql = nil, "text"
		f.why = "Text, because a member is longer than the 63 bytes that PostgreSQL allows."
	}
	label := func(dst []byte, number uint64, _ *Notes) ([]byte, error) {
		switch {
		case number == 0:
			return append(dst, invalidMember...), nil
		case number > uint64(len(t.Values)):
			return dst, fmt.Errorf("reading an enum: it has no member %d; the definition of the table is not the one that the row was written with", number)
		}
		return append(dst, t.Values[number-1]...), nil
	}
	f.text, f.value = numbered(label, "enum", wireEnum)
	return f
}

// member finishes labels, of which one may be the invalid member.
func (p *policy) member(finish finisher) finisher {
	return func(dst []byte, start int, notes *Notes) ([]byte, error) {
		if string(dst[start:]) != invalidMember {
			return finish(dst, start, notes)
		}
		dst = dst[:start]
		dst, done, err := p.mended(dst, start, InvalidEnum, notes)
		if done || err != nil {
			return dst, err
		}
		return finish(dst, start, notes)
	}
}

// setFamily: the members' labels with commas between, in the set's order.
func setFamily(c *schema.Column, p *policy) family {
	t := &c.Type
	f := family{kind: kindSet, sql: "text", expr: byNumber, finish: p.text, why: "The members with commas between, as MySQL prints them; `text[]` as override."}
	labels := func(dst []byte, number uint64, _ *Notes) ([]byte, error) {
		first := true
		for i := range 64 {
			if number>>i&1 == 0 {
				continue
			}
			if i >= len(t.Values) {
				return dst, fmt.Errorf("reading a set: it has no member %d; the definition of the table is not the one that the row was written with", i+1)
			}
			if !first {
				dst = append(dst, ',')
			}
			dst, first = append(dst, t.Values[i]...), false
		}
		return dst, nil
	}
	f.text, f.value = numbered(labels, "set", wireSet)
	return f
}

// numbered makes both roads of a function of the value's number.
func numbered(label func([]byte, uint64, *Notes) ([]byte, error), name string, wire byte) (appender, func(byte, uint16) (byte, uint16, appender, error)) {
	text := func(dst, src []byte, notes *Notes) ([]byte, error) {
		number, err := strconv.ParseUint(unsafe.String(unsafe.SliceData(src), len(src)), 10, 64)
		if err != nil {
			return dst, fmt.Errorf("reading %s: not a number", name)
		}
		return label(dst, number, notes)
	}
	return text, only(name, wire, func(dst, src []byte, notes *Notes) ([]byte, error) {
		return label(dst, little(src), notes)
	})
}
