package bench

import (
	"context"
	"fmt"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
	"pgchameleon/internal/testserver/launch"
)

// backlogged is one round of the backlog.
type backlogged struct {
	mirror, program time.Duration
	memory          int64
	durable         bool // the mirror flushed at every commit, its default
}

// Statements by which the mirror is as durable as a replica's default, and as
// little as the program's own transactions are.
const (
	flushAlways = "SET GLOBAL innodb_flush_log_at_trx_commit = 1"
	flushLater  = "SET GLOBAL innodb_flush_log_at_trx_commit = 2"
)

// measureBacklog lets the program and a MariaDB replica catch up with the same
// transactions, one after the other.
func (b *bench) measureBacklog(ctx context.Context) error {
	mirror, err := b.startMirror(ctx)
	if err != nil {
		return err
	}
	p, err := b.fresh(ctx, "")
	if err != nil {
		return err
	}
	if _, _, err := initialise(ctx, p); err != nil {
		return err
	}
	for round := range b.Rounds + 1 { // the last one with a durable mirror
		result := backlogged{durable: round == b.Rounds}
		if err := b.backlog(ctx, uint64(round), mirror, p, &result); err != nil { // #nosec G115 -- small
			return err
		}
		b.say("backlog %d: MariaDB %.2f s, chameleon %.2f s (%.0f changes/s, × %.2f), %d MB%s", round+1, result.mirror.Seconds(),
			result.program.Seconds(), b.changes()/result.program.Seconds(), result.mirror.Seconds()/result.program.Seconds(),
			result.memory>>20, map[bool]string{true: ", MariaDB durable"}[result.durable])
		b.results.backlogs = append(b.results.backlogs, result)
	}
	if err := b.countRows(ctx, p.Settings.TargetDatabase); err != nil {
		return err
	}
	return b.drop(ctx, p)
}

func (b *bench) changes() float64 { return float64(b.Transactions * load.Changes) }

// backlog is one round: make it, then let each side take it alone.
func (b *bench) backlog(ctx context.Context, seed uint64, mirror *launch.Server, p *program.Program, result *backlogged) error {
	writer := load.Writer{Source: b.source, Rows: b.Rows, Clients: 4, Seed: seed}
	if err := writer.Backlog(ctx, b.Transactions); err != nil {
		return err
	}
	mark, err := b.mark(ctx)
	if err != nil {
		return err
	}
	if result.program, result.memory, err = b.replicated(ctx, p, mark); err != nil {
		return err
	}
	flush := flushLater
	if result.durable {
		flush = flushAlways
	}
	result.mirror, err = b.catchUp(ctx, mirror, flush, mark)
	return err
}

// replicated times the program from its start to the marker, and tells the most memory it had.
func (b *bench) replicated(ctx context.Context, p *program.Program, mark int64) (took time.Duration, memory int64, err error) {
	began := time.Now()
	if _, err := p.Run(ctx, "start_replica", "--source", program.Source); err != nil {
		return 0, 0, err
	}
	if err := b.arrived(ctx, b.target, p.Settings.TargetDatabase, load.Database, mark); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, p.LogTail(20))
	}
	took = time.Since(began)
	pid, err := p.PID()
	if err != nil {
		return 0, 0, err
	}
	if memory, err = program.PeakMemory(pid); err != nil {
		return 0, 0, err
	}
	_, err = p.Run(ctx, "stop_replica", "--source", program.Source)
	return took, memory, err
}

// startMirror starts a MariaDB replica and lets it come up with the source.
func (b *bench) startMirror(ctx context.Context) (*launch.Server, error) {
	b.say("starting a MariaDB replica")
	mirror, err := b.home.Start(ctx, b.Source, mirrorOptions...)
	if err != nil {
		return nil, err
	}
	conn, err := mirror.Connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST = '%s', MASTER_PORT = %d, MASTER_USER = '%s', MASTER_USE_GTID = slave_pos",
		b.source.Host, b.source.Port, b.source.User), "START SLAVE", "DO SLEEP(1)"); err != nil {
		return nil, err
	}
	mark, err := b.mark(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.arrived(ctx, mirror, "", load.Database, mark); err != nil {
		return nil, err
	}
	return mirror, conn.Exec(ctx, "STOP SLAVE")
}

// catchUp times the mirror from its start to the marker.
func (b *bench) catchUp(ctx context.Context, mirror *launch.Server, flush string, mark int64) (time.Duration, error) {
	conn, err := mirror.Connect(ctx, "")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, flush); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := conn.Exec(ctx, "START SLAVE"); err != nil {
		return 0, err
	}
	if err := b.arrived(ctx, mirror, "", load.Database, mark); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, conn.Exec(ctx, "STOP SLAVE")
}
