package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/bench/meter"
	"pgchameleon/internal/demo/program"
)

// Statements by which the mirror is as durable as a replica's default, and as
// little as the program's own transactions are.
const (
	flushAlways = "SET GLOBAL innodb_flush_log_at_trx_commit = 1"
	flushLater  = "SET GLOBAL innodb_flush_log_at_trx_commit = 2"
)

// clients is how many make a load.
const clients = 4

// measureBacklog lets the program and a MariaDB replica catch up with the standard set's
// transactions, one after the other; in a last round the replica is durable.
func (b *bench) measureBacklog(ctx context.Context, s *sheet) error {
	set, err := b.standard(ctx)
	if err != nil {
		return err
	}
	return b.backlogs(ctx, s, set, b.Rounds, true)
}

// applyShape does so with a set that is made for that.
func (b *bench) applyShape(ctx context.Context, s *sheet, set load.Set) error {
	if err := set.Create(ctx, b.source); err != nil {
		return err
	}
	rounds := b.fewer()
	if set.Bulk != nil {
		rounds = 1
	}
	err := b.backlogs(ctx, s, set, rounds, false)
	return errors.Join(err, set.Drop(ctx, b.source))
}

// backlogs is all rounds of one set.
func (b *bench) backlogs(ctx context.Context, s *sheet, set load.Set, rounds int, durable bool) (err error) {
	s.what = fmt.Sprintf("backlog of %d transactions, %s, against a MariaDB replica with 2 parallel threads", set.Transactions, set.What)
	s.columns = []column{
		{head: "speed against MariaDB", show: times, aim: aim{atLeast: 7}},
		{head: "changes/s", show: whole, main: true},
		{head: "speed against durable MariaDB", show: times},
		{head: "memory", show: megabytes, aim: aim{atMost: 200 << 20}},
		{head: "chameleon", show: seconds},
		{head: "MariaDB", show: seconds},
		{head: "changes", show: whole},
		{head: "CPU/million changes", show: seconds},
		{head: "CPU/million changes of the source", show: seconds},
	}
	if durable {
		s.columns[1].aim = aim{atLeast: 50000}
	}
	if err := b.levelMirror(ctx, set); err != nil {
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
	for round := range rounds {
		if err := b.backlog(ctx, s, set, p, round, flushLater); err != nil {
			return err
		}
	}
	if durable {
		if err := b.backlog(ctx, s, set, p, rounds, flushAlways); err != nil {
			return err
		}
	}
	return set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase)
}

// backlog is one round: make it, then let each side take it alone.
func (b *bench) backlog(ctx context.Context, s *sheet, set load.Set, p *program.Program, round int, flush string) error {
	changes, mark, err := b.pile(ctx, set, round)
	if err != nil {
		return err
	}
	result, err := b.replicated(ctx, p, set, mark)
	if err != nil {
		return err
	}
	mirrored, err := b.catchUp(ctx, set, flush, mark)
	if err != nil {
		return err
	}
	took, loose, durable := result.took.Seconds(), mirrored.Seconds()/result.took.Seconds(), none
	if flush == flushAlways {
		loose, durable = none, loose
	}
	s.add(loose, float64(changes)/took, durable, float64(result.usage.Memory), took, mirrored.Seconds(), float64(changes),
		perMillion(result.usage.CPU, changes), perMillion(result.source, changes))
	b.finish(s)
	return nil
}

// pile makes a backlog, and gives its row changes and the mark at its end. It begins a file of the
// binlog: who asks for the log by GTID waits until the server has read the file up to there, 1.4 s for a gigabyte,
// and here that is the tables' making.
func (b *bench) pile(ctx context.Context, set load.Set, round int) (changes int, mark int64, err error) {
	if err := onServer(ctx, b.source, "FLUSH BINARY LOGS"); err != nil {
		return 0, 0, err
	}
	writer := load.Writer{Source: b.source, Set: set, Clients: clients, Seed: uint64(round), First: round * set.Transactions} // #nosec G115 -- small
	if changes, err = writer.Backlog(ctx); err != nil {
		return 0, 0, fmt.Errorf("making a backlog: %w", err)
	}
	mark, err = b.mark(ctx, b.source, set)
	return changes, mark, err
}

// replicated measures the program from its start to the marker, and stops it.
func (b *bench) replicated(ctx context.Context, p *program.Program, set load.Set, mark int64) (run, error) {
	var result run
	if err := b.calm(ctx, b.source); err != nil {
		return result, err
	}
	server, err := meter.Server(b.source)
	if err != nil {
		return result, err
	}
	before, err := meter.CPU(server)
	if err != nil {
		return result, err
	}
	began := time.Now()
	if _, err := p.Run(ctx, "start_replica", "--source", program.Source); err != nil {
		return result, err
	}
	if err := b.arrived(ctx, b.target, p.Settings.TargetDatabase, set, mark); err != nil {
		return result, fmt.Errorf("%w\n%s", err, p.LogTail(20))
	}
	result.took = time.Since(began)
	after, err := meter.CPU(server)
	if err != nil {
		return result, err
	}
	result.source = after - before
	if result.usage, err = used(p); err != nil {
		return result, err
	}
	_, err = p.Run(ctx, "stop_replica", "--source", program.Source)
	return result, err
}

// used is what the running daemon has used so far.
func used(p *program.Program) (meter.Usage, error) {
	pid, err := p.PID()
	if err != nil {
		return meter.Usage{}, err
	}
	return meter.Used(pid)
}
