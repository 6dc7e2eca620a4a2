package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/plot"
)

// growth are the cases of `make bench-growth`.
func (b *bench) growth() []testCase {
	return []testCase{{"sizes", b.measureSizes}, {"soak", b.measureSoak}}
}

// measureSizes copies tables of several sizes and applies a change of each row. A round is a size.
func (b *bench) measureSizes(ctx context.Context, s *sheet) error {
	s.what = "copy of tables of 100 thousand to 20 million rows, and then a backlog that changes each row once: time for a row against that at 1 million rows (the worst counts)"
	s.columns = []column{
		{head: "copy of a row against 1 million", show: times, aim: aim{atMost: 1.3}, worst: true},
		{head: "change of a row against 1 million", show: times, aim: aim{atMost: 1.3}, worst: true},
		{head: "memory of the copy", show: megabytes, aim: aim{atMost: 80 << 20}, worst: true},
		{head: "memory of the apply", show: megabytes, aim: aim{atMost: 200 << 20}, worst: true},
		{head: "rows", show: whole, rounds: true},
		{head: "copy of a million", show: seconds, rounds: true},
		{head: "change of a million", show: seconds, rounds: true},
		{head: "CPU/million rows copied", show: seconds, rounds: true},
		{head: "CPU/million rows changed", show: seconds, rounds: true},
	}
	var copies, changes []float64
	var copied, changed float64 // at 1 million
	for _, rows := range []int{100000, 1000000, 5000000, 20000000} {
		set := load.Growing(max(200, int(float64(rows)*b.Scale)))
		copying, applying, err := b.sized(ctx, set)
		if err != nil {
			return fmt.Errorf("at %s: %w", set.What, err)
		}
		million := 1e6 / float64(set.Rows())
		copies, changes = append(copies, copying.took.Seconds()*million), append(changes, applying.took.Seconds()*million)
		against, changedAgainst := none, none
		switch n := len(copies) - 1; {
		case n == 1:
			copied, changed = copies[n], changes[n]
		case n > 1:
			against, changedAgainst = copies[n]/copied, changes[n]/changed
		}
		s.add(against, changedAgainst, float64(copying.usage.Memory), float64(applying.usage.Memory), float64(set.Rows()),
			copies[len(copies)-1], changes[len(changes)-1], perMillion(copying.usage.CPU, set.Rows()), perMillion(applying.usage.CPU, set.Rows()))
		b.finish(s)
	}
	const from, to = "100 thousand rows", "20 million"
	return b.draw(s, []plot.Panel{{Title: "copy of a million rows", Points: copies, Show: seconds, From: from, To: to},
		{Title: "change of a million rows", Points: changes, Show: seconds, From: from, To: to}})
}

// sized is one size.
func (b *bench) sized(ctx context.Context, set load.Set) (copying, applying run, err error) {
	if err := set.Create(ctx, b.source); err != nil {
		return copying, applying, err
	}
	p, err := b.fresh(ctx, b.source, set, "")
	if err != nil {
		return copying, applying, err
	}
	defer func() { // no one else reads the log
		err = errors.Join(err, b.drop(context.WithoutCancel(ctx), p), set.Drop(context.WithoutCancel(ctx), b.source),
			onServer(context.WithoutCancel(ctx), b.source, "FLUSH BINARY LOGS", "PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 SECOND"))
	}()
	if copying, err = initialise(ctx, b.source, p); err != nil {
		return copying, applying, err
	}
	changes, mark, err := b.pile(ctx, set, 0)
	if err != nil {
		return copying, applying, err
	}
	if changes != set.Rows() {
		return copying, applying, fmt.Errorf("%d of %d rows were changed", changes, set.Rows())
	}
	if applying, err = b.replicated(ctx, p, set, mark); err != nil {
		return copying, applying, err
	}
	return copying, applying, set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase)
}

// draw writes a case's picture next to the report that shows it.
func (b *bench) draw(s *sheet, panels []plot.Panel) error {
	if b.Docs == "" || b.Cases != "" {
		return nil
	}
	name := "benchmarks-" + s.name + ".svg"
	if err := os.WriteFile(filepath.Join(b.Docs, name), plot.SVG(panels), 0o644); err != nil { // #nosec G306 -- a document
		return fmt.Errorf("writing the picture: %w", err)
	}
	s.picture = name
	return nil
}
