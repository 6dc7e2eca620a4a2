package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"pgchameleon/internal/fault"
)

// LogFile is a log file that begins anew each day: yesterday's gets its date as
// a suffix, and only the last keep of those stay. It is safe for many
// goroutines.
type LogFile struct {
	path string
	keep int
	now  func() time.Time

	mu   sync.Mutex
	file *os.File
	day  string
}

const dayLayout = "2006-01-02"

// OpenLog opens or makes the file, mode 0600; keep below 1 keeps all days.
func OpenLog(path string, keep int, now func() time.Time) (*LogFile, error) {
	l := &LogFile{path: path, keep: keep, now: now}
	if info, err := os.Stat(path); err == nil {
		l.day = info.ModTime().Format(dayLayout)
	} else {
		l.day = now().Format(dayLayout)
	}
	return l, l.open()
}

func (l *LogFile) open() (err error) {
	l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.New(fault.Environment, "check log_dir in the configuration and who may write there", "opening the log file: %w", err)
	}
	return nil
}

// Write appends to the day's file. Where a new one cannot be begun, it goes on
// with the old one and says so there.
func (l *LogFile) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if today := l.now().Format(dayLayout); today != l.day {
		if err := l.rotate(); err != nil {
			fmt.Fprintf(l.file, "level=WARN msg=\"the log could not be rotated\" error=%q\n", err)
		}
		l.day = today
	}
	return l.file.Write(text)
}

// rotate puts the file aside and begins a new one, to which a crash of the
// program is written too.
func (l *LogFile) rotate() error {
	aside := l.path + "." + l.day
	if _, err := os.Lstat(aside); err == nil {
		return fmt.Errorf("%s is there already", aside)
	}
	old := l.file
	if err := os.Rename(l.path, aside); err != nil {
		return err
	}
	if err := l.open(); err != nil {
		l.file = old
		return err
	}
	return errors.Join(debug.SetCrashOutput(l.file, debug.CrashOptions{}), old.Close(), l.prune())
}

// prune removes what is older than the last keep files.
func (l *LogFile) prune() error {
	entries, err := os.ReadDir(filepath.Dir(l.path)) // sorted; the name of a source may mean something to Glob
	if err != nil {
		return err
	}
	var old []string
	for _, e := range entries {
		day, is := strings.CutPrefix(e.Name(), filepath.Base(l.path)+".")
		if _, err := time.Parse(dayLayout, day); is && err == nil {
			old = append(old, filepath.Join(filepath.Dir(l.path), e.Name()))
		}
	}
	for l.keep > 0 && len(old) > l.keep {
		if err := os.Remove(old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}

// Close ends the writing.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
