package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relay"
)

// What a log lacks that was read under other rules.
func TestScopesOfTheRelay(t *testing.T) {
	rules := func(limit, skip []string, schemas ...string) *mapping.Rules {
		r := &mapping.Rules{Limit: limit, Skip: skip, Schemas: map[string]string{}}
		for _, s := range schemas {
			r.Schemas[s] = s
		}
		return r
	}
	one := []string{"a.t"}
	for story, c := range map[string]struct {
		was, is *scope
		wider   bool
	}{
		"the same":              {keptScope(rules(one, one, "a"), true), keptScope(rules(one, one, "a"), true), false},
		"another schema":        {keptScope(rules(nil, nil, "a"), true), keptScope(rules(nil, nil, "a", "b"), true), true},
		"a schema less":         {keptScope(rules(nil, nil, "a", "b"), false), keptScope(rules(nil, nil, "b"), false), false},
		"no limit any more":     {keptScope(rules(one, nil, "a"), true), keptScope(rules(nil, nil, "a"), true), true},
		"a table less to skip":  {keptScope(rules(nil, one, "a"), true), keptScope(rules(nil, nil, "a"), true), true},
		"one more to skip":      {keptScope(rules(nil, nil, "a"), true), keptScope(rules(nil, one, "a"), true), false},
		"limits where all came": {keptScope(rules(one, nil, "a"), false), keptScope(rules(nil, nil, "a"), false), false},
		"all, for the parents":  {keptScope(rules(nil, nil, "a"), true), keptScope(rules(nil, nil, "a"), false), true},
	} {
		text, err := json.Marshal(c.was)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.is.wider(string(text)); got != c.wider {
			t.Errorf("%s: wider is %v", story, got)
		}
	}
	if !keptScope(rules(nil, nil), true).wider("?") {
		t.Error("what cannot be read is taken for enough")
	}
}

// A rest begins between two transactions and not within one, wakes a decoder that waits for
// the relay, and lets all go on afterwards.
func TestARestWaitsForTheEndOfATransaction(t *testing.T) {
	d := &decoder{relay: relay.NewMemory(1 << 20), rest: &rest{}}
	out := make(chan []unit, 1)
	piece := func(first, final bool) {
		t.Helper()
		if err := d.relay.Append(t.Context(), &event.Transaction{First: first, Final: final}); err != nil {
			t.Fatal(err)
		}
	}
	next := func() {
		t.Helper()
		if list, err := d.take(t.Context(), out); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
	}
	piece(true, false)
	next()
	if !d.rest.want(true) || d.rest.want(true) {
		t.Error("a wish is news once")
	}
	piece(false, true)
	next() // the rest of the transaction
	if len(out) != 0 {
		t.Fatal("it rests within a transaction")
	}
	piece(true, true)
	var group errgroup.Group
	group.Go(func() error { _, err := d.take(t.Context(), out); return err })
	u := <-out
	if u[0].steps[0].rest != d.rest || d.rest.is() {
		t.Fatalf("%+v", u)
	}
	d.rest.reached()
	if w := d.relay.Waiting(); !d.rest.is() || w.Transactions != 1 {
		t.Errorf("%v, %+v", d.rest.is(), w)
	}
	d.rest.want(false)
	if err := group.Wait(); err != nil || d.rest.is() {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() error { _, err := d.take(ctx, out); return err }) // waits for the relay
	d.rest.want(true)
	<-out
	cancel()
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
