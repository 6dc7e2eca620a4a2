package catalogue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

func (p place) lead(t *testing.T) *Lease {
	t.Helper()
	lease, err := Lead(t.Context(), p.config, "shop")
	must(t, err)
	t.Cleanup(func() { lease.Release(context.Background()) })
	return lease
}

func TestOnlyOneLeads(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		p.source(t)
		_, err := Lead(ctx, p.config, "nobody")
		refuses(t, err, fault.State, "not registered")

		first := p.lead(t)
		must(t, first.Alive(ctx))
		_, err = Lead(ctx, p.config, "shop")
		refuses(t, err, fault.State, fmt.Sprintf("another process follows source shop (pid %d on ", os.Getpid()))
		refuses(t, DropSource(ctx, p.conn, "shop"), fault.State, "another process follows")
		_, err = Drop(ctx, p.conn)
		refuses(t, err, fault.State, "another process follows")

		first.Release(ctx)
		first.Release(ctx)
		if first.Alive(ctx) == nil {
			t.Error("a lease that was given back is alive")
		}
		second := p.lead(t)
		if second.Epoch <= first.Epoch {
			t.Errorf("epoch %d follows %d", second.Epoch, first.Epoch)
		}
		second.Release(ctx)
		must(t, DropSource(ctx, p.conn, "shop"))
	})
}

func TestALostLeaseCannotCommit(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		old := p.lead(t)
		must(t, SaveApplied(ctx, p.conn, source.ID, old.Epoch, at(10), time.Now(), Counters{}))

		// The old leader works on while its session is ended from outside.
		tx, err := p.conn.Begin(ctx)
		must(t, err)
		p.query(t, "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND a.datname = current_database()")
		waitFor(t, func() bool { return old.Alive(ctx) != nil })
		if kind := fault.KindOf(old.Alive(ctx)); kind != fault.Retry {
			t.Errorf("a session that was ended is %v", kind)
		}
		next := p.lead(t)
		if next.Applied != at(10) || next.Epoch != old.Epoch+1 {
			t.Errorf("the next lease has %v and epoch %d", next.Applied, next.Epoch)
		}
		if err := SaveApplied(ctx, tx, source.ID, old.Epoch, at(20), time.Now(), Counters{}); !errors.Is(err, ErrFenced) {
			t.Errorf("the old leader's commit gives %v", err)
		}
		must(t, tx.Rollback(ctx))
		must(t, SaveApplied(ctx, p.conn, source.ID, next.Epoch, at(11), time.Now(), Counters{}))
	})
}

// A leader that has written its position and not yet committed is waited for,
// so the next one begins after what it committed.
func TestTheNextLeaderSeesTheLastCommit(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	source := p.source(t)
	old := p.lead(t)
	tx, err := p.conn.Begin(ctx)
	must(t, err)
	must(t, SaveApplied(ctx, tx, source.ID, old.Epoch, at(20), time.Now(), Counters{}))
	old.Release(ctx)

	var wait sync.WaitGroup
	var next *Lease
	var failure error
	wait.Go(func() { next, failure = Lead(ctx, p.config, "shop") })
	waitFor(t, func() bool {
		rows := p.query(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
		return rows[0][0] == "1"
	})
	must(t, tx.Commit(ctx))
	wait.Wait()
	must(t, failure)
	defer next.Release(ctx)
	if next.Applied != at(20) {
		t.Errorf("the next leader begins at %v", next.Applied)
	}
}

// Ten processes at once: one leads at a time, and each epoch is one process's.
func TestManyWantToLead(t *testing.T) {
	p := newPlace(t, targets[0])
	p.source(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	epochs := map[int64]int{}
	for range 10 {
		wait.Go(func() {
			lease, err := Lead(t.Context(), p.config, "shop")
			if err != nil {
				if !strings.Contains(err.Error(), "another process follows") {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			epochs[lease.Epoch]++
			mu.Unlock()
			lease.Release(t.Context())
		})
	}
	wait.Wait()
	for epoch, count := range epochs {
		if count != 1 {
			t.Errorf("epoch %d was given %d times", epoch, count)
		}
	}
	if len(epochs) == 0 {
		t.Error("nobody led")
	}
}

// The heartbeat of the reading never waits for an apply transaction.
func TestTheBeatDoesNotWait(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	source := p.source(t)
	other := p.session(t)
	_, err := other.Exec(ctx, "SET lock_timeout = '1ms'")
	must(t, err)
	err = dial.InTx(ctx, p.conn, func(tx dial.Tx) error {
		if err := SaveApplied(ctx, tx, source.ID, 0, at(1), time.Now(), Counters{}); err != nil {
			return err
		}
		if err := SetStatus(ctx, other, source.ID, Running); err != nil {
			return err
		}
		return Beat(ctx, other, source.ID, 0, Heartbeat{Read: at(2), Current: true})
	})
	must(t, err)
}
