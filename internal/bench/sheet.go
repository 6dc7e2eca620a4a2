package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// column is one figure of a case.
type column struct {
	head string
	show func(float64) string
	aim  aim
	main bool // shown first; so is all that has an aim

	worst  bool // the largest figure of all rounds counts, not their median
	rounds bool // shown only with the rounds
}

// aim is what the median of a figure should be; 0 is no limit.
type aim struct{ atMost, atLeast float64 }

func (a aim) set() bool { return a != aim{} }

func (a aim) met(figure float64) bool {
	return (a.atMost == 0 || figure <= a.atMost) && (a.atLeast == 0 || figure >= a.atLeast)
}

// sheet is what one case finds: a row of figures for each round.
type sheet struct {
	name    string // by which it is chosen
	what    string
	columns []column
	rounds  [][]float64
	further string // shown below the rounds
	picture string // name of its file
	failed  error
}

// none stands for a figure that a round has not got.
var none = math.NaN()

func (s *sheet) add(figures ...float64) { s.rounds = append(s.rounds, figures) }

// figure is what counts of a column's figures: most often their median. It is none if it has no figures.
func (s *sheet) figure(column int) float64 {
	var figures []float64
	for _, round := range s.rounds {
		if !math.IsNaN(round[column]) {
			figures = append(figures, round[column])
		}
	}
	if s.columns[column].worst && len(figures) > 0 {
		return slices.Max(figures)
	}
	return median(figures)
}

func median(figures []float64) float64 {
	figures = slices.Sorted(slices.Values(figures))
	if len(figures) == 0 {
		return none
	}
	if len(figures)%2 == 0 {
		return (figures[len(figures)/2-1] + figures[len(figures)/2]) / 2
	}
	return figures[len(figures)/2]
}

func (c column) text(figure float64) string {
	if math.IsNaN(figure) {
		return "–"
	}
	return c.show(figure)
}

// line tells the last round.
func (s *sheet) line() string {
	var parts []string
	for i, figure := range s.rounds[len(s.rounds)-1] {
		if !math.IsNaN(figure) {
			parts = append(parts, s.columns[i].head+" "+s.columns[i].text(figure))
		}
	}
	return fmt.Sprintf("%s %d: %s", s.name, len(s.rounds), strings.Join(parts, ", "))
}

// summary is the case's line in the first table of the report: name, what, result, further figures, aims, met.
func (s *sheet) summary() []string {
	var results, figures, aims, missed []string
	for i, c := range s.columns {
		figure := s.figure(i)
		switch {
		case c.rounds:
			continue
		case !c.main && !c.aim.set():
			if !math.IsNaN(figure) {
				figures = append(figures, c.head+" "+c.text(figure))
			}
			continue
		case math.IsNaN(figure):
			results = append(results, c.head+": not measured")
			continue
		}
		results = append(results, c.head+" **"+c.text(figure)+"**")
		if c.aim.atMost != 0 {
			aims = append(aims, c.head+" at most "+c.text(c.aim.atMost))
		}
		if c.aim.atLeast != 0 {
			aims = append(aims, c.head+" at least "+c.text(c.aim.atLeast))
		}
		if !c.aim.met(figure) {
			missed = append(missed, c.head)
		}
	}
	verdict := "yes"
	switch {
	case s.failed != nil:
		verdict = "**failed**: " + strings.ReplaceAll(firstLine(s.failed.Error()), "|", "\\|")
	case len(aims) == 0:
		verdict = ""
	case len(missed) > 0:
		verdict = "**no**: " + strings.Join(missed, ", ")
	}
	return []string{"`" + s.name + "`: " + s.what, strings.Join(results, "<br>"), strings.Join(figures, "<br>"), strings.Join(aims, "<br>"), verdict}
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// Ways to show a figure. Times are in seconds, sizes in bytes.
func times(f float64) string        { return fmt.Sprintf("%.2f ×", f) }
func seconds(f float64) string      { return fmt.Sprintf("%.2f s", f) }
func milliseconds(f float64) string { return fmt.Sprintf("%.1f ms", f*1000) }
func whole(f float64) string        { return fmt.Sprintf("%.0f", f) }
func megabytes(f float64) string    { return fmt.Sprintf("%.0f MB", f/(1<<20)) }
func percent(f float64) string      { return fmt.Sprintf("%.2f %%", f*100) }

// perMillion is the processor time for a million rows.
func perMillion(cpu time.Duration, rows int) float64 {
	return cpu.Seconds() * 1e6 / float64(max(1, rows))
}
