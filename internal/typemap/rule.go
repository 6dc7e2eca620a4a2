package typemap

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Rule is a stated rule for values that PostgreSQL, or the type that an override asks
// for, cannot hold.
type Rule uint8

// The rules, by what they are about.
const (
	ZeroDate        Rule = iota // a zero or partly zero date, or a day that no month has
	OutOfRange                  // a value beyond the range or the length of the target's type
	Rounded                     // digits, or a part of a date and time, that an override's type does not have
	NulCharacter                // a NUL character in text or JSON
	InvalidBytes                // bytes that are no character in the column's character set
	InvalidEnum                 // the invalid member of an enum, number 0
	InvalidJSON                 // text that is not JSON, for a type that is
	DuplicateKey                // a key that a JSON object has twice, for jsonb
	InvalidGeometry             // bytes that PostGIS does not read as a geometry
	numberOfRule
)

var ruleNames = [numberOfRule]string{
	"zero date", "out of range", "rounded", "NUL character", "invalid bytes", "invalid enum member", "invalid JSON", "duplicate JSON key", "invalid geometry",
}

// String names the rule as show_status prints it.
func (r Rule) String() string { return ruleNames[r] }

// Key names the rule as the configuration has it.
func (r Rule) Key() string { return strings.ToLower(strings.ReplaceAll(ruleNames[r], " ", "_")) }

// AllRules lists the rules.
func AllRules() []Rule {
	list := make([]Rule, numberOfRule)
	for i := range list {
		list[i] = Rule(i) // #nosec G115 -- a handful
	}
	return list
}

// Action is what a rule does to a value.
type Action uint8

// The actions.
const (
	ByDefault Action = iota // what Default says of the rule
	Null                    // NULL where the column allows it, or else as by default
	Nearest                 // the nearest value that the target holds
	Constant                // a stated value
	Remove                  // what does not fit is taken out
	Replace                 // what does not fit is replaced by U+FFFD
	Keep                    // the value is kept as MySQL shows it
	Refuse                  // the row is refused: a copy discards it, the stream excludes the table
)

var actionNames = map[Action]string{
	Null: "null", Nearest: "nearest", Remove: "remove", Replace: "replace", Keep: "keep", Refuse: "error",
}

// ruleActions are what each rule can do; its default is the first.
var ruleActions = [numberOfRule][]Action{
	ZeroDate:        {Null, Nearest, Constant, Refuse},
	OutOfRange:      {Null, Nearest, Refuse},
	Rounded:         {Nearest, Null, Refuse},
	NulCharacter:    {Remove, Replace, Null, Refuse},
	InvalidBytes:    {Replace, Remove, Null, Refuse},
	InvalidEnum:     {Keep, Null, Refuse},
	InvalidJSON:     {Keep, Null, Refuse},
	DuplicateKey:    {Nearest, Null, Refuse},
	InvalidGeometry: {Null, Refuse},
}

// About says what values the rule is for, without a full stop.
func (r Rule) About() string {
	return [numberOfRule]string{
		"a zero or partly zero date, a day that no month has, a date in the year 0 (MySQL's last day, 9999-12-31, is within what PostgreSQL holds)",
		"a time that is negative or beyond 24:00:00; under an override, a value beyond the type's range, text that is no value of it, a number other than 0 and 1 as a boolean, text that is too long",
		"digits or a time of day that the type of an override does not have",
		"NUL characters in text, `\\u0000` in jsonb",
		"bytes that are no character of the column's character set, half surrogate pairs in jsonb",
		"the invalid member of an enum, number 0, which MySQL shows as `''`",
		"text that is not JSON in a MariaDB JSON column, or under an override to json",
		"an object with a key twice, where text becomes jsonb by an override",
		"an empty value, or bytes that PostGIS does not read as a geometry",
	}[r]
}

// Default says what the rule does if nothing else is configured.
func (r Rule) Default() string {
	return [numberOfRule]string{
		"NULL where the column allows it, or else `-infinity`",
		"NULL where the column allows it, or else the nearest value; text is cut, a number in a boolean is true",
		"the value is rounded; a date and time is cut",
		"it is removed",
		"each is replaced by U+FFFD",
		"the label `''`, which the enum type has as its last",
		"it becomes a JSON string",
		"the last one counts, as jsonb has it",
		"NULL where the column allows it, or else `GEOMETRYCOLLECTION EMPTY`",
	}[r]
}

// Handling is what a rule does. The zero value is the rule's default.
type Handling struct {
	Action Action
	Value  string // of Constant
}

// String is the handling as the configuration has it.
func (h Handling) String() string {
	switch h.Action {
	case ByDefault:
		return "default"
	case Constant:
		return h.Value
	}
	return actionNames[h.Action]
}

// A zero date's stand-in is infinite or a date, with a time of day or without.
var standIn = regexp.MustCompile(`^(-?infinity|\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?)$`)

// Handling reads what a configuration has for the rule.
func (r Rule) Handling(text string) (Handling, error) {
	word := strings.ToLower(strings.TrimSpace(text))
	if word == "default" {
		return Handling{}, nil
	}
	var words []string
	for _, action := range ruleActions[r] {
		if action == Constant {
			if standIn.MatchString(word) && (word[len(word)-1] == 'y' || validDate([]byte(word))) {
				return Handling{Constant, word}, nil
			}
			words = append(words, "-infinity, infinity or a date such as 1970-01-01")
			continue
		}
		if actionNames[action] == word {
			return Handling{Action: action}, nil
		}
		words = append(words, actionNames[action])
	}
	return Handling{}, fmt.Errorf("%s cannot be %q; it takes default, %s", r.Key(), text, strings.Join(words, ", "))
}

// Actions lists what the rule can do, in the configuration's words.
func (r Rule) Actions() []string {
	list := []string{"default"}
	for _, action := range ruleActions[r] {
		if action != Constant {
			list = append(list, actionNames[action])
		}
	}
	if slices.Contains(ruleActions[r], Constant) {
		list = append(list, "-infinity", "infinity", "a date")
	}
	return list
}

// Rules say what is done with values that the target cannot hold. The zero value is
// the defaults.
type Rules [numberOfRule]Handling
