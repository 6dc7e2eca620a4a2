package typemap

import "fmt"

// policy is what a column does with values that its target cannot hold.
type policy struct {
	rules   Rules
	notNull bool
	kept    bool // the type is another program's
}

// drops says whether the value is to become NULL by the rule, instead of what is
// nearest to it; an error says that the row is refused.
func (p *policy) drops(r Rule, byDefault Action) (bool, error) {
	action := p.rules[r].Action
	if action == ByDefault {
		action = byDefault
	}
	if action == Refuse && p.kept && (r == OutOfRange || r == Rounded) {
		return false, fmt.Errorf("the column has a type in PostgreSQL that this program has not given it, and a value does not fit: fill the table with sync_tables")
	}
	if action == Refuse {
		return false, fmt.Errorf("value_rules has %s: error, and a value falls under it", r.Key())
	}
	return action == Null && !p.notNull, nil
}

// instead puts a field in the place of the plain form dst[start:], which the target
// cannot hold: NULL, or nearest where the column or the rule wants no NULL.
func (p *policy) instead(dst []byte, start int, r Rule, nearest string, notes *Notes) ([]byte, error) {
	notes.apply(r, dst[start:])
	null, err := p.drops(r, Null)
	switch {
	case err != nil:
		return dst[:start], err
	case null:
		return append(dst[:start], `\N`...), nil
	}
	return append(dst[:start], nearest...), nil
}

// mended is for a value that is kept in its nearest form unless the rule says otherwise:
// it counts, and done says that the field is NULL.
func (p *policy) mended(dst []byte, start int, r Rule, notes *Notes) (out []byte, done bool, err error) {
	notes.apply(r, dst[start:])
	null, err := p.drops(r, Nearest)
	switch {
	case err != nil:
		return dst[:start], true, err
	case null:
		return append(dst[:start], `\N`...), true, nil
	}
	return dst, false, nil
}
