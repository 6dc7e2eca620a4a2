package ddl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pgchameleon/internal/schema"
)

func labels(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = quoted(v)
	}
	return "ARRAY[" + strings.Join(list, ", ") + "]::text[]"
}

// ofMembers converts an enum or a set.
func (c *conversion) ofMembers() (sql string, known bool) {
	empty := slices.Contains(c.b.Values, "") // a member that looks like none
	switch c.to {
	case "int", "decimal", "float":
		if empty || len(c.b.Values) > 62 {
			return "", false
		}
		return c.memberNumber()
	case "enum", "set":
		if c.from == "set" && (c.to == "enum" || empty) {
			return "", false
		}
		return c.members()
	case "text", "bytes":
		return c.memberText()
	}
	return "", false
}

// memberNumber gives the number of an enum's member, or the sum of a set's.
func (c *conversion) memberNumber() (sql string, known bool) {
	expr := fmt.Sprintf("coalesce(array_position(%s, %s), 0)", labels(c.b.Values), c.text())
	if c.from == "set" {
		parts := make([]string, len(c.b.Values))
		for i, v := range c.b.Values {
			parts[i] = fmt.Sprintf("CASE WHEN %s = ANY(string_to_array(%s, ',')) THEN %d ELSE 0 END", quoted(v), c.text(), 1<<i)
		}
		expr = "(" + strings.Join(parts, " + ") + ")::bigint"
	}
	twin := *c
	twin.b = &schema.Type{Name: "bigint", Length: -1}
	sql, known = twin.number("int", expr)
	return c.present(sql), known
}

// memberText writes labels. One that is too long, or has characters that the new
// character set lacks, has been refused in strict mode.
func (c *conversion) memberText() (sql string, known bool) {
	ascii, most := true, 0
	for _, v := range c.b.Values {
		ascii = ascii && printable(v)
		if c.from == "enum" {
			most = max(most, len(v))
		} else {
			most += len(v) + 1
		}
	}
	switch {
	case c.to == "bytes" && !(ascii && asciiWidth(c.b.Charset) == 1 || c.b.Charset == "utf8mb4" || c.b.Charset == "utf8mb3"),
		c.to == "text" && !ascii && !holds(c.a.Charset, c.b.Charset) && !c.strict():
		return "", false
	}
	return c.written(c.text(), most)
}

// members gives to members of the new enum or set what had their labels.
func (c *conversion) members() (sql string, known bool) {
	to := make([]string, len(c.b.Values)) // by old member: the new label
	same := true
	for i, v := range c.b.Values {
		label, found, certain := c.member(v)
		switch {
		case !certain, c.to == "set" && (strings.Contains(v, ",") || v == ""):
			return "", false
		case !found && c.to == "set" && c.from == "set":
			label = "" // left out
		}
		to[i], same = label, same && label == v
	}
	if c.to == "set" {
		return c.toSet(to, same)
	}
	var whens []string
	for i, v := range c.b.Values {
		if to[i] != v {
			whens = append(whens, fmt.Sprintf("WHEN %s THEN %s", quoted(v), quoted(to[i])))
		}
	}
	if len(whens) == 0 && slices.Equal(c.b.Values, c.a.Values) {
		return "", true
	} else if len(whens) == 0 {
		return c.cast(c.text()), true
	}
	return fmt.Sprintf("(CASE %s %s ELSE %s END)::%s", c.text(), strings.Join(whens, " "), c.text(), c.typ), true
}

var wholeNumber = regexp.MustCompile(`^\s*[+-]?[0-9]+\s*$`)

// member finds the new member for an old label. It is not certain where characters beyond
// ASCII might be equal for the source's collation.
func (c *conversion) member(label string) (to string, found, certain bool) {
	if slices.Contains(c.a.Values, label) {
		first := slices.IndexFunc(c.a.Values, func(v string) bool { return strings.EqualFold(v, label) })
		return label, true, exactly(c.a) || c.a.Values[first] == label
	}
	numeric := wholeNumber.MatchString(label) // the source takes it for a member's number then
	if exactly(c.a) {
		return "", false, !numeric
	}
	for _, v := range c.a.Values {
		if !printable(v) || !printable(label) {
			return "", false, false
		}
		if strings.EqualFold(v, label) {
			return v, true, true
		}
	}
	return "", false, !numeric
}

// toSet writes the members in the new set's order.
func (c *conversion) toSet(to []string, same bool) (sql string, known bool) {
	if same && (c.from == "enum" || subsequence(c.b.Values, c.a.Values)) {
		if c.from == "enum" {
			return c.cast(c.text()), true
		}
		return "", true
	}
	var parts []string
	for _, v := range c.a.Values {
		for i, old := range c.b.Values {
			if to[i] == v {
				parts = append(parts, fmt.Sprintf("CASE WHEN %s = ANY(string_to_array(%s, ',')) THEN %s END", quoted(old), c.text(), quoted(v)))
			}
		}
	}
	if len(parts) == 0 {
		return c.present("''::" + c.typ), true
	}
	return c.present(fmt.Sprintf("concat_ws(',', %s)::%s", strings.Join(parts, ", "), c.typ)), true
}

// subsequence says whether all of short stand in long in the same order.
func subsequence(short, long []string) bool {
	i := 0
	for _, v := range long {
		if i < len(short) && short[i] == v {
			i++
		}
	}
	return i == len(short)
}
