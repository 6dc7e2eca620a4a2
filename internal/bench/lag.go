package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
)

// measureLag follows a steady load.
func (b *bench) measureLag(ctx context.Context, s *sheet, rate int) error {
	steady := b.scaled(20 * time.Second)
	s.what = fmt.Sprintf("lag at %d transactions/s for %s, from the write in MySQL to the commit in PostgreSQL", rate, steady)
	s.columns = []column{
		{head: "median", show: milliseconds, aim: aim{atMost: 0.010}},
		{head: "99th percentile", show: milliseconds, aim: aim{atMost: 0.050}},
		{head: "worst", show: milliseconds},
		{head: "transactions/s made", show: whole},
		{head: "CPU/million changes", show: seconds},
		{head: "memory", show: megabytes},
	}
	return b.following(ctx, func(set load.Set, p *program.Program) error {
		for round := range b.Rounds {
			before, err := used(p)
			if err != nil {
				return err
			}
			began := time.Now()
			probes, err := b.probes(ctx, set, p, load.Writer{Source: b.source, Set: set, Clients: clients, Seed: uint64(rate + round)}, rate, steady) // #nosec G115 -- small
			if err != nil {
				return err
			}
			after, err := used(p)
			if err != nil {
				return err
			}
			lags := make([]float64, len(probes))
			for i, probe := range probes {
				lags[i] = probe.committed - probe.written
			}
			slices.Sort(lags)
			made := float64(len(probes)) / min(time.Since(began).Seconds(), probes[len(probes)-1].written-probes[0].written)
			s.add(lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1], made, perMillion(after.CPU-before.CPU, 5*len(probes)), float64(after.Memory))
			b.finish(s)
		}
		return nil
	})
}

// measureRecovery stops the program under a steady load and starts it again after a pause, once.
func (b *bench) measureRecovery(ctx context.Context, s *sheet, rate int, pause time.Duration) error {
	s.what = fmt.Sprintf("recovery after a pause of %s while the load of %d transactions/s goes on: from the start to a lag below 100 ms", pause, rate)
	s.columns = []column{{head: "recovery", show: seconds, main: true}, {head: "of the pause", show: percent}, {head: "memory", show: megabytes}}
	return b.following(ctx, func(set load.Set, p *program.Program) error {
		var started time.Time
		var probes []probe
		group, within := errgroup.WithContext(ctx)
		group.Go(func() (err error) {
			probes, err = b.probes(within, set, p, load.Writer{Source: b.source, Set: set, Clients: clients, Seed: 900}, rate, pause+pause/2)
			return err
		})
		group.Go(func() (err error) {
			started, err = paused(within, p, pause)
			return err
		})
		if err := group.Wait(); err != nil {
			return err
		}
		now, err := used(p)
		if err != nil {
			return err
		}
		took, err := recovered(probes, float64(started.UnixMicro())/1e6)
		if err != nil {
			return err
		}
		s.add(took, took/pause.Seconds(), float64(now.Memory))
		b.finish(s)
		return nil
	})
}

// paused stops the program for some time and tells when it was told to start again.
func paused(ctx context.Context, p *program.Program, pause time.Duration) (time.Time, error) {
	if _, err := p.Run(ctx, "stop_replica", "--source", program.Source); err != nil {
		return time.Time{}, err
	}
	select {
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	case <-time.After(pause):
	}
	began := time.Now()
	_, err := p.Run(ctx, "start_replica", "--source", program.Source)
	return began, err
}

// recovered is the time from the start to the first commit after which no lag of the next second, nor of
// any later moment up to it, was 100 ms.
func recovered(probes []probe, started float64) (float64, error) {
	const enough, second = 0.1, 1.0
	good := -1.0 // since when
	for _, probe := range probes {
		switch {
		case probe.committed < started:
			continue
		case probe.committed-probe.written >= enough:
			good = -1
		case good < 0:
			good = probe.committed
		}
		if good >= 0 && probe.committed > good+second {
			return good - started, nil
		}
	}
	return 0, errors.New("the lag has not come below 100 ms before the load ended")
}

// following runs a measurement on the standard set while the program follows it.
func (b *bench) following(ctx context.Context, measure func(load.Set, *program.Program) error) (err error) {
	set, err := b.standard(ctx)
	if err != nil {
		return err
	}
	p, err := b.fresh(ctx, b.source, set, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.drop(context.WithoutCancel(ctx), p)) }()
	if _, err := initialise(ctx, b.source, p); err != nil {
		return err
	}
	if _, err := p.Run(ctx, "start_replica", "--source", program.Source); err != nil {
		return err
	}
	if err := measure(set, p); err != nil {
		return fmt.Errorf("%w\n%s", err, p.LogTail(20))
	}
	return nil
}

// probe tells when a transaction wrote and when PostgreSQL committed it, in seconds since 1970.
type probe struct{ written, committed float64 }

// probes makes a steady load. Each transaction leaves a row with the time at which it was
// written, and PostgreSQL knows when it committed that row. Both servers have
// the same clock. What lies between is everything: the source's commit, the
// way through the program, and the target's commit.
func (b *bench) probes(ctx context.Context, set load.Set, p *program.Program, writer load.Writer, rate int, steady time.Duration) ([]probe, error) {
	if err := b.level(ctx, set, p); err != nil {
		return nil, err
	}
	target, err := b.target.Connect(ctx, p.Settings.TargetDatabase)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	before, err := target.Query(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+set.Database()+".probe")
	if err != nil {
		return nil, err
	}
	made, err := writer.Steady(ctx, rate, steady, true)
	if err != nil {
		return nil, err
	}
	if err := b.level(ctx, set, p); err != nil {
		return nil, err
	}
	rows, err := target.Query(ctx, "SELECT EXTRACT(epoch FROM at AT TIME ZONE 'UTC'), EXTRACT(epoch FROM pg_xact_commit_timestamp(xmin)) FROM "+
		set.Database()+".probe WHERE id > "+before[0][0]+" ORDER BY id")
	if err != nil {
		return nil, err
	}
	if len(rows) != made || made < 2 {
		return nil, fmt.Errorf("%d transactions were made, %d probes have arrived", made, len(rows))
	}
	all := make([]probe, len(rows))
	for i, row := range rows {
		if all[i].written, err = strconv.ParseFloat(row[0], 64); err != nil {
			return nil, fmt.Errorf("reading a probe: %w", err)
		}
		if all[i].committed, err = strconv.ParseFloat(row[1], 64); err != nil {
			return nil, fmt.Errorf("reading a probe: %w", err)
		}
	}
	return all, nil
}

// level waits until all that the source has is in the target.
func (b *bench) level(ctx context.Context, set load.Set, p *program.Program) error {
	mark, err := b.mark(ctx, b.source, set)
	if err != nil {
		return err
	}
	return b.arrived(ctx, b.target, p.Settings.TargetDatabase, set, mark)
}
