// Package fault owns the kinds of error that decide what happens next (try
// again, isolate a table, tell the user) and the exit code of each kind. It
// does not own how an error is recognised: each end classifies its own.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what an error means to the program.
type Kind int

// The kinds, in the order of their exit codes.
const (
	Bug         Kind = iota // none of the others: an error nobody classified
	Config                  // the configuration file, a flag or an argument is wrong
	Environment             // a server, a privilege or a setting is not as it must be
	Retry                   // it may go away by itself: a lost connection, a restart
	Data                    // PostgreSQL cannot take a value, a row or a statement
	State                   // the command does not fit the replica's present state
)

// ExitCode is the process exit code for errors of this kind; docs/exit-codes.md
// lists them.
func (k Kind) ExitCode() int { return [...]int{1, 2, 3, 4, 5, 6}[k] }

// FromExitCode gives the kind that exits with this code; Bug for any other.
func FromExitCode(code int) Kind {
	for k := Bug; k <= State; k++ {
		if k.ExitCode() == code {
			return k
		}
	}
	return Bug
}

// String names the kind in one word.
func (k Kind) String() string {
	return [...]string{"bug", "config", "environment", "retry", "data", "state"}[k]
}

// Error is an error with a kind and, where there is one, advice to the user.
type Error struct {
	Kind Kind
	Err  error
	Hint string // what to do about it, a sentence without a full stop; may be empty
}

// Error is the cause's text; the hint is printed apart.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New gives an error of a kind with a hint; the format works as in fmt.Errorf.
func New(kind Kind, hint, format string, args ...any) error {
	return &Error{Kind: kind, Hint: hint, Err: fmt.Errorf(format, args...)}
}

// Wrap gives err a kind; a nil err stays nil, an error that has a kind keeps it.
func Wrap(kind Kind, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &Error{Kind: kind, Err: err}
}

// KindOf finds the kind of the outermost classified error in err's chain.
func KindOf(err error) Kind {
	var known *Error
	if errors.As(err, &known) {
		return known.Kind
	}
	return Bug
}

// HintOf finds the hint nearest to the outside of err's chain, or "".
func HintOf(err error) string {
	var known *Error
	for errors.As(err, &known) {
		if known.Hint != "" {
			return known.Hint
		}
		err = known.Err
	}
	return ""
}
