package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/demo/program"
)

// lagged is one round of the lag.
type lagged struct {
	rate            float64 // transactions a second really made
	p50, p99, worst time.Duration
	probes          int
}

// measureLag follows a steady load.
func (b *bench) measureLag(ctx context.Context) error {
	p, err := b.fresh(ctx, "")
	if err != nil {
		return err
	}
	if _, _, err := initialise(ctx, p); err != nil {
		return err
	}
	if _, err := p.Run(ctx, "start_replica", "--source", program.Source); err != nil {
		return err
	}
	for round := range b.Rounds {
		result, err := b.lag(ctx, p, uint64(100+round)) // #nosec G115 -- small
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.LogTail(20))
		}
		b.say("lag %d at %.0f transactions/s: median %s, 99th percentile %s, worst %s", round+1, result.rate, milliseconds(result.p50),
			milliseconds(result.p99), milliseconds(result.worst))
		b.results.lags = append(b.results.lags, result)
	}
	if _, err := p.Run(ctx, "stop_replica", "--source", program.Source); err != nil {
		return err
	}
	return b.drop(ctx, p)
}

// lag is one round: each transaction leaves a row with the time at which it was
// written, and PostgreSQL knows when it committed that row. Both servers have
// the same clock. What lies between is everything: the source's commit, the
// way through the program, and the target's commit.
func (b *bench) lag(ctx context.Context, p *program.Program, seed uint64) (lagged, error) {
	var result lagged
	mark, err := b.mark(ctx)
	if err != nil {
		return result, err
	}
	if err := b.arrived(ctx, b.target, p.Settings.TargetDatabase, load.Database, mark); err != nil {
		return result, err
	}
	target, err := b.target.Connect(ctx, p.Settings.TargetDatabase)
	if err != nil {
		return result, err
	}
	defer target.Close()
	before, err := target.Query(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+load.Database+".probe")
	if err != nil {
		return result, err
	}
	began := time.Now()
	writer := load.Writer{Source: b.source, Rows: b.Rows, Clients: 4, Seed: seed}
	made, err := writer.Steady(ctx, b.Rate, b.Steady)
	if err != nil {
		return result, err
	}
	result.rate = float64(made) / time.Since(began).Seconds()
	if mark, err = b.mark(ctx); err != nil {
		return result, err
	}
	if err := b.arrived(ctx, b.target, p.Settings.TargetDatabase, load.Database, mark); err != nil {
		return result, err
	}
	rows, err := target.Query(ctx, "SELECT EXTRACT(epoch FROM pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC' - at) FROM "+
		load.Database+".probe WHERE id > "+before[0][0])
	if err != nil {
		return result, err
	}
	if len(rows) != made {
		return result, fmt.Errorf("%d transactions were made, %d probes have arrived", made, len(rows))
	}
	lags := make([]time.Duration, len(rows))
	for i, row := range rows {
		seconds, err := strconv.ParseFloat(row[0], 64)
		if err != nil {
			return result, fmt.Errorf("reading a probe: %w", err)
		}
		lags[i] = time.Duration(seconds * float64(time.Second))
	}
	slices.Sort(lags)
	result.probes = len(lags)
	result.p50, result.p99, result.worst = lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1]
	return result, nil
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
