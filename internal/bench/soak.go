package bench

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
	"pgchameleon/internal/bench/plot"
	"pgchameleon/internal/demo/program"
)

//go:embed soak_sizes.sql
var soakSizes string

// What is read at each sample, in this order.
var soakSeries = []column{
	{head: "memory", show: megabytes},
	{head: "open files", show: whole},
	{head: "goroutines", show: whole},
	{head: "log files", show: kilobytes},
	{head: "tables", show: megabytes},
	{head: "dead rows of the tables", show: whole},
	{head: "catalogue", show: kilobytes},
	{head: "rows of the catalogue", show: whole},
	{head: "dead rows of the catalogue", show: whole},
	{head: "lag", show: milliseconds},
	{head: "of a core", show: percent},
}

// bounded are the series that must not grow; the others come and go, or are told only.
const bounded = 8

// samples is how often is looked.
const samples = 120

const soakRate = 300

func kilobytes(f float64) string { return fmt.Sprintf("%.0f kB", f/1024) }

// measureSoak follows a steady load on the same rows for a long time, and looks for what grows.
func (b *bench) measureSoak(ctx context.Context, s *sheet) error {
	set := load.Sysbench(0.2 * b.Scale)
	s.what = fmt.Sprintf("%s of %d transactions/s on %s: means of the last quarter of the time against those of the second one", b.Soak, soakRate, set.What)
	for i, series := range soakSeries {
		c := column{head: series.head, show: times}
		if i < bounded && series.head != "dead rows of the tables" {
			c.aim = aim{atMost: 1.25}
		}
		s.columns = append(s.columns, c)
	}
	b.sbtest = load.Set{}
	if err := set.Create(ctx, b.source); err != nil {
		return err
	}
	b.sbtest = set
	var series [][]float64
	if err := b.following(ctx, func(set load.Set, p *program.Program) error {
		group, within := errgroup.WithContext(ctx)
		group.Go(func() error {
			_, err := load.Writer{Source: b.source, Set: set, Clients: clients, Seed: 77}.Steady(within, soakRate, b.Soak, false)
			return err
		})
		group.Go(func() (err error) {
			series, err = b.watch(within, set, p)
			return err
		})
		if err := group.Wait(); err != nil {
			return err
		}
		if err := b.level(ctx, set, p); err != nil {
			return err
		}
		return set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase)
	}); err != nil {
		return err
	}
	var panels []plot.Panel
	var ratios []float64
	for i, points := range series {
		ratios = append(ratios, growthOf(points))
		panels = append(panels, plot.Panel{Title: soakSeries[i].head, Points: points, Show: soakSeries[i].show, From: "0", To: b.Soak.String()})
	}
	s.add(ratios...)
	b.finish(s)
	s.further = soakTable(series, b.Soak)
	return b.draw(s, panels)
}

// growthOf compares the mean of the last quarter of the points to that of the second quarter; what is nothing in
// both has not grown.
func growthOf(points []float64) float64 {
	quarter := len(points) / 4
	mean := func(part []float64) float64 {
		sum := 0.0
		for _, value := range part {
			sum += value
		}
		return sum / float64(max(1, len(part)))
	}
	before, after := mean(points[quarter:2*quarter]), mean(points[len(points)-quarter:])
	if before == after {
		return 1
	}
	return after / before
}

// watch reads all series at even intervals until the time is over.
func (b *bench) watch(ctx context.Context, set load.Set, p *program.Program) ([][]float64, error) {
	pid, err := p.PID()
	if err != nil {
		return nil, err
	}
	target, err := b.target.Connect(ctx, p.Settings.TargetDatabase)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	series := make([][]float64, len(soakSeries))
	interval := b.Soak / samples
	tick := time.NewTicker(interval)
	defer tick.Stop()
	last, err := meter.CPU(pid)
	if err != nil {
		return nil, err
	}
	for len(series[0]) < samples-1 { // the last one would come after the load's end
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
		began := time.Now()
		if err := b.level(ctx, set, p); err != nil {
			return nil, err
		}
		lag := time.Since(began)
		figures, err := processFigures(ctx, pid, p.Settings.LogDir)
		if err != nil {
			return nil, err
		}
		rows, err := target.Query(ctx, fmt.Sprintf(soakSizes, set.Database()))
		if err != nil {
			return nil, err
		}
		for _, text := range rows[0] {
			figure, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("reading the sizes of the tables: %w", err)
			}
			figures = append(figures, figure)
		}
		cpu, err := meter.CPU(pid)
		if err != nil {
			return nil, err
		}
		figures = append(figures, lag.Seconds(), (cpu-last).Seconds()/interval.Seconds())
		last = cpu
		for i, figure := range figures {
			series[i] = append(series[i], figure)
		}
	}
	return series, nil
}

// processFigures are those of the process and its folder of logs.
func processFigures(ctx context.Context, pid int, logs string) ([]float64, error) {
	memory, err := meter.Memory(pid)
	if err != nil {
		return nil, err
	}
	files, err := meter.Files(pid)
	if err != nil {
		return nil, err
	}
	goroutines, logged, err := ask(ctx, pid, logs)
	return []float64{float64(memory), float64(files), float64(goroutines), float64(logged)}, err
}

// ask lets the process write down how many goroutines it has, and tells that and the bytes of its
// logs without such lines.
func ask(ctx context.Context, pid int, logs string) (goroutines, logged int, err error) {
	before, _, err := answers(logs)
	if err != nil {
		return 0, 0, err
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		return 0, 0, fmt.Errorf("asking process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, fmt.Errorf("process %d does not tell its goroutines", pid))
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		told, rest, err := answers(logs)
		if err != nil {
			return 0, 0, err
		}
		if len(told) > len(before) {
			return told[len(told)-1], rest, nil
		}
		select {
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

var answer = regexp.MustCompile(`(?m)^.*msg="this process".* goroutines=(\d+).*\n`)

// answers are the numbers of goroutines that stand in the logs, and the bytes of all other lines.
func answers(logs string) (told []int, rest int, err error) {
	files, err := filepath.Glob(filepath.Join(logs, "*.log*"))
	if err != nil {
		return nil, 0, fmt.Errorf("looking for the logs: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of the replica that is measured
		if err != nil {
			return nil, 0, fmt.Errorf("reading the log: %w", err)
		}
		rest += len(text)
		for _, found := range answer.FindAllSubmatch(text, -1) {
			n, err := strconv.Atoi(string(found[1]))
			if err != nil {
				return nil, 0, fmt.Errorf("reading the log: %w", err)
			}
			told, rest = append(told, n), rest-len(found[0])
		}
	}
	return told, rest, nil
}

// soakTable shows every tenth sample.
func soakTable(series [][]float64, soak time.Duration) string {
	text, rule := "| after ", "|---"
	for _, c := range soakSeries {
		text += "| " + c.head + " "
		rule += "|---"
	}
	text += "|\n" + rule + "|\n"
	for n := range series[0] {
		if (n+1)%(samples/12) != 0 {
			continue
		}
		text += "| " + (soak * time.Duration(n+1) / samples).Round(time.Second).String() + " "
		for i, c := range soakSeries {
			text += "| " + c.text(series[i][n]) + " "
		}
		text += "|\n"
	}
	return text
}
