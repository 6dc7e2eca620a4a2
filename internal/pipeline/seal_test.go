package pipeline

import (
	"bytes"
	"testing"

	"pgchameleon/internal/fault"
)

// What is sealed comes back under its key only; what never was comes back as it is.
func TestSeal(t *testing.T) {
	one, err := newSeal([]byte("a key of sixteen"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := newSeal([]byte("another key of sixteen"))
	if err != nil {
		t.Fatal(err)
	}
	none, err := newSeal(nil)
	if err != nil || none != nil {
		t.Fatalf("no key gives %v, %v", none, err)
	}
	text := []byte(`["ann@example.com"]`)
	hidden := one.close(text)
	if bytes.Contains(hidden, text[2:8]) || bytes.Equal(hidden, one.close(text)) {
		t.Errorf("%q is sealed as %q", text, hidden)
	}
	if back, err := one.open(hidden); err != nil || !bytes.Equal(back, text) {
		t.Errorf("it comes back as %q, %v", back, err)
	}
	for _, s := range []*seal{other, none} {
		if _, err := s.open(hidden); fault.KindOf(err) != fault.Config {
			t.Errorf("under another key it gives %v", err)
		}
		if back, err := s.open(text); err != nil || !bytes.Equal(back, text) {
			t.Errorf("plain text comes back as %q, %v", back, err)
		}
	}
	if got := none.close(text); !bytes.Equal(got, text) {
		t.Errorf("without a key it is %q", got)
	}
	if got := one.close(nil); got != nil {
		t.Errorf("nothing is sealed as %q", got)
	}
	damaged := bytes.Clone(hidden)
	damaged[len(damaged)-1] ^= 1
	if _, err := one.open(damaged); err == nil {
		t.Error("a damaged text is opened")
	}
}
