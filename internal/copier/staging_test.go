package copier

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgchameleon/internal/fault"
)

// A staged file has all that was written, no name, and a mode that keeps others out.
func TestStagedFilesHaveNoName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "out")
	if err := readyStage(folder); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("1\tx\n", 200_000)
	file, err := staged(t.Context(), folder, strings.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %o", info.Mode().Perm())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("the folder has %v, %v", left, err)
	}
	if got, err := io.ReadAll(file); err != nil || string(got) != want {
		t.Errorf("the file gives %d bytes, %v", len(got), err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// What a crash has left is taken away, and nothing else.
func TestWhatACrashHasLeftIsTakenAway(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"chameleon-00000000000000000000000000000000.copy": "", "chameleon-theirs.copy": "rows", "mine.csv": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := readyStage(folder); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

func TestStagingEndsWithItsContextAndItsSource(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := staged(ctx, t.TempDir(), strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context gives %v", err)
	}
	broken := errors.New("broken")
	if _, err := staged(t.Context(), t.TempDir(), io.MultiReader(strings.NewReader("x"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a broken source gives %v", err)
	}
	if _, err := staged(t.Context(), filepath.Join(t.TempDir(), "absent"), strings.NewReader("x")); fault.KindOf(err) != fault.Environment || fault.HintOf(err) == "" {
		t.Errorf("an absent folder gives %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
