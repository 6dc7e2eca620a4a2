package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pgchameleon/internal/status"
)

// tty is a terminal and what was drawn on it.
type tty struct {
	*os.File
	t      *testing.T
	pieces chan string
	text   string
}

func newTTY(t *testing.T) *tty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 160}); err != nil {
		t.Fatal(err)
	}
	s := &tty{File: slave, t: t, pieces: make(chan string, 1000)}
	go func() {
		defer close(s.pieces)
		defer master.Close()
		piece := make([]byte, 1<<16)
		for {
			n, err := master.Read(piece) // EIO once the other side is closed
			if err != nil {
				return
			}
			s.pieces <- string(piece[:n])
		}
	}()
	t.Cleanup(func() {
		_ = slave.Close()
		for range s.pieces {
		}
	})
	return s
}

// shows waits until the text was drawn.
func (s *tty) shows(wants ...string) {
	s.t.Helper()
	limit := time.After(10 * time.Second)
	for _, want := range wants {
		for !strings.Contains(s.text, want) {
			select {
			case piece := <-s.pieces:
				s.text += piece
			case <-limit:
				s.t.Errorf("the terminal never showed %q, but %q", want, s.text)
				return
			}
		}
	}
}

func TestBarsShareTheTerminalWithTheLog(t *testing.T) {
	terminal := newTTY(t)
	screen := &screen{to: terminal.File}
	j := job{screen: screen, log: slog.New(slog.NewTextHandler(screen, nil))}
	board := &status.Board{}
	failure := errors.New("the end")
	err := j.showing(context.Background(), board, func() error {
		began := time.Now().Add(-time.Second)
		cages, visits := board.Add("zoo.cages", 1000, 50000), board.Add("zoo.visits", 2000, 90000)
		board.Add("zoo.waiting", 10, 100)
		cages.Enter(status.Copying, began)
		visits.Enter(status.Copying, began)
		cages.Advance(800, 40000)
		j.log.Info("a line of the log")
		terminal.shows("zoo.visits", "0 of 3 tables", "800 rows  40.0 kB", " rows/s  ", "0s left", "a line of the log")
		visits.Advance(2400, 100000) // more than was estimated
		visits.Enter(status.Indexing, time.Now())
		cages.Enter(status.Done, time.Now())
		terminal.shows("zoo.cages  800 rows", "1 of 3 tables", "2,400 rows  100.0 kB", "indexing")
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("the work's error is lost: %v", err)
	}
	j.log.Info("after the bars")
	terminal.shows("after the bars")
	if strings.Contains(terminal.text, "zoo.waiting") {
		t.Error("a table that waits has a bar")
	}
}

func TestManyTablesDoNotFillTheTerminal(t *testing.T) {
	terminal := newTTY(t)
	j := job{screen: &screen{to: terminal.File}, log: slog.New(slog.DiscardHandler)}
	board := &status.Board{}
	err := j.showing(context.Background(), board, func() error {
		for i := range 100 {
			board.Add(fmt.Sprintf("zoo.t%02d", i), 10, 10).Enter(status.Copying, time.Now())
		}
		terminal.shows("zoo.t15", "0 of 100 tables")
		if strings.Contains(terminal.text, "zoo.t16") {
			t.Error("there are more bars than fit")
		}
		for _, table := range board.Tables() {
			table.Advance(10, 10)
			table.Enter(status.Done, time.Now())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		terminal.shows(fmt.Sprintf("zoo.t%02d  10 rows  10 B", i))
	}
}
