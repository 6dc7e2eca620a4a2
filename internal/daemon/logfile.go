package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
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
		return fmt.Errorf("opening the log file: %w", err)
	}
	return nil
}

// Write appends to the day's file.
func (l *LogFile) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if today := l.now().Format(dayLayout); today != l.day {
		if err := l.rotate(today); err != nil {
			return 0, err
		}
	}
	return l.file.Write(text)
}

func (l *LogFile) rotate(today string) error {
	if err := l.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(l.path, l.path+"."+l.day); err != nil {
		return err
	}
	l.day = today
	old, err := filepath.Glob(l.path + ".[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")
	if err != nil {
		return err
	}
	slices.Sort(old)
	for l.keep > 0 && len(old) > l.keep {
		if err := os.Remove(old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return l.open()
}

// Close ends the writing.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
