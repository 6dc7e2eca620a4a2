package catalogue

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

// Several processes want to lead; their sessions are ended at random moments.
// Each transaction writes the number after the last that was applied. Nothing
// may be lost and nothing may come twice, whoever led when.
func TestLeadersThatAreEndedLoseAndDoubleNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p := newPlace(t, targets[0])
	source := p.source(t)
	p.server.Exec(t, p.config.Database, "CREATE TABLE applied (n bigint)") // no key: a number that comes twice must show
	const enough = 4000
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan struct{})
	var once sync.Once
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for ctx.Err() == nil {
				last, err := p.leadAndWrite(ctx, source.ID, enough)
				if err != nil && !bearable(err) {
					t.Error(err)
				}
				if last >= enough {
					once.Do(func() { close(ended) })
				}
				select {
				case <-ended:
					return
				default:
				}
			}
		})
	}
	wait.Go(func() { // the adversary ends sessions, of leases and of transactions
		random := rand.New(rand.NewPCG(seed, 0))
		for ctx.Err() == nil {
			select {
			case <-ended:
				return
			case <-time.After(time.Duration(random.IntN(60)) * time.Millisecond):
			}
			p.query(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pg_chameleon %' AND datname = current_database() ORDER BY random() LIMIT 1")
		}
	})
	wait.Wait()
	if ctx.Err() != nil {
		t.Fatal("it did not come to an end within a minute")
	}
	rows := p.query(t, "SELECT count(*), count(DISTINCT n), min(n), max(n) = (SELECT i_binlog_position FROM sch_chameleon.v_sources), max(n) = count(*) FROM applied")
	if rows[0][0] != rows[0][1] || rows[0][2] != "1" || rows[0][3] != "t" || rows[0][4] != "t" {
		t.Errorf("rows, different ones, first, the position is the last one's, no gap: %q", rows[0])
	}
	var epoch int64
	must(t, p.conn.QueryRow(t.Context(), epochSQL, source.ID).Scan(&epoch))
	t.Logf("%s rows in %d epochs", rows[0][0], epoch)
}

// leadAndWrite leads once and writes until it is ended or there is enough. A
// transaction's session is not the lease's, so it may outlive the lease.
func (p place) leadAndWrite(ctx context.Context, sourceID int64, enough uint64) (uint64, error) {
	lease, err := Lead(ctx, p.config, "shop")
	if err != nil {
		return 0, err
	}
	defer lease.Release(ctx)
	config := p.config
	config.Source = "shop"
	conn, err := dial.Connect(ctx, config)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for last := lease.Applied.Offset; ; last++ {
		if last >= enough {
			return last, nil
		}
		err := dial.InTx(ctx, conn, func(tx dial.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO applied VALUES ($1)", last+1); err != nil {
				return err
			}
			return SaveApplied(ctx, tx, sourceID, lease.Epoch, at(last+1), time.Now(), Counters{Inserted: 1})
		})
		if err != nil {
			return last, err
		}
	}
}

// bearable is an error that a leader meets when it, or its rival, is ended.
func bearable(err error) bool {
	kind := fault.KindOf(err)
	return errors.Is(err, ErrFenced) || kind == fault.Retry || kind == fault.State
}
