package cli

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"pgchameleon/internal/status"
)

const (
	barWidth = 30
	mostBars = 16 // tables that are shown at once
)

// bars draws a bar for each table that is being copied and one for all of them.
// Finished tables become lines above the bars.
type bars struct {
	screen *screen
	behind io.Writer // what the screen wrote to before
	all    *mpb.Progress
	began  time.Time
	lines  map[string]*line
	told   map[string]bool
	sum    *line
}

// line is one bar with the text behind it.
type line struct {
	bar  *mpb.Bar
	text atomic.Pointer[string]
}

func newBars(s *screen) *bars {
	b := &bars{screen: s, began: time.Now(), lines: map[string]*line{}, told: map[string]bool{}}
	b.behind = s.through(io.Discard)
	b.all = mpb.New(mpb.WithOutput(b.behind), mpb.WithWidth(barWidth), mpb.WithRefreshRate(redrawBars))
	s.through(b.all)
	return b
}

// add draws a new bar; priority orders them from the top.
func (b *bars) add(name string, priority int) *line {
	l := &line{}
	l.show("", 0, 1)
	behind := decor.Any(func(decor.Statistics) string { return " " + *l.text.Load() })
	l.bar = b.all.AddBar(1, mpb.BarPriority(priority), mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)), mpb.AppendDecorators(behind))
	return l
}

func (l *line) show(text string, done, of int64) {
	l.text.Store(&text)
	if l.bar != nil {
		l.bar.SetTotal(max(of, done, 1), false)
		l.bar.SetCurrent(min(done, max(of, done, 1)-1)) // full would end the bar
	}
}

func (b *bars) look(now time.Time, tables []status.Progress) {
	for i, p := range tables {
		l := b.lines[p.Name]
		switch {
		case ended(p):
			if !b.told[p.Name] {
				b.told[p.Name] = true
				fmt.Fprintf(b.all, "%s  %s\n", p.Name, figures(p))
			}
			if l != nil {
				l.bar.Abort(true)
				delete(b.lines, p.Name)
			}
			continue
		case p.Phase == status.Waiting || l == nil && len(b.lines) >= mostBars:
			continue
		case l == nil:
			l = b.add(p.Name, i)
			b.lines[p.Name] = l
		}
		l.show(figures(p), p.Rows, p.EstimatedRows)
	}
	if len(tables) == 0 {
		return
	}
	sum := overall(tables)
	sum.Elapsed = now.Sub(b.began)
	if b.sum == nil {
		b.sum = b.add("all", 1<<30)
	}
	b.sum.show(fmt.Sprintf("%d of %d tables  %s", sum.done, sum.tables, figures(sum.Progress)), sum.Rows, sum.EstimatedRows)
}

// close takes the bars away; the lines above them stay.
func (b *bars) close() {
	for _, l := range b.lines {
		l.bar.Abort(true)
	}
	if b.sum != nil {
		b.sum.bar.Abort(true)
	}
	b.all.Wait()
	b.screen.through(b.behind)
}
