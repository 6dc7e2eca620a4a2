package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// tablesOptions let a source keep many tables open, and make them quickly.
var tablesOptions = []string{"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--table-open-cache=4000", "--innodb-open-files=4000", "--open-files-limit=8000"}

// measureTables measures a replica of very many tables that are hardly written to: its start, and
// what it costs while nothing happens. The tables are on a source of their own.
func (b *bench) measureTables(ctx context.Context, s *sheet) (err error) {
	set := load.Tiny(max(100, int(10000*b.Scale)))
	idle := b.scaled(time.Minute)
	s.what = fmt.Sprintf("a replica of %s: the first start and a second one, each to the first applied change, and %s idle", set.What, idle)
	s.columns = []column{
		{head: "start", show: seconds, aim: aim{atMost: 5}},
		{head: "first start", show: seconds, aim: aim{atMost: 5}},
		{head: "of a core while idle", show: percent, aim: aim{atMost: 0.01}},
		{head: "of a core of the source while idle", show: percent},
		{head: "copy", show: seconds},
		{head: "memory", show: megabytes},
		{head: "CPU of a start", show: seconds},
	}
	source, err := b.home.Start(ctx, b.Source, tablesOptions...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Kill(context.WithoutCancel(ctx))) }()
	if err := set.Create(ctx, source); err != nil {
		return err
	}
	p, err := b.fresh(ctx, source, set, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.drop(context.WithoutCancel(ctx), p)) }()
	copied, err := initialise(ctx, source, p)
	if err != nil {
		return err
	}
	first, _, err := b.startReplica(ctx, source, set, p)
	if err != nil {
		return err
	}
	if _, err := p.Run(ctx, "stop_replica", "--source", program.Source); err != nil {
		return err
	}
	again, cost, err := b.startReplica(ctx, source, set, p)
	if err != nil {
		return err
	}
	cores, server, err := idled(ctx, source, p, idle)
	if err != nil {
		return err
	}
	now, err := used(p)
	if err != nil {
		return err
	}
	s.add(again.Seconds(), first.Seconds(), cores, server, copied.took.Seconds(), float64(max(now.Memory, copied.usage.Memory)), cost.CPU.Seconds())
	b.finish(s)
	return nil
}

// startReplica times the program from its start to the first change of a row.
func (b *bench) startReplica(ctx context.Context, source *launch.Server, set load.Set, p *program.Program) (time.Duration, meter.Usage, error) {
	mark, err := b.mark(ctx, source, set)
	if err != nil {
		return 0, meter.Usage{}, err
	}
	began := time.Now()
	if _, err := p.Run(ctx, "start_replica", "--source", program.Source); err != nil {
		return 0, meter.Usage{}, err
	}
	if err := b.arrived(ctx, b.target, p.Settings.TargetDatabase, set, mark); err != nil {
		return 0, meter.Usage{}, fmt.Errorf("%w\n%s", err, p.LogTail(20))
	}
	took := time.Since(began)
	usage, err := used(p)
	return took, usage, err
}

// idled tells how much of a core the program and the source's server use while nobody writes.
func idled(ctx context.Context, source *launch.Server, p *program.Program, idle time.Duration) (cores, server float64, err error) {
	daemon, err := p.PID()
	if err != nil {
		return 0, 0, err
	}
	mysqld, err := meter.Server(source)
	if err != nil {
		return 0, 0, err
	}
	before, err := processorTimes(daemon, mysqld)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	select {
	case <-ctx.Done():
		return 0, 0, context.Cause(ctx)
	case <-time.After(idle):
	}
	passed := time.Since(began)
	after, err := processorTimes(daemon, mysqld)
	if err != nil {
		return 0, 0, err
	}
	return float64(after[0]-before[0]) / float64(passed), float64(after[1]-before[1]) / float64(passed), nil
}

func processorTimes(pids ...int) ([]time.Duration, error) {
	all := make([]time.Duration, len(pids))
	for i, pid := range pids {
		var err error
		if all[i], err = meter.CPU(pid); err != nil {
			return nil, err
		}
	}
	return all, nil
}
