package pipeline

import (
	"context"
	"errors"
	"testing"
)

// A request ends the decoder's waiting, at once if it was there before; one that nobody stands behind does not.
func TestARequestWakesTheMainStream(t *testing.T) {
	j := newJoints()
	waiting, release := j.until(t.Context())
	if !j.ask(newRequest(nil)) {
		t.Fatal("the first request is not taken")
	}
	<-waiting.Done()
	if !errors.Is(context.Cause(waiting), errMeet) {
		t.Errorf("the waiting ended by %v", context.Cause(waiting))
	}
	release()
	if j.ask(newRequest(nil)) {
		t.Error("a second request is taken")
	}
	abandoned, release := j.until(t.Context())
	if err := abandoned.Err(); err != nil {
		t.Errorf("a request that was given up keeps the decoder busy: %v", err)
	}
	release()
	j.watchers.Add(1)
	again, release := j.until(t.Context())
	defer release()
	if !errors.Is(context.Cause(again), errMeet) {
		t.Errorf("a request that is there is not seen: %v", context.Cause(again))
	}
}
