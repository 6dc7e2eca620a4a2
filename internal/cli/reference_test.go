package cli

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/commands.md anew")

func TestReferenceIsCurrent(t *testing.T) {
	const path = "../../docs/commands.md"
	var want bytes.Buffer
	(&App{Version: "dev"}).Reference(&want)
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("docs/commands.md is not what the program says (%v); run: go test ./internal/cli -run Reference -update", err)
	}
}
