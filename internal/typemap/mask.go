package typemap

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/schema"
)

// MaskKind is what a mask does.
type MaskKind uint8

// The masks.
const (
	MaskHash  MaskKind = iota + 1 // HMAC-SHA-256 of the value, in hexadecimal digits
	MaskNull                      // NULL
	MaskFixed                     // one stated value
	MaskFirst                     // the first characters, without the rest
)

// Mask hides the values of a column before they leave the process. NULL stays NULL.
type Mask struct {
	Kind  MaskKind
	Fixed string // of MaskFixed: what PostgreSQL reads as a value of the type
	First int    // of MaskFirst: characters that are kept
	key   []byte // of MaskHash
}

var maskForm = regexp.MustCompile(`(?s)^(fixed|keep_first)\s*\((.*)\)$`)

// ParseMask reads a mask: hash, null, fixed(text) or keep_first(3).
func ParseMask(text string) (Mask, error) {
	text = strings.TrimSpace(text)
	switch strings.ToLower(text) {
	case "hash":
		return Mask{Kind: MaskHash}, nil
	case "null":
		return Mask{Kind: MaskNull}, nil
	}
	match := maskForm.FindStringSubmatch(text)
	switch {
	case match == nil:
		return Mask{}, fmt.Errorf("%q is no mask; give hash, null, fixed(text) or keep_first(number)", text)
	case match[1] == "fixed":
		return Mask{Kind: MaskFixed, Fixed: match[2]}, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(match[2]))
	if err != nil || n < 0 || n > 10000 {
		return Mask{}, fmt.Errorf("keep_first takes a number of characters from 0 to 10000, not %q", match[2])
	}
	return Mask{Kind: MaskFirst, First: n}, nil
}

// String is the mask as the configuration has it.
func (m Mask) String() string {
	switch m.Kind {
	case MaskHash:
		return "hash"
	case MaskNull:
		return "null"
	case MaskFixed:
		return "fixed(" + m.Fixed + ")"
	case MaskFirst:
		return fmt.Sprintf("keep_first(%d)", m.First)
	}
	return ""
}

// WithKey gives the mask with the key of its hash. The same key gives the same hash of
// the same value, in all tables and by all processes.
func (m Mask) WithKey(key []byte) Mask {
	m.key = key
	return m
}

// identity tells masks apart that give different values, without giving the key away.
func (m *Mask) identity() string {
	if m == nil {
		return ""
	}
	if m.Kind != MaskHash {
		return m.String()
	}
	sum := m.hash([]byte("the identity of a key"))
	return "hash " + string(sum[:16])
}

// masked gives the family with values that a mask hides. What rules do to them is not
// told: originals would show them.
func (f family) masked(c *schema.Column, p *policy, m *Mask) (family, error) {
	f.why = "Masked."
	switch m.Kind {
	case MaskHash:
		f.kind, f.sql, f.enum, f.finish = kindText, "text", nil, func(dst []byte, start int, _ *Notes) ([]byte, error) {
			return append(dst[:start], m.hash(dst[start:])...), nil
		}
	case MaskNull:
		f.finish = func(dst []byte, start int, _ *Notes) ([]byte, error) { return append(dst[:start], `\N`...), nil }
	case MaskFixed:
		field, err := f.fixed(c, m.Fixed)
		if err != nil {
			return f, err
		}
		f.finish = func(dst []byte, start int, _ *Notes) ([]byte, error) { return append(dst[:start], field...), nil }
	case MaskFirst:
		switch f.kind {
		case kindBytes, kindJSON, kindGeometry, kindVector, kindBit:
			return f, fmt.Errorf("the mask %s is for text, numbers and dates, and the column is of type %s; take hash, null or fixed(…)", m, c.Type.Text)
		case kindText:
		default:
			f.sql = "text"
		}
		f.enum, f.kind = nil, kindText
		f.finish = func(dst []byte, start int, _ *Notes) ([]byte, error) {
			if string(dst[start:]) == invalidMember {
				return dst[:start], nil
			}
			return p.text(dst[:start+characters(dst[start:], m.First)], start, &Notes{})
		}
	}
	return f, nil
}

// fixed gives the field of a mask's fixed value, if the column's type holds it.
func (f family) fixed(c *schema.Column, value string) (string, error) {
	if f.enum != nil {
		if !slices.Contains(f.enum, value) {
			return "", fmt.Errorf("the mask fixed(%s) is no member of %s", value, c.Type.Text)
		}
		field, err := new(policy).text([]byte(value), 0, &Notes{})
		return string(field), err
	}
	t, err := parseTarget(f.sql)
	if err != nil {
		return "", err
	}
	var strict policy
	for i := range strict.rules {
		strict.rules[i].Action = Refuse
	}
	finish := family{kind: kindText}.finisherFor(c, &strict, t)
	if finish == nil {
		return "", fmt.Errorf("a column of type %s takes no mask fixed(…), for there is no text of %s; take hash or null", c.Type.Text, f.sql)
	}
	field, err := finish([]byte(value), 0, &Notes{})
	if err != nil {
		return "", fmt.Errorf("the mask fixed(%s) is no value of %s, which the column has in PostgreSQL", value, f.sql)
	}
	return string(field), nil
}

func (m *Mask) hash(value []byte) []byte {
	mac := hmac.New(sha256.New, m.key)
	mac.Write(value)
	return hex.AppendEncode(nil, mac.Sum(nil))
}
