package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"pgchameleon/internal/status"
)

const (
	barWidth   = 30
	redrawBars = 200 * time.Millisecond
	mostBars   = 20 // tables shown at once; others appear when these are done
)

// drawBars shows a bar for each table that is being copied, with rows, bytes,
// rate and time left. The function it gives ends the drawing and waits for it.
func drawBars(w io.Writer, board *status.Board) (stop func()) {
	drawing := mpb.New(mpb.WithOutput(w), mpb.WithWidth(barWidth), mpb.WithRefreshRate(redrawBars))
	ended, done := make(chan struct{}), make(chan struct{})
	bars := map[*status.Table]*mpb.Bar{}
	update := func(last bool) {
		for _, t := range board.Tables() {
			p := t.Progress(time.Now())
			bar := bars[t]
			if bar == nil {
				if p.Phase == status.Waiting || len(bars) >= mostBars && !last && p.Phase != status.Copying {
					continue
				}
				bar = drawing.AddBar(max(p.EstimatedRows, p.Rows, 1), mpb.PrependDecorators(decor.Name(p.Name, decor.WCSyncSpaceR)), mpb.AppendDecorators(figures(t)))
				bars[t] = bar
			}
			over := p.Phase == status.Ready || p.Phase == status.Done || p.Phase == status.Failed
			bar.SetTotal(max(p.EstimatedRows, p.Rows, 1), false)
			if over {
				bar.SetTotal(max(p.Rows, 1), false)
				bar.SetCurrent(max(p.Rows, 1))
				bar.SetTotal(-1, true)
				continue
			}
			bar.SetCurrent(p.Rows)
		}
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(redrawBars)
		defer tick.Stop()
		for {
			update(false)
			select {
			case <-tick.C:
			case <-ended:
				update(true)
				for _, bar := range bars {
					bar.Abort(false)
				}
				drawing.Wait()
				return
			}
		}
	}()
	return func() { close(ended); <-done }
}

// figures is the text behind a bar.
func figures(t *status.Table) decor.Decorator {
	return decor.Any(func(decor.Statistics) string {
		p := t.Progress(time.Now())
		return " " + progressText(p)
	})
}

// progressText tells a table's progress in one line.
func progressText(p status.Progress) string {
	text := fmt.Sprintf("%s rows  %s", count(p.Rows), size(p.Bytes))
	seconds := p.Elapsed.Seconds()
	if seconds > 0 && p.Rows > 0 {
		text += fmt.Sprintf("  %s rows/s  %s/s", count(int64(float64(p.Rows)/seconds)), size(int64(float64(p.Bytes)/seconds)))
	}
	switch {
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

// size writes a size in the unit that fits.
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
