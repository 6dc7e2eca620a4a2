package typemap

// Rule is a stated rule for values that PostgreSQL cannot hold.
type Rule uint8

// The rules, by what they do.
const (
	ZeroDate   Rule = iota // a zero or partly zero date became NULL, or -infinity where NULL is not allowed
	NulRemoved             // NUL characters were removed from text
	BadBytes               // bytes that are not valid in the column's character set were replaced by U+FFFD
	OutOfRange             // a value beyond the target type's range became NULL or the nearest value
	BadEnum                // the invalid enum member became the empty string
	BadJSON                // text that is not JSON became a JSON string
	numberOfRule
)

// Notes count, for one column at a time, how often each rule was applied. The
// zero value is ready. It is not safe for several goroutines.
type Notes struct {
	Counts [numberOfRule]uint64
}

// Add counts one application of a rule.
func (n *Notes) Add(r Rule) { n.Counts[r]++ }

// String names the rule as show_status prints it.
func (r Rule) String() string {
	return [...]string{"zero date", "NUL removed", "invalid bytes replaced", "out of range", "invalid enum member", "invalid JSON quoted"}[r]
}
