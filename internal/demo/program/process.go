package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pgchameleon/internal/testserver/launch"
)

// PID finds the process of the running daemon by its pid file.
func (p *Program) PID() (int, error) {
	files, err := filepath.Glob(filepath.Join(p.Settings.PIDDir, "*.pid"))
	if err != nil {
		return 0, fmt.Errorf("looking for the daemon's pid file: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, fmt.Errorf("reading the daemon's pid file: %w", err)
		}
		first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		if pid, err := strconv.Atoi(first); err == nil {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("there is no pid file of a daemon in %s", p.Settings.PIDDir)
}

// Wait asks the target until the query gives the value, every few
// milliseconds, and gives up when ctx ends.
func Wait(ctx context.Context, target *launch.Conn, query, value string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for last := "nothing"; ; {
		rows, err := target.Query(ctx, query)
		if err != nil {
			return err
		}
		if len(rows) == 1 && len(rows[0]) == 1 {
			if last = rows[0][0]; last == value {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: it is %s: %w", value, last, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
