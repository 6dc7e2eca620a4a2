package typemap

import (
	"fmt"
	"strings"
)

// Collation is how PostgreSQL compares text that MySQL compares without regard to case.
type Collation uint8

// The collations.
const (
	Exact  Collation = iota // character by character
	CIText                  // by the type citext
	ICU                     // by a nondeterministic collation of ICU
)

var collationNames = []string{"exact", "citext", "icu"}

// ParseCollation reads what a configuration has.
func ParseCollation(text string) (Collation, error) {
	for i, name := range collationNames {
		if strings.EqualFold(strings.TrimSpace(text), name) {
			return Collation(i), nil // #nosec G115 -- one of three
		}
	}
	return 0, fmt.Errorf("%q is no way of comparing; give %s", text, strings.Join(collationNames, ", "))
}

// String is the collation as the configuration has it.
func (c Collation) String() string { return collationNames[c] }
