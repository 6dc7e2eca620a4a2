package cli

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pgchameleon/internal/status"
)

const (
	redrawBars  = 150 * time.Millisecond
	tellEvery   = 500 * time.Millisecond // of a finished table, in a log
	tellOverall = 10 * time.Second
)

// viewer shows progress: it is given the board's tables again and again.
type viewer interface {
	// look is called at every tick, and once more when the work is over.
	look(now time.Time, tables []status.Progress)
	// close is called at the end.
	close()
}

// showing does the work while the board's progress is shown: as bars on the
// screen, or as lines in the log where there is none.
func (j *job) showing(ctx context.Context, board *status.Board, work func() error) error {
	var v viewer = &teller{log: j.log, told: map[string]bool{}}
	every := tellEvery
	if j.screen != nil {
		v, every = newBars(j.screen), redrawBars
	}
	ctx, end := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		defer v.close()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for over := false; ; {
			now := time.Now()
			lines := board.Tables()
			tables := make([]status.Progress, len(lines))
			for i, t := range lines {
				tables[i] = t.Progress(now)
			}
			v.look(now, tables)
			if over {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				over = true
			}
		}
	})
	defer watching.Wait()
	defer end()
	return work()
}

// ended says that a table's copy is over, for good or bad.
func ended(p status.Progress) bool {
	return p.Phase == status.Ready || p.Phase == status.Done || p.Phase == status.Failed
}

// teller shows progress in a log: each table when it is done, and now and then
// how far everything is.
type teller struct {
	log  *slog.Logger
	told map[string]bool
	last time.Time
}

func (t *teller) look(now time.Time, tables []status.Progress) {
	for _, p := range tables {
		if !ended(p) || t.told[p.Name] {
			continue
		}
		t.told[p.Name] = true
		if p.Phase == status.Failed {
			t.log.Warn("a table was not copied", "table", p.Name, "rows", p.Rows)
		} else {
			t.log.Info("table copied", "table", p.Name, "rows", p.Rows, "bytes", p.Bytes, "elapsed", p.Elapsed.Round(time.Millisecond))
		}
	}
	if t.last.IsZero() {
		t.last = now
	}
	if now.Sub(t.last) < tellOverall {
		return
	}
	t.last = now
	sum := overall(tables)
	t.log.Info("copying", "tables", sum.tables, "done", sum.done, "rows", sum.Rows, "estimated_rows", sum.EstimatedRows, "bytes", sum.Bytes)
}

func (t *teller) close() {}

// total is the progress of all tables.
type total struct {
	status.Progress
	tables, done int
}

func overall(tables []status.Progress) total {
	sum := total{tables: len(tables)}
	sum.Phase = status.Copying
	for _, p := range tables {
		sum.Rows += p.Rows
		sum.Bytes += p.Bytes
		sum.EstimatedRows += p.EstimatedRows
		if ended(p) {
			sum.done++
			sum.EstimatedRows += p.Rows - p.EstimatedRows // the estimate was what it was
		}
	}
	return sum
}

// figures tells a table's progress in one line.
func figures(p status.Progress) string {
	text := fmt.Sprintf("%s rows  %s", count(p.Rows), size(p.Bytes))
	seconds := p.Elapsed.Seconds()
	if seconds > 0 && p.Rows > 0 {
		text += fmt.Sprintf("  %s rows/s  %s/s", count(int64(float64(p.Rows)/seconds)), size(int64(float64(p.Bytes)/seconds)))
	}
	switch {
	case p.Phase == status.Failed:
		text += "  failed"
	case ended(p):
		text += "  in " + p.Elapsed.Round(100*time.Millisecond).String()
	case p.Phase != status.Copying:
		text += "  " + string(p.Phase)
	case p.Rows > 0 && p.EstimatedRows > p.Rows:
		left := time.Duration(float64(p.Elapsed) * float64(p.EstimatedRows-p.Rows) / float64(p.Rows))
		text += "  " + left.Round(time.Second).String() + " left"
	}
	return text
}

// count writes a number with thousands apart.
func count(n int64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// size writes a number of bytes in the unit that fits.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	amount, unit := float64(n), 0
	for amount >= 1000 && unit < len(units)-1 {
		amount, unit = amount/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", amount, units[unit])
}
