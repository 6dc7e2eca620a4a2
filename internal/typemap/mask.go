package typemap

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
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

func (m *Mask) hash(value []byte) []byte {
	mac := hmac.New(sha256.New, m.key)
	mac.Write(value)
	return hex.AppendEncode(nil, mac.Sum(nil))
}
