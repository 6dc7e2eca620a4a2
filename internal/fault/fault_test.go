package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestTheKindAndTheHintAreFoundThroughWrapping(t *testing.T) {
	inner := New(Environment, "grant SELECT", "reading table %s: denied", "a.b")
	err := fmt.Errorf("copying: %w", inner)
	if KindOf(err) != Environment || HintOf(err) != "grant SELECT" {
		t.Errorf("kind %v, hint %q", KindOf(err), HintOf(err))
	}
	if got := Wrap(Retry, err); got != err {
		t.Error("Wrap changed the kind of a classified error")
	}
	if KindOf(errors.New("x")) != Bug || Wrap(Retry, nil) != nil || KindOf(Wrap(Retry, errors.New("x"))) != Retry {
		t.Error("unclassified errors are bugs, nil stays nil, Wrap classifies")
	}
	if err.Error() != "copying: reading table a.b: denied" {
		t.Errorf("message %q", err)
	}
}

func TestEveryKindHasItsOwnExitCode(t *testing.T) {
	seen := map[int]Kind{}
	for k := Bug; k <= State; k++ {
		if other, taken := seen[k.ExitCode()]; taken || k.ExitCode() == 0 {
			t.Errorf("%v and %v share exit code %d", k, other, k.ExitCode())
		}
		seen[k.ExitCode()] = k
	}
}
