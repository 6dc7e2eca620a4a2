package cli

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"pgchameleon/internal/config"
	"pgchameleon/internal/daemon"
)

// logger gives the log of a process that works on a source, the screen that it
// shares with progress bars (nil if it is on no terminal), and how it is closed.
func (a *App) logger(c *config.Config, source string) (*slog.Logger, *screen, func() error, error) {
	if !a.foreground(c) {
		file, err := daemon.OpenLog(logFile(c, source), c.LogDaysKeep, time.Now)
		if err != nil {
			return nil, nil, nil, err
		}
		return newLogger(file, c.LogFormat, level(c.LogLevel)), nil, file.Close, nil
	}
	out, least := a.Err, level(c.LogLevel)
	if c.LogDest == "stdout" {
		out = a.Out
	}
	if a.flags.debug {
		least = slog.LevelDebug
	}
	nothing := func() error { return nil }
	if !terminal(a.Out) || !terminal(out) {
		return newLogger(out, c.LogFormat, least), nil, nothing, nil
	}
	shared := &screen{to: out}
	return newLogger(shared, c.LogFormat, least), shared, nothing, nil
}

func newLogger(w io.Writer, format string, least slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: least}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// level gives the level of a log_level.
func level(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// screen is the terminal that log lines share with progress bars.
type screen struct {
	mu sync.Mutex
	to io.Writer
}

// Write prints a line, above the bars if there are any.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(line)
}

// through sends the lines to w from now on, and gives what they went to.
func (s *screen) through(w io.Writer) io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.to
	s.to = w
	return before
}
